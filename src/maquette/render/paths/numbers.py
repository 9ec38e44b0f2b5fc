"""Numbers that look random but cover evenly and are the same on every machine, and frames around directions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Ints, Singles

# Steps of the R2 sequence: powers of the plastic number (Roberts 2018), the golden ratio's brother in the plane.
_STEPS = 0.7548776662466927, 0.5698402909980532
_BELOW_ONE = np.float32(1 - 2**-24)


def scramble(keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A hash of 32 bits in which each bit of a key turns half of the result's over (Wellons 2018, lowbias32)."""
    x = keys.astype(np.uint32)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return x


def keys_of(pixel: Ints, seed: int) -> NDArray[np.uint32]:
    """A key for each pixel (N,), another for another seed."""
    spread = (pixel.astype(np.uint64) * np.uint64(0x9E3779B1) + np.uint64(seed)) & np.uint64(0xFFFFFFFF)
    return scramble(spread.astype(np.uint32))


def pairs(keys: NDArray[np.uint32], index: Ints, dimension: int, count: int) -> Singles:
    """Two numbers in 0..1 a ray, (N, 2): the ``index``-th of ``count`` that lie evenly in the square, turned by a key.

    Each ``dimension`` turns and shuffles them anew (Cranley & Patterson 1976), so that no two decisions of a path hang
    together.
    """
    turn = scramble(keys + np.uint32(dimension * 0x9E3779B9 & 0xFFFFFFFF))
    order = np.uint32((1 << max(count - 1, 0).bit_length()) - 1)
    shuffled = (index.astype(np.uint32) ^ (scramble(turn ^ np.uint32(0xB5297A4D)) & order)).astype(np.float64)
    second = scramble(turn)
    both = np.stack([turn * 2.0**-32 + shuffled * _STEPS[0], second * 2.0**-32 + shuffled * _STEPS[1]], axis=1)
    result: Singles = np.minimum((both % 1.0).astype(np.float32), _BELOW_ONE)
    return result


def tangents(normal: Singles) -> tuple[Singles, Singles]:
    """Two unit vectors square to each unit normal (N, 3) and to each other; Duff et al. 2017."""
    x, y, z = normal.T
    sign = np.where(z >= 0, np.float32(1), np.float32(-1))
    a = -1 / (sign + z)
    b = x * y * a
    return np.stack([1 + sign * x * x * a, sign * b, -sign * x], 1), np.stack([b, sign + y * y * a, -y], 1)


def on_disc(pair: Singles) -> Singles:
    """Numbers (N, 2) of the square spread over the unit disc without a seam, (N, 2); Shirley & Chiu 1997."""
    flat = 2 * pair - 1
    x, y = flat[:, 0], flat[:, 1]
    wide = np.abs(x) > np.abs(y)
    radius = np.where(wide, x, y)
    over = np.where(radius == 0, np.float32(1), radius)
    quarter = np.float32(np.pi / 4)
    angle = np.where(wide, quarter * (y / over), np.float32(np.pi / 2) - quarter * (x / over))
    result: Singles = (radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)).astype(np.float32)
    return result


def by_cosine(pair: Singles) -> Singles:
    """Directions (N, 3) over the plane z = 0, as many as their cosine says (Malley's method)."""
    disc = on_disc(pair)
    up: Any = np.sqrt(np.maximum(1 - np.einsum("ij,ij->i", disc, disc), 1e-8))
    result: Singles = np.column_stack([disc, up]).astype(np.float32)
    return result


def length_one(vectors: Singles) -> Singles:
    """Rows scaled to length one."""
    scaled: Singles = vectors / np.maximum(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)), 1e-20)[:, None]
    return scaled
