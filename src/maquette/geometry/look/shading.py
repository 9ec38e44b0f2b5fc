"""How much of a surface's brightness the light explains: a fit of shading by normals, region by region.

Diffuse light of any distribution is, to within a hundredth, nine numbers in the normal (Ramamoorthi and Hanrahan 2001,
"An efficient representation for irradiance environment maps"). Paint is parted from light by color: within a region of
one hue the paint is taken to be one, so what varies with the normal there is light.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.look.oklab import clusters, nearest, oklab_of

_REGIONS = 6
_ROUNDS = 8
_LIGHT = np.array([0.2126, 0.7152, 0.0722])  # luminance of linear sRGB, IEC 61966-2-1
_DARKEST = 0.25  # of the mean: shading below it is not believed, or noise would be blown up
_RIDGE = 1e-3  # of each sample's weight: normals that were never seen ask for nothing


@dataclass(frozen=True)
class Shading:
    """Light that was found. ``swing`` is its standard deviation over its mean, 0 where the light is even.

    ``correlation`` is that of brightness and light within regions, 0..1.
    """

    coefficients: Floats  # (9,) of :func:`harmonics`; the mean over the samples is 1
    swing: float
    correlation: float

    def at(self, normals: Floats) -> Floats:
        """Light on each normal (N, 3), about 1, never below a quarter, (N,)."""
        return np.maximum(harmonics(normals) @ self.coefficients, _DARKEST)


def harmonics(normals: Floats) -> Floats:
    """The first nine spherical harmonics, unscaled, at unit normals (N, 3), (N, 9)."""
    x, y, z = normals.T
    return np.stack([np.ones_like(x), x, y, z, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], axis=1)


def regions(light: Floats) -> Ints:
    """Which hue each color belongs to, (N,); brightness does not count. light (N, 3) linear."""
    lab = oklab_of(light)
    hue = np.concatenate([np.zeros((len(lab), 1)), lab[:, 1:] / np.maximum(lab[:, :1], 0.05)], axis=1)
    return nearest(hue, clusters(hue, np.ones(len(hue)), _REGIONS))[0] if len(hue) else np.zeros(0, np.int64)


def fit_shading(light: Floats, normals: Floats) -> Shading:
    """The light that explains most of the brightness of colors (N, 3) linear on unit normals (N, 3).

    Brightness is a region's paint times the light; both are found in turns, with outliers weighed down as Huber 1964.
    """
    brightness = light @ _LIGHT
    region = regions(light)
    count = int(region.max()) + 1 if len(region) else 0
    basis = harmonics(normals)
    shading, weight = np.ones(len(light)), np.ones(len(light))
    coefficients = np.eye(9)[0]
    for _ in range(_ROUNDS if count else 0):
        above = np.bincount(region, weight * brightness * shading, count)
        paint = above / np.maximum(np.bincount(region, weight * shading**2, count), 1e-12)
        target = paint[region][:, None] * basis
        weighted = target * weight[:, None]
        matrix = weighted.T @ target
        ridge = _RIDGE * np.trace(matrix) / 9 * np.diag([0.0] + [1.0] * 8)
        coefficients = np.linalg.solve(matrix + ridge + 1e-12 * np.eye(9), weighted.T @ brightness)
        mean = float((basis @ coefficients).mean())
        coefficients = coefficients / (mean if mean > 1e-9 else 1.0)
        shading = np.maximum(basis @ coefficients, _DARKEST)
        off = np.abs(brightness - paint[region] * shading)
        scale = 1.5 * max(float(np.median(off)), 1e-6)
        weight = np.minimum(1.0, scale / np.maximum(off, 1e-12))
    return Shading(coefficients, float(shading.std()), _correlation(brightness, shading, region, count))


def _correlation(brightness: Floats, shading: Floats, region: Ints, count: int) -> float:
    """Of brightness with the light, each taken about its region's mean; 0 where one of them does not vary."""
    number = np.maximum(np.bincount(region, minlength=count), 1)
    a, b = (values - (np.bincount(region, values, count) / number)[region] for values in (brightness, shading))
    power = float((a * a).sum() * (b * b).sum())
    return max(float((a * b).sum()) / np.sqrt(power), 0.0) if power > 1e-18 else 0.0
