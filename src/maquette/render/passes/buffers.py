"""Buffers: what the ray through each pixel's middle met first, in the asset's millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints, Singles
from maquette.core.camera import Camera
from maquette.render.cameras import box_in_picture
from maquette.render.color import Colors
from maquette.render.scene import Samples, Scene
from maquette.render.surfaces import textured_surface


@dataclass(frozen=True)
class Buffers:
    """(H, W) pictures; ``face`` is -1 and the others are zero where no surface is seen."""

    face: Ints
    depth: Floats  # mm along the view, from the camera
    normal: Singles  # (H, W, 3) shading normal towards the viewer, in the world's frame
    point: Floats  # (H, W, 3) mm
    samples: Samples  # one for each pixel that shows something, row by row
    camera: Camera  # in millimetres

    @property
    def mask(self) -> Bools:
        """Where the model is."""
        shown: Bools = self.face >= 0
        return shown

    @property
    def normal_in_view(self) -> Singles:
        """Normals as the viewer has them, (H, W, 3): x right, y up, z towards the viewer."""
        axes = self.camera.pose[:3, :3] * [1.0, -1.0, -1.0]
        turned: Singles = (self.normal @ axes).astype(np.float32)
        return turned

    def spread(self, values: Singles, empty: float = 0.0) -> Singles:
        """Values (N, …) of the samples put where they belong, (H, W, …)."""
        result = np.full((self.face.size, *values.shape[1:]), empty, np.float32)
        result[self.samples.pixel] = values
        return result.reshape(*self.face.shape, *values.shape[1:])


def look_through(scene: Scene, camera: Camera, width: int, height: int) -> Buffers:
    """The buffers of a camera of the scene."""
    first, last = box_in_picture(camera, scene.low, scene.high)
    left, top = np.clip(np.floor(first * [width, height]) - 1, 0, [width, height]).astype(np.int64)
    right, bottom = np.clip(np.ceil(last * [width, height]) + 1, 0, [width, height]).astype(np.int64)
    pixels: Ints = np.add.outer(np.arange(top, bottom) * width, np.arange(left, right)).reshape(-1)
    x, y = (pixels % width + 0.5).astype(np.float64), (pixels // width + 0.5).astype(np.float64)
    seen = scene.look(camera, x, y, 1.0, width, height)
    _, nearest = np.unique(seen.pixel, return_index=True)  # of several layers the first comes first
    samples = seen.only(nearest)
    outside = scene.in_millimetres(camera)
    point = samples.point * scene.radius_mm + scene.center_mm
    depth = (point - outside.position) @ outside.pose[:3, 2]
    return Buffers(
        _put(samples, samples.face, -1, width, height),
        _put(samples, depth, 0.0, width, height),
        _put(samples, samples.normal, 0.0, width, height),
        _put(samples, point, 0.0, width, height),
        samples,
        outside,
    )


def _put(samples: Samples, values: np.ndarray, empty: float, width: int, height: int) -> np.ndarray:
    """Values of the samples as a picture of their own type."""
    result = np.full((width * height, *values.shape[1:]), empty, values.dtype)
    result[samples.pixel] = values
    return result.reshape(height, width, *values.shape[1:])


def own_color(scene: Scene, buffers: Buffers) -> Colors:
    """Base color without any light, linear (H, W, 3)."""
    return buffers.spread(textured_surface(scene, buffers.samples).color.astype(np.float32))


def part_of(scene: Scene, buffers: Buffers) -> Ints:
    """Which part each pixel shows, counted from 0; where there are no parts, which material. -1: none."""
    labels = scene.mesh.part if scene.mesh.part is not None else scene.material
    result = np.full(buffers.face.shape, -1, np.int64)
    result[buffers.mask] = np.asarray(labels)[buffers.face[buffers.mask]]
    return result
