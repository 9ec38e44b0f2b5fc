"""Nodes that all but coincide made one: many faces through one point, as where a surface of revolution meets its axis.

Forty-eight faces through one point, shaken, meet in thousands of points within a hair of each other and are cut into
as many crumbs. Gathered into one node they are cut into as many pieces as one sees (a snap as of Greene and Yao 1986,
"Finite-resolution computational geometry"). The caller asks whether what comes of it closes.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.welding import twins

Nodes = list[list[int]]


def clusters(points: Floats, first: int, reach: float) -> Ints:
    """For each node the one that it becomes, (N,); chains of nodes from ``first`` on, each within reach of the next.

    An old vertex (a node below ``first``) that lies within reach of a chain takes its place, and never moves.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    keep, cell = twins(points, reach)  # thousands in one place would make millions of pairs
    near = cKDTree(points[keep]).query_pairs(2 * reach, output_type="ndarray").astype(np.int64).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(near), np.int8), (near[:, 0], near[:, 1])), shape=(len(keep), len(keep)))
    label = connected_components(graph, directed=False)[1][cell]
    _, leader = np.unique(label, return_index=True)  # the lowest number: an old vertex where there is one
    into: Ints = leader[label].astype(np.int64)
    into[:first] = np.arange(first)
    return into


def thread(path: list[int], into: Ints) -> list[int]:
    """A path of nodes after gathering, without steps on the spot."""
    named = [int(into[node]) for node in path]
    return named[:1] + [b for a, b in pairwise(named) if a != b]


def without_spikes(rim: list[int], lines: Nodes) -> Nodes:
    """Pieces of the lines, without those that lead nowhere: loops that were gathered into a way there and back."""
    pieces = {(min(a, b), max(a, b)) for path in lines for a, b in pairwise(path)}
    fixed = set(rim)
    while True:
        degree = Counter(node for piece in pieces for node in piece)
        ends = {node for node, times in degree.items() if times == 1 and node not in fixed}
        if not ends:
            return [list(piece) for piece in sorted(pieces)]
        pieces = {piece for piece in pieces if ends.isdisjoint(piece)}
