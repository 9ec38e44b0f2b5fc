"""Groups of places and rings of neighbours as flat arrays: where each group starts, and one list of members."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Ints
from maquette.geometry.topology import Edges


def group(label: Ints, count: int) -> tuple[Ints, Ints]:
    """Places sorted by label, and where each label starts (count + 1,)."""
    from scipy.sparse import coo_matrix

    size = len(label)  # a sparse matrix sorts its rows by counting: 5 times as fast as argsort
    rows = coo_matrix((np.ones(size, np.int8), (label, np.arange(size))), shape=(count, size)).tocsr()
    return rows.indices.astype(np.int64), rows.indptr.astype(np.int64)


def expand(start: Ints, which: Ints) -> tuple[Ints, Ints]:
    """All places of the groups named: row (N,) among ``which``, place (N,)."""
    size = start[which + 1] - start[which]
    row = np.repeat(np.arange(len(which)), size)
    return row, np.arange(len(row)) + np.repeat(start[which] - np.cumsum(size) + size, size)


class Ring:
    """Who is whose neighbour: ``target[start[v]:start[v + 1]]`` are the neighbours of vertex v."""

    def __init__(self, edge_table: Edges, size: int) -> None:
        self._size = size
        self._keys = edge_table.ends[:, 0] * size + edge_table.ends[:, 1]  # sorted
        ends = edge_table.ends
        order, self.start = group(np.concatenate([ends[:, 0], ends[:, 1]]), size)
        self.target: Ints = np.concatenate([ends[:, 1], ends[:, 0]])[order]

    @property
    def valence(self) -> Ints:
        """Neighbours of each vertex, (V,)."""
        return np.diff(self.start)

    def around(self, vertices: Ints) -> tuple[Ints, Ints]:
        """The neighbours of each given vertex: row (N,) among the given, neighbour (N,)."""
        row, place = expand(self.start, vertices)
        return row, self.target[place]

    def touch(self, a: Ints, b: Ints) -> Bools:
        """Whether an edge joins a and b."""
        key = np.minimum(a, b) * self._size + np.maximum(a, b)
        place = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        mask: Bools = self._keys[place] == key
        return mask
