"""Bas-relief: depths pressed flat so that what is small stays seen (Weyrich et al. 2007, "Digital bas-relief from 3D
scenes"): slopes are pressed by a logarithm, steps at outlines taken out, and the surface put together again.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats
from maquette.geometry.flat.detail import blur_within

_CLIFF = 8.0  # times the usual slope: an outline in front of something, whose height is worth nothing
_USUAL = 0.75  # quantile of the slopes that is the usual one


def press_depth(depth: Floats, inside: Bools, pressing: float, fine: float = 0.0) -> Floats:
    """Heights (H, W) 0..1 of a surface ``depth`` (H, W), larger nearer, where ``inside``; 0 around.

    ``pressing`` is Weyrich's alpha in usual slopes: 0 leaves all slopes as they are, 5 is strong. ``fine`` adds to what
    is finer than a twentieth of the picture.
    """
    right, down = np.zeros_like(depth), np.zeros_like(depth)
    both_right, both_down = inside[:, 1:] & inside[:, :-1], inside[1:] & inside[:-1]
    right[:, :-1] = np.diff(depth, axis=1) * both_right
    down[:-1] = np.diff(depth, axis=0) * both_down
    steep = np.hypot(right, down)
    usual = float(np.quantile(steep[inside], _USUAL)) if inside.any() else 0.0
    if usual <= 0:
        return inside.astype(np.float64)
    rate = pressing / usual
    keep = np.log1p(rate * steep) / np.maximum(rate * steep, 1e-12) if pressing else np.ones_like(steep)
    keep = np.where(steep > _CLIFF * usual, 0.0, keep)
    surface = integrate_steps(right * keep, down * keep)
    if fine:
        weight = inside.astype(np.float64)
        surface = surface + fine * (surface - blur_within(surface, weight, max(depth.shape) / 40))
    low, high = (float(end) for end in np.quantile(surface[inside], [0.002, 0.998]))
    level = np.clip((surface - low) / max(high - low, 1e-12), 0, 1)
    return np.where(inside, level, 0.0)


def integrate_steps(right: Floats, down: Floats) -> Floats:
    """The plane (H, W) with mean 0 whose steps to the next pixel right and down are nearest to these (H, W)."""
    across = np.zeros_like(right)
    across[:, :-1] += right[:, :-1]
    across[:, 1:] -= right[:, :-1]
    across[:-1] += down[:-1]
    across[1:] -= down[:-1]
    return _poisson(across)


def integrate_slopes(right: Floats, down: Floats) -> Floats:
    """The plane (H, W) with mean 0 whose steps to the right and down are nearest to these slopes (H, W).

    A step stands between a pixel and the next one, as the mean of both pixels' slopes.
    """
    steps_right, steps_down = np.zeros_like(right), np.zeros_like(down)
    steps_right[:, :-1] = (right[:, 1:] + right[:, :-1]) / 2
    steps_down[:-1] = (down[1:] + down[:-1]) / 2
    return integrate_steps(steps_right, steps_down)


def _poisson(across: Floats) -> Floats:
    """The plane with this divergence and a free border (Frankot and Chellappa 1988, with cosines)."""
    from scipy.fft import dctn, idctn

    rows, columns = (2 * np.cos(np.pi * np.arange(count) / count) - 2 for count in across.shape)
    scale = rows[:, None] + columns[None, :]
    scale[0, 0] = 1.0
    waves = dctn(across, type=2) / scale
    waves[0, 0] = 0.0
    result: Floats = idctn(waves, type=2)
    return result
