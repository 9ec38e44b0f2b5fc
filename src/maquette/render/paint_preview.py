"""Paint preview: what a plan's print will look like, before anything is printed."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.painting import PaintPlan
from maquette.core.picture import Picture
from maquette.geometry.look.oklab import srgb_of
from maquette.geometry.painting.looks import cell_light, stages_of
from maquette.registry import stage


@stage
def paint_preview(
    plan: PaintPlan,
    *,
    view: Annotated[
        Literal["front", "back", "layers"],
        Field(description="from the front, with a lamp behind it, or how it grows, a frame a filament"),
    ] = "front",
    size_px: Annotated[int, Field(ge=16, le=4096, description="width of the picture, at least")] = 512,
) -> Picture:
    """Show a plan as its print will look: filaments over each other, in linear light, a cell a square.

    Colours are those of the plan's filaments and their transmission distances; gloss, seams and the lines of the nozzle
    are not drawn.
    """
    if view == "layers":
        frames = [_frame(cell_light(plan, plan.light, end), size_px) for end, _ in stages_of(plan)]
        return Picture(np.stack(frames), milliseconds=600)
    return Picture(_frame(cell_light(plan, view), size_px))


def _frame(light: Floats, size_px: int) -> np.ndarray:
    """Cells (H, W, 3) as pixels (h, w, 4), each a square of whole pixels."""
    times = -(-size_px // light.shape[1])
    pixels = np.repeat(np.repeat(srgb_of(light), times, axis=0), times, axis=1)
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
