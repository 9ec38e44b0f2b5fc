"""Materials of a glTF file as ours: glTF 2.0 §3.8 and §3.9, with texture transforms, WebP and specular-glossiness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.asset import Material, Texture, Wrap, with_wrap
from maquette.core.errors import BadInput
from maquette.core.progress import note
from maquette.formats.gltf.buffers import Buffers
from maquette.formats.gltf.document import Entry
from maquette.formats.pictures_in_files import linear_from_srgb, pack_orm, pixel_count
from maquette.formats.side_files import Converter

_OTHER_KINDS = ("KHR_texture_basisu", "EXT_texture_avif", "MSFT_texture_dds")
MOST_PACKED = 4 * 8192 * 8192  # pixels in a file that are decoded to pack occlusion, roughness and metallic together
_WRAPS: dict[int, Wrap] = {10497: "repeat", 33071: "clamp", 33648: "mirror"}  # OpenGL's numbers
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
        self._materials, self._textures, self._images, self._samplers = (
            root.entries(name) for name in ("materials", "textures", "images", "samplers")
        )
        self._found: dict[int, Look] = {}
        self._variants: dict[tuple[int, ...], int] = {}
        self._pictures: dict[int, Texture | None] = {}
        self._wrapped: dict[tuple[int, tuple[str, ...]], Texture | None] = {}
        self._pixels_left = MOST_PACKED
        self._bytes_left = _most_bytes(self._document.size)
        self._by_bytes: dict[int | str, Texture | None] = {}
        self._convert = Converter()
        self._packed: dict[tuple[int, ...], Texture | None] = {}

    def __len__(self) -> int:
        return len(self._materials)

    def look(self, index: int) -> Look:
        """The material of this number; -1 is glTF's default material."""
        if index not in self._found:
            plain = Look(Material(name="default", metallic=1.0, roughness=1.0))
            self._found[index] = plain if index < 0 else self._try_material(self._materials[index], index)
        return self._found[index]

    def _try_material(self, entry: Entry, index: int) -> Look:
        """A material, or a plain one with a note where it cannot be read: appearance never refuses geometry."""
        try:
            return self._read(entry, index)
        except BadInput as problem:
            note(f"{_plainly(problem)}; the material is plain, the rest of it is left out")
            return Look(Material(name=f"material {index}"))

    @property
    def count(self) -> int:
        """How many numbers are in use: the file's materials and their variants."""
        return len(self._materials) + len(self._variants)

    def variant(self, index: int, rgb: tuple[int, int, int]) -> int:
        """The number of a material whose base colour is multiplied with that of a part's vertices (sRGB)."""
        key = (index, *rgb)
        if key not in self._variants:
            number = self.count
            look = self.look(index)
            light = linear_from_srgb(np.array(rgb, np.uint8)) * np.array(look.material.base_color[:3])
            red, green, blue = light.tolist()
            tinted = look.material.replace(base_color=(red, green, blue, look.material.base_color[3]))
            self._found[number] = Look(tinted, look.uv_set, look.uv_bend)
            self._variants[key] = number
        return self._variants[key]

    def _read(self, entry: Entry, index: int) -> Look:
        name = entry.name() or f"material {index}"
        mode = entry.text("alphaMode", "OPAQUE")
        if mode not in _MODES:
            note(f"material {name[:60]!r} has alphaMode {mode[:20]!r}, which is taken as OPAQUE")
            mode = "OPAQUE"
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
        material = Material(
            name=name,
            base_color=_within(base.numbers(color, 4, (1.0, 1.0, 1.0, 1.0)).tolist(), name),
            base_color_texture=self._texture(surfaces[0]),
            metallic=_within([metallic], name)[0],
            roughness=_within([roughness], name)[0],
            orm_texture=self._orm(surfaces[2], rough),
            normal_texture=self._texture(surfaces[3]),
            emissive=_within(emissive.tolist(), name),
            emissive_texture=self._texture(surfaces[4]),
            alpha_mode=_MODES[mode],  # type: ignore[arg-type]
            double_sided=entry.fields.get("doubleSided") is True,
        )
        return Look(_with_further(material, entry.entry("extensions")), uv_set, bend)

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
        named = tuple(info.index("index", len(self._textures)) if info.fields else -1 for info in (occlusion, rough))
        key = self._source(occlusion), self._source(rough), *named
        if key not in self._packed:
            self._packed[key] = None
            wanted = [pixel_count(t) for t in map(self._texture, (occlusion, rough)) if t is not None]
            self._pixels_left -= sum(wanted)
            if self._pixels_left < 0:
                note(f"left out shine and occlusion: they have over {MOST_PACKED:,} pixels to repack; scale them down")
            else:
                self._packed[key] = pack_orm(self._texture(occlusion), self._texture(rough))
        return self._packed[key]

    def _texture(self, info: Entry) -> Texture | None:
        """The picture of a texture reference; None with a note when there is none that can be read."""
        try:
            source = self._source(info)
        except BadInput as problem:
            note(f"{_plainly(problem)}; the texture is left out")
            return None
        if source < 0:
            return None
        if source not in self._pictures:
            self._pictures[source] = self._picture(self._images[source])
        wrap = self._wrap(self._textures[info.index("index", len(self._textures))])
        if (source, wrap) not in self._wrapped:
            self._wrapped[source, wrap] = with_wrap(self._pictures[source], wrap)
        return self._wrapped[source, wrap]

    def _wrap(self, texture: Entry) -> tuple[Wrap, Wrap] | tuple[()]:
        """What lies beyond the edges of a texture's picture."""
        try:
            number = texture.index("sampler", len(self._samplers))
            sampler = self._samplers[number] if number >= 0 else Entry({}, "")
            u, v = (_WRAPS[sampler.integer(key, 10497)] for key in ("wrapS", "wrapT"))
        except (BadInput, KeyError):
            note(f"{texture.where} has a sampler that cannot be read; its picture repeats")
            return ()
        return () if (u, v) == ("repeat", "repeat") else (u, v)

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
        for name in _OTHER_KINDS if source < 0 else ():
            source = max(source, texture.entry("extensions").entry(name).index("source", len(self._images)))
        if source < 0:
            texture.refuse("has no picture that can be read")
        return source

    def _picture(self, image: Entry) -> Texture | None:
        """The picture of an image entry; entries that share bytes share the picture, and all are charged."""
        try:
            key: int | str = self._buffers.view_of(image)
            if key == -1:
                key = image.text("uri")
            if key not in self._by_bytes:
                self._by_bytes[key] = None
                self._by_bytes[key] = self._load(image)
        except BadInput as problem:
            note(f"{_plainly(problem)}; the picture is left out")
            return None
        return self._by_bytes[key]

    def _load(self, image: Entry) -> Texture | None:
        view = self._buffers.view_of(image)
        whole = self._buffers.view(view)[0] if view >= 0 else self._document.fetch(image)
        if whole is None:
            return None  # the model is whole without it, and a note says so
        self._bytes_left -= len(whole)
        if self._bytes_left < 0:
            image.refuse(f"and others bring {self._document.size} bytes to over {_most_bytes(self._document.size)}")
        return self._convert(bytes(whole), image.name() or image.text("uri")[:60] or image.where)


