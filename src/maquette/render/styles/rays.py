"""X-ray and hologram: looking through a model, every surface on the way counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bytes, Singles
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.picture import Picture
from maquette.registry import stage
from maquette.render.cameras import ViewSetting, rays_through
from maquette.render.color import Colors, to_srgb
from maquette.render.frame import frame_size
from maquette.render.paths.develop import as_bytes
from maquette.render.scene import Scene
from maquette.render.styles.substances import linear

_LAYERS = 24  # surfaces that a ray passes at most
_FINE = 2  # rays a pixel along each side
_COLOR = Annotated[str, Field(pattern="^#?[0-9a-fA-F]{6}$", description="color of its light as six hex digits")]


@dataclass(frozen=True)
class Passage:
    """What rays met on their way through, (H, W) each."""

    alpha: Singles  # share of the pixel in which anything was met
    thickness: Singles  # length within, in the scene's unit
    rims: Singles  # surfaces seen at a slant, added up: 1 for one seen edge on
    first_rim: Singles  # the same of the first surface alone


def pass_through(scene: Scene, camera: Camera, width: int, height: int) -> Passage:
    """All surfaces along the rays of a picture."""
    columns, rows = width * _FINE, height * _FINE
    x, y = np.meshgrid((np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows)
    origin, direction = (np.array(part) for part in rays_through(camera, x.ravel(), y.ravel()))
    count = len(origin)
    thickness, rims, first = np.zeros(count), np.zeros(count), np.zeros(count)
    met = np.zeros(count, bool)
    depth, live = np.zeros(count), np.arange(count)
    for layer in range(_LAYERS):
        hits = scene.tracer.first(origin[live], direction[live])
        there = hits.face >= 0
        live, distance, face = live[there], hits.distance[there], hits.face[there]
        if not len(live):
            break
        share = np.stack([1 - hits.u[there] - hits.v[there], hits.u[there], hits.v[there]], axis=1).astype(np.float32)
        normal, front = scene.facing_normals(face, share, direction[live].astype(np.float32))
        slant = 1 - np.abs(np.einsum("ij,ij->i", normal, direction[live]))
        depth[live] += distance
        thickness[live] += np.where(front, -depth[live], depth[live])
        rims[live] += slant**3
        if layer == 0:
            met[live], first[live] = True, slant**3
        origin[live] += direction[live] * (distance + 2 * scene.tracer.step)[:, None]
        depth[live] += 2 * scene.tracer.step

    def mean(values: np.ndarray) -> Singles:
        blocks = values.reshape(height, _FINE, width, _FINE)
        result: Singles = blocks.mean(axis=(1, 3)).astype(np.float32)
        return result

    return Passage(mean(met), mean(np.maximum(thickness, 0)), mean(rims), mean(first))


@stage
def xray(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=2048, description="longer side of the picture")] = 512,
    color: _COLOR = "bfe3ff",
    density: Annotated[float, Field(ge=0, le=10, description="how much a thickness of one radius shines")] = 0.55,
) -> Picture:
    """Show a model as on an X-ray film: thick places shine, every wall within shows where it is seen edge on."""
    scene = Scene(asset)
    camera = scene.camera(view)
    return scene.show(xray_frame(scene, camera, size_px, linear(color), density), camera)


def xray_frame(scene: Scene, camera: Camera, size_px: int, color: Colors, density: float) -> Bytes:
    """The picture (H, W, 4) of a scene on a film."""
    width, height = frame_size(camera, size_px)
    way = pass_through(scene, camera, width, height)
    light = 1 - np.exp(-density * way.thickness - 0.45 * way.rims)
    film = np.array([0.004, 0.008, 0.016]) + light[..., None] * color
    return as_bytes(to_srgb(film.astype(np.float32)), np.ones((height, width, 1), np.float32))


@stage
def hologram(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=2048, description="longer side of the picture")] = 512,
    color: _COLOR = "38d6ff",
    lines: Annotated[int, Field(ge=0, le=400, description="bright lines over the height of the picture; 0: none")] = 90,
    glitch: Annotated[float, Field(ge=0, le=1, description="how many rows slip to the side")] = 0.0,
) -> Picture:
    """Show a model as a projection of light: its rims glow, what is behind shines through, lines run across it."""
    scene = Scene(asset)
    camera = scene.camera(view)
    return scene.show(hologram_frame(scene, camera, size_px, linear(color), lines, glitch), camera)


def hologram_frame(scene: Scene, camera: Camera, size_px: int, color: Colors, lines: int, glitch: float) -> Bytes:
    """The picture (H, W, 4) of a scene as a projection."""
    from scipy.ndimage import gaussian_filter

    width, height = frame_size(camera, size_px)
    way = pass_through(scene, camera, width, height)
    light = way.alpha * 0.1 + 0.75 * way.first_rim + 0.28 * np.maximum(way.rims - way.first_rim, 0)
    if lines:
        phase = (np.arange(height) + 0.5) / height * lines % 1.0
        light = light * (0.72 + 0.28 * np.cos(2 * np.pi * phase))[:, None]
    glow = gaussian_filter(light, size_px / 60) * 0.55
    shine = (light + glow).astype(np.float32)
    if glitch > 0:
        rows = (np.sin(np.arange(height) * 12.9898) * 43758.5453) % 1.0  # a hash of the row: the same every time
        slip = np.where(rows > 1 - 0.25 * glitch, np.round((rows * 91 % 1 - 0.5) * 0.12 * width), 0).astype(np.int64)
        shine = np.take_along_axis(shine, (np.arange(width)[None] + slip[:, None]) % width, axis=1)
    white = np.clip(shine - 0.75, 0, 1)[..., None]
    picture = np.array([0.003, 0.006, 0.014]) + shine[..., None] * color * (1 - white) + white
    return as_bytes(to_srgb(picture.astype(np.float32)), np.ones((height, width, 1), np.float32))
