"""Materials as FBX has them: Phong that everybody reads, PBR numbers beside it, and pictures in the file."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from maquette.core.asset import Material, Texture
from maquette.formats.fbx.records import I32, Record
from maquette.formats.mtl import safe_stem
from maquette.formats.pictures_in_files import as_png, encode_png, pixels, tint
from maquette.geometry.look.srgb import to_srgb

LAYER = "\x00\x01"  # between a name and its class


def number_of(*words: Any) -> int:
    """A number for an object, the same for the same words."""
    return 1_000_000 + zlib.crc32("\n".join(map(str, words)).encode())


class Shelf:
    """Adds materials, textures and pictures to a file's objects and joins them, each picture once."""

    def __init__(self, objects: Record, connections: Record, stem: str) -> None:
        self.objects, self._connections, self._stem = objects, connections, safe_stem(stem)
        self._videos: dict[bytes, int] = {}

    def connect(self, child: int, parent: int, to_property: str = "") -> None:
        """Join two objects, or an object to another's property."""
        tail = (to_property,) if to_property else ()
        self._connections.add("C", "OP" if to_property else "OO", child, parent, *tail)

    def add_material(self, material: Material, name: str) -> int:
        """A material with its pictures; its number."""
        number = number_of("material", name)
        record = self.objects.add("Material", number, f"{name}{LAYER}Material", "")
        record.add("Version", I32(102))
        record.add("ShadingModel", "phong")
        record.add("MultiLayer", I32(0))
        rows = record.add("Properties70")
        red, green, blue = to_srgb(np.array(material.base_color[:3])).tolist()
        mapped = material.base_color_texture is not None
        _color(rows, "DiffuseColor", (1.0, 1.0, 1.0) if mapped else (red, green, blue))
        _color(rows, "Diffuse", (1.0, 1.0, 1.0) if mapped else (red, green, blue))
        _color(rows, "EmissiveColor", tuple(to_srgb(np.array(material.emissive)).tolist()))
        alpha = 1.0 if material.alpha_mode == "opaque" else material.base_color[3]
        gloss = (1.0 - material.roughness) ** 2 * 100.0  # Blender reads roughness back out of it
        numbers = {
            "EmissiveFactor": 1.0 if any(material.emissive) else 0.0,
            "DiffuseFactor": 1.0,
            "SpecularFactor": 0.25,
            "Shininess": gloss,
            "ShininessExponent": gloss,
            "ReflectionFactor": material.metallic,
            "TransparencyFactor": 1.0 - alpha,
            "Opacity": alpha,
            "Maya|roughness": material.roughness,
            "Maya|metallic": material.metallic,
        }
        for what, value in numbers.items():
            rows.add("P", what, "Number", "", "A", float(value))
        self._add_maps(number, material, name)
        return number

    def _add_maps(self, number: int, material: Material, name: str) -> None:
        """The pictures of a material at the properties that readers look for."""
        base = material.base_color_texture
        if base is not None:
            shown = tint(base, material.base_color)  # FBX shows the picture alone
            self._add_texture(number, name, "base", shown, "DiffuseColor", "Maya|TEX_color_map")
            if material.alpha_mode != "opaque":
                self._add_texture(number, name, "alpha", shown, "TransparentColor")
        if material.normal_texture is not None:
            self._add_texture(number, name, "normal", material.normal_texture, "NormalMap", "Maya|TEX_normal_map")
        if material.emissive_texture is not None:
            self._add_texture(number, name, "emissive", material.emissive_texture, "EmissiveColor")
        if material.orm_texture is not None:
            packed = pixels(material.orm_texture)
            for what, channel, factor, places in (
                ("occlusion", 0, 1.0, ("AmbientColor", "Maya|TEX_ao_map")),
                ("roughness", 1, material.roughness, ("ShininessExponent", "Maya|TEX_roughness_map")),
                ("metallic", 2, material.metallic, ("ReflectionFactor", "Maya|TEX_metallic_map")),
            ):
                grey = np.rint(packed[:, :, channel] * factor).astype(np.uint8)
                if channel or (grey < 255).any():
                    self._add_texture(number, name, what, encode_png(grey, material.orm_texture), *places)

    def _add_texture(self, material: int, name: str, role: str, texture: Texture, *places: str) -> None:
        """A texture with its picture at properties of a material."""
        shown = as_png(texture) if texture.media_type == "image/webp" else texture
        file = f"{self._stem}_{len(self._videos)}_{role}{shown.suffix}"
        video = self._videos.get(shown.data)
        if video is None:
            video = self._videos[shown.data] = number_of("video", file)
            record = self.objects.add("Video", video, f"{file}{LAYER}Video", "Clip")
            record.add("Type", "Clip")
            record.add("Properties70").add("P", "Path", "KString", "XRefUrl", "", file)
            record.add("UseMipMap", I32(0))
            record.add("Filename", file)
            record.add("RelativeFilename", file)
            record.add("Content", shown.data)
        number = number_of("texture", name, role)
        record = self.objects.add("Texture", number, f"{name} {role}{LAYER}Texture", "")
        record.add("Type", "TextureVideoClip")
        record.add("Version", I32(202))
        record.add("TextureName", f"{name} {role}{LAYER}Texture")
        rows = record.add("Properties70")
        rows.add("P", "UVSet", "KString", "", "", "UVMap")
        rows.add("P", "UseMaterial", "bool", "", "", I32(1))
        for axis, wrap in zip("UV", texture.wrap or ("repeat", "repeat"), strict=True):
            rows.add("P", f"WrapMode{axis}", "enum", "", "", I32(0 if wrap in ("repeat", "mirror") else 1))
        record.add("Media", f"{file}{LAYER}Video")
        record.add("FileName", file)
        record.add("RelativeFilename", file)
        self.connect(video, number)
        for place in places:
            self.connect(number, material, place)


def _color(rows: Record, name: str, color: tuple[float, ...]) -> None:
    rows.add("P", name, "Color", "", "A", *map(float, color))
