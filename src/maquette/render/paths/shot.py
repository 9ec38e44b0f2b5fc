"""Shot: what is photographed, in which light, through which lens. Film: what the light left on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Singles
from maquette.core.camera import Camera
from maquette.render.cameras import pixel_at
from maquette.render.color import Colors
from maquette.render.paths.environment import Environment
from maquette.render.scene import Samples, Scene
from maquette.render.surfaces import Surface, textured_surface


@dataclass(frozen=True)
class Glass:
    """Clear stuff that the whole model is made of: index of refraction, roughness, and its color.

    ``tint`` is what is left of white light after it went one radius of the model through the stuff (Beer-Lambert).
    """

    ior: float = 1.5
    roughness: float = 0.03
    tint: tuple[float, float, float] = (0.92, 0.97, 0.95)


@dataclass(frozen=True)
class Floor:
    """A level floor under the model that only shows shadows, and reflections where ``gloss`` 0..1 is above zero."""

    height: float
    reach: float = 2.6  # radii at which its shadows have faded
    white: float = 0.6  # share of light that it throws back to the model
    gloss: float = 0.0


@dataclass(frozen=True)
class Lens:
    """An opening of this radius, sharp at this depth; both in the scene's unit. Radius 0: everything is sharp.

    A lens that is tilted down by ``tilt_deg`` is sharp on a plane that leans: ``depth`` is where it meets the picture's
    line at ``height`` (0 top, 1 foot); above it what is farther is sharp, below it what is nearer.
    """

    radius: float = 0.0
    depth: float = 1.0
    tilt_deg: float = 0.0
    height: float = 0.5

    def depth_at(self, down: Floats, span: float) -> Floats:
        """Depth that is sharp along rays that fall ``down`` a unit of depth, (N,); the picture is ``span`` high."""
        lean, upright = np.sin(np.radians(self.tilt_deg)), np.cos(np.radians(self.tilt_deg))
        across = np.maximum(upright + lean * down, 1e-3)
        sharp: Floats = self.depth * (upright + lean * (self.height - 0.5) * span) / across
        return sharp


@dataclass(frozen=True)
class Shot:
    """One photograph of a scene that is ready to be traced."""

    scene: Scene
    camera: Camera
    environment: Environment
    surface: Callable[[Scene, Samples], Surface] = textured_surface
    glass: Glass | None = None
    floor: Floor | None = None
    lens: Lens = Lens()
    bounces: int = 4
    height_px: int = 512

    @cached_property
    def sky(self) -> Environment:
        """The light that reaches anything: over a floor only what comes from above it."""
        return self.environment if self.floor is None else self.environment.above_floor()

    @cached_property
    def open_floor(self) -> Colors:
        """What the floor looks like with nothing on it, (3,)."""
        white = 0.0 if self.floor is None else self.floor.white
        return self.sky.irradiance(np.array([0.0, 0.0, 1.0])) * np.float32(white / np.pi)

    @cached_property
    def foot(self) -> Floats:
        """The place under the model's middle, (2,)."""
        middle: Floats = (self.scene.low[:2] + self.scene.high[:2]) / 2
        return middle

    def pixel_at(self, points: Floats) -> Singles:
        """Side of a pixel at points (N, 3), in the scene's unit."""
        depth = np.einsum("ij,j->i", points - self.camera.position, self.camera.pose[:3, 2])
        return pixel_at(self.camera, depth, self.height_px).astype(np.float32)


@dataclass(frozen=True)
class Film:
    """Per pixel: light of the model in linear light times its ``alpha``; light of the floor times its share.

    ``floor`` is 1 where nothing shades the floor. ``noise`` is the variance of the mean of the model's light and of the
    floor's. The guides (color, normal, point) are means over the model's first surfaces, for the denoiser.
    """

    light: Colors  # (H, W, 3)
    alpha: Singles  # (H, W)
    floor: Colors  # (H, W, 3)
    floor_share: Singles  # (H, W)
    noise: Singles  # (H, W, 2)
    color: Colors  # (H, W, 3)
    normal: Singles  # (H, W, 3)
    point: NDArray[np.float32]  # (H, W, 3)
