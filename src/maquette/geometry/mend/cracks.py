"""Cracks: open edges whose vertices all but touch."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.topology import edges

_OCTAVES = 40  # a limit a trillion times smaller than the largest one is none
_CROWD = 64  # neighbours within reach, on average, beyond which the reach is shortened: bounds time and memory


def zip_cracks(vertices: Floats, faces: Ints, reach: float) -> tuple[Ints, Ints]:
    """Border vertices that lie closer than ``reach`` become one: keep (V',), twin (V,), as from a weld.

    Only vertices on open edges take part, and none moves further than a third of the shortest open edge at it, so no
    open edge collapses. faces (F, 3).
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edge_table = edges(faces)
    ends = edge_table.ends[edge_table.count == 1]
    border, local = np.unique(ends, return_inverse=True)
    everyone = np.arange(len(vertices))
    if not len(border):
        return everyone, everyone
    local = local.reshape(-1, 2)
    length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    limit = np.full(len(border), reach)
    for end in (0, 1):
        np.minimum.at(limit, local[:, end], length / 3)
    pairs = near(vertices[border], limit)
    gap = np.linalg.norm(vertices[border[pairs[:, 0]]] - vertices[border[pairs[:, 1]]], axis=1)
    pairs = pairs[gap <= np.minimum(limit[pairs[:, 0]], limit[pairs[:, 1]])]
    graph = coo_matrix((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(border), len(border)))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    leader = everyone.copy()
    leader[border] = border[first[label]]
    keep = np.flatnonzero(leader == everyone)
    number = np.cumsum(leader == everyone) - 1
    return keep, number[leader]


def near(points: Floats, limit: Floats) -> Ints:
    """Pairs of points that may lie closer than the smaller of their two limits (N,): all such pairs and some more.

    Limits are taken by octaves, the widest first, and each octave asks among the points whose limits reach it: one
    long edge beside a dense border looks far among a few points, not among all.
    """
    from scipy.spatial import cKDTree

    batches = [np.zeros((0, 2), np.int64)]
    radius = float(limit.max())
    for _ in range(_OCTAVES):
        wide = np.flatnonzero(limit > radius / 2)
        if len(wide) > 1:
            tree, reach = cKDTree(points[wide]), radius
            while tree.count_neighbors(tree, reach) > _CROWD * len(wide):  # heaps of borders in one place
                reach /= 2
            batches.append(wide[tree.query_pairs(reach, output_type="ndarray")])
        if len(wide) == len(points):
            break
        radius = min(radius / 2, float(limit[limit <= radius / 2].max()))
    return np.unique(np.concatenate(batches), axis=0)
