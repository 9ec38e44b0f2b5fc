"""Colours as the eye measures them, and mixtures of Gaussians that say which colours a region is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Singles
from maquette.geometry.look.srgb import LIGHT_OF_BYTE

_TO_XYZ = np.array(  # sRGB primaries over the D65 white point (IEC 61966-2-1)
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_TO_XYZ = (_TO_XYZ / _TO_XYZ.sum(axis=1, keepdims=True)).astype(np.float32)


def linear(pixels: NDArray[np.uint8]) -> Singles:
    """Light that an 8-bit sRGB value stands for, 0..1, by the standard's curve."""
    return LIGHT_OF_BYTE.astype(np.float32)[pixels]


def lab(pixels: NDArray[np.uint8]) -> Singles:
    """CIE L*a*b* of 8-bit sRGB, (…, 3) -> (…, 3): lightness 0..100, and two axes of hue."""
    xyz = linear(pixels) @ _TO_XYZ.T
    shaped = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = np.moveaxis(shaped, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


@dataclass(frozen=True)
class Mixture:
    """Gaussians over colour: means (K, 3), axes over widths (K, 3, 3), log factors (K,)."""

    means: Singles
    whitening: Singles
    log_scale: Singles

    def parts(self, colors: Singles) -> Singles:
        """Logarithm of each weighted Gaussian at each colour, (N, 3) -> (K, N)."""
        result = np.empty((len(self.means), len(colors)), np.float32)
        for row, mean, white, scale in zip(result, self.means, self.whitening, self.log_scale, strict=True):
            row[:] = scale - np.float32(0.5) * (((colors - mean) @ white) ** 2).sum(axis=1)
        return result

    def log_likelihood(self, colors: Singles) -> Singles:
        """Logarithm of the density at each colour, (N, 3) -> (N,)."""
        result: Singles = np.logaddexp.reduce(self.parts(colors), axis=0)
        return result


def mixture(colors: Singles, weights: Singles, parts: int, floor: float = 2.0) -> Mixture:
    """Fit Gaussians to weighted colours (N, 3), (N,): split the widest along its main axis (Orchard & Bouman 1991).

    Two rounds of hard assignment follow, as GrabCut does it. No part is narrower than ``floor`` (standard deviation in
    colour units), so that noise does not make islands.
    """
    members = [np.arange(len(colors))]
    shapes = [_shape(colors, weights)]
    while len(members) < parts:
        widest = int(np.argmax([weight * axes[0][-1] for weight, _, axes in shapes]))
        chosen = members[widest]
        _, mean, (_, vectors) = shapes[widest]
        is_above = (colors[chosen] - mean) @ vectors[:, -1] > 0
        if is_above.all() or not is_above.any():
            break
        members[widest : widest + 1] = [chosen[is_above], chosen[~is_above]]
        shapes[widest : widest + 1] = [_shape(colors[part], weights[part]) for part in members[widest : widest + 2]]
    result = _gaussians(shapes, floor)
    for _ in range(2):
        nearest = np.argmax(result.parts(colors), axis=0)
        kept = [nearest == k for k in range(len(result.means)) if (nearest == k).any()]
        result = _gaussians([_shape(colors[part], weights[part]) for part in kept], floor)
    return result


def _shape(colors: Singles, weights: Singles) -> tuple[float, Singles, tuple[Singles, Singles]]:
    """Weight, mean and eigenvalues with axes of a cloud of colours."""
    total = max(float(weights.sum()), 1e-6)
    mean = (colors * weights[:, None]).sum(axis=0) / total
    apart = colors - mean
    covariance = (apart[:, :, None] * apart[:, None, :] * weights[:, None, None]).sum(axis=0) / total
    return total, mean, np.linalg.eigh(covariance)


def _gaussians(shapes: list[tuple[float, Singles, tuple[Singles, Singles]]], floor: float) -> Mixture:
    """The mixture of these clouds."""
    total = sum(weight for weight, _, _ in shapes)
    whitening, scales = [], []
    for weight, _, (values, vectors) in shapes:
        width = np.sqrt(np.maximum(values, 0) + floor**2)
        whitening.append(vectors / width)
        scales.append(np.log(weight / total) - np.log(width).sum() - 1.5 * np.log(2 * np.pi))
    means = np.stack([mean for _, mean, _ in shapes])
    return Mixture(means.astype(np.float32), np.stack(whitening).astype(np.float32), np.array(scales, np.float32))
