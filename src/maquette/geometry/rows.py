"""What is asked of vectors row by row, and of runs of numbers laid end to end: small, and in everybody's inner loop."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints


def cross(a: Floats, b: Floats) -> Floats:
    """Cross products, (N, 3), (N, 3) -> (N, 3); a third of the time of ``np.cross``."""
    product = np.empty_like(a)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        np.subtract(a[:, j] * b[:, k], a[:, k] * b[:, j], out=product[:, i])
    return product


def flat_cross(a: Floats, b: Floats) -> Floats:
    """z of the cross products of plane vectors, (..., 2), (..., 2) -> (...): twice the area they span, signed."""
    product: Floats = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return product


def dot(a: Floats, b: Floats) -> Floats:
    """Dot products, (N, K), (N, K) -> (N,)."""
    product: Floats = np.einsum("ij,ij->i", a, b)
    return product


def square(a: Floats) -> Floats:
    """Squared lengths, (N, K) -> (N,)."""
    return dot(a, a)


def runs(start: Ints, size: Ints) -> tuple[Ints, Ints]:
    """Runs of numbers end to end: which run each belongs to (N,), and the number (N,), from ``start`` on."""
    owner = np.repeat(np.arange(len(size)), size)
    return owner, np.arange(len(owner)) + np.repeat(start - np.cumsum(size) + size, size)


def unit(rows: Floats) -> Floats:
    """Rows (N, D) of length one; rows of no length stay."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    result: Floats = rows / np.where(length > 0, length, 1.0)
    return result
