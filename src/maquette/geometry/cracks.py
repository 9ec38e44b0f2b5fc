"""Cracks: open edges whose vertices all but touch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.geometry.topology import edges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CROWD = 64  # neighbours within reach, on average, beyond which the reach is shortened: bounds time and memory


def zipped(vertices: Floats, faces: Ints, reach: float) -> tuple[Ints, Ints]:
    """Border vertices that lie closer than ``reach`` become one: keep (V',), twin (V,), as from a weld.

    Only vertices on open edges take part, and none moves further than a third of the shortest open edge at it, so no
    open edge collapses. faces (F, 3).
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    found = edges(faces)
    ends = found.ends[found.count == 1]
    border, local = np.unique(ends, return_inverse=True)
    everyone = np.arange(len(vertices))
    if not len(border):
        return everyone, everyone
    local = local.reshape(-1, 2)
    length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    limit = np.full(len(border), reach)
    for end in (0, 1):
        np.minimum.at(limit, local[:, end], length / 3)
    tree, radius = cKDTree(vertices[border]), float(limit.max())
    while tree.count_neighbors(tree, radius) > _CROWD * len(border):  # a few long edges among a swarm of short ones
        radius /= 2
    pairs = tree.query_pairs(radius, output_type="ndarray")
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
