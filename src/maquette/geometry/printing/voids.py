"""Air inside a solid: voids that nothing leads out of, by what lies between the runs of its columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.inside.columns import Columns


@dataclass(frozen=True)
class Voids:
    """Closed air: N stretches of columns and the void of each, and how much V voids hold."""

    below: Ints  # (N,) the run of the columns whose top the stretch starts at
    void: Ints  # (N,) 0..V-1
    volume: Floats  # (V,)


def sealed_voids(solid: Columns) -> Voids:
    """Voids that touch no open air, not even through a hole of two columns. What a thinner wall parts counts as one.

    Stretches of air in neighbouring columns hang together where they overlap in height; whatever reaches above or
    below the solid, or an empty column, is open.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    stacked = np.flatnonzero(solid.cell[1:] == solid.cell[:-1])
    count = len(stacked)
    if not count:
        return Voids(stacked, stacked, np.zeros(0))
    gap = np.full(len(solid.cell), -1)  # the stretch above each run
    gap[stacked] = np.arange(count)
    begin = np.searchsorted(solid.cell, np.arange(solid.cells + 1))
    low, span = float(solid.bottom.min()), float(np.ptp(solid.bottom)) * 1.001 + 1e-300
    key = solid.cell + (solid.bottom - low) / span
    start, end = solid.top[stacked], solid.bottom[stacked + 1]
    rows, others = [], []
    for move in solid.around()[:4]:
        cell = solid.cell[stacked] + move
        first, after = begin[cell], begin[cell + 1]
        share = ((start - low) / span).clip(0, 1 - 1e-9)
        above = np.clip(np.searchsorted(key, cell + share, side="right"), first, after)  # first run above the start
        free = (above == first) | (solid.top[np.maximum(above - 1, 0)] <= start)
        is_open = free & ((above == first) | (above == after))
        is_open |= (after == first) | (solid.top[np.maximum(after - 1, 0)] < end)
        inner = np.flatnonzero(free & ~is_open)
        outer = np.flatnonzero(is_open)
        rows += [inner, outer]
        others += [gap[above[inner] - 1], np.full(len(outer), count)]
    row, other = np.concatenate(rows), np.concatenate(others)
    graph = coo_matrix((np.ones(len(row), np.int8), (row, other)), shape=(count + 1, count + 1))
    _, label = connected_components(graph, directed=False)
    shut = np.flatnonzero(label[:count] != label[count])
    _, void = np.unique(label[shut], return_inverse=True)
    void = void.reshape(-1).astype(np.int64)
    volume = np.bincount(void, weights=(end - start)[shut]) * solid.pitch**2
    return Voids(stacked[shut], void, np.asarray(volume, dtype=np.float64))
