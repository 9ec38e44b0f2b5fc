"""What happens from one layer to the next: pieces that start in the air, and spans with nothing below.

Columns are cut at half the height of each layer, as slicers do. Whatever starts in a layer is then a list of cells with
a layer, and asking what stands next to each of them, or runs between two that hold, needs no picture of any layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.memory import once
from maquette.geometry.inside.columns import Columns

_TIE = 1e-6  # of a layer: a surface halfway up a layer, but for rounding
# Steps (column, row) to sixteen directions; a straight line runs within 9.2 degrees of one, and reads up to 1.3 % long.
_STEPS = (
    (1, 0),
    (0, 1),
    *((x, side * y) for x, y in ((1, 1), (2, 1), (1, 2), (3, 1), (1, 3), (3, 2), (2, 3)) for side in (1, -1)),
)


@dataclass(frozen=True)
class Layers:
    """A solid in layers: N runs of layers by cell and upward within a cell, ``first`` in and ``last`` out."""

    columns: Columns
    count: int
    cell: Ints  # (N,)
    first: Ints  # (N,)
    last: Ints  # (N,)
    run: Ints  # (N,) of the columns, where it starts

    def run_at(self, cell: Ints, layer: Ints) -> Ints:
        """The run that fills these cells in these layers, (M,); -1 where none does."""
        if not len(self.cell):
            return np.full(len(cell), -1)
        asked = np.clip(cell, 0, self.columns.cells - 1)
        lowest, highest = self._runs_before[asked], self._runs_before[asked + 1] - 1
        highest[asked != cell] = -1
        above = np.flatnonzero(highest >= lowest)
        while len(above):  # from the highest run of a cell down: most cells have one
            above = above[self.first[highest[above]] > layer[above]]
            highest[above] -= 1
            above = above[highest[above] >= lowest[above]]
        here = (highest >= lowest) & (self.last[highest] > layer)
        return np.where(here, highest, -1)

    @once
    def _runs_before(self) -> Ints:
        """How many runs the cells before each have, (cells + 1,): a cell's own follow them."""
        count = np.bincount(self.cell, minlength=self.columns.cells)
        runs_before: Ints = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)])
        return runs_before

    @property
    def starts(self) -> Ints:
        """Runs that do not stand on the bed, (S,)."""
        return np.flatnonzero(self.first > 0)


def layers(solid: Columns, height: float) -> Layers:
    """Columns cut into layers of this height from the solid's lowest point; what lies between two cuts is lost."""
    low = float(solid.bottom.min(initial=np.inf))
    if not len(solid.cell):
        nothing = np.zeros(0, np.int64)
        return Layers(solid, 0, nothing, nothing, nothing, nothing)
    first = np.ceil((solid.bottom - low) / height - 0.5 - _TIE).astype(np.int64).clip(min=0)
    last = np.ceil((solid.top - low) / height - 0.5 - _TIE).astype(np.int64)
    kept = np.flatnonzero(last > first)
    cell, first, last = solid.cell[kept], first[kept], last[kept]
    apart = np.ones(len(kept), dtype=bool)  # from the run below
    apart[1:] = (cell[1:] != cell[:-1]) | (first[1:] > last[:-1])
    ends = np.append(apart[1:], True)[: len(kept)]
    return Layers(solid, int(last.max(initial=0)), cell[apart], first[apart], last[ends], kept[apart])


def islands(solid: Layers, reach: float) -> tuple[Ints, Ints]:
    """Pieces of a layer that nothing below holds: runs that start one (M,), and the number of the island (M,) each.

    A piece hangs together over sides and corners of cells. It is held when any of its cells lies over, or within
    ``reach`` beside, a cell of the layer below: strands that lie that close stick together.
    """
    start = solid.starts
    label, count = _pieces(solid, start)
    held = np.zeros(count, dtype=bool)
    cell, layer = solid.cell[start], solid.first[start]
    for move in _within(solid.columns, reach):
        loose = np.flatnonzero(~held[label])
        run = solid.run_at(cell[loose] + move, layer[loose] - 1)
        held[label[loose[run >= 0]]] = True
    for move in solid.columns.around():  # a piece that goes on in older cells
        loose = np.flatnonzero(~held[label])
        run = solid.run_at(cell[loose] + move, layer[loose])
        old = (run >= 0) & (solid.first[run] < layer[loose])
        held[label[loose[old]]] = True
    free = np.flatnonzero(~held[label])
    _, number = np.unique(label[free], return_inverse=True)
    return start[free], number.reshape(-1).astype(np.int64)


