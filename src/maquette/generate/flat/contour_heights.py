"""Contour heights: a map's iso-lines at an interval, as steps with upright walls or as lines cut in or raised."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Ints, Singles
from maquette.core.errors import CannotDo
from maquette.core.heightmap import Heightmap
from maquette.core.progress import note
from maquette.generate.flat.grid import soften
from maquette.registry import stage

_MOST_LEVELS = 1000


@stage
def contour_heights(
    heightmap: Heightmap,
    *,
    interval_mm: Annotated[float, Field(gt=0, le=100, description="height from one contour to the next")] = 1.0,
    style: Annotated[
        Literal["steps", "engraved", "raised"],
        Field(description="terraces with upright walls, or the smooth relief with lines cut in or standing out"),
    ] = "steps",
    line_mm: Annotated[float, Field(gt=0, le=10, description="width of a line; a nozzle of 0.4 mm lays 0.45")] = 0.5,
    depth_mm: Annotated[float, Field(gt=0, le=10, description="how deep or high lines are")] = 0.4,
    bold: Annotated[int, Field(ge=0, le=100, description="every so manyth line is twice as wide; 0: none")] = 5,
    smooth_mm: Annotated[float, Field(ge=0, le=20, description="wiggles finer than this go first; 0: all stay")] = 0.5,
) -> Heightmap:
    """Draw contours on a heightmap, an elevation model say, counted from its lowest place.

    Steps lie at whole intervals, each as high as the ground that begins there. Lines keep the relief between them and
    lie half their width on both sides of where the ground passes a level. Refuses ground of one height, over a thousand
    levels, and lines deeper than what lies below them.
    """
    low, high = float(heightmap.heights.min()), float(heightmap.heights.max())
    levels = int(np.floor((high - low) / interval_mm + 1e-6))
    if not 1 <= levels <= _MOST_LEVELS:
        raise CannotDo(
            f"contour-heights: {high - low:.3g} mm of relief at {interval_mm:g} mm make {levels} contours;"
            f" take an interval_mm from {(high - low) / _MOST_LEVELS:.2g} to {high - low:.3g}"
        )
    ground = soften(heightmap.heights, smooth_mm, heightmap.pitch_mm)
    rank = np.clip(np.floor((ground - low) / interval_mm + 1e-4), 0, levels).astype(np.int64)
    note(f"{levels} contours, {interval_mm:g} mm apart from {low + interval_mm:.3g} mm up")
    if style == "steps":
        return heightmap.replace(heights=(low + interval_mm * rank).astype(np.float32))
    if style == "engraved" and depth_mm >= low:
        raise CannotDo(
            f"contour-heights: lines {depth_mm:g} mm deep cut through a base of {low:.3g} mm; raise the base"
        )
    lines = _lines(rank, line_mm / heightmap.pitch_mm, bold)
    sign = -1.0 if style == "engraved" else 1.0
    return heightmap.replace(heights=(heightmap.heights + np.float32(sign * depth_mm) * lines).astype(np.float32))


def _lines(rank: Ints, width: float, bold: int) -> Singles:
    """1 on lines (H, W) between places of different rank, so many places wide, every ``bold``th twice; else 0."""
    from scipy.ndimage import distance_transform_edt

    on_line = np.zeros(rank.shape, bool)
    plain = _edges(rank)
    for edge, wide in ((plain, width), (_edges(rank // bold), 2 * width)) if bold else ((plain, width),):
        if edge.any():
            away = distance_transform_edt(~edge) + 0.5  # the line passes half a place beside the places at it
            on_line |= away <= max(wide / 2, 0.5)
    return on_line.astype(np.float32)


def _edges(rank: Ints) -> np.ndarray:
    """Places (H, W) next to one of another rank."""
    edge = np.zeros(rank.shape, bool)
    for axis in (0, 1):
        differs = np.diff(rank, axis=axis) != 0
        before = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        after = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        edge[before] |= differs
        edge[after] |= differs
    return edge
