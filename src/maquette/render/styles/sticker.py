"""Sticker: a model cut out with a white border, as it would be printed and die-cut."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bytes
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.picture import Picture
from maquette.registry import stage
from maquette.render.cameras import ViewSetting
from maquette.render.color import to_srgb
from maquette.render.drawing import Look, draw
from maquette.render.frame import frame_size
from maquette.render.paths.develop import as_bytes
from maquette.render.scene import Scene
from maquette.render.styles.ink import ink_on
from maquette.render.styles.substances import linear
from maquette.render.surfaces import textured_surface


@stage
def sticker(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=4096, description="longer side of the picture")] = 512,
    border: Annotated[float, Field(ge=0, le=60, description="width of the border, pixels of 512")] = 12.0,
    color: Annotated[str, Field(pattern="^#?[0-9a-fA-F]{6}$", description="color of the border")] = "ffffff",
    shadow: Annotated[float, Field(ge=0, le=1, description="how dark the shadow under it is; 0: none")] = 0.35,
) -> Picture:
    """Cut a model out with a border of even width and round corners, on nothing, with a soft shadow under it.

    The border is where a die would cut: its outer edge lies everywhere that far from the model.
    """
    scene = Scene(asset)
    camera = scene.camera(view)
    return scene.show(sticker_frame(scene, camera, size_px, border, color, shadow), camera)


def sticker_frame(scene: Scene, camera: Camera, size_px: int, border: float, color: str, shadow: float) -> Bytes:
    """The picture (H, W, 4) of a scene as a sticker."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter, shift

    width, height = frame_size(camera, size_px)
    drawing = draw(scene, camera, Look(textured_surface), width, height)
    scale = size_px / 512
    away = distance_transform_edt(drawing.alpha < 0.5)
    cut = np.clip(border * scale - away + 0.5, 0, 1).astype(np.float32) if border > 0 else drawing.alpha
    cut = np.maximum(cut, drawing.alpha)
    face = ink_on(np.broadcast_to(linear(color), drawing.color.shape), drawing.alpha, drawing.color)
    under = np.clip(shadow * gaussian_filter(shift(cut, (3 * scale, 2 * scale), order=1), 3.5 * scale), 0, 1)
    under = under * (1 - cut)
    total = cut + under
    straight = face * np.divide(cut, total, out=np.zeros_like(total), where=total > 1e-6)[..., None]
    return as_bytes(to_srgb(straight.astype(np.float32)), total[..., None])
