"""Clay, ceramic, metal and glass: a model as if it were made of one stuff, photographed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bytes
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.picture import Picture
from maquette.registry import stage
from maquette.render.cameras import View, ViewSetting
from maquette.render.color import Colors, hex_color, to_linear
from maquette.render.paths.develop import Backdrop
from maquette.render.paths.photograph import Exposure, photograph_shot, set_up
from maquette.render.paths.rigs import Light
from maquette.render.paths.shot import Glass
from maquette.render.scene import Samples, Scene
from maquette.render.surfaces import Surface, plain_surface

Metal = Literal["gold", "silver", "copper", "bronze", "steel", "chrome"]
# Reflectance at right angles, linear: gold, silver, copper and iron measured (Hoffman 2010), the others between them.
_METALS: dict[Metal, tuple[tuple[float, float, float], float]] = {
    "gold": ((1.0, 0.766, 0.336), 0.18),
    "silver": ((0.972, 0.960, 0.915), 0.2),
    "copper": ((0.955, 0.638, 0.538), 0.22),
    "bronze": ((0.80, 0.55, 0.32), 0.34),
    "steel": ((0.56, 0.57, 0.58), 0.32),
    "chrome": ((0.68, 0.69, 0.70), 0.04),
}
_SIZE = Annotated[int, Field(ge=16, le=4096, description="longer side of the picture")]
_LIGHT = Annotated[Light, Field(description="the lamps or the sky around it")]
_BACKGROUND = Annotated[
    Backdrop, Field(description="what stands behind it; transparent keeps the shadow, cutout does not")
]
_RAYS = Annotated[int, Field(ge=1, le=4096, description="paths of light a pixel")]
_COLOR = Annotated[str, Field(pattern="^#?[0-9a-fA-F]{6}$", description="its color as six hex digits")]


@dataclass(frozen=True)
class Sitting:
    """How a look is photographed."""

    light: Light = "studio"
    background: Backdrop = "studio"
    size_px: int = 512
    rays: int = 16


def in_stuff(
    scene: Scene, camera: Camera, sitting: Sitting, surface: Callable[[Scene, Samples], Surface] | Glass
) -> Bytes:
    """The scene photographed with another surface, or made of glass."""
    shot = set_up(scene, camera, sitting.light, floor=sitting.background != "cutout")
    shot = replace(shot, glass=surface, bounces=9) if isinstance(surface, Glass) else replace(shot, surface=surface)
    return photograph_shot(shot, Exposure(sitting.size_px, sitting.rays, sitting.background))


def _portrait(
    asset: Asset, view: View, sitting: Sitting, surface: Callable[[Scene, Samples], Surface] | Glass
) -> Picture:
    """A model by itself, photographed as if it were made of something else."""
    scene = Scene(asset)
    camera = scene.camera(view)
    return scene.show(in_stuff(scene, camera, sitting, surface), camera)


def plain_stuff(
    color: Colors, roughness: float, metallic: float = 0.0, reflectance: float = 0.04
) -> Callable[[Scene, Samples], Surface]:
    """One color, (3,) linear, all over."""

    def surface(scene: Scene, samples: Samples) -> Surface:
        plain = plain_surface(samples, color, roughness, reflectance)
        return replace(plain, metallic=np.full(len(samples), metallic, np.float32))

    return surface


def linear(color: str) -> Colors:
    """Hex digits, with or without #, as linear light (3,)."""
    return to_linear(hex_color(color.removeprefix("#")))


@stage
def clay(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: _SIZE = 512,
    color: _COLOR = "c8b8a6",
    light: _LIGHT = "studio",
    background: _BACKGROUND = "studio",
    rays: _RAYS = 16,
) -> Picture:
    """Photograph a model as if it were made of matt clay: its form alone, without its colors."""
    stuff = plain_stuff(linear(color), 0.85, reflectance=0.03)
    return _portrait(asset, view, Sitting(light, background, size_px, rays), stuff)


@stage
def ceramic(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: _SIZE = 512,
    color: _COLOR = "f1eee6",
    light: _LIGHT = "studio",
    background: _BACKGROUND = "studio",
    rays: _RAYS = 16,
) -> Picture:
    """Photograph a model as if it were glazed ceramic: one color under a smooth, shining coat."""
    stuff = plain_stuff(linear(color), 0.07, reflectance=0.055)
    return _portrait(asset, view, Sitting(light, background, size_px, rays), stuff)


@stage
def metal(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: _SIZE = 512,
    kind: Annotated[Metal, Field(description="which metal it is cast in")] = "gold",
    light: _LIGHT = "studio",
    background: _BACKGROUND = "studio",
    rays: _RAYS = 16,
) -> Picture:
    """Photograph a model as if it were cast in metal: gold, silver, copper, bronze, steel or chrome."""
    color, roughness = _METALS[kind]
    stuff = plain_stuff(np.array(color, np.float32), roughness, metallic=1.0)
    return _portrait(asset, view, Sitting(light, background, size_px, rays), stuff)


@stage
def glass(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: _SIZE = 512,
    color: _COLOR = "b7d8cc",
    light: _LIGHT = "studio",
    background: _BACKGROUND = "studio",
    rays: _RAYS = 32,
) -> Picture:
    """Photograph a model as if it were solid glass: light is mirrored and refracted, and colored on its way through.

    The index of refraction is 1.5. The model should be closed; through a hole light enters without bending back.
    """
    tint = tuple(float(c) for c in np.clip(linear(color), 0.02, 1.0))
    stuff = Glass(tint=(tint[0], tint[1], tint[2]))
    return _portrait(asset, view, Sitting(light, background, size_px, rays), stuff)