def _pieces(solid: Layers, start: Ints) -> tuple[Ints, int]:
    """Runs that start in the same layer next to each other: the piece of each, (S,), and how many there are."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    place = np.full(len(solid.cell), -1)
    place[start] = np.arange(len(start))
    rows, others = [], []
    for move in solid.columns.around()[::2]:  # one of each two opposite
        run = solid.run_at(solid.cell[start] + move, solid.first[start])
        alike = np.flatnonzero((run >= 0) & (solid.first[run] == solid.first[start]))
        rows.append(alike)
        others.append(place[run[alike]])
    row, other = np.concatenate(rows), np.concatenate(others)
    graph = coo_matrix((np.ones(len(row), np.int8), (row, other)), shape=(len(start), len(start)))
    count, label = connected_components(graph, directed=False)
    return label.astype(np.int64), int(count)


def _within(grid: Columns, reach: float) -> list[int]:
    """What to add to a cell for those whose middles lie within a reach of its own."""
    most = int(reach / grid.pitch + 1e-9)
    side = np.arange(-most, most + 1)
    column, row = (moves.ravel() for moves in np.meshgrid(side, side))
    near = np.hypot(column, row) * grid.pitch <= reach + 1e-9 * grid.pitch
    order = np.argsort(np.hypot(column, row)[near], kind="stable")
    return [int(move) for move in (row * grid.stride + column)[near][order]]


@dataclass(frozen=True)
class Spans:
    """How far the cells that start in a layer lie between what holds them, (S,) each, in mm, for ``runs``."""

    runs: Ints
    bridge: Floats  # the shortest way from one hold over the cell to another; inf where there is none
    ledge: Floats  # the shortest way to a hold; inf where there is none


def spans(solid: Layers) -> Spans:
    """For every run that starts above nothing: how far a strand through it runs free, in the best of 16 directions.

    What holds is a cell of the same layer that has the solid below. A strand between two of them is a bridge, one that
    ends in the air a ledge.
    """
    start = solid.starts
    bridge, ledge = np.full(len(start), np.inf), np.full(len(start), np.inf)
    if not len(start):
        return Spans(start, bridge, ledge)
    order = np.argsort(solid.first[start], kind="stable")  # cells of a layer together, as they lie
    cell, layer = solid.cell[start[order]], solid.first[start[order]]
    row, column = np.divmod(cell, solid.columns.stride)
    width, reach = np.full(len(start), np.inf), np.full(len(start), np.inf)
    for across, up in _STEPS:
        along = column if across else row
        line = row * across - column * up + 2 * solid.columns.cells  # the same all along a line
        keys = (layer * (int(line.max()) + 1) + line) * (int(along.max()) + 4) + along
        _lower_along(solid, cell, layer, column, keys, (across, up), (width, reach))
    bridge[order], ledge[order] = width, reach
    return Spans(start, bridge, ledge)


def _lower_along(
    solid: Layers,
    cell: Ints,
    layer: Ints,
    column: Ints,
    keys: Ints,
    step: tuple[int, int],
    lengths: tuple[Floats, Floats],
) -> None:
    """Lower the bridges and ledges of cells (S,) to those of strands that run in one direction.

    ``keys`` sorts the cells by layer, by line and along it; between lines it leaves a gap wider than a step.
    """
    across, up = step
    grid, (bridge, ledge) = solid.columns, lengths
    move, length = up * grid.stride + across, np.hypot(across, up) * grid.pitch  # to the right, or straight up
    order = np.argsort(keys)
    fresh = np.concatenate([[True], np.diff(keys[order]) != (across or up)])
    begin = np.flatnonzero(fresh)
    end = np.append(begin[1:], len(order)) - 1
    count = end - begin + 1
    one, other = order[begin], order[end]
    before = (column[one] >= across) & (solid.run_at(cell[one] - move, layer[one]) >= 0)
    after = (column[other] + across < grid.stride) & (solid.run_at(cell[other] + move, layer[other]) >= 0)
    held = np.repeat(before | after, count)
    order, count, begin = order[held], count[before | after], begin[before | after]
    before, after = before[before | after], after[before | after]
    place = np.flatnonzero(held) - np.repeat(begin, count) + 1
    whole = np.repeat(np.where(before & after, count * length, np.inf), count)
    down = np.where(np.repeat(before, count), place, np.inf)
    rest = np.repeat(np.where(after, count + 1.0, np.inf), count) - place
    bridge[order] = np.minimum(bridge[order], whole)
    ledge[order] = np.minimum(ledge[order], np.minimum(down, rest) * length)
