"""Regions of a surface that carry a label each: their borders made smooth and cut through faces, their crumbs removed.

A label at every node is smoothed by threshold dynamics (Merriman, Bence and Osher 1992): spread, then give each node
the label it has most of. Borders become as smooth as the reach, what is narrower than it disappears, and where two
labels weigh the same on an edge is where the border crosses it.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints, Singles
from maquette.geometry.cut.cutting_net import Net, cut_edges
from maquette.geometry.topology import edges

_RINGS = 6  # around a border, in edges, where labels are spread
_SPREADS = 4
_AWAY = 0.1  # of an edge that a border keeps from its ends, so that no sliver comes of it
_ROUNDS = 100


def spread_labels(net: Net, votes: Singles, reach: float) -> Singles:
    """How much of each label a node holds after spreading. votes (N, K) of nodes, each row 1 in all; reach a length."""
    from scipy.sparse import coo_matrix, csr_matrix

    size, score = len(votes), votes.copy()
    label = votes.argmax(axis=1)
    edge_table = edges(net.node)
    a, b = edge_table.ends.T
    place = np.zeros((size, 3))
    place[net.node.reshape(-1)] = net.vertices[net.faces.reshape(-1)]
    weight = np.bincount(net.node.reshape(-1), weights=np.repeat(net.areas / 3, 3), minlength=size)
    near = np.zeros(size, bool)
    near[edge_table.ends[label[a] != label[b]].reshape(-1)] = True
    for _ in range(_RINGS):
        near[edge_table.ends[near[a] | near[b]].reshape(-1)] = True
    some = np.flatnonzero(near)
    if not len(some):
        return score
    touching = near[a] | near[b]
    a, b = a[touching], b[touching]
    pull = np.exp(-(((place[a] - place[b]) ** 2).sum(axis=1)) / reach**2)
    rows, columns = np.concatenate([a, b, some]), np.concatenate([b, a, some])
    values = np.concatenate([pull * weight[b], pull * weight[a], weight[some] + 1e-30])
    matrix: csr_matrix = coo_matrix((values, (rows, columns)), shape=(size, size)).tocsr()[some]
    total = np.asarray(matrix.sum(axis=1))
    for _ in range(_SPREADS):
        score[some] = (matrix @ score) / total
    return score


def cut_along_borders(net: Net, score: Singles) -> tuple[Net, Ints, Ints]:
    """Faces cut where two labels weigh the same. score (N, K) of nodes -> the net, its faces' labels and old faces."""
    label = score.argmax(axis=1)
    of_corner = label[net.node]
    after = np.roll(of_corner, -1, axis=1)
    node, other = net.node, np.roll(net.node, -1, axis=1)
    here = score[node, of_corner] - score[node, after]
    there = score[other, after] - score[other, of_corner]
    total = here + there
    along = np.divide(here, total, out=np.full(here.shape, 0.5, np.float32), where=total > 0)
    done = cut_edges(net, of_corner != after, np.clip(along, _AWAY, 1 - _AWAY).astype(np.float64))
    labels = of_corner[done.row, np.maximum(done.owner, 0)]
    middle = np.flatnonzero(done.owner < 0)
    if len(middle):
        rows = done.row[middle]
        three = of_corner[rows]
        held = score[net.node[rows]].sum(axis=1)
        most = np.take_along_axis(held, three, axis=1)
        twice = (three[:, :, None] == three[:, None, :]).sum(axis=2) * 10
        labels[middle] = three[np.arange(len(rows)), (most + twice).argmax(axis=1)]
    return done.net, labels, done.row


def without_islands(vertices: Floats, faces: Ints, label: Ints, area: float, width: float) -> tuple[Ints, int]:
    """Labels (F,) with regions below ``area``, or narrower than ``width`` on average, given to a neighbour.

    A region is what hangs together over edges; the smallest go first, each to the label it shares most border with. A
    whole part of one label has no neighbour and stays. Returns how many went, too.
    """
    edge_table = edges(faces)
    order = np.argsort(edge_table.of_half, kind="stable")
    first = np.concatenate([[0], np.cumsum(edge_table.count)[:-1]]) if len(edge_table.count) else np.zeros(0, np.int64)
    regular = np.flatnonzero(edge_table.count >= 2)
    left, right = order[first[regular]] // 3, order[first[regular] + 1] // 3
    ends = edge_table.ends[regular]
    length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    corner = vertices[faces]
    size = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1) / 2
    label, gone = label.copy(), 0
    for _ in range(_ROUNDS):
        moved = _merge_once(label, (left, right, length), size, area, width)
        if not moved:
            break
        gone += moved
    return label, gone


def _merge_once(label: Ints, shared: tuple[Ints, Ints, Floats], size: Floats, area: float, width: float) -> int:
    """One round of :func:`without_islands` in place: how many regions changed their label."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    left, right, length = shared
    same = label[left] == label[right]
    graph = coo_matrix((np.ones(int(same.sum()), np.int8), (left[same], right[same])), shape=(len(label), len(label)))
    count, region = connected_components(graph, directed=False)
    a, b, border = region[left[~same]], region[right[~same]], length[~same]
    held = np.bincount(region, weights=size, minlength=count)
    rim = np.bincount(np.concatenate([a, b]), weights=np.concatenate([border, border]), minlength=count)
    small = ((held < area) | (2 * held < width * rim)) & (rim > 0)
    if not small.any():
        return 0
    of_region = np.zeros(count, np.int64)
    of_region[region] = label
    rank = np.argsort(np.argsort(np.where(small, held, np.inf), kind="stable"), kind="stable")
    lowest = np.arange(count)[np.argsort(rank)]
    least = rank.copy()
    both = small[a] & small[b]
    np.minimum.at(least, a[both], rank[b[both]])
    np.minimum.at(least, b[both], rank[a[both]])
    goes = small & (least == rank)  # no small neighbour is smaller
    assert goes[lowest[0]]
    one, two, along = np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([border, border])
    some = goes[one]
    kinds = int(label.max()) + 1
    key = one[some] * kinds + of_region[two[some]]
    keys, where = np.unique(key, return_inverse=True)
    total = np.bincount(where.reshape(-1), weights=along[some])
    order = np.lexsort((keys, -total, keys // kinds))
    winner = order[np.concatenate([[True], np.diff(keys[order] // kinds) > 0])]
    of_region[keys[winner] // kinds] = keys[winner] % kinds
    label[:] = of_region[region]
    return int(goes.sum())
