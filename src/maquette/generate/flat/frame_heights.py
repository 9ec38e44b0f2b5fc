"""Frame heights: a border with a profile around a heightmap."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.errors import BadSetting
from maquette.core.heightmap import Heightmap
from maquette.core.progress import note
from maquette.generate.flat.plate_shapes import Shape, from_edge
from maquette.registry import stage

Profile = Literal["flat", "bevel", "round", "cove", "steps", "rope"]
_STEPS = 3
_STRANDS = 1.2  # widths of the frame that a strand of the rope runs on


@stage
def frame_heights(
    heightmap: Heightmap,
    *,
    profile: Annotated[Profile, Field(description="the frame's section from its outer to its inner edge")] = "bevel",
    width_mm: Annotated[float, Field(gt=0, le=100, description="width of the frame")] = 5.0,
    height_mm: Annotated[float, Field(ge=0, le=100, description="its highest; 0: a millimetre above all")] = 0.0,
    shape: Annotated[Shape, Field(description="the plate's shape, whose edge it follows")] = "plate",
) -> Heightmap:
    """Put a frame on a heightmap, along the edge of the shape that the plate will have.

    ``flat`` is level, ``bevel`` falls to the inside, ``round`` is a half round, ``cove`` hollow, ``steps`` three
    stairs, ``rope`` twisted. The picture within stays as it is.
    """
    width, depth = heightmap.size_mm
    if 2 * width_mm >= min(width, depth):
        raise BadSetting(f"frame-heights: {width_mm:g} mm leave nothing of a plate of {width:.4g} x {depth:.4g} mm")
    high = height_mm or float(heightmap.heights.max()) + 1.0
    away = from_edge(heightmap, shape)
    share = np.clip(away / width_mm, 0, 1)  # 0 at the outer edge, 1 at the inner one
    low = max(float(heightmap.heights.min()), 0.4 * high)
    section = low + (high - low) * _section(profile, share, heightmap)
    inside = away > width_mm
    note(f"a {profile} frame {width_mm:g} mm wide and {high:.3g} mm high")
    return heightmap.replace(heights=np.where(inside, heightmap.heights, section.astype(np.float32)))


def _section(profile: Profile, share: NDArray[np.float64], heightmap: Heightmap) -> NDArray[np.float64]:
    """How high a frame is where, 0..1."""
    if profile == "flat":
        return np.ones_like(share)
    if profile == "bevel":
        return 1 - share
    if profile == "cove":
        return 1 - np.sqrt(np.maximum(1 - (1 - share) ** 2, 0))
    if profile == "steps":
        return 1 - np.minimum(np.floor(share * _STEPS), _STEPS - 1) / _STEPS
    round_over: NDArray[np.float64] = np.sqrt(np.maximum(1 - (2 * share - 1) ** 2, 0))
    if profile == "round":
        return round_over
    rows, columns = share.shape
    y, x = np.mgrid[:rows, :columns]
    turn = np.pi * 2 * (x + y) / max(4.0, _STRANDS * 5.0 / heightmap.pitch_mm)
    rope: NDArray[np.float64] = round_over * (0.75 + 0.25 * np.cos(turn + np.pi * share))
    return rope
