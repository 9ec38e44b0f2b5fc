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
from maquette.generate.flat.tones import Source, is_cut_out, spread_tones, tones_of
from maquette.generate.photo_texture import shrink_pixels
from maquette.geometry.look.bleed import bleed
from maquette.registry import stage

_WIDTH = 100.0  # mm, of a picture that nobody gave a size


@stage(version=2)
def heights(
    subject: Subject,
    *,
    source: Annotated[
        Source, Field(description="what stands high: light, dark, opaque or colourful parts")
    ] = "brightness",
    width_mm: Annotated[
        float, Field(ge=0, le=2000, description="width of the whole picture; 0: by the photo's scale, or 100")
    ] = 0.0,
    relief_mm: Annotated[float, Field(gt=0, le=100, description="height of the highest part above the base")] = 2.4,
    base_mm: Annotated[float, Field(ge=0.2, le=100, description="thickness of the lowest part")] = 1.2,
    pitch_mm: Annotated[float, Field(ge=0.02, le=5, description="distance of the places that get a height")] = 0.1,
    detail_mm: Annotated[
        float, Field(ge=0, le=20, description="finest detail that is kept: a nozzle's width or so; 0: all")
    ] = 0.4,
) -> Heightmap:
    """Take a picture's tones for heights, spread over the whole relief unless there is but one.

    The mask of a cut-out subject goes along: `plate` lets the subject stand out from the ground around it, or cuts the
    plate to it. One of a single tone (a logo) becomes an even step. Refuses ``alpha`` without a mask, and more than 64
    million places.
    """
    if source == "alpha" and not is_cut_out(subject):
        raise CannotDo("heights: the picture has no mask for alpha; cut the subject out first (matte), or use darkness")
    width_mm = picture_width(subject, width_mm, "heights")
    rows, columns, pitch = grid_shape(subject.width, subject.height, width_mm, pitch_mm, "heights")
    level, mask = _levels(subject, source, columns)
    progress(0.5, "tones spread")
    level = np.clip(soften(on_grid(level, rows, columns), detail_mm, pitch), 0, 1)
    if mask is not None:
        mask = np.clip(soften(on_grid(mask, rows, columns), detail_mm, pitch), 0, 1)
    tall = base_mm + relief_mm * level
    return Heightmap(tall, pitch, mask=mask, ground_mm=base_mm, source=subject, title=subject.title)


def picture_width(subject: Subject, asked: float, stage_name: str) -> float:
    """How wide a plate becomes, in mm: as asked, else by the photo's scale, else 100; refused outside 5 to 2000."""
    width = asked or subject.width * (subject.mm_per_pixel or _WIDTH / subject.width)
    if not 5 <= width <= 2000:
        raise CannotDo(f"{stage_name}: the plate would be {width:.4g} mm wide; give a width_mm from 5 to 2000")
    return width


def _levels(subject: Subject, source: Source, columns: int) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Heights 0..1 over the picture and its mask, (H, W) each, at two pixels or more a place."""
    mask = subject.mask if is_cut_out(subject) else None
    if source == "alpha" and mask is not None:
        return np.ones_like(mask), mask
    factor = max(1, subject.width // (2 * columns))
    pixels = shrink_pixels(bleed(subject.pixels, mask) if mask is not None else subject.pixels, factor)
    small = None if mask is None else on_grid(mask, *pixels.shape[:2])
    level = spread_tones(tones_of(pixels, source), small, source)
    return level.astype(np.float32), mask
