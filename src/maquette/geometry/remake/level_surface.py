"""The surface on which a sampled function is zero, where only the samples near it are known.

Marching tetrahedra over the Kuhn subdivision (six to a cube, all around one diagonal, so that neighbouring cubes cut
their common face alike): the surface is closed and no edge has more than two faces, whatever the numbers. Marching
cubes makes half as many faces but asks for a dense block and has cases that pinch.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints

_NUDGE = 1e-3  # values nearer to zero than this are moved off it, or vertices would fall together
_CHUNK = 400_000  # cubes in work at a time
_CORNERS = np.array(list(itertools.product((0, 1), repeat=3)))  # corner number 4x + 2y + z


def cells_with_surface(inside: Bools) -> Ints:
    """Lower corners (C, 3) of the cubes of a dense block (X, Y, Z) whose eight corners are not all alike."""
    x, y, z = (size - 1 for size in inside.shape)
    total = np.zeros((x, y, z), dtype=np.int8)
    for a, b, c in _CORNERS:
        total += inside[a : a + x, b : b + y, c : c + z]
    return np.argwhere((total > 0) & (total < 8))


def level_surface(points: Ints, values: Floats) -> tuple[Floats, Ints]:
    """Where a function on lattice points crosses zero: vertices (V, 3) in lattice units, faces (F, 3) wound outward.

    points (P, 3) distinct integers, values (P,) above zero inside. Only cubes all of whose corners are given count:
    give the corners of every cube with a change of sign, and the surface is closed. An edge is crossed once at most,
    in proportion to the values at its ends.
    """
    if not len(points):
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    values = np.where(np.abs(values) < _NUDGE, np.where(values > 0, _NUDGE, -_NUDGE), values)
    low = points.min(axis=0)
    span = points.max(axis=0) - low + 2
    key = ((points[:, 0] - low[0]) * span[1] + points[:, 1] - low[1]) * span[2] + points[:, 2] - low[2]
    order = np.argsort(key)
    key, place, value = key[order], points[order], values[order]
    step = (_CORNERS[:, 0] * span[1] + _CORNERS[:, 1]) * span[2] + _CORNERS[:, 2]
    pieces = [_cross_cubes(key, value, step, start) for start in range(0, len(key), _CHUNK)]
    ends = np.concatenate(pieces)  # (F, 3, 2) the two samples between which each corner lies
    one, other = ends[:, :, 0], ends[:, :, 1]
    edge, vertex = np.unique(np.minimum(one, other) * len(key) + np.maximum(one, other), return_inverse=True)
    a, b = edge // len(key), edge % len(key)
    share = value[a] / (value[a] - value[b])
    vertices = place[a] + share[:, None] * (place[b] - place[a])
    return vertices, vertex.reshape(-1, 3).astype(np.int64)


def _cross_cubes(key: Ints, value: Floats, step: Ints, start: int) -> Ints:
    """Triangles of the cubes whose lower corners are the samples from ``start`` on, as pairs of samples (F, 3, 2)."""
    lower = key[start : start + _CHUNK]
    corner = np.empty((8, len(lower)), np.int64)
    whole, code = np.ones(len(lower), dtype=bool), np.zeros(len(lower), np.uint8)
    above = value > 0
    for number, ahead in enumerate(step):
        wanted = lower + ahead
        place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        whole &= key[place] == wanted
        code |= above[place].astype(np.uint8) << np.uint8(number)
        corner[number] = place
    corner = corner[:, whole & (code != 0) & (code != 255)].T
    inner = above[corner]
    batches = [np.zeros((0, 3, 2), np.int64)]
    for tetrahedron in _tetrahedra():
        code = inner[:, tetrahedron] @ np.array([1, 2, 4, 8])
        for case, triangles in enumerate(_cases()):
            hit = corner[code == case][:, tetrahedron]
            batches.extend(hit[:, np.array(triangle)] for triangle in triangles if len(hit))
    return np.concatenate(batches)


@functools.cache
def _tetrahedra() -> tuple[tuple[int, ...], ...]:
    """Corner numbers of the six tetrahedra of a cube, each with positive volume."""
    tetrahedra = []
    for axes in itertools.permutations((4, 2, 1)):
        path = [0, axes[0], axes[0] + axes[1], 7]
        edges = _CORNERS[path[1:]] - _CORNERS[path[0]]
        tetrahedra.append(tuple(path if np.linalg.det(edges) > 0 else [path[0], path[2], path[1], path[3]]))
    return tuple(tetrahedra)


@functools.cache
def _cases() -> tuple[tuple[tuple[tuple[int, int], ...], ...], ...]:
    """For each set of inner corners (bit c: corner c) the triangles, their corners as (inner, outer) pairs."""
    place = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=float)
    cases = []
    for code in range(16):
        inner = [c for c in range(4) if code >> c & 1]
        outer = [c for c in range(4) if not code >> c & 1]
        ring = [(i, o) for i in inner for o in outer]
        if len(ring) == 4:
            ring = [ring[0], ring[1], ring[3], ring[2]]
        triangles = []
        for triangle in [ring] if len(ring) == 3 else [ring[:3], [ring[0], *ring[2:]]] if ring else []:
            middle = np.array([(place[i] + place[o]) / 2 for i, o in triangle])
            normal = np.cross(middle[1] - middle[0], middle[2] - middle[0])
            outward = place[outer].mean(axis=0) - place[inner].mean(axis=0)
            triangles.append(tuple(triangle if normal @ outward > 0 else triangle[::-1]))
        cases.append(tuple(triangles))
    return tuple(cases)
