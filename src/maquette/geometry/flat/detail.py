"""Surface detail out of a photo's light and dark: what is brighter than its surroundings stands out a little.

Not shape from shading proper, which needs to know light and paint: a band of the brightness between the grain and
the big forms, where folds, eyes and fur live (compare Khan et al. 2006, dark is deep). Nothing outside the mask counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats


def brightness(pixels: NDArray[np.uint8]) -> Floats:
    """Rec. 709 luma of sRGB pixels (H, W, 3) as encoded, close to how light they look, (H, W) 0..1."""
    result: Floats = pixels @ (np.array([0.2126, 0.7152, 0.0722]) / 255)
    return result


def detail(light: Floats, mask: Floats, fine: float, coarse: float) -> Floats:
    """The part of ``light`` (H, W) between two scales, both standard deviations in pixels, as (H, W) within −1..1.

    One means clearly brighter than around. A picture without contrast gives zeros rather than its noise blown up.
    """
    band = blur_within(light, mask, fine) - blur_within(light, mask, coarse)
    weight = float(mask.sum())
    if weight <= 0:
        return np.zeros_like(light)
    spread = float(np.sqrt((band**2 * mask).sum() / weight))
    result: Floats = np.tanh(band / max(2 * spread, 0.06)) * mask  # 0.06: 15 of 255 grey levels count as full contrast
    return result


def blur_within(values: Floats, mask: Floats, sigma: float) -> Floats:
    """Gaussian mean of ``values`` over the mask only (Knutsson and Westin 1993, normalized convolution). (H, W)"""
    from scipy.ndimage import gaussian_filter

    weight = gaussian_filter(mask, sigma, mode="constant", truncate=3)
    result: Floats = gaussian_filter(values * mask, sigma, mode="constant", truncate=3) / np.maximum(weight, 1e-6)
    return result


def reduce_blocks(grid: NDArray[np.float32] | Floats, factor: int) -> Floats:
    """Means of blocks of ``factor`` by ``factor`` cells, (H, W) -> (H', W'); beyond the edge lie zeros."""
    height, width = (-(-side // factor) * factor for side in grid.shape)
    beyond = ((0, height - grid.shape[0]), (0, width - grid.shape[1]))
    whole: NDArray[Any] = np.pad(grid, beyond) if np.any(beyond) else grid
    blocks = whole.reshape(height // factor, factor, width // factor, factor)
    result: Floats = blocks.mean(axis=(1, 3), dtype=np.float64)
    return result


def sample(grid: Floats, places: Floats) -> Floats:
    """Bilinear values of ``grid`` (H, W) at places (N, 2) = (column, row), pixel centres at halves. (N,)"""
    from scipy.ndimage import map_coordinates

    result: Floats = map_coordinates(grid, (places[:, ::-1] - 0.5).T, order=1, mode="nearest")
    return result
