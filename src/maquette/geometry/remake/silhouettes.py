"""How alike two surfaces look as shadows."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.rays import Tracer


def silhouette_overlap(
    vertices: Floats, faces: Ints, other_vertices: Floats, other_faces: Ints, across: int = 128
) -> float:
    """Shadows of two surfaces along x, y and z: what they share over what either covers, the least of three, 0..1.

    (V, 3), (F, 3), (W, 3), (G, 3), ``across`` pixels along the longest side of their common box -> 0..1.
    """
    both = np.concatenate([vertices, other_vertices])
    low, high = both.min(axis=0), both.max(axis=0)
    pitch = max(float((high - low).max()), 1e-300) / across
    first, second = Tracer(vertices, faces), Tracer(other_vertices, other_faces)
    shares = []
    for axis in range(3):
        origins = _grid(low - 2 * pitch, high + 2 * pitch, axis, pitch)
        one, other = (_is_covered(tracer, origins, axis) for tracer in (first, second))
        shares.append(float((one & other).sum() / max((one | other).sum(), 1)))
    return min(shares)


def _grid(low: Floats, high: Floats, axis: int, pitch: float) -> Floats:
    """Middles of pixels on the box's side across an axis, (N, 3)."""
    sides = [np.array([low[k]]) if k == axis else np.arange(low[k] + pitch / 2, high[k], pitch) for k in range(3)]
    return np.stack([side.ravel() for side in np.meshgrid(*sides, indexing="ij")], axis=1)


def _is_covered(tracer: Tracer, origins: Floats, axis: int) -> Bools:
    return tracer.is_blocked(origins, np.broadcast_to(np.eye(3)[axis], origins.shape), np.inf)
