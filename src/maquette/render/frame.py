"""One finished frame: drawn, set on its floor and background, with a legend where the look needs one."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bytes
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.geometry.surface import face_areas
from maquette.render.backdrop import Background, compose
from maquette.render.color import to_bytes
from maquette.render.drawing import Look, draw
from maquette.render.ground import ground_shadow
from maquette.render.legend import patch_of, with_swatches
from maquette.render.looks import LookName, hatch
from maquette.render.scene import Scene
from maquette.render.surfaces import textured_surface

Ground = Literal["shadow", "none"]


def photograph(
    scene: Scene, camera: Camera, look: Look, size_px: int, background: Background, ground: Ground = "shadow"
) -> Bytes:
    """The scene through a camera, (H, W, 4) uint8, the longer side ``size_px``."""
    width, height = frame_size(camera, size_px)
    drawing = draw(scene, camera, look, width, height)
    shadow = np.zeros((height, width), np.float32)
    if ground == "shadow" and look.light != "none":
        shadow = ground_shadow(scene, camera, width, height)
    return compose(drawing, shadow, background)


def frame_size(camera: Camera, size_px: int) -> tuple[int, int]:
    """Width and height in pixels of a picture with the camera's aspect."""
    if camera.aspect >= 1:
        return size_px, max(1, round(size_px / camera.aspect))
    return max(1, round(size_px * camera.aspect)), size_px


def add_legend(frame: Bytes, scene: Scene, look: LookName, background: Background) -> Bytes:
    """The frame with its legend, if its look has one: how much was seen in the photo, how much invented."""
    if look != "seen":
        return frame
    share = seen_share(scene.asset)
    y, x = np.mgrid[0:14, 0:22]
    hatched = to_bytes(hatch(np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32))).reshape(14, 22, 3)
    entries = [(patch_of(_mean_color(scene)), f"seen in the photo {share:.0%}"), (hatched, f"invented {1 - share:.0%}")]
    return with_swatches(frame, entries, background)


def seen_share(asset: Asset) -> float:
    """The share of the surface, by area, that the photo showed."""
    assert asset.mesh.seen is not None
    middle, reach = asset.mesh.bounds.mean(axis=0), max(asset.mesh.diagonal, 1e-300)
    areas = face_areas((asset.mesh.vertices - middle) / reach, asset.mesh.faces)
    seen = np.clip(asset.mesh.seen, 0, 1)[asset.mesh.faces].mean(axis=1)
    return float((areas * seen).sum() / max(areas.sum(), 1e-300))


def _mean_color(scene: Scene) -> NDArray[np.float32]:
    """Mean colour (3,) of what was seen, linear, from up to a thousand faces."""
    assert scene.mesh.seen is not None
    seen = scene.mesh.seen[scene.faces].mean(axis=1)
    faces = np.flatnonzero(seen >= max(0.5 * float(seen.max()), 1e-6))
    if not len(faces):
        return np.full(3, 0.5, np.float32)
    samples = scene.at_middles(faces[:: max(1, len(faces) // 1000)])
    mean_color: NDArray[np.float32] = textured_surface(scene, samples).color.mean(axis=0)
    return mean_color
