"""Which walls stand free: thin, flat, and held by the rest on one side only, as a fin, an ear or a flag is.

A wall between two others, across a frame or closed to a ring holds itself; a fin bends at its foot and breaks there,
which is why printers' limits name both (i.materialise, Shapeways: "unsupported walls are connected to other walls on
less than two sides").
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.sampling import Samples

_NEAR = 2.5  # spacings of the samples within which two of them are neighbours
_FEW = 3  # samples: fewer are a crease; nor is less than the limit squared a wall
_ONE_SIDE = 0.7  # length of the mean direction to what holds it: 0.9 for one side of a square, 0.64 for two
_FLAT = 0.75  # share of the normals' spread along one line: 1 of a plate, a half of a tube


def patches(samples: Samples, chosen: Bools, limit: float) -> Ints:
    """Number of the patch that each chosen sample lies in, (N,); -1 for others and for patches too small to count."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    result = np.full(len(chosen), -1, np.int64)
    some = np.flatnonzero(chosen)
    if not len(some):
        return result
    pairs = cKDTree(samples.points[some]).query_pairs(_NEAR * np.sqrt(samples.area), output_type="ndarray")
    graph = coo_matrix((np.ones(len(pairs), np.int8), pairs.T), shape=(len(some), len(some)))
    group = connected_components(graph, directed=False)[1]
    large = np.bincount(group)[group] >= max(_FEW, limit**2 / samples.area)
    result[some[large]] = np.unique(group[large], return_inverse=True)[1]
    return result


def free_standing(samples: Samples, walls: Floats, limit: float) -> Bools:
    """Samples of walls thinner than ``limit`` that stand free, (N,). walls (N,) mm, NaN where nothing was measured."""
    from scipy.spatial import cKDTree

    patch = patches(samples, walls < limit, limit)
    mask = np.zeros(len(walls), dtype=bool)
    count = int(patch.max(initial=-1)) + 1
    held = np.flatnonzero(walls >= limit)
    if not count or not len(held):
        return mask
    inner = np.flatnonzero(patch >= 0)
    sizes = np.bincount(patch[inner], minlength=count)
    middle = _sums(patch[inner], samples.points[inner], count) / sizes[:, None]
    reach = _NEAR * np.sqrt(samples.area)
    distance, nearest = cKDTree(samples.points[inner]).query(samples.points[held], distance_upper_bound=reach)
    beside = np.isfinite(distance)
    home = patch[inner[nearest[beside]]]
    way = samples.points[held[beside]] - middle[home]
    way /= np.maximum(np.linalg.norm(way, axis=1), 1e-300)[:, None]
    holds = np.bincount(home, minlength=count)
    lean = np.linalg.norm(_sums(home, way, count), axis=1) / np.maximum(holds, 1)
    normals = samples.normals[inner]
    spread = _sums(patch[inner], (normals[:, :, None] * normals[:, None]).reshape(-1, 9), count).reshape(-1, 3, 3)
    flat = np.linalg.eigvalsh(spread)[:, -1] / sizes
    free = (holds > 0) & (lean > _ONE_SIDE) & (flat > _FLAT)
    mask[inner] = free[patch[inner]]
    return mask


def _sums(owner: Ints, rows: Floats, count: int) -> Floats:
    """Sums of the rows of each owner, (count, K)."""
    return np.stack([np.bincount(owner, weights=column, minlength=count) for column in rows.T], axis=1)
