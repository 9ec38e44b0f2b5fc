"""A surface in few faces, wherever the vertices come to lie."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints

_SHAKE = 1e-5  # of the diagonal: fast-simplification stalls on flat ground


def thin_out(vertices: Floats, faces: Ints, count: int) -> tuple[Floats, Ints]:
    """The surface in about ``count`` faces. vertices (V, 3), faces (F, 3); few enough already: both as they are.

    Quadric edge collapse: Garland and Heckbert 1997, by fast-simplification.
    """
    from fast_simplification import simplify

    if len(faces) <= count:
        return vertices, faces
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    middle, diagonal = (low + high) / 2, float(np.linalg.norm(high - low))
    shaken = _SHAKE * diagonal * np.random.default_rng(0).normal(size=vertices.shape)
    points, corners = simplify(vertices - middle + shaken, faces.astype(np.int32), target_count=count)
    corners = corners.astype(np.int64)
    corners = corners[(corners != np.roll(corners, 1, axis=1)).all(axis=1)]
    return np.asarray(points, np.float64) + middle, corners
