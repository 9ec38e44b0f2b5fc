"""Noise taken out of a film: means over neighbours that lie on the same surface, further apart from round to round.

The edge-avoiding à-trous wavelet (Dammertz et al. 2010) with the noise of each pixel as a guide (Schied et al. 2017):
where light is known well nothing is mixed, so shadows keep their edges. Color is divided out before and comes back
after, so textures stay sharp.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Singles
from maquette.render.color import Colors
from maquette.render.paths.shot import Film

_ROUNDS = 4
_KERNEL = (0.25, 0.5, 0.25)
_FOLD = 48  # power of the cosine between normals: 12 degrees halve the weight
_LEAST_COLOR = 0.04
Box = tuple[slice, slice]
_TOLERANCE = 3.0  # standard deviations by which neighbours' light may differ


def denoise(film: Film, pixel: Singles, rounds: int = _ROUNDS) -> Film:
    """The film with its model's and its floor's light smoothed; ``pixel`` (H, W) is a pixel's side on the surface."""
    color: Any = np.maximum(film.color, _LEAST_COLOR)
    over: Any = np.maximum(film.alpha, 1e-4)[..., None]
    noise = film.noise[..., 0] / np.square(color.mean(axis=2))
    light = _smooth(film.light / over / color, noise, _Guide(film, pixel), rounds)
    share: Any = np.maximum(film.floor_share, 1e-4)[..., None]
    floor = _smooth(film.floor / share, film.noise[..., 1], _Level(film.floor_share), rounds + 1)
    return replace(film, light=light * color * film.alpha[..., None], floor=floor * film.floor_share[..., None])


class _Level:
    """Pixels that all show the same level floor, as far as ``share`` (H, W) says."""

    def __init__(self, share: Singles) -> None:
        self.share = share

    def alike(self, here: Box, there: Box, step: int) -> Singles:
        """How far the pixels ``there`` show the surface of those ``here``."""
        return self.share[there]


class _Guide(_Level):
    """What says whether two pixels show the same surface: its normal and its place."""

    def __init__(self, film: Film, pixel: Singles) -> None:
        super().__init__(film.alpha)
        length = np.sqrt(np.einsum("hwc,hwc->hw", film.normal, film.normal))
        self._normal = film.normal / np.maximum(length, 1e-6)[..., None]
        self._point, self._pixel = film.point, np.maximum(pixel, 1e-9)

    def alike(self, here: Box, there: Box, step: int) -> Singles:
        """How far the pixels ``there`` show the surface of those ``here``."""
        fold = np.maximum(np.einsum("hwc,hwc->hw", self._normal[here], self._normal[there]), 0) ** _FOLD
        between = self._point[there] - self._point[here]
        off = np.abs(np.einsum("hwc,hwc->hw", between, self._normal[here])) / (self._pixel[here] * (step + 1))
        weight: Singles = fold * np.exp(-off) * self.share[there]
        return weight


def _smooth(light: Colors, noise: Singles, guide: _Level, rounds: int) -> Colors:
    """Light (H, W, 3) over the pixels that the guide counts, round by round."""
    spread = _blur(noise + _unrest(light, guide.share > 0))
    for number in range(rounds):
        light, spread = _round(light, spread, guide, 2**number)
    return light


def _round(light: Colors, noise: Singles, guide: _Level, step: int) -> tuple[Colors, Singles]:
    """One mean over 3 x 3 pixels ``step`` apart, and the noise that is left."""
    height, width = noise.shape
    bright = light.mean(axis=2)
    limit = _TOLERANCE * np.sqrt(np.maximum(noise, 0)) + 1e-3
    total, spread = light * 0.25 * guide.share[..., None], noise * np.square(0.25 * guide.share)
    weights = 0.25 * guide.share
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            if not i and not j:
                continue
            down, right = i * step, j * step
            if abs(down) >= height or abs(right) >= width:
                continue
            here = (slice(max(-down, 0), height - max(down, 0)), slice(max(-right, 0), width - max(right, 0)))
            there = (slice(max(down, 0), height - max(-down, 0)), slice(max(right, 0), width - max(-right, 0)))
            alike = np.exp(-np.abs(bright[there] - bright[here]) / limit[here])
            weight = _KERNEL[i + 1] * _KERNEL[j + 1] * alike * guide.alike(here, there, step)
            total[here] += light[there] * weight[..., None]
            spread[here] += noise[there] * np.square(weight)
            weights[here] += weight
    over = np.maximum(weights, 1e-9)
    known = weights > 1e-9
    mixed = np.where(known[..., None], total / over[..., None], light)
    return mixed.astype(np.float32), np.where(known, spread / np.square(over), noise).astype(np.float32)


def _unrest(light: Colors, inside: Bools) -> Singles:
    """How far each pixel lies off the median around it, squared: what few samples hide from their own variance."""
    bright = np.where(inside, light.mean(axis=2), np.nan)
    padded = np.pad(bright, 1, constant_values=np.nan)
    height, width = bright.shape
    around = np.stack([padded[i : i + height, j : j + width] for i in range(3) for j in range(3)])
    around = np.where(np.isnan(around), bright, around)
    off = np.where(inside, bright - np.median(around, axis=0), 0)
    unrest: Singles = np.square(off).astype(np.float32)
    return unrest


def _blur(values: Singles) -> Singles:
    """Mean over 3 x 3: a pixel's own noise is known badly from few samples."""
    padded = np.pad(values, 1, mode="edge")
    height, width = values.shape
    total: Singles = np.mean([padded[i : i + height, j : j + width] for i in range(3) for j in range(3)], axis=0)
    return total
