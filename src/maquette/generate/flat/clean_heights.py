"""Clean heights: grain calmed, levels set and a background laid down before a heightmap becomes a plate."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Singles
from maquette.core.errors import BadSetting
from maquette.core.heightmap import Heightmap
from maquette.core.progress import note
from maquette.geometry.flat.levels import calm
from maquette.registry import stage

_GRAIN = 0.15  # of the whole relief: ripples up to this go where smooth is 1
_ALIKE = 0.12  # of the whole relief: what lies so near the border's height may be ground


@stage
def clean_heights(
    heightmap: Heightmap,
    *,
    smooth: Annotated[float, Field(ge=0, le=1, description="how much grain is calmed; edges stay sharp")] = 0.3,
    nozzle_mm: Annotated[float, Field(gt=0, le=5, description="width of a line: grain is what is finer")] = 0.4,
    black: Annotated[float, Field(ge=0, lt=0.5, description="share of the places that end at the lowest height")] = 0.0,
    white: Annotated[float, Field(ge=0, lt=0.5, description="share of the places that end at the highest")] = 0.0,
    background: Annotated[
        Literal["keep", "drop"], Field(description="drop: even ground along the picture's border goes to the lowest")
    ] = "keep",
) -> Heightmap:
    """Calm grain without softening edges, cut levels at both ends, and lay an even background down.

    Grain is what changes within a line's width or so and by less than a share of the relief. The lowest and the highest
    height stay what they are. Ground is what reaches the border without a step.
    """
    low, high = float(heightmap.heights.min()), float(heightmap.heights.max())
    if high - low < 1e-6:
        note("the heights are all one; there is nothing to clean")
        return heightmap
    level = (heightmap.heights.astype(np.float64) - low) / (high - low)
    radius = max(1, round(0.75 * nozzle_mm / heightmap.pitch_mm))
    level = calm(level, radius if smooth else 0, _GRAIN * smooth)
    if black or white:
        level = _cut_ends(level, black, white, heightmap.mask)
    if background == "drop":
        ground = _ground(level)
        note(f"laid {ground.mean():.0%} of the picture down as ground")
        level = np.where(ground, 0.0, level)
    heights = low + (high - low) * np.clip(level, 0, 1)
    return heightmap.replace(heights=heights.astype(np.float32))


def _cut_ends(level: NDArray[np.float64], black: float, white: float, mask: Singles | None) -> NDArray[np.float64]:
    """Levels so that the given shares of the places lie at either end."""
    inside = level if mask is None else level[mask > 0.5]
    ends = np.quantile(inside if inside.size else level, [black, 1 - white])
    if ends[1] - ends[0] < 1e-6:
        raise BadSetting(f"clean-heights: black {black:g} and white {white:g} leave no tones between; take less")
    result: NDArray[np.float64] = np.clip((level - ends[0]) / (ends[1] - ends[0]), 0, 1)
    return result


def _ground(level: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Places of about the border's height that reach the border."""
    from scipy.ndimage import label

    border = np.concatenate([level[0], level[-1], level[:, 0], level[:, -1]])
    alike = np.abs(level - np.median(border)) < _ALIKE
    parts, _ = label(alike)
    touching = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    result: NDArray[np.bool_] = np.isin(parts, touching[touching > 0])
    return result
