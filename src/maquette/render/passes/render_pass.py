"""Render pass: one quantity of a view as a picture."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.picture import Picture
from maquette.registry import stage
from maquette.render.cameras import ViewSetting
from maquette.render.frame import frame_size
from maquette.render.passes.quantities import Quantity, as_colors, measure
from maquette.render.scene import Scene


@stage
def render_pass(
    asset: Asset,
    *,
    kind: Annotated[Quantity, Field(description="what each pixel says")] = "depth",
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=4096, description="longer side of the picture")] = 512,
) -> Picture:
    """Show one quantity of a view: depth, normals, position, parts, color, shade, what was seen, lines or curvature.

    One ray a pixel, nothing is mixed. Nothing but the model is drawn: alpha is 0 beside it. The numbers themselves come
    from ``passes``.
    """
    scene = Scene(asset)
    camera = scene.camera(view)
    numbers, mask = measure(scene, camera, *frame_size(camera, size_px), kind)
    colors = np.round(as_colors(numbers, mask, kind) * 255).astype(np.uint8)
    return scene.show(np.dstack([colors, mask.astype(np.uint8) * np.uint8(255)]), camera)
