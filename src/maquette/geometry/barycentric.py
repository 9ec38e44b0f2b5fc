"""How much of each corner of an old triangle is in the corners of a new one that was cut from it."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats
from maquette.geometry.nearest import feet


def shares(points: Floats, triangles: Floats) -> Floats:
    """Shares of the corners at points on triangles. (F, N, 3) points, (F, 3, 3) triangles -> (F, N, 3), 0..1, sum 1.

    A point beside its triangle counts as the nearest point of it, so that a sliver, or a triangle without area, gives
    no share that leads elsewhere: a needle 1e-8 as wide as long is met to 1e-6 of its length, where the usual
    quotient of determinants is off by the whole of it.
    """
    count = points.shape[1]
    weights, _ = feet(np.repeat(triangles, count, axis=0), points.reshape(-1, 3))
    return weights.reshape(-1, count, 3)


def shares_and_twins(corners: Floats, triangles: Floats) -> tuple[Floats, Bools]:
    """Shares at the corners of triangles cut from others, and which corners are the others' own, exactly.

    corners (F, 3, 3), triangles (F, 3, 3) -> (F, 3, 3) shares, (F, 3, 3) whether corner i is corner j of the other.
    What was not cut costs nothing but the comparison.
    """
    same: Bools = np.all(corners[:, :, None] == triangles[:, None], axis=3)
    lying = same.astype(np.float64)
    cut = np.flatnonzero(~np.all(np.any(same, axis=2), axis=1))
    weights = shares(corners[cut], triangles[cut])
    lying[cut] = np.where(same[cut].any(axis=2, keepdims=True), same[cut], weights)
    return lying, same
