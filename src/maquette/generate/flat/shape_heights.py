"""Shape heights: a heightmap's tones turned, cut and stepped."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.heightmap import Heightmap
from maquette.core.progress import note
from maquette.generate.flat.grid import soften
from maquette.registry import stage


@stage
def shape_heights(
    heightmap: Heightmap,
    *,
    gamma: Annotated[float, Field(ge=0.1, le=10, description="above 1: the middle tones lower, below 1: higher")] = 1.0,
    inverse: Annotated[bool, Field(description="what stood high is low, engraved instead of raised")] = False,
    contrast: Annotated[
        float, Field(ge=0, le=1, description="how far tones are evened out place by place (CLAHE); 0: not at all")
    ] = 0.0,
    sharpen: Annotated[float, Field(ge=0, le=5, description="how much edges are brought out; 0: not at all")] = 0.0,
    blur_mm: Annotated[float, Field(ge=0, le=50, description="detail finer than this goes; 0: all stays")] = 0.0,
    steps: Annotated[int, Field(ge=0, le=256, description="so many even terraces; 0: a smooth relief")] = 0,
    layer_mm: Annotated[
        float, Field(ge=0, le=2, description="heights end on whole layers of this thickness; 0: anywhere")
    ] = 0.0,
) -> Heightmap:
    """Change how heights are spread between the lowest and the highest, which stay as high as they are.

    In this order: blurred, evened out, sharpened, inverted, bent by gamma, stepped, snapped to layers.
    """
    low, high = float(heightmap.heights.min()), float(heightmap.heights.max())
    if high - low < 1e-6:
        note("the heights are all one; there is nothing to shape")
        return heightmap
    level = (heightmap.heights - low) / (high - low)
    level = soften(level, blur_mm, heightmap.pitch_mm)
    if contrast:
        level = _even_out(level, contrast)
    if sharpen:
        broad = soften(level, 2.355 * max(1.0, 3 * heightmap.pitch_mm), heightmap.pitch_mm)
        level = level + sharpen * (level - broad)
    level = np.clip(1 - level if inverse else level, 0, 1) ** gamma
    if steps:
        level = np.minimum(np.floor(level * steps), steps - 1) / max(1, steps - 1)
    shaped = low + (high - low) * level
    if layer_mm:
        shaped = np.maximum(np.round(shaped / layer_mm), 1) * layer_mm
        note(f"{len(np.unique(np.round(shaped / layer_mm)))} different numbers of layers of {layer_mm:g} mm")
    return heightmap.replace(heights=shaped.astype(np.float32))


def _even_out(level: NDArray[np.float32], contrast: float) -> NDArray[np.float32]:
    """Contrast-limited adaptive histogram equalisation (Zuiderveld 1994), mixed with what was there."""
    from skimage.exposure import equalize_adapthist

    even = equalize_adapthist(np.clip(level, 0, 1), clip_limit=0.1)
    mixed: NDArray[np.float32] = ((1 - contrast) * level + contrast * even).astype(np.float32)
    return mixed
