"""What each format can carry: one table that writers, ``convert`` and the documentation read.

A trait is something an asset may have. A writer says which traits of the asset at hand its format has no place for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from maquette.core.asset import Asset, Material, textures_of
from maquette.core.progress import note


def _materials(asset: Asset) -> list[Material]:
    """Materials that some face has."""
    if asset.mesh.material is None or not len(asset.mesh.material):
        return list(asset.materials[:1])
    return [asset.materials[number] for number in np.unique(asset.mesh.material).tolist()]


def _some(has: Callable[[Material], bool]) -> Callable[[Asset], bool]:
    return lambda asset: any(map(has, _materials(asset)))


def _leaves(asset: Asset) -> bool:
    """Texture coordinates leave 0..1 where a texture does not simply repeat."""
    uv = asset.mesh.uv
    outside = uv is not None and len(uv) > 0 and bool(uv.min() < 0 or uv.max() > 1)
    return outside and any(picture.wrap for look in _materials(asset) for picture in textures_of(look).values())


def _colored(material: Material) -> bool:
    return material.base_color[:3] != (1.0, 1.0, 1.0)


TRAITS: dict[str, tuple[str, Callable[[Asset], bool]]] = {
    "unit": ("the unit", lambda asset: asset.sized),
    "parts": ("part names", lambda asset: len(asset.part_names) > 1),
    "color": ("vertex colours", lambda asset: asset.mesh.color is not None and bool((asset.mesh.color < 255).any())),
    "base": ("base colours", _some(_colored)),
    "uv": ("texture coordinates", lambda asset: asset.mesh.uv is not None),
    "texture": ("textures", _some(lambda m: m.base_color_texture is not None)),
    "wrap": ("what lies beyond the edges of textures", _leaves),
    "material": ("several materials", lambda asset: len(_materials(asset)) > 1),
    "shine": ("metallic and roughness", _some(lambda m: m.orm_texture is not None or m.metallic > 0)),
    "occlusion": ("ambient occlusion", _some(lambda m: m.orm_texture is not None)),
    "normal": ("normal maps", _some(lambda m: m.normal_texture is not None)),
    "glow": ("emission", _some(lambda m: any(m.emissive))),
    "alpha": ("transparency", _some(lambda m: m.alpha_mode != "opaque")),
    "mask": ("the alpha cut-off", _some(lambda m: m.alpha_mode == "mask")),
    "two sides": ("double-sidedness", _some(lambda m: m.double_sided)),
    "seen": ("what the photo saw", lambda asset: asset.mesh.seen is not None),
    "volumes": ("modifiers and blockers", lambda asset: bool(getattr(asset, "volumes", ()))),
    "history": ("how it was made", lambda asset: len(asset.history) > 1),
}
_SURFACE = {"parts", "base", "uv", "texture", "material", "glow", "alpha", "color"}
CARRIES: dict[str, frozenset[str]] = {
    ".amf": frozenset({"unit", "parts", "color", "base", "material", "alpha", "volumes", "history"}),
    ".3mf": frozenset(
        {"unit", "parts", "color", "base", "uv", "texture", "wrap", "material", "alpha", "volumes", "history"}
    ),
    ".dae": frozenset(_SURFACE | {"unit", "wrap", "normal", "two sides", "history"}),
    ".glb": frozenset(set(TRAITS) - {"volumes"}),
    ".obj": frozenset(_SURFACE | {"wrap", "shine", "normal"}),
    ".off": frozenset({"color", "base"}),
    ".ply": frozenset({"color", "base", "uv", "texture", "seen"}),
    ".stl": frozenset(),
}
_UNSAID = {"unit", "history", "two sides", "occlusion"}  # lost by the way of things; said in the table, not each time


def lost(asset: Asset, ending: str) -> list[str]:
    """What the asset has and a file of this kind cannot hold, in words."""
    carried = CARRIES.get(ending)
    if carried is None:
        return []
    return [words for trait, (words, has) in TRAITS.items() if trait not in carried | _UNSAID and has(asset)]


def say_lost(asset: Asset, ending: str) -> None:
    """Note what stays behind."""
    missing = lost(asset, ending)
    if missing:
        keep = ".glb" if "modifiers and blockers" not in missing else ".3mf"
        note(f"left out {', '.join(missing)}: {ending} has no place for them; {keep} keeps them")
