"""Materials of an FBX file as ours, and the pictures in it or beside it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from maquette.core.asset import Material, Texture, Wrap, with_wrap
from maquette.core.errors import MaquetteError
from maquette.core.files import Files
from maquette.core.progress import note
from maquette.formats.fbx.records import MAGIC, Record, decode_records
from maquette.formats.fbx.scene import Scene, properties_of, vector
from maquette.formats.mtl import pack_channels
from maquette.formats.mtl_dialects import is_normal_map
from maquette.formats.side_files import Converter, Pictures, references
from maquette.geometry.look.srgb import to_linear

_SLOTS = {  # what a picture joined to a property of a material is
    "DiffuseColor": "base",
    "Maya|TEX_color_map": "base",
    "Maya|baseColor": "base",
    "3dsMax|Parameters|base_color_map": "base",
    "NormalMap": "normal",
    "Bump": "bump",
    "Maya|TEX_normal_map": "normal",
    "Maya|normalCamera": "normal",
    "EmissiveColor": "emissive",
    "EmissiveFactor": "emissive",
    "Maya|TEX_emissive_map": "emissive",
    "ShininessExponent": "rough",
    "Shininess": "rough",
    "Maya|TEX_roughness_map": "rough",
    "ReflectionFactor": "metal",
    "Maya|TEX_metallic_map": "metal",
    "TransparentColor": "alpha",
    "TransparencyFactor": "alpha",
}
_UNREAD = {"AmbientColor": "", "Maya|TEX_ao_map": "", "SpecularColor": "specular pictures"}


def fbx_references(name: str, data: bytes) -> list[str]:
    """The pictures that a file names and does not hold."""
    if not name.lower().endswith(".fbx") or not data.startswith(MAGIC[:20]):
        return []
    try:
        objects = decode_records(data, "read-fbx").first("Objects")
    except MaquetteError:
        return []  # the reader says what is wrong
    named: list[str] = []
    for record in () if objects is None else objects.children:
        if record.name in ("Video", "Texture") and not record.value("Content"):
            named += [
                str(record.value(key)) for key in ("RelativeFilename", "FileName", "Filename") if record.value(key)
            ]
    return references(named)


class Looks:
    """Reads each material once. ``materials`` are those met so far."""

    def __init__(self, scene: Scene, files: Files) -> None:
        self.materials: list[Material] = []
        self._scene = scene
        self._beside = Pictures(files, files.main)
        self._convert = Converter()
        self._numbers: dict[Any, int] = {}
        self._inside: dict[Any, Texture | None] = {}

    def of_model(self, model: Record) -> list[int]:
        """The materials that a model wears, in its own order."""
        worn = []
        for record, _ in self._scene.children(model, "Material"):
            key = record.values[0]
            if key not in self._numbers:
                self._numbers[key] = len(self.materials)
                self.materials.append(self._material(record))
            worn.append(self._numbers[key])
        return worn

    def _material(self, record: Record) -> Material:
        """One material."""
        rows = properties_of(record)
        maps = self._maps(record)
        base, normal = maps.get("base"), maps.get("normal")
        if normal is None and "bump" in maps and is_normal_map(maps["bump"]):
            normal = maps["bump"]
        color = _light(rows, "DiffuseColor", "Diffuse", default=(0.8, 0.8, 0.8))
        factor = _share(rows, "DiffuseFactor", 1.0)
        alpha = _opacity(rows)
        rough, metal = maps.get("rough"), maps.get("metal")
        orm = pack_channels(rough, metal) if rough is not None or metal is not None else None
        glow = _light(rows, "EmissiveColor", "Emissive", default=(0.0, 0.0, 0.0))
        strength = min(_share(rows, "EmissiveFactor", 1.0), 1.0)
        shown = (1.0, 1.0, 1.0) if base is not None else (color[0] * factor, color[1] * factor, color[2] * factor)
        lit = maps.get("emissive")
        return Material(
            name=self._scene.name_of(record),
            base_color=(*shown, alpha),
            base_color_texture=base,
            roughness=1.0 if rough is not None else _roughness(rows),
            metallic=1.0 if metal is not None else _share(rows, "Maya|metallic", 0.0),
            orm_texture=orm,
            normal_texture=normal,
            emissive=(1.0, 1.0, 1.0) if lit is not None and not any(glow) else tuple(one * strength for one in glow),  # type: ignore[arg-type]
            emissive_texture=lit,
            alpha_mode="blend" if alpha < 1 or (base is not None and maps.get("alpha") == base) else "opaque",
        )

    def _maps(self, record: Record) -> dict[str, Texture]:
        """The pictures of a material by what they are for; the first of a kind counts."""
        maps: dict[str, Texture] = {}
        for texture, place in self._scene.children(record, "Texture"):
            role = _SLOTS.get(place)
            picture = self._picture(texture) if role is not None else None
            if role is None and _UNREAD.get(place, "pictures of another kind"):
                note(f"left out {_UNREAD.get(place, 'pictures of another kind')}")
            if role is not None and picture is not None:
                maps.setdefault(role, picture)
        return maps

    def _picture(self, texture: Record) -> Texture | None:
        """The picture of a texture, out of the file or from beside it."""
        key = texture.values[0]
        if key not in self._inside:
            self._inside[key] = self._content_of(texture)
        modes = properties_of(texture)
        first, second = (_wrap(modes, axis) for axis in "UV")
        return with_wrap(self._inside[key], (first, second))

    def _content_of(self, texture: Record) -> Texture | None:
        for video, _ in self._scene.children(texture, "Video"):
            content = video.value("Content")
            if isinstance(content, bytes) and content:
                return self._convert(content, str(video.value("RelativeFilename", "picture")))
        names = [texture.value("RelativeFilename"), texture.value("FileName")]
        name = next((str(one) for one in names if one), "")
        return self._beside(name) if name else None


def _wrap(modes: dict[str, list[Any]], axis: str) -> Wrap:
    return "clamp" if (modes.get(f"WrapMode{axis}") or [0])[0] == 1 else "repeat"


def _light(rows: dict[str, list[Any]], *names: str, default: tuple[float, float, float]) -> tuple[float, float, float]:
    """The first colour of these names in linear light."""
    values = next((rows[name] for name in names if name in rows), None)
    red, green, blue = np.round(to_linear(np.clip(vector(values, default), 0, 1)), 9).tolist()
    return red, green, blue


def _share(rows: dict[str, list[Any]], name: str, default: float) -> float:
    """A number 0..1."""
    value = (rows.get(name) or [default])[0]
    fine = isinstance(value, int | float) and np.isfinite(value)
    return float(np.clip(value, 0, 1)) if fine else default


def _opacity(rows: dict[str, list[Any]]) -> float:
    """How much is not seen through: by ``Opacity``, else by the transparent share where a colour goes with it."""
    if "Opacity" in rows:
        return _share(rows, "Opacity", 1.0)
    clear = vector(rows.get("TransparentColor"), (0.0, 0.0, 0.0)).max()
    return 1.0 - _share(rows, "TransparencyFactor", 0.0) * (1.0 if 0 < clear <= 1 else 0.0)


def _roughness(rows: dict[str, list[Any]]) -> float:
    """As the file says it for PBR, else what Blender makes of the gloss exponent 0..100."""
    if "Maya|roughness" in rows:
        return _share(rows, "Maya|roughness", 0.8)
    gloss = next((rows[name][0] for name in ("Shininess", "ShininessExponent") if rows.get(name)), None)
    if not isinstance(gloss, int | float) or not np.isfinite(gloss):
        return Material().roughness
    return 1.0 - math.sqrt(min(max(float(gloss), 0.0), 100.0) / 100)
