"""A scene photographed with paths of light: its shot set up, traced, cleaned and developed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from maquette.core.arrays import Bytes, Singles
from maquette.core.camera import Camera
from maquette.render.color import Colors
from maquette.render.frame import frame_size
from maquette.render.paths.denoise import denoise
from maquette.render.paths.develop import Backdrop, Tone, develop
from maquette.render.paths.environment import Environment
from maquette.render.paths.rigs import Light, light_rig
from maquette.render.paths.shot import Film, Floor, Lens, Shot
from maquette.render.paths.trace import trace
from maquette.render.scene import Scene

ENOUGH = 0.2  # noise of one path that is left to the denoiser, on a screen's scale
_STEEP = 0.05  # sine of the lowest view from above in which a floor is seen


@dataclass(frozen=True)
class Exposure:
    """How a shot becomes a picture: its longer side, paths a pixel, background, tones."""

    size_px: int = 512
    samples: int = 16
    behind: Backdrop | Colors = "studio"
    tone: Tone = "soft"
    seed: int = 0


def photograph_shot(shot: Shot, exposure: Exposure) -> Bytes:
    """The picture (H, W, 4) uint8 of a shot."""
    film, shot = expose(shot, exposure)
    return develop(film, shot.open_floor, exposure.behind, exposure.tone)


def expose(shot: Shot, exposure: Exposure) -> tuple[Film, Shot]:
    """The cleaned film of a shot, and the shot as it was traced."""
    width, height = frame_size(shot.camera, exposure.size_px)
    shot = replace(shot, height_px=height)
    film = trace(shot, width, height, exposure.samples, exposure.seed, ENOUGH / exposure.samples**0.5)
    return denoise(film, pixels_on(shot, film)), shot


def pixels_on(shot: Shot, film: Film) -> Singles:
    """A pixel's side on the surface that it shows, (H, W)."""
    points = film.point.reshape(-1, 3).astype(np.float64)
    return shot.pixel_at(points).reshape(film.alpha.shape)


def set_up(scene: Scene, camera: Camera, light: Light | Environment, *, floor: bool = True, blur: float = 0.0) -> Shot:
    """A shot of a scene in a rig that stands around the viewer, on a floor where one is seen from above.

    ``blur`` 0..1 is how far the lens is open; it is sharp a third of the way into the model.
    """
    environment = light if isinstance(light, Environment) else light_rig(light, azimuth_of(camera))
    seen = floor and camera.pose[2, 2] < -_STEEP
    depth = (scene.used_vertices - camera.position) @ camera.pose[:3, 2]
    sharp = float(depth.min() + 0.3 * np.ptp(depth))
    lens = Lens(0.25 * blur, max(sharp, 1e-6))
    ground = Floor(float(scene.low[2])) if seen else None
    bounces = 9 if any(material.transmission for material in scene.materials) else 4
    return Shot(scene, camera, environment, floor=ground, lens=lens, bounces=bounces)


def azimuth_of(camera: Camera) -> float:
    """How far the viewer walked to the right around the front, degrees; looking down, where the picture's foot is."""
    ahead, down = camera.pose[:3, 2], camera.pose[:3, 1]
    toward = -ahead if abs(ahead[2]) < 0.9 else down
    return float(np.degrees(np.arctan2(toward[0], -toward[1])))
