"""Bodies that lie wall to wall, within what a 32-bit file rounds to, made to overlap by a hair.

vertices (V, 3), faces (F, 3), part (F,) the closed body of each face. Exporters move every plane by a step or two, so
two bricks that share a wall overlap here and gape there; a union of what overlaps clearly is one body.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.inside.filled import rounding
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.surface import face_normals

_OPPOSED = -0.9  # cosine between the normals of walls that face each other
_GROWTH = 1.5  # times what is rounding that each wall moves beyond the middle of the gap between them
_WIDEST = 2e-3  # of the diagonal: what gapes wider is no contact, however coarse the numbers are
_SINGLE = 0.5  # of the coordinates are 32-bit numbers: so was the file
_LEAN = 1e-2  # keeps a vertex from sliding along its wall, or along two that are all but parallel
_CORNER = 2.0  # times the longest way of its walls that a vertex goes at most: the root of 3 where three meet
_BOXES = 4_000_000  # pairs of boxes compared in one go: some 100 MB


def boxes(vertices: Floats, faces: Ints, part: Ints, count: int) -> tuple[Floats, Floats]:
    """Lower and upper corner of each part's box, (count, 3) twice."""
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    order = np.argsort(part, kind="stable")
    some, start = np.unique(part[order], return_index=True)
    if len(some):
        corners = vertices[faces[order]]
        low[some] = np.minimum.reduceat(corners.min(axis=1), start)
        high[some] = np.maximum.reduceat(corners.max(axis=1), start)
    return low, high


def near_boxes(low: Floats, high: Floats, reach: float) -> Ints:
    """Pairs of boxes no further apart than ``reach`` along any axis, (N, 2), the lower number first."""
    order = np.argsort(low[:, 0], kind="stable")
    last = np.searchsorted(low[order, 0], high[order, 0] + reach, side="right")
    size = np.maximum(last - np.arange(len(order)) - 1, 0)
    ends = np.searchsorted(np.cumsum(size), np.arange(_BOXES, size.sum() + _BOXES, _BOXES), side="left") + 1
    batches, first = [np.zeros((0, 2), np.int64)], 0
    for end in ends.clip(max=len(order)).tolist():
        rows = np.repeat(np.arange(first, end), size[first:end])
        offset = np.arange(len(rows)) - np.repeat(np.cumsum(size[first:end]) - size[first:end], size[first:end])
        a, b = order[rows], order[rows + 1 + offset]
        met = ((low[a] <= high[b] + reach) & (low[b] <= high[a] + reach)).all(axis=1)
        batches.append(np.sort(np.stack([a[met], b[met]], axis=1), axis=1))
        first = end
    pairs = np.concatenate(batches)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def reach_of(vertices: Floats) -> float:
    """How far apart walls may lie that touch: what is rounding, more where a 32-bit file lies far from its origin.

    Planes that were written as such numbers may each be off by a step or two at the place where they are.
    """
    fine = rounding(vertices)
    if not len(vertices) or (vertices == vertices.astype(np.float32)).mean() < _SINGLE:
        return fine
    steps = 8 * float(np.spacing(np.abs(vertices).max().astype(np.float32)))
    return max(fine, min(steps, _WIDEST * float(np.linalg.norm(np.ptp(vertices, axis=0)))))


def grow_together(vertices: Floats, faces: Ints, part: Ints, reach: float) -> tuple[Floats, Bools]:
    """Vertices with walls that face each other moved outward until they overlap, (V, 3), and which moved, (V,).

    Walls no further apart than ``reach`` count. Each moves along its own normal to a hair beyond the middle of the gap,
    so what lies in one plane beside it stays in it. Nothing moves where parts touch only along edges or in vertices.
    """
    moved = np.zeros(len(vertices), dtype=bool)
    walls, gap = _walls(vertices, faces, part, reach)
    if not len(walls):
        return vertices, moved
    corner = faces[walls].reshape(-1)
    moved[corner] = True
    used, local = np.unique(corner, return_inverse=True)
    across = np.repeat(face_normals(vertices, faces[walls]), 3, axis=0)
    length = np.repeat(gap / 2 + _GROWTH * rounding(vertices), 3)[:, None]
    pull = np.zeros((len(used), 3, 3))
    wanted = np.zeros((len(used), 3))
    np.add.at(pull, local.reshape(-1), across[:, :, None] * across[:, None, :])
    np.add.at(wanted, local.reshape(-1), across * length)
    step = np.linalg.solve(pull + _LEAN * np.eye(3), wanted[:, :, None])[:, :, 0]
    most = np.zeros(len(used))
    np.maximum.at(most, local.reshape(-1), length[:, 0])
    step *= np.minimum(1, _CORNER * most / np.maximum(np.linalg.norm(step, axis=1), 1e-300))[:, None]
    grown = vertices.copy()
    grown[used] += step
    return grown, moved


def _walls(vertices: Floats, faces: Ints, part: Ints, reach: float) -> tuple[Ints, Floats]:
    """Faces that lie against a face of another part which looks the other way, sorted, and the widest gap at each."""
    nothing = np.zeros(0, np.int64), np.zeros(0)
    count = int(part.max(initial=-1)) + 1
    near = _faces_near_others(vertices, faces, part, count, reach) if count > 1 else nothing[0]
    if not len(near):
        return nothing
    crossing_pairs = intersecting_pairs(vertices, faces[near], tolerance=reach)
    pairs = near[crossing_pairs.pairs[crossing_pairs.lying]]
    pairs = pairs[part[pairs[:, 0]] != part[pairs[:, 1]]]
    normal = face_normals(vertices, faces[pairs.reshape(-1)]).reshape(-1, 2, 3)
    facing = np.einsum("ij,ij->i", normal[:, 0], normal[:, 1]) < _OPPOSED
    pairs, normal = pairs[facing], normal[facing]
    corners = vertices[faces[pairs]]  # (N, 2, 3, 3)
    ahead = np.einsum("nkd,nd->nk", corners[:, 1] - corners[:, 0, :1], normal[:, 0])
    back = np.einsum("nkd,nd->nk", corners[:, 0] - corners[:, 1, :1], normal[:, 1])
    gap = np.minimum(ahead.max(axis=1), back.max(axis=1)).clip(0, reach)
    walls, place = np.unique(pairs, return_inverse=True)
    widest = np.zeros(len(walls))
    np.maximum.at(widest, place.reshape(-1), np.repeat(gap, 2))
    return walls, widest


def _faces_near_others(vertices: Floats, faces: Ints, part: Ints, count: int, reach: float) -> Ints:
    """Faces within the box of another part, or that near to it: no others can lie against one."""
    low, high = boxes(vertices, faces, part, count)
    pairs = near_boxes(low, high, reach)
    if not len(pairs):
        return np.zeros(0, np.int64)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    if len(both) > 4 * count + 64:  # a crowd: all faces of those that meet anything
        crowd = np.zeros(count, dtype=bool)
        crowd[both[:, 0]] = True
        return np.flatnonzero(crowd[part])
    order = np.argsort(part, kind="stable")
    start = np.searchsorted(part[order], np.arange(count + 1))
    corners = vertices[faces]
    least, most = corners.min(axis=1), corners.max(axis=1)
    chosen = np.zeros(len(faces), dtype=bool)
    for one, other in both.tolist():
        own = order[start[one] : start[one + 1]]
        inside = (least[own] <= high[other] + reach) & (most[own] >= low[other] - reach)
        chosen[own[inside.all(axis=1)]] = True
    return np.flatnonzero(chosen)