def _most_bytes(size: int) -> int:
    """How many bytes of pictures a file of this size may be read as, where its views overlap."""
    return 2 * size + (16 << 20)


def _plainly(problem: BadInput) -> str:
    """What a refusal says is wrong, without who says it and what to do."""
    return str(problem).removeprefix("read-glb: ").partition(";")[0]


def _within(numbers: list[float], name: str) -> Any:
    """Factors brought into 0..1, with a note where they were not."""
    within = tuple(min(max(number, 0.0), 1.0) for number in numbers)
    if list(within) != numbers:
        note(f"material {name[:60]!r} has factors outside 0..1, which are taken as the nearest inside")
    return within


def _with_further(material: Material, extensions: Entry) -> Material:
    """The material with its clear coat and what goes through it; pictures of these are left out, and said."""
    coat, through = (extensions.entry(f"KHR_materials_{name}") for name in ("clearcoat", "transmission"))
    pictures = [name for entry in (coat, through) for name in entry.fields if name.endswith("Texture")]
    if pictures:
        note(f"material {material.name[:60]!r}: its {', '.join(pictures)} is left out; the factors alone are read")
    factors = [
        coat.number("clearcoatFactor", 0.0),
        coat.number("clearcoatRoughnessFactor", 0.0),
        through.number("transmissionFactor", 0.0),
    ]
    coated, rough, clear = _within(factors, material.name)
    index = extensions.entry("KHR_materials_ior").number("ior", 0.0)
    index = min(max(index, 1.0), 4.0) if index else 0.0
    return material.replace(
        clearcoat=coated,
        clearcoat_roughness=rough if coated else 0.0,
        transmission=clear,
        ior=0.0 if index == 1.5 else index,
    )


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
    materials_once: list[Material] = []
    taken: set[str] = set()
    counts: Counter[str] = Counter()
    for material in materials:
        name = material.name
        while name in taken:
            counts[material.name] += 1
            name = f"{material.name} {counts[material.name] + 1}"
        taken.add(name)
        materials_once.append(material if name == material.name else material.replace(name=name))
    return tuple(materials_once)
