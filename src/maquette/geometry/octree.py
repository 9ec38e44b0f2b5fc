"""Items gathered in cells of cells by where they lie, as flat arrays: each cell is a run of sorted places.

Items are sorted along a Morton curve once; a level of the tree is where the curve's upper digits change. A million
items take 0.5 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.rows import runs
from maquette.geometry.z_order import z_order

_DEPTH = 20  # levels; 2^20 cells along each axis


@dataclass(frozen=True)
class Octree:
    """An octree over sorted places: K cells, each a run of places; the children of one cell follow each other."""

    order: Ints  # place -> item
    start: Ints  # (K,) first place
    stop: Ints  # (K,)
    child: Ints  # (K,) its first child, -1 in a leaf
    children: Ints  # (K,)
    level: Ints  # (L + 1,) where each level's cells start

    @property
    def leaves(self) -> Ints:
        """The cells without children, by place; together they hold every place once."""
        leaf = np.flatnonzero(self.child < 0)
        return leaf[np.argsort(self.start[leaf], kind="stable")]

    def places(self, cells: Ints) -> tuple[Ints, Ints]:
        """All places of the cells named: row (N,) among ``cells``, place (N,)."""
        return runs(self.start[cells], self.stop[cells] - self.start[cells])

    def below(self, cells: Ints) -> tuple[Ints, Ints]:
        """All children of the cells named: row (N,) among ``cells``, child (N,)."""
        return runs(self.child[cells], self.children[cells])

    def boxes(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """The box around each cell's items, from theirs by place. low, high (N, 3) -> (K, 3), (K, 3)."""
        least, most = np.empty((len(self.start), 3)), np.empty((len(self.start), 3))
        leaf = self.leaves
        least[leaf] = np.minimum.reduceat(low, self.start[leaf])
        most[leaf] = np.maximum.reduceat(high, self.start[leaf])
        for first, last in reversed(list(pairwise(self.level))):
            inner = np.arange(first, last)[self.child[first:last] >= 0]
            if len(inner):
                begin, end = self.child[inner[0]], self.child[inner[-1]] + self.children[inner[-1]]
                least[inner] = np.minimum.reduceat(least[begin:end], self.child[inner] - begin)
                most[inner] = np.maximum.reduceat(most[begin:end], self.child[inner] - begin)
        return least, most


def octree(points: Floats, most: int) -> Octree:
    """Points (N, 3), at least one, in leaves of at most ``most``, unless they lie closer than 1e-6 of the whole."""
    low = points.min(axis=0)
    span = max(float((points.max(axis=0) - low).max()), 1e-300)
    grid = np.minimum((points - low) / span * 2.0**_DEPTH, 2.0**_DEPTH - 1).astype(np.uint64)
    code = z_order(grid[:, 0], grid[:, 1], grid[:, 2])
    order = np.argsort(code, kind="stable")
    code = code[order]
    starts, stops, child, children, level = [np.zeros(1, np.int64)], [np.array([len(code)])], [], [], [0, 1]
    for depth in range(1, _DEPTH + 2):
        start, stop = starts[-1], stops[-1]
        split = np.flatnonzero(stop - start > most) if depth <= _DEPTH else np.zeros(0, np.int64)
        prefix = code >> np.uint64(3 * (_DEPTH - min(depth, _DEPTH)))
        new = np.flatnonzero(np.diff(prefix, prepend=prefix[:1]) != 0)
        first = np.searchsorted(new, start[split], side="right")
        count = np.searchsorted(new, stop[split]) - first + 1
        own = np.full(len(start), -1, np.int64)
        number = np.zeros(len(start), np.int64)
        number[split] = count
        own[split] = level[-1] + np.cumsum(count) - count
        child.append(own)
        children.append(number)
        if not len(split):
            break
        row = np.repeat(np.arange(len(split)), count)
        inner = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        begin = np.where(inner == 0, start[split][row], new[np.minimum(first[row] + inner - 1, len(new) - 1)])
        end = np.append(begin[1:], 0)
        end[np.cumsum(count) - 1] = stop[split]
        starts.append(begin)
        stops.append(end)
        level.append(level[-1] + len(begin))
    first, last, own, number = (np.concatenate(part) for part in (starts, stops, child, children))
    return Octree(order, first, last, own, number, np.array(level))
