"""Lost detail: what of a heightmap a nozzle and a layer cannot show, as a picture and in square millimetres."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Bools, Floats, Singles
from maquette.core.heightmap import Heightmap
from maquette.core.picture import Picture
from maquette.core.progress import note
from maquette.geometry.flat.narrow import narrow_parts
from maquette.registry import stage

_RIDGE, _GROOVE = (214, 60, 40), (40, 90, 214)


@stage
def lost_detail(
    heightmap: Heightmap,
    *,
    line_mm: Annotated[float, Field(gt=0, le=10, description="width of a line: a nozzle's or so")] = 0.45,
    layer_mm: Annotated[float, Field(gt=0, le=5, description="what differs by less than a layer is no loss")] = 0.1,
    size_px: Annotated[int, Field(ge=16, le=4096, description="longer side of the picture")] = 1024,
) -> Picture:
    """Show where a print loses detail: ridges and grooves narrower than a line, in red and blue on grey heights.

    A ridge is what a disc as wide as a line cannot reach from below (morphological opening), a groove what it cannot
    reach from above (closing), where that is a layer or more. The note says how many square millimetres each covers and
    how large a plate would show them all.
    """
    heights = np.asarray(heightmap.heights)
    ridge, groove = narrow_parts(heights, heightmap.pitch_mm, line_mm, layer_mm)
    cell = heightmap.pitch_mm**2
    share = float((ridge | groove).mean())
    note(
        f"lost: {ridge.sum() * cell:.3g} mm² of ridges and {groove.sum() * cell:.3g} mm² of grooves narrower than"
        f" {line_mm:g} mm, {share:.1%} of the picture"
    )
    return Picture(_resize_opaque(mark_losses(heights, ridge, groove), size_px))


def mark_losses(heights: Floats | Singles, ridge: Bools, groove: Bools) -> NDArray[np.uint8]:
    """Heights (H, W) as grey pixels (H, W, 3), ridges that are lost red and grooves blue."""
    low, high = float(heights.min()), float(heights.max())
    grey = 70 + 160 * (heights - low) / max(high - low, 1e-9)
    colors = np.repeat(grey[..., None], 3, axis=2)
    for where, color in ((ridge, _RIDGE), (groove, _GROOVE)):
        colors[where] = color
    return np.round(colors).astype(np.uint8)


def _resize_opaque(colors: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """The picture with its longer side so long, and opaque."""
    from PIL import Image

    scale = size_px / max(colors.shape[:2])
    size = (max(1, round(colors.shape[1] * scale)), max(1, round(colors.shape[0] * scale)))
    way = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
    resized = np.asarray(Image.fromarray(colors).resize(size, way))
    return np.dstack([resized, np.full(resized.shape[:2], 255, np.uint8)])
