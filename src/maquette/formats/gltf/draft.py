"""A glTF file being written: the JSON grows, the binary chunk grows with it, and both come out as one GLB."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.asset import Material, Texture
from maquette.core.progress import note

_COMPONENTS = {"uint8": 5121, "uint16": 5123, "uint32": 5125, "float32": 5126}
_KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_VERTICES, _INDICES = 34962, 34963
_WEBP = "EXT_texture_webp"
WRAPS = {"repeat": 10497, "clamp": 33071, "mirror": 33648, "none": 33071}  # OpenGL's numbers


class Draft:
    """Collects accessors, textures and materials; equal textures are stored once."""

    def __init__(self, asset: dict[str, Any]) -> None:
        self.root: dict[str, Any] = {"asset": asset}
        self._binary = bytearray()
        self._materials: dict[Material, int] = {}
        self._textures: dict[Texture, int] = {}
        self._images: dict[bytes, int] = {}
        self._samplers: dict[tuple[str, ...], int] = {}

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        """Put an object on one of the lists of the file; its place there."""
        rows = self.root.setdefault(kind, [])
        rows.append(entry)
        return len(rows) - 1

    def use(self, extension: str, *, required: bool = False) -> None:
        """Name an extension, once."""
        for key in ("extensionsUsed", *(("extensionsRequired",) if required else ())):
            names = self.root.setdefault(key, [])
            if extension not in names:
                names.append(extension)

    def vertices(self, rows: NDArray[Any], *, bounds: bool = False, normalized: bool = False) -> int:
        """An accessor over vertex data (N, width)."""
        entry = {"count": len(rows), "type": _KINDS[rows.shape[1]]}
        if normalized:
            entry["normalized"] = True
        if bounds:
            entry |= {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        return self._accessor(rows, entry, _VERTICES)

    def data(self, rows: NDArray[np.float32], *, bounds: bool = False) -> int:
        """An accessor over numbers (N, width) that are no vertices: matrices, times, turns."""
        entry = {"count": len(rows), "type": _KINDS[rows.shape[1]]}
        if bounds:
            entry |= {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        return self._accessor(rows, entry, None)

    def indices(self, corners: NDArray[np.int64]) -> int:
        """An accessor over corners (N,), as small as their largest index allows."""
        dtype = np.uint16 if corners.max() < 65535 else np.uint32  # 65535 itself would restart a strip
        return self._accessor(corners.astype(dtype), {"count": len(corners), "type": "SCALAR"}, _INDICES)

    def material(self, material: Material) -> int:
        """A material with its textures, once however often it is asked for: glTF 2.0 §3.9."""
        if material not in self._materials:
            self._materials[material] = self._add_material(material)
        return self._materials[material]

    def _add_material(self, material: Material) -> int:
        shine: dict[str, Any] = {
            "baseColorFactor": list(material.base_color),
            "metallicFactor": material.metallic,
            "roughnessFactor": material.roughness,
        }
        entry: dict[str, Any] = {"name": material.name, "pbrMetallicRoughness": shine}
        if material.base_color_texture:
            shine["baseColorTexture"] = self._texture(material.base_color_texture, f"{material.name} base color")
        if material.orm_texture:
            shine["metallicRoughnessTexture"] = self._texture(material.orm_texture, f"{material.name} orm")
            entry["occlusionTexture"] = self._texture(material.orm_texture, f"{material.name} orm")
        if material.normal_texture:
            entry["normalTexture"] = self._texture(material.normal_texture, f"{material.name} normal")
        if material.emissive_texture:
            entry["emissiveTexture"] = self._texture(material.emissive_texture, f"{material.name} emissive")
        if any(material.emissive):
            entry["emissiveFactor"] = list(material.emissive)
        if material.alpha_mode != "opaque":
            entry["alphaMode"] = material.alpha_mode.upper()
        if material.double_sided:
            entry["doubleSided"] = True
        extensions = _further(material)
        for name in extensions:
            self.use(name)
        if extensions:
            entry["extensions"] = extensions
        return self.add("materials", entry)

    def glb(self) -> bytes:
        """The finished file: header, JSON chunk, binary chunk."""
        self.root["buffers"] = [{"byteLength": len(self._binary)}]
        plain = json.dumps(self.root, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        text = plain.encode("utf-8", "replace")  # half a surrogate pair, from a file name, becomes "?"
        text += b" " * (-len(text) % 4)
        binary = self._binary + b"\0" * (-len(self._binary) % 4)
        head = struct.pack("<4sIIII", b"glTF", 2, 28 + len(text) + len(binary), len(text), 0x4E4F534A)
        return head + text + struct.pack("<II", len(binary), 0x004E4942) + binary

    def _accessor(self, rows: NDArray[Any], entry: dict[str, Any], target: int | None) -> int:
        view = self._view(np.ascontiguousarray(rows).tobytes(), {} if target is None else {"target": target})
        return self.add("accessors", {"bufferView": view, "componentType": _COMPONENTS[rows.dtype.name], **entry})

    def _view(self, data: bytes, entry: dict[str, Any]) -> int:
        self._binary += b"\0" * (-len(self._binary) % 4)
        start = len(self._binary)
        self._binary += data
        return self.add("bufferViews", {"buffer": 0, "byteOffset": start, "byteLength": len(data), **entry})

    def _texture(self, texture: Texture, name: str) -> dict[str, int]:
        if texture not in self._textures:
            if texture.data not in self._images:
                view = self._view(texture.data, {})
                picture = {"name": name, "mimeType": texture.media_type, "bufferView": view}
                self._images[texture.data] = self.add("images", picture)
            image = self._images[texture.data]
            entry: dict[str, Any] = {"source": image}
            if texture.media_type == "image/webp":
                entry = {"extensions": {_WEBP: {"source": image}}}
                self.use(_WEBP, required=True)
            if texture.wrap:
                entry["sampler"] = self._sampler(texture.wrap)
            self._textures[texture] = self.add("textures", entry)
        return {"index": self._textures[texture]}

    def _sampler(self, wrap: tuple[str, ...]) -> int:
        """What lies beyond a picture's edges; glTF knows no nothing, the last texels go on there."""
        if wrap not in self._samplers:
            if "none" in wrap:
                note("where a texture ends in nothing, its last texels go on: glTF has no word for nothing")
            self._samplers[wrap] = self.add("samplers", {"wrapS": WRAPS[wrap[0]], "wrapT": WRAPS[wrap[1]]})
        return self._samplers[wrap]


def _further(material: Material) -> dict[str, dict[str, float]]:
    """What Khronos' extensions say of a material, by their names."""
    result: dict[str, dict[str, float]] = {}
    if material.clearcoat:
        result["KHR_materials_clearcoat"] = {
            "clearcoatFactor": material.clearcoat,
            "clearcoatRoughnessFactor": material.clearcoat_roughness,
        }
    if material.transmission:
        result["KHR_materials_transmission"] = {"transmissionFactor": material.transmission}
    if material.ior:
        result["KHR_materials_ior"] = {"ior": material.ior}
    return result
