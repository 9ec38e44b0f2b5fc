"""Grey values made ready to be heights: spread over the whole range, and calmed without softening their steps."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Singles

_FLAT = 0.08  # a range below this is noise on one tone and is not spread: 20 of 255 grey levels


def stretch_levels(
    values: Floats, weight: Floats | Singles, share: float = 0.01
) -> tuple[Floats, tuple[float, float] | None]:
    """Values (H, W) stretched to fill 0..1 where ``weight`` (H, W) is above one half, and the two ends they had.

    A ``share`` at either end is cut off. A picture of one tone stays as it is, and the ends are None.
    """
    inside = values[weight > 0.5]
    if not len(inside):
        return values, None
    low, high = (float(end) for end in np.quantile(inside, [share, 1 - share]))
    if high - low < _FLAT:
        return values, None
    return np.clip((values - low) / (high - low), 0, 1), (low, high)


def calm(values: Floats, radius: int, noise: float) -> Floats:
    """Values (H, W) without ripples up to ``noise`` within ``radius`` cells, while steps above it stay as steep.

    The guided filter with the picture as its own guide (He, Sun and Tang 2010): a local line, flat where the variance
    is below noise².
    """
    from scipy.ndimage import uniform_filter

    if radius < 1 or noise <= 0:
        return values
    size = 2 * radius + 1
    mean = uniform_filter(values, size, mode="nearest")
    variance = np.maximum(uniform_filter(values * values, size, mode="nearest") - mean * mean, 0)
    slope = variance / (variance + noise**2)
    offset = uniform_filter(mean * (1 - slope), size, mode="nearest")
    result: Floats = uniform_filter(slope, size, mode="nearest") * values + offset
    return result
