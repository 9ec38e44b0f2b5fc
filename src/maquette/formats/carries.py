"""What each format can carry: one table that writers, ``convert`` and the documentation read.

A trait is something an asset may have. A writer says which traits of the asset at hand its format has no place for.
Channels beyond the five of every mesh are one trait in the table and asked for one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from maquette.core.asset import Asset, Material, textures_of
from maquette.core.channels import CHANNELS, POLYGON, Channel
from maquette.core.errors import BadInput
from maquette.core.mesh import CHANNEL_FIELDS
from maquette.core.progress import note
from maquette.core.skeleton import SKIN

_FARTHEST = 1e30  # mm; squares of lengths in metres still fit float32


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


def _has_base_color(material: Material) -> bool:
    return material.base_color[:3] != (1.0, 1.0, 1.0)


def _has_quads(asset: Asset) -> bool:
    number = asset.mesh.channel(POLYGON.name)
    return number is not None and bool((number >= 0).any())


_NO_TRAIT = {POLYGON.name, *SKIN}  # channels that have a trait of their own


TRAITS: dict[str, tuple[str, Callable[[Asset], bool]]] = {
    "unit": ("the unit", lambda asset: asset.sized),
    "parts": ("part names", lambda asset: len(asset.part_names) > 1),
    "color": ("vertex colours", lambda asset: asset.mesh.color is not None and bool((asset.mesh.color < 255).any())),
    "base": ("base colours", _some(_has_base_color)),
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
    "coat": ("the clear coat", _some(lambda m: m.clearcoat > 0)),
    "glass": ("light that goes through", _some(lambda m: m.transmission > 0)),
    "two sides": ("double-sidedness", _some(lambda m: m.double_sided)),
    "seen": ("what the photo saw", lambda asset: asset.mesh.seen is not None),
    "quads": ("quads, which become triangles", _has_quads),
    "channels": ("channels of plugins", lambda asset: bool(asset.mesh.extra.keys() - _NO_TRAIT)),
    "skeleton": ("the skeleton and its clips", lambda asset: asset.skeleton is not None),
    "volumes": ("modifiers and blockers", lambda asset: bool(getattr(asset, "volumes", ()))),
    "history": ("how it was made", lambda asset: len(asset.history) > 1),
}
_SURFACE = {"parts", "base", "uv", "texture", "material", "glow", "alpha", "color"}
_USD = frozenset(
    _SURFACE | {"unit", "wrap", "shine", "occlusion", "normal", "mask", "coat", "two sides", "seen", "quads", "history"}
)
CARRIES: dict[str, frozenset[str]] = {
    ".amf": frozenset({"unit", "parts", "color", "base", "material", "alpha", "volumes", "history"}),
    ".3mf": frozenset(
        {"unit", "parts", "color", "base", "uv", "texture", "wrap", "material", "alpha", "volumes", "history"}
    ),
    ".dae": frozenset(_SURFACE | {"unit", "wrap", "normal", "two sides", "history"}),
    ".fbx": frozenset(_SURFACE | {"unit", "wrap", "shine", "normal", "quads", "history"}),
    ".glb": frozenset(set(TRAITS) - {"volumes", "quads"}),
    ".obj": frozenset(_SURFACE | {"wrap", "shine", "normal", "quads"}),
    ".off": frozenset({"color", "base"}),
    ".ply": frozenset({"color", "base", "uv", "texture", "seen", "channels"}),
    ".stl": frozenset(),
    ".usda": _USD,
    ".usdc": _USD,
    ".usdz": _USD,
}
_MOST_NUMBERS = {".glb": 4, ".ply": 85}  # of one value of a channel, where a format has a limit
_UNSAID = {"unit", "history", "two sides", "occlusion"}  # lost by the way of things; said in the table, not each time


def further_channels(ending: str) -> dict[str, Channel]:
    """The channels beyond those of every mesh that a file of this kind holds, by name.

    Not those that count in a tuple of the asset: a file numbers its materials and parts anew.
    """
    if "channels" not in CARRIES.get(ending, ()):
        return {}
    most = _MOST_NUMBERS.get(ending, math.inf)
    return {
        name: channel
        for name, channel in CHANNELS.items()
        if name not in CHANNEL_FIELDS
        and name not in _NO_TRAIT
        and not channel.counts_in
        and math.prod(channel.shape) <= most
    }


def lost_traits(asset: Asset, ending: str) -> list[str]:
    """What the asset has and a file of this kind cannot hold, in words."""
    carried = CARRIES.get(ending)
    if carried is None:
        return []
    stays = set(TRAITS) - carried - _UNSAID - {"channels"}
    words = [what for trait, (what, has) in TRAITS.items() if trait in stays and has(asset)]
    others = asset.mesh.extra.keys() - further_channels(ending).keys() - _NO_TRAIT
    return words + [f"the channel {name!r}" for name in sorted(others)]


def refuse_unwritable(asset: Asset, stage: str) -> None:
    """Refuse, in a writer's name, an asset without faces or one that reaches farther than its format's numbers."""
    if not len(asset.mesh.faces):
        raise BadInput(f"{stage}: the model has no faces; there is nothing to write")
    if np.abs(asset.mesh.vertices).max() > _FARTHEST:
        raise BadInput(f"{stage}: a vertex lies over {_FARTHEST:g} mm away; scale the model down")


def say_lost(asset: Asset, ending: str) -> None:
    """Note what stays behind."""
    missing = lost_traits(asset, ending)
    if missing:
        kept = {
            other: set(missing) - set(lost_traits(asset, other))
            for other in (".glb", ".3mf", ".ply")
            if other != ending
        }
        best = max(kept, key=lambda other: len(kept[other]))  # the first of equals
        them = "them" if len(missing) > 1 or missing[0].endswith("s") else "it"
        better = "" if not kept[best] else f"; {best} keeps {them if len(kept[best]) == len(missing) else 'more'}"
        note(f"left out {', '.join(missing)}: {ending} has no place for {them}{better}")
