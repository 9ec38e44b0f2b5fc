"""MTL, the materials beside an OBJ (Wavefront, 1995), with the physically based keys of Exocortex (2014).

Colours in MTL are what a screen shows (sRGB), ours are linear light. Roughness and metallic are grey pictures of their
own there, green and blue of one picture here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from maquette.core.asset import Material, Texture, with_wrap
from maquette.core.files import Files
from maquette.core.progress import note
from maquette.formats.mtl_dialects import (
    Lines,
    base_color,
    base_picture,
    bump,
    floats,
    is_normal_map,
    is_number,
    opacity,
    shares,
)
from maquette.formats.pictures_in_files import encode_png, pixel_count, pixels
from maquette.formats.side_files import Pictures, references
from maquette.formats.text_numbers import decode_text
from maquette.geometry.look.srgb import to_linear, to_srgb

_OPTIONS = {"-mm": 2, "-o": 3, "-s": 3, "-t": 3}  # how many words follow; 1 for every other option
_MAPS = ("map_kd", "map_ka", "map_ke", "map_pr", "map_pm", "map_d", "norm", "map_bump", "bump", "map_kn")
_UNREAD = ("map_ks", "map_ns", "refl", "map_refl", "disp", "map_disp", "decal", "map_ps")
MOST_PACKED = 4096 * 8192  # pixels of a file that are decoded to pack roughness and metallic together


def mtl_references(data: bytes, name: str = "") -> list[str]:
    """The picture files that an MTL refers to, as plain names a loader may look for beside it."""
    statements = [row for values in _statements(data) for row in values.items()]
    return references([_picture_name(value) for key, value in statements if key in _MAPS], name)


def read_materials(files: Files, data: bytes, wanted: Iterable[str], library: str = "") -> dict[str, Material]:
    """The wanted materials of an MTL by name, with their pictures out of ``files``; others cost nothing.

    ``library`` is the MTL's own name among the files; pictures are looked for beside it first.
    """
    by_name = {values["newmtl"]: values for values in _statements(data)}
    in_any_case = {name.lower(): values for name, values in by_name.items()}
    shelf = _Shelf(Pictures(files, library))
    result: dict[str, Material] = {}
    for name in wanted:
        values = by_name.get(name) or in_any_case.get(name.lower())
        if values is not None:
            result[name] = _material({**values, "newmtl": name}, shelf)
    if shelf.unread:
        note(f"left out {', '.join(sorted(shelf.unread))}, which have no place in our materials")
    return result


def write_materials(materials: tuple[Material, ...], stem: str) -> tuple[list[str], dict[str, bytes]]:
    """Names the materials bear in the OBJ, and the files: the MTL (first) and its pictures, each picture once."""
    names = unique_names([material.name for material in materials])
    safe = safe_stem(stem)
    pictures: dict[str, bytes] = {}
    rows: list[str] = []
    for number, (name, material) in enumerate(zip(names, materials, strict=True), start=1):
        prefix = safe if len(materials) == 1 else f"{safe}_{number}"
        rows += [f"newmtl {name}", *_factors(material), *_maps(material, prefix, pictures), ""]
    return names, {f"{safe}.mtl": "\n".join(rows).encode("utf-8"), **pictures}


def unique_names(names: list[str]) -> list[str]:
    """Names on one line each, none empty, none twice: the second ``wood`` becomes ``wood_2``."""
    result: list[str] = []
    taken: set[str] = set()
    for name in names:
        plain = " ".join("".join(c if c.isprintable() else " " for c in name).split()) or "material"
        candidate, number = plain, 1
        while candidate in taken:
            number += 1
            candidate = f"{plain}_{number}"
        taken.add(candidate)
        result.append(candidate)
    return result


def safe_stem(stem: str) -> str:
    """A stem that stands in a reference without quotes: letters, digits, dot, dash and underscore."""
    return re.sub(r"[^\w.-]", "_", stem)


@dataclass
class _Shelf:
    """The pictures of one library, each read and packed once."""

    pictures: Pictures
    unread: set[str] = field(default_factory=set)
    _packed: dict[tuple[Texture | None, Texture | None], Texture | None] = field(default_factory=dict)
    _pixels_left: int = MOST_PACKED

    def picture(self, value: str | None) -> Texture | None:
        """The picture that a ``map_`` line names."""
        name = _picture_name(value or "")
        texture = self.pictures(name) if name else None
        clamped = texture is not None and re.search(r"-clamp\s+on\s", value or "", re.IGNORECASE)
        return with_wrap(texture, ("clamp", "clamp")) if clamped else texture

    def pack_orm(self, rough: Texture | None, metal: Texture | None) -> Texture | None:
        """Roughness and metallic as green and blue of one picture; each pair is packed once."""
        if (rough, metal) not in self._packed:
            self._pixels_left -= sum(pixel_count(texture) for texture in (rough, metal) if texture)
            if self._pixels_left < 0:
                note(f"left out map_Pr and map_Pm: they have over {MOST_PACKED:,} pixels; scale them down")
            self._packed[rough, metal] = pack_channels(rough, metal) if self._pixels_left >= 0 else None
        return self._packed[rough, metal]


def _statements(data: bytes) -> list[Lines]:
    """One dictionary per ``newmtl``, keys in lower case."""
    statements: list[Lines] = []
    for line in decode_text(data.removeprefix(b"\xef\xbb\xbf")).splitlines():
        key, value = [*line.split(None, 1), "", ""][:2]
        if key.lower() == "newmtl":
            statements.append({"newmtl": value.strip()})
        elif statements and key:
            statements[-1][key.lower()] = value.strip()
    return statements


def _picture_name(value: str) -> str:
    """The file name at the end of a ``map_`` line, behind its options; it may hold spaces."""
    rest = value
    while rest.startswith("-"):
        option, _, rest = rest.partition(" ")
        for number in range(_OPTIONS.get(option.lower(), 1)):
            word, _, behind = rest.lstrip().partition(" ")
            if number and option.lower() in ("-o", "-s", "-t") and not is_number(word):
                break
            rest = behind.lstrip()
    return rest.strip()


def _material(values: Lines, shelf: _Shelf) -> Material:
    """One material out of its lines, as `mtl_dialects` understands them."""
    color, alpha, name = _linear(base_color(values)), opacity(values), values["newmtl"]
    glow, base = shelf.picture(values.get("map_ke")), shelf.picture(base_picture(values))
    see_through = alpha < 1.0 or ("map_d" in values and base is not None)
    if "map_d" in values and _picture_name(values["map_d"]) != _picture_name(base_picture(values) or ""):
        note(f"material {name!r}: its separate alpha picture is left out")
        see_through = alpha < 1.0
    shelf.unread |= {key for key in _UNREAD if values.get(key)}
    rough, metal = shelf.picture(values.get("map_pr")), shelf.picture(values.get("map_pm"))
    orm = shelf.pack_orm(rough, metal) if rough or metal else None
    return Material(
        name=name or "material",
        base_color=(*color, alpha),
        base_color_texture=base,
        metallic=1.0 if metal and orm else (shares(values, "pm", 1) or [0.0])[0],
        roughness=1.0 if rough and orm else _roughness(values),
        orm_texture=orm,
        normal_texture=_normals(values, shelf),
        emissive=_linear(shares(values, "ke", 3) or ([1.0] * 3 if glow else [0.0] * 3)),
        emissive_texture=glow,
        alpha_mode="blend" if see_through else "opaque",
    )


def _normals(values: Lines, shelf: _Shelf) -> Texture | None:
    """The normal map behind ``norm``, or behind a bump key when it holds one; heights are left out with a note."""
    if values.get("norm"):
        return shelf.picture(values["norm"])
    normals = shelf.picture(bump(values))
    if normals is None or is_normal_map(normals):
        return normals
    note(f"material {values['newmtl']!r}: its bump map of heights is left out; bake it into a normal map")
    return None


def _roughness(values: Lines) -> float:
    """``Pr``, or what Blender makes of the older gloss exponent ``Ns`` 0..1000."""
    stated = shares(values, "pr", 1)
    if stated:
        return stated[0]
    gloss = floats(values, "ns", 1)
    return Material().roughness if gloss is None else float(1.0 - (min(gloss[0], 1000.0) / 1000.0) ** 0.5)


def pack_channels(rough: Texture | None, metal: Texture | None) -> Texture | None:
    """Two grey pictures as green and blue of one, as large as the larger; white where there is none."""
    from PIL import Image

    planes = {channel: pixels(texture, "L") for channel, texture in ((1, rough), (2, metal)) if texture}
    if not planes:
        return None
    height, width = max((grey.shape for grey in planes.values()), key=lambda shape: shape[0] * shape[1])
    packed = np.full((height, width, 3), 255, np.uint8)
    for channel, grey in planes.items():
        same = grey.shape == (height, width)
        packed[:, :, channel] = grey if same else np.asarray(Image.fromarray(grey).resize((width, height)))
    return encode_png(packed, rough or metal)


def _factors(material: Material) -> list[str]:
    """The lines that are numbers. ``Ns`` and ``Ks`` are for viewers that know no roughness."""
    gloss = (1.0 - material.roughness) ** 2 * 1000.0
    mapped = material.orm_texture is not None
    return [
        f"Kd {_triple(_screen_values(material.base_color[:3]))}",
        "Ks 0.04 0.04 0.04",
        f"Ke {_triple(_screen_values(material.emissive))}",
        f"Ns {gloss:.6g}",
        f"d {float(material.base_color[3])!r}",
        "illum 2",
        f"Pr {1.0 if mapped else float(material.roughness)!r}",
        f"Pm {1.0 if mapped else float(material.metallic)!r}",
    ]


def _maps(material: Material, prefix: str, pictures: dict[str, bytes]) -> list[str]:
    """The lines that name pictures; new pictures are put into ``pictures``."""
    named: list[tuple[str, str, Texture | None]] = [
        ("map_Kd", "color", material.base_color_texture),
        ("map_Ke", "emissive", material.emissive_texture),
        ("norm", "normal", material.normal_texture),
    ]
    if material.orm_texture:
        packed = pixels(material.orm_texture)
        if (packed[:, :, 0] != 255).any():
            note(f"material {material.name!r}: MTL has no key for occlusion; it stays behind")
        for key, role, channel, factor in (
            ("map_Pr", "roughness", 1, material.roughness),
            ("map_Pm", "metallic", 2, material.metallic),
        ):
            named.append(
                (key, role, encode_png(np.rint(packed[:, :, channel] * factor).astype(np.uint8), material.orm_texture))
            )
    rows = []
    for key, role, texture in named:
        if texture is not None:
            option = "-clamp on " if texture.wrap and set(texture.wrap) <= {"clamp", "none"} else ""
            rows.append(f"{key} {option}{_keep_once(texture, f'{prefix}_{role}', pictures)}")
    if material.alpha_mode != "opaque" and material.base_color_texture:
        rows.append(rows[0].replace("map_Kd", "map_d", 1))
    return rows


def _keep_once(texture: Texture, name: str, pictures: dict[str, bytes]) -> str:
    """The file name of a picture: that of an equal one if there is one already."""
    known = next((old for old, data in pictures.items() if data == texture.data), None)
    if known is None:
        known = f"{name}{texture.suffix}"
        pictures[known] = texture.data
    return known


def _linear(shown: list[float]) -> tuple[float, float, float]:
    """Screen values as linear light (IEC 61966-2-1)."""
    r, g, b = to_linear(np.array(shown)).tolist()
    return r, g, b


def _screen_values(linear: tuple[float, ...]) -> list[float]:
    """Linear light as screen values."""
    values: list[float] = to_srgb(np.array(linear)).tolist()
    return values


def _triple(values: list[float]) -> str:
    return " ".join(f"{value:.9g}" for value in values)
