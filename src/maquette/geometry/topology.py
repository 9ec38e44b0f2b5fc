"""Who touches whom on a triangle mesh: edges, neighbours, loops, components. Indices only, no positions.

An edge is named by the key ``low · V + high``; sorting keys groups the faces around each edge, which answers every
question here in O(F log F) without a dictionary. Key and half-edge go into one 64-bit word where they fit: words are
sorted faster than their places. The edges of the last few read-only arrays of faces are remembered, for a mesh is asked
for them again and again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Ints
from maquette.core.memory import remember


@dataclass(frozen=True)
class Edges:
    """Undirected edges of a mesh, and the half-edges (corner c of face f runs to corner c+1) that lie on each."""

    ends: Ints  # (E, 2) vertices, low first
    count: Ints  # (E,) how many faces meet here: 1 border, 2 regular, more non-manifold
    of_half: Ints  # (3F,) edge of half-edge 3·f + c
    forward: Bools  # (3F,) half-edge runs from the low to the high vertex
    order: Ints  # (3F,) half-edges by edge, those of one edge by number

    @property
    def balance(self) -> Ints:
        """(E,) faces that run forward minus faces that run back: 0 where two faces are wound alike."""
        weights = np.where(self.forward, 1, -1)
        return np.bincount(self.of_half, weights=weights, minlength=len(self.ends)).astype(np.int64)


@remember(most=3)
def edges(faces: Ints) -> Edges:
    """All edges. faces (F, 3) int -> Edges, read-only."""
    result = _edges(faces)
    for array in (result.ends, result.count, result.of_half, result.forward, result.order):
        array.flags.writeable = False
    return result


def _edges(faces: Ints) -> Edges:
    start = faces.reshape(-1)
    end = np.roll(faces, -1, axis=1).reshape(-1)
    low, high = np.minimum(start, end), np.maximum(start, end)
    vertex_count = int(high.max()) + 1 if len(high) else 0
    order, key = _sort_keys(low * vertex_count + high)
    is_new = np.ones(len(key), dtype=bool)
    np.not_equal(key[1:], key[:-1], out=is_new[1:])
    first = np.flatnonzero(is_new)
    of_half = np.empty(len(key), np.int64)
    of_half[order] = np.cumsum(is_new) - 1
    keys = key[first]
    ends = np.stack([keys // max(vertex_count, 1), keys % max(vertex_count, 1)], axis=1)
    return Edges(ends, np.diff(first, append=len(key)), of_half, start < end, order)


def _sort_keys(keys: Ints) -> tuple[Ints, Ints]:
    """Places in stable order, and the keys in that order; keys are not negative."""
    bits = max(len(keys) - 1, 1).bit_length()
    if len(keys) and int(keys.max()) >= 1 << (63 - bits):
        order = np.argsort(keys, kind="stable")
        return order, keys[order]
    words = (keys << bits) | np.arange(len(keys))
    words.sort()
    return words & ((1 << bits) - 1), words >> bits


def border_halves(faces: Ints) -> Ints:
    """Half-edges that no second face closes, as (B, 2) start and end, wound as their face."""
    edge_table = edges(faces)
    open_half = np.flatnonzero(edge_table.count[edge_table.of_half] == 1)
    face, corner = open_half // 3, open_half % 3
    return np.stack([faces[face, corner], faces[face, (corner + 1) % 3]], axis=1)


def border_loops(faces: Ints) -> list[Ints]:
    """Closed loops of open edges, each (N,) vertices in the order in which a patch's faces run around them.

    The order is against the neighbouring faces, so a fan over a loop comes out wound like its surroundings. Where
    several loops touch in one vertex they are parted there.
    """
    halves = border_halves(faces)[:, ::-1]  # a patch runs against its neighbours
    leaving: dict[int, list[int]] = {}
    for start, end in halves.tolist():
        leaving.setdefault(start, []).append(end)
    loops: list[Ints] = []
    for first in list(leaving):  # not next(iter(...)): a dictionary skips its deleted keys one by one
        while first in leaving:
            path = [first]
            position = {first: 0}
            while leaving.get(path[-1]):
                follower = leaving[path[-1]].pop()
                if not leaving[path[-1]]:
                    del leaving[path[-1]]
                if follower in position:  # a loop closes: cut it off the path
                    cut = position[follower]
                    loops.append(np.array(path[cut:], dtype=np.int64))
                    for vertex in path[cut + 1 :]:
                        del position[vertex]
                    del path[cut + 1 :]
                else:
                    position[follower] = len(path)
                    path.append(follower)
            leaving.pop(path[-1], None)
    return [loop for loop in loops if len(loop) >= 3]


def adjacent_faces(faces: Ints) -> Ints:
    """Pairs of faces that share a regular edge (exactly two faces). faces (F, 3) int -> (A, 2) int."""
    edge_table = edges(faces)
    order = edge_table.order
    regular = (np.cumsum(edge_table.count) - edge_table.count)[edge_table.count == 2]
    return np.stack([order[regular] // 3, order[regular + 1] // 3], axis=1)


def face_components(faces: Ints, *, through: str = "edge") -> tuple[int, Ints]:
    """Connected parts: how many, and the part of each face (F,).

    ``through="edge"``: faces hang together over shared edges of any count; ``"vertex"``: one shared vertex is enough.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not len(faces):
        return 0, np.zeros(0, np.int64)
    if through == "vertex":
        rows = faces[:, [0, 1]].reshape(-1)
        columns = faces[:, [1, 2]].reshape(-1)
        size = int(faces.max()) + 1
        graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(size, size))
        _, label = connected_components(graph, directed=False)
        kept, of_face = np.unique(label[faces[:, 0]], return_inverse=True)
        return len(kept), of_face.reshape(-1).astype(np.int64)
    edge_table = edges(faces)
    half = np.arange(faces.size) // 3
    size = len(faces) + len(edge_table.ends)  # faces and edges are the nodes of a bipartite graph
    graph = coo_matrix((np.ones(faces.size, np.int8), (half, edge_table.of_half + len(faces))), shape=(size, size))
    count, label = connected_components(graph, directed=False)
    return int(count), label[: len(faces)].astype(np.int64)


