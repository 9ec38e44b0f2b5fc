"""Heights: a picture's light and dark as a heightmap."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.errors import CannotDo
from maquette.core.heightmap import Heightmap
from maquette.core.progress import progress
from maquette.core.subject import Subject
from maquette.generate.flat.grid import grid_shape, on_grid, soften
from maquette.generate.flat.tones import PEDESTAL, Source, is_cut_out, spread_tones, tones_of
from maquette.geometry.look.bleed import bleed
from maquette.registry import stage


@stage
def heights(
    subject: Subject,
    *,
    source: Annotated[
        Source, Field(description="what stands high: light, dark, opaque or colourful parts")
    ] = "brightness",
    width_mm: Annotated[float, Field(ge=5, le=2000, description="width of the whole picture")] = 100.0,
    relief_mm: Annotated[float, Field(gt=0, le=100, description="height of the highest part above the base")] = 2.4,
    base_mm: Annotated[float, Field(ge=0.2, le=100, description="thickness of the lowest part")] = 1.2,
    pitch_mm: Annotated[float, Field(ge=0.02, le=5, description="distance of the places that get a height")] = 0.1,
    detail_mm: Annotated[
        float, Field(ge=0, le=20, description="finest detail that is kept: a nozzle's width or so; 0: all")
    ] = 0.4,
) -> Heightmap:
    """Take a picture's tones for heights, spread over the whole relief unless there is but one.

    A cut-out subject stands out from the ground around it; one of a single tone (a logo) becomes an even step. Refuses
    ``alpha`` without a mask, and more than 64 million places.
    """
    rows, columns, pitch = grid_shape(subject.width, subject.height, width_mm, pitch_mm, "heights")
    mask = subject.mask if is_cut_out(subject) else None
    if source == "alpha" and mask is None:
        raise CannotDo("heights: the picture has no mask for alpha; cut the subject out first (matte), or use darkness")
    level = _levels(subject.pixels, mask, source)
    progress(0.5, "tones spread")
    level = np.clip(soften(on_grid(level, rows, columns), detail_mm, pitch), 0, 1)
    return Heightmap(base_mm + relief_mm * level, pitch, source=subject, title=subject.title)


def _levels(pixels: NDArray[np.uint8], mask: NDArray[np.float32] | None, source: Source) -> NDArray[np.float32]:
    """Heights 0..1 over the picture, (H, W)."""
    if source == "alpha" and mask is not None:
        return mask
    if mask is not None:
        pixels = bleed(pixels, mask)
    tones = tones_of(pixels, source)
    level = spread_tones(tones, mask, source)
    if mask is not None:
        level = mask * (PEDESTAL + (1 - PEDESTAL) * level)
    return level.astype(np.float32)
