"""Control pictures: what other people's image models are steered with, exactly as the model is."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Singles
from maquette.core.asset import Asset
from maquette.core.picture import Picture
from maquette.registry import stage
from maquette.render.cameras import ViewSetting
from maquette.render.frame import frame_size
from maquette.render.passes.body_points import body_points
from maquette.render.passes.buffers import look_through
from maquette.render.passes.lines import strokes
from maquette.render.passes.pose_picture import pose_picture
from maquette.render.scene import Scene


@stage
def control_picture(
    asset: Asset,
    *,
    kind: Annotated[
        Literal["depth", "canny", "normal", "pose"],
        Field(description="near is white; white lines on black; normals as colors; joints and limbs of a rigged body"),
    ] = "depth",
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=4096, description="longer side of the picture")] = 1024,
) -> Picture:
    """Draw what ControlNet and its like are steered with: depth, lines, normals or a pose, from the model itself.

    ``depth``: inverse depth, 255 at the nearest point, 20 at the farthest, 0 where nothing is. ``canny``: lines of the
    geometry two pixels wide, no texture noise. ``normal``: red right, green up, blue towards the viewer, the background
    facing it. ``pose``: the 18 points of OpenPose, of a model that ``rig`` gave a two-legged skeleton or that came with
    one, at rest. Opaque, as those models want it; the file holds the exact camera.

    Refuses a pose of what has no skeleton of arms and legs.
    """
    scene = Scene(asset)
    camera = scene.camera(view)
    width, height = frame_size(camera, size_px)
    if kind == "canny":
        lines = strokes(scene, camera, (width, height), 2.0)
        ink = np.maximum(lines.outline, lines.inner)
        return scene.show(_opaque(np.repeat(ink[..., None], 3, axis=2)), camera)
    if kind == "pose":
        points, true = body_points(asset), scene.in_millimetres(camera)
        return scene.show(pose_picture(true.project(points.place)[0], points.seen_by(true), width, height), camera)
    buffers = look_through(scene, camera, width, height)
    if kind == "normal":
        facing = np.where(buffers.mask[..., None], buffers.normal_in_view, np.array([0, 0, 1], np.float32))
        return scene.show(_opaque((facing * 0.5 + 0.5).astype(np.float32)), camera)
    shown = buffers.depth[buffers.mask]
    near, far = (float(shown.min()), float(shown.max())) if len(shown) else (1.0, 1.0)
    if camera.projection == "perspective":
        inverse, ends = 1 / np.maximum(buffers.depth, 1e-9), (1 / near, 1 / max(far, near + 1e-9))
    else:
        inverse, ends = -buffers.depth, (-near, -far)
    share = (inverse - ends[1]) / max(ends[0] - ends[1], 1e-12)
    grey = np.where(buffers.mask, (20 + 235 * np.clip(share, 0, 1)) / 255, 0)
    return scene.show(_opaque(np.repeat(grey[..., None], 3, axis=2).astype(np.float32)), camera)


def _opaque(colors: Singles) -> np.ndarray:
    """sRGB 0..1 (H, W, 3) as bytes with full alpha."""
    pixels = np.round(np.clip(colors, 0, 1) * 255).astype(np.uint8)
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
