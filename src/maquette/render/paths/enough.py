"""Which pixels of a film need more paths: those on edges, and those whose noise a denoiser could not take out."""

from __future__ import annotations

from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Singles
from maquette.render.color import LUMA, Colors
from maquette.render.paths.shot import Film

_FOLD = 0.99  # mean of unit normals below which samples of a pixel lie on both sides of an edge
_SLOPE_OF_WHITE = 0.45  # of the sRGB curve where a floor is
_DARKEST = 0.01  # light below which a screen shows no difference


def is_rough(film: Film, enough: float) -> Bools:
    """Pixels (H, W) whose standard deviation on a screen is above ``enough``, and those on the model's rim or an edge.

    Noise of few samples is badly known itself, so the mean of the neighbours' counts where it is larger.
    """
    alpha: Any = np.maximum(film.alpha, 1e-6)
    bright = film.light @ LUMA / alpha
    noise = np.maximum(film.noise[..., 0], mean_around(film.noise[..., 0] * film.alpha) / mean_around(alpha))
    slope = 0.42 * np.maximum(bright, _DARKEST) ** -0.58  # of the sRGB curve
    fold = np.einsum("hwc,hwc->hw", film.normal, film.normal)
    around = mean_around(film.alpha, 1)
    edge = (around > 1e-4) & (around < 1 - 1e-4) | (film.alpha > 0) & (fold < _FOLD)
    rough: Bools = (np.sqrt(noise) * slope > enough) & (film.alpha > 0) | edge
    return rough


def is_shadow_rough(film: Film, open_floor: Colors, enough: float) -> Bools:
    """The same for pixels (H, W) of the floor, whose light counts against that of a floor with nothing on it."""
    share: Any = np.maximum(film.floor_share, 1e-6)
    noise = mean_around(film.noise[..., 1] * film.floor_share) / np.maximum(mean_around(share), 1e-6)
    against = max(float(open_floor @ LUMA), 1e-9)
    rough: Bools = (np.sqrt(noise) / against * _SLOPE_OF_WHITE > enough) & (film.floor_share > 0)
    return rough


def mean_around(values: Singles, reach: int = 2) -> Singles:
    """Mean over squares of ``2·reach + 1`` pixels, the border repeated, (H, W)."""
    side = 2 * reach + 1
    for axis in (0, 1):
        width = [(reach + 1, reach) if axis == other else (0, 0) for other in (0, 1)]
        sums = np.cumsum(np.pad(values, width, mode="edge"), axis=axis, dtype=np.float64)
        ends = np.take(sums, np.arange(side, sums.shape[axis]), axis=axis)
        values = ((ends - np.take(sums, np.arange(sums.shape[axis] - side), axis=axis)) / side).astype(np.float32)
    return values
