"""Where a liquid cannot get out: chambers behind holes that are too narrow, and cups that layers seal as they grow.

A ball as wide as a drain hole is rolled through the air around and inside a solid, on a grid of cells (morphological
opening, Serra 1982). Where it fits but cannot come from outside is a chamber. Where it must climb to get out, the air
below that height is a cup: every layer closes it between the solid and the film of a resin vat, and pulls a vacuum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.inside.columns import Columns

_MOST_CELLS = 3_000_000
_FINE, _COARSE = 6.0, 3.0  # cells across a drain hole: wanted, and least


@dataclass(frozen=True)
class Cells:
    """Air around a solid on a grid: ``air`` (X, Y, Z) cells without any solid, ``core`` where the ball fits."""

    corner: Floats  # (3,) lower corner of cell 0
    pitch: float
    margin: int  # empty cells around the solid
    reach: float  # of the ball, in cells
    air: Bools
    core: Bools


@dataclass(frozen=True)
class Pockets:
    """Pockets of air: how much P of them hold, how wide each is at its widest level, and one place within (P, 3)."""

    volume: Floats  # (P,)
    area: Floats  # (P,)
    depth: Floats  # (P,)
    place: Floats  # (P, 3)
    cells: tuple[Floats, ...]  # of each the middles of its cells (N, 3)


def roll_ball(solid: Columns, width: float) -> Cells | None:
    """Where a ball of this width fits beside the solid; None where the grid would be too coarse to tell.

    A cell that any column enters counts as solid, which makes holes narrower by a cell; the ball is taken smaller by as
    much, so a width is read to within a cell.
    """
    from scipy.ndimage import distance_transform_edt

    low = np.append(solid.centers(solid.cell).min(axis=0) - solid.pitch / 2, solid.bottom.min())
    high = np.append(solid.centers(solid.cell).max(axis=0) + solid.pitch / 2, solid.top.max())
    extent = np.maximum(high - low, width / _FINE)
    pitch = max(width / _FINE, float(np.prod(extent / _MOST_CELLS ** (1 / 3))) ** (1 / 3))
    if pitch > width / _COARSE:
        return None
    margin = int(width / pitch) + 2
    shape = np.ceil(extent / pitch - 1e-9).astype(np.int64) + 2 * margin
    corner = low - margin * pitch
    place = ((solid.centers(solid.cell) - corner[:2]) / pitch).astype(np.int64)
    first = np.floor((solid.bottom - corner[2]) / pitch + 1e-6).astype(np.int64)
    last = np.ceil((solid.top - corner[2]) / pitch - 1e-6).astype(np.int64)
    change = np.zeros((shape[0] * shape[1], shape[2] + 1), np.int32)
    line = place[:, 0] * shape[1] + place[:, 1]
    np.add.at(change, (line, first), 1)
    np.add.at(change, (line, np.maximum(last, first + 1)), -1)
    air: Bools = (np.cumsum(change, axis=1)[:, :-1] <= 0).reshape(shape)
    reach = width / pitch / 2 - 0.5
    distance: Any = distance_transform_edt(air)
    return Cells(corner, pitch, margin, reach, air, distance >= reach)


def chambers(cells: Cells) -> Pockets:
    """Where the ball fits but cannot come from outside."""
    from scipy.ndimage import label

    part, _ = label(cells.core)
    outside = part[0, 0, 0]
    return _pockets(cells, cells.core & (part != outside))


def cups(cells: Cells) -> Pockets:
    """Where the ball must climb to get out, with the bed closed below the solid. Chambers are cups, too."""
    core = cells.core.copy()
    core[:, :, : cells.margin] = False  # the bed
    line, first, last = _runs(core)
    climb = _climbs(line, first, last, core.shape)
    level = np.arange(core.shape[2])
    held = np.zeros((core.shape[0] * core.shape[1], core.shape[2]), dtype=bool)
    deep = np.flatnonzero(climb > first)
    for some in np.array_split(deep, len(deep) // 100_000 + 1):
        stop = np.minimum(climb, last)[some, None]
        row, column = np.nonzero((level >= first[some, None]) & (level < stop))
        held[line[some[row]], column] = True
    return _pockets(cells, held.reshape(core.shape))


def _runs(core: Bools) -> tuple[Ints, Ints, Ints]:
    """Upright runs of cells: their line (N,), first level (N,) and the one after the last (N,)."""
    flat = core.reshape(-1, core.shape[2]).astype(np.int8)
    change = np.diff(flat, axis=1, prepend=0, append=0)
    line, first = np.nonzero(change == 1)
    _, last = np.nonzero(change == -1)
    return line, first, last


def _climbs(line: Ints, first: Ints, last: Ints, shape: tuple[int, ...]) -> Floats:
    """The lowest level at which each run is joined to the open air, (N,); inf where it never is.

    That is the largest weight on its way out through the minimum spanning tree of the runs that touch, an edge weighing
    the level at which the two first touch.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

    count, wide = len(line), shape[2] + 1
    key = line * wide + first
    rows, others = [], []
    for move in (1, -1, shape[1], -shape[1]):
        slot = np.searchsorted(key, (line + move) * wide + first, side="right") - 1
        touch = np.flatnonzero((slot >= 0) & (line[slot] == line + move) & (last[slot] > first))
        rows.append(touch)
        others.append(slot[touch])
    row, other = np.concatenate(rows), np.concatenate(others)
    weight = first[row] + 2.0  # the run that asks starts later
    edge = np.flatnonzero((line // shape[1] == 0) | (line % shape[1] == 0))
    row, other = np.append(row, edge), np.append(other, np.full(len(edge), count))
    weight = np.append(weight, np.ones(len(edge)))
    low, high = np.minimum(row, other), np.maximum(row, other)
    _, once = np.unique(low * (count + 1) + high, return_index=True)
    graph = coo_matrix((weight[once], (low[once], high[once])), shape=(count + 1, count + 1)).tocsr()
    tree = minimum_spanning_tree(graph)
    order, before = breadth_first_order(tree, count, directed=False)
    reached = np.zeros(count + 1, dtype=bool)
    reached[order] = True
    link = tree.tocoo()
    climb = np.zeros(count + 1)
    child = np.where(before[link.row] == link.col, link.row, link.col)
    climb[child] = link.data - 2.0
    parent = np.where(reached, before, count)
    parent[count] = count
    for _ in range(int(count).bit_length()):
        climb = np.maximum(climb, climb[parent])
        parent = parent[parent]
    climb[~reached] = np.inf
    return np.asarray(climb[:count])


def _pockets(cells: Cells, core: Bools) -> Pockets:
    """The pockets whose ball centres these are, grown back by the ball's reach."""
    from scipy.ndimage import distance_transform_edt, find_objects, label

    volume, area, depth, place, middles = [], [], [], [], []
    if core.any():
        near: Any = distance_transform_edt(~core)
        grown, _ = label((near <= cells.reach + 1e-6) & cells.air)
        for number, box in enumerate(find_objects(grown), start=1):
            mine = grown[box] == number
            at = np.argwhere(mine) + [side.start for side in box]
            volume.append(len(at) * cells.pitch**3)
            area.append(float(mine.sum(axis=(0, 1)).max()) * cells.pitch**2)
            depth.append(mine.shape[2] * cells.pitch)
            middles.append(cells.corner + (at + 0.5) * cells.pitch)
            place.append(middles[-1][len(at) // 2])
    return Pockets(
        np.array(volume), np.array(area), np.array(depth), np.array(place).reshape(-1, 3), tuple(middles)
    )  # fmt: skip
