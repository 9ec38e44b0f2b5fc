"""Materials of a glTF file as ours: glTF 2.0 §3.8 and §3.9, with texture transforms, WebP and specular-glossiness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.asset import Material, Texture
from maquette.core.progress import note
from maquette.formats.gltf.buffers import Buffers
from maquette.formats.gltf.document import Entry
from maquette.formats.pictures_in_files import pack_orm, pixel_count

_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
MOST_PACKED = 4 * 8192 * 8192  # pixels in a file that are decoded to pack occlusion, roughness and metallic together
_MODES = {"OPAQUE": "opaque", "MASK": "mask", "BLEND": "blend"}


@dataclass(frozen=True)
class Look:
    """A material, which set of texture coordinates it wants, and how the file bends them (3, 3)."""

    material: Material
    uv_set: int = 0
    uv_bend: Floats | None = None


class Looks:
    """Reads materials and textures when they are first asked for; pictures nobody uses are never touched."""

    def __init__(self, buffers: Buffers) -> None:
        self._buffers, root = buffers, buffers.document.root
        self._document = buffers.document
        self._materials, self._textures, self._images = (
            root.entries(name) for name in ("materials", "textures", "images")
        )
        self._found: dict[int, Look] = {}
        self._pictures: dict[int, Texture | None] = {}
        self._pixels_left = MOST_PACKED
        self._packed: dict[tuple[int, int], Texture | None] = {}

    def __len__(self) -> int:
        return len(self._materials)

    def look(self, index: int) -> Look:
        """The material of this number; -1 is glTF's default material."""
        if index not in self._found:
            plain = Look(Material(name="default", metallic=1.0, roughness=1.0))
            self._found[index] = plain if index < 0 else self._read(self._materials[index], index)
        return self._found[index]

    def _read(self, entry: Entry, index: int) -> Look:
        name = entry.text("name") or f"material {index}"
        mode = entry.text("alphaMode", "OPAQUE")
        if mode not in _MODES:
            entry.refuse(f"has alphaMode {mode[:20]!r}")
        shine = entry.entry("pbrMetallicRoughness")
        gloss = entry.entry("extensions").entry("KHR_materials_pbrSpecularGlossiness")
        strength = entry.entry("extensions").entry("KHR_materials_emissive_strength").number("emissiveStrength", 1.0)
        color, picture = (
            ("diffuseFactor", "diffuseTexture") if gloss.fields else ("baseColorFactor", "baseColorTexture")
        )
        base = gloss if gloss.fields else shine
        surfaces = [base.entry(picture), shine.entry("metallicRoughnessTexture"), entry.entry("occlusionTexture")]
        surfaces += [entry.entry("normalTexture"), entry.entry("emissiveTexture")]
        uv_set, bend = self._uv(surfaces, name)
        if gloss.fields:
            metallic, roughness, rough = 0.0, 1.0 - gloss.number("glossinessFactor", 1.0), Entry({}, "")
        else:
            metallic, roughness = shine.number("metallicFactor", 1.0), shine.number("roughnessFactor", 1.0)
            rough = surfaces[1]
        emissive = np.minimum(entry.numbers("emissiveFactor", 3, (0.0, 0.0, 0.0)) * strength, 1.0)
        made = Material(
            name=name,
            base_color=tuple(base.numbers(color, 4, (1.0, 1.0, 1.0, 1.0)).tolist()),
            base_color_texture=self._texture(surfaces[0]),
            metallic=metallic,
            roughness=roughness,
            orm_texture=self._orm(surfaces[2], rough),
            normal_texture=self._texture(surfaces[3]),
            emissive=tuple(emissive.tolist()),
            emissive_texture=self._texture(surfaces[4]),
            alpha_mode=_MODES[mode],  # type: ignore[arg-type]
            double_sided=entry.fields.get("doubleSided") is True,
        )
        return Look(made, uv_set, bend)

    def _uv(self, infos: list[Entry], name: str) -> tuple[int, Floats | None]:
        """Set and bend of the material's first texture; others that differ are said and follow the first."""
        wanted = [_set_and_bend(info) for info in infos if info.fields]
        if not wanted:
            return 0, None
        if any(w[0] != wanted[0][0] or not np.array_equal(w[1], wanted[0][1]) for w in wanted):
            note(f"material {name[:60]!r}: its textures lie differently; all of them follow the first one")
        uv_set, bend = wanted[0]
        return uv_set, None if np.array_equal(bend, np.eye(3)) else bend

    def _orm(self, occlusion: Entry, rough: Entry) -> Texture | None:
        """Occlusion, roughness and metallic as one picture; each pair is packed once."""
        key = self._source(occlusion), self._source(rough)
        if key not in self._packed:
            wanted = [pixel_count(t) for t in map(self._texture, (occlusion, rough)) if t is not None]
            self._pixels_left -= sum(wanted)
            if self._pixels_left < 0:
                occlusion.refuse(f"and others have over {MOST_PACKED} pixels to repack", "scale the textures down")
            self._packed[key] = pack_orm(self._texture(occlusion), self._texture(rough))
        return self._packed[key]

    def _texture(self, info: Entry) -> Texture | None:
        source = self._source(info)
        if source < 0:
            return None
        if source not in self._pictures:
            self._pictures[source] = self._picture(self._images[source])
        return self._pictures[source]

    def _source(self, info: Entry) -> int:
        """The picture that a texture reference leads to, -1 for none."""
        if not info.fields:
            return -1
        number = info.index("index", len(self._textures))
        if number < 0:
            info.refuse("names no texture")
        texture = self._textures[number]
        webp = texture.entry("extensions").entry("EXT_texture_webp").index("source", len(self._images))
        source = texture.index("source", len(self._images)) if webp < 0 else webp
        if source < 0:
            texture.refuse("has no picture that can be read", "export it with PNG, JPEG or WebP textures")
        return source

    def _picture(self, image: Entry) -> Texture | None:
        view = self._buffers.view_of(image)
        data = bytes(self._buffers.view(view)[0]) if view >= 0 else self._document.fetch(image)
        if data is None:
            return None  # the model is whole without it, and a note says so
        if not data.startswith(_MAGIC):
            image.refuse("is no PNG, JPEG or WebP", "export it with PNG, JPEG or WebP textures")
        return Texture(data)


def _set_and_bend(info: Entry) -> tuple[int, Floats]:
    """Which TEXCOORD a texture takes, and KHR_texture_transform as a matrix: translation · rotation · scale."""
    moved = info.entry("extensions").entry("KHR_texture_transform")
    uv_set = moved.integer("texCoord", info.integer("texCoord", 0))
    turn = moved.number("rotation", 0.0)
    (x, y), (wide, high) = moved.numbers("offset", 2, (0.0, 0.0)), moved.numbers("scale", 2, (1.0, 1.0))
    cos, sin = np.cos(turn), np.sin(turn)
    return uv_set, np.array([[cos * wide, sin * high, x], [-sin * wide, cos * high, y], [0.0, 0.0, 1.0]])


def distinct(materials: Iterable[Material]) -> tuple[Material, ...]:
    """Materials as they are; two of one name get a number, so that a writer can tell them apart."""
    made: list[Material] = []
    taken: set[str] = set()
    counts: Counter[str] = Counter()
    for material in materials:
        name = material.name
        while name in taken:
            counts[material.name] += 1
            name = f"{material.name} {counts[material.name] + 1}"
        taken.add(name)
        made.append(material if name == material.name else material.replace(name=name))
    return tuple(made)