def fan_count(faces: Ints, vertex_count: int) -> Ints:
    """How many separate fans of faces meet in each vertex (V,): more than one means the surface pinches there.

    Two corners at a vertex belong to one fan when their faces share an edge that ends in that vertex.
    """
    edge_table = edges(faces)
    closed = len(faces) > 0 and bool((edge_table.count == 2).all() and (edge_table.balance == 0).all())
    first = _first_of_round(faces, edge_table, vertex_count) if closed else _first_of_fan(faces, edge_table)
    return np.bincount(faces.reshape(-1)[first], minlength=vertex_count)


def _first_of_round(faces: Ints, edge_table: Edges, vertex_count: int) -> Ints:
    """One corner of every fan of a closed surface that is wound alike: corners around a vertex are a permutation."""
    mate = np.empty(faces.size, np.int64)
    mate[edge_table.order[0::2]], mate[edge_table.order[1::2]] = edge_table.order[1::2], edge_table.order[0::2]
    after = mate - mate % 3 + (mate + 1) % 3  # the corner of the face across the edge that leaves here
    least = np.arange(faces.size)
    for _ in range(int(np.bincount(faces.reshape(-1), minlength=vertex_count).max()).bit_length()):
        np.minimum(least, least[after], out=least)  # over twice as many corners each time
        after = after[after]
    return np.flatnonzero(least == np.arange(faces.size))


def _first_of_fan(faces: Ints, edge_table: Edges) -> Ints:
    """One corner of every fan."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    order = edge_table.order
    same_edge = edge_table.of_half[order][1:] == edge_table.of_half[order][:-1]
    left, right = order[:-1][same_edge], order[1:][same_edge]
    rows, columns = [], []
    for end in (0, 1):
        vertex = edge_table.ends[edge_table.of_half[left], end]
        rows.append(_corner_at(faces, left // 3, vertex))
        columns.append(_corner_at(faces, right // 3, vertex))
    row, column = np.concatenate(rows), np.concatenate(columns)
    graph = coo_matrix((np.ones(len(row), np.int8), (row, column)), shape=(faces.size, faces.size))
    count, label = connected_components(graph, directed=False)
    first_of_fan = np.zeros(count, np.int64)
    first_of_fan[label] = np.arange(faces.size)
    return first_of_fan


def _corner_at(faces: Ints, face: Ints, vertex: Ints) -> Ints:
    """The corner number 3·f + c at which each face holds the vertex."""
    corner_at: Ints = 3 * face + (faces[face] == vertex[:, None]).argmax(axis=1)
    return corner_at


def euler_number(faces: Ints) -> int:
    """V − E + F over the vertices in use: 2 for a sphere, 0 for a torus, added up over parts."""
    return len(np.unique(faces)) - len(edges(faces).ends) + len(faces)


def is_watertight(faces: Ints) -> bool:
    """Every edge has exactly two faces and they are wound alike. Weld by position before asking."""
    edge_table = edges(faces)
    return bool(len(faces) and (edge_table.count == 2).all() and (edge_table.balance == 0).all())
