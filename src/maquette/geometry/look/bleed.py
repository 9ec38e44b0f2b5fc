"""Colours of a cut-out carried outward over its edge, so that a texture's rim never shows the old background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bytes


def bleed(pixels: Bytes, mask: NDArray[np.float32] | NDArray[np.float64], margin: float = 2.0) -> Bytes:
    """Pixels (H, W, 3) with everything nearer than ``margin`` to the mask's edge, or beyond, painted over from inside.

    A painted pixel takes the colour of the nearest sure one. On a strip too thin to have a sure pixel its middle line
    counts as sure. Without a mask pixel of at least one half the picture stays as it is.
    """
    from scipy.ndimage import distance_transform_edt, maximum_filter

    inside = np.pad(mask >= 0.5, 1)
    if not inside.any():
        return pixels
    depth = distance_transform_edt(inside)[1:-1, 1:-1]
    ridge = (depth >= maximum_filter(depth, size=3)) & (depth > 0)
    sure = (depth >= margin) & (mask >= 0.98) | ridge
    row, column = distance_transform_edt(~sure, return_distances=False, return_indices=True)
    result: Bytes = pixels[row, column]
    return result
