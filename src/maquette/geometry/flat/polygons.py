"""Polygons as triangles: a fan where that is right, the other diagonal or cut ears where it is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import BadInput

MOST_WORK = 2e9  # squared corners of the hollow polygons together: about 8 s of ear clipping on one core of 2026


def triangulate_polygons(points: Floats, corners: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Polygons of three or more corners as triangles, wound alike; a polygon of n corners gives n - 2.

    points (V, 3), corners (C,) vertex of each corner, counts (F,) corners of each polygon
    -> (T, 3) places in ``corners``, (T,) the polygon each triangle comes from.

    Convex polygons become a fan around their first corner. A quad whose first diagonal runs outside takes the other
    one. Larger ones with a reflex corner are projected along their normal (Newell's) and have their ears cut by
    Manifold's triangulator. ``BadInput`` when the hollow ones are so large that this would take minutes.
    """
    start = np.cumsum(counts) - counts
    inner = counts - 2
    row = np.cumsum(inner) - inner  # first triangle of each polygon
    face = np.repeat(np.arange(len(counts)), inner)
    step = np.arange(len(face)) - row[face]
    triangles = np.repeat(start, inner)[:, None] + np.stack([np.zeros_like(step), step + 1, step + 2], axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        quads = np.flatnonzero(counts == 4)
        quads = quads[_first_diagonal_is_wrong(points[corners[start[quads, None] + np.arange(4)]])]
        triangles[row[quads]] = start[quads, None] + [1, 2, 3]
        triangles[row[quads] + 1] = start[quads, None] + [1, 3, 0]
        large = np.flatnonzero(counts > 4)
        hollow, normals = _hollow(points, corners, start[large], counts[large])
    work = float((counts[large][hollow].astype(float) ** 2).sum())
    if work > MOST_WORK:
        most = int(counts[large][hollow].max())
        raise BadInput(f"polygons: a hollow face has {most} corners; triangulate the model where it was made")
    for polygon, normal in zip(large[hollow].tolist(), normals[hollow]):
        first, count = start[polygon], counts[polygon]
        ears = _ears(points[corners[first : first + count]], normal)
        if ears is not None:
            triangles[row[polygon] : row[polygon] + count - 2] = first + ears
    return triangles, face


def _first_diagonal_is_wrong(quads: Floats) -> NDArray[np.bool_]:
    """Where corners 1 and 3 lie on one side of the diagonal 0-2, and diagonal 1-3 is better. (N, 4, 3) -> (N,)."""
    a, b, c, d = quads[:, 0], quads[:, 1], quads[:, 2], quads[:, 3]
    first = (np.cross(b - a, c - a) * np.cross(c - a, d - a)).sum(axis=1)
    other = (np.cross(c - b, d - b) * np.cross(d - b, a - b)).sum(axis=1)
    result: NDArray[np.bool_] = (first <= 0) & (other > first)
    return result


def _hollow(points: Floats, corners: Ints, start: Ints, counts: Ints) -> tuple[Ints, Floats]:
    """Which polygons have a reflex corner (H,), and the Newell normals of all (N, 3)."""
    if not len(counts):
        return np.zeros(0, np.int64), np.zeros((0, 3))
    begin = np.cumsum(counts) - counts
    polygon = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(polygon)) - begin[polygon]
    after = begin[polygon] + (place + 1) % counts[polygon]
    local = points[corners[start[polygon] + place]]
    local = local - local[begin[polygon]]  # digits are kept far from the origin
    along = local[after] - local
    normals = np.add.reduceat(np.cross(local, local[after]), begin)
    turn = np.empty(len(polygon))
    turn[after] = (np.cross(along, along[after]) * normals[polygon]).sum(axis=1)
    flat = 1e-9 * (normals**2).sum(axis=1)  # corners this straight are as good as convex
    return np.flatnonzero(np.minimum.reduceat(turn, begin) < -flat), normals


def _ears(polygon: Floats, normal: Floats) -> Ints | None:
    """Triangles over one polygon's corners, or None where it has no extent. (N, 3), (3,) -> (N - 2, 3)."""
    from manifold3d import triangulate

    axis = int(np.abs(normal).argmax())
    u, v = (axis + 1) % 3, (axis + 2) % 3
    flat = polygon[:, [u, v] if normal[axis] > 0 else [v, u]]  # seen from outside it runs counter-clockwise
    flat = flat - flat.min(axis=0)
    extent = flat.max()
    if not (np.isfinite(extent) and extent > 0):
        return None
    ears = np.asarray(triangulate([flat / extent]), np.int64).reshape(-1, 3)
    return ears if len(ears) == len(polygon) - 2 else None
