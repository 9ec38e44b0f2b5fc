"""Where vertical lines pass through triangles, exactly enough that a closed surface always lets out what it lets in.

A line crosses a triangle as often as the triangle's outline, seen from above, winds around it. That number is added up
from the triangle's three edges, and what an edge adds is computed from its lower vertex number to its higher one: both
of its faces get the same bits, so rounding can move a crossing but never lose one. Lines stand in rows; a triangle is
cut by the rows that it reaches and asks only for the lines within the cut, so slivers across the model cost no more
than what they cross: 4,000 of them under 40,000 lines take 0.1 s, where a square grid over the plan took 8.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.rows import runs

_PAIRS = 2_000_000  # pairs of line and triangle looked at in one go: some 300 MB
_ROWS = 8  # more rows than this times the root of the lines, and the lines are no grid
_BLUR = 1e-9  # of a row's length: more than rounding does to a place in it


@dataclass(frozen=True)
class Crossings:
    """K crossings of lines with triangles, by line and then by height."""

    line: Ints  # (K,)
    height: Floats  # (K,) z
    up: Ints  # (K,) 1 where the triangle faces up, -1 where it faces down
    face: Ints  # (K,)


def crossings(vertices: Floats, faces: Ints, lines: Floats) -> Crossings:
    """All crossings of vertical lines with faces. vertices (V, 3), faces (F, 3), lines (M, 2) as x, y -> Crossings.

    The ``up`` of the crossings of one line with a closed surface add up to zero. Of one line's crossings at one height
    the face with the lower number comes first.
    """
    batches: list[tuple[Ints, Floats, Ints, Ints]] = []
    if len(faces) and len(lines):
        plan = np.ascontiguousarray(vertices[faces, :2].transpose(2, 1, 0))  # (2, 3, F): axis, corner
        bands = min((_bands(plan, lines, axis) for axis in (1, 0)), key=lambda plan_bands: int(plan_bands.count.sum()))
        for face, band in bands.pairs():
            first, count = bands.line_runs(plan.take(face, axis=2), band)
            for rows in _slices(count):
                row, place = runs(first[rows], count[rows])
                batches.append(_keep_crossing(vertices, faces, lines, bands.order[place], face[rows][row]))
    if not batches:
        return Crossings(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
    line, height, up, face = (np.concatenate(column) for column in zip(*batches, strict=True))
    order = np.lexsort((face, height, line))
    return Crossings(line[order], height[order], up[order], face[order])


def winding_by_crossings(vertices: Floats, faces: Ints, points: Floats) -> Ints:
    """How often a closed surface winds around each point, (N,): crossings straight above that face up less those down.

    A surface that is not closed gives numbers that depend on the direction; close it first.
    """
    order = np.lexsort((points[:, 2], points[:, 1], points[:, 0]))
    ordered = points[order]
    is_new = np.ones(len(points), dtype=bool)
    is_new[1:] = (ordered[1:, :2] != ordered[:-1, :2]).any(axis=1)
    line = np.cumsum(is_new) - 1
    met = crossings(vertices, faces, ordered[is_new, :2])
    below = _count_before(met.line, met.height, line, ordered[:, 2])
    total = np.concatenate([[0], np.cumsum(met.up)])
    last = np.searchsorted(met.line, line, side="right")
    result = np.empty(len(points), np.int64)
    result[order] = total[last] - total[below]
    return result


def _count_before(group: Ints, value: Floats, asked: Ints, at: Floats) -> Ints:
    """How many (group, value) come before each (asked, at) or equal it; both sorted by group, then value."""
    order = np.lexsort((np.repeat([0, 1], [len(group), len(asked)]), np.append(value, at), np.append(group, asked)))
    is_query = order >= len(group)
    result = np.empty(len(asked), np.int64)
    result[order[is_query] - len(group)] = np.cumsum(~is_query)[is_query]
    return result


@dataclass(frozen=True)
class _Bands:
    """Lines in rows across one axis of the plan, those of a row in order along the other axis."""

    axis: int  # the rows lie across this one
    order: Ints  # (M,) lines by row, then along it
    key: Floats  # (M,) twice the row plus the share of the way along it
    low: Floats  # (B,) where each row's lines begin and end across it
    high: Floats
    least: float  # where rows begin and how long they are
    span: float
    blur: float  # rounding of a place along a row
    first: Ints  # (F,) the first row that each face reaches
    count: Ints  # (F,) and how many it does

    def pairs(self) -> Iterator[tuple[Ints, Ints]]:
        """Faces and rows that may meet, some at a time."""
        reaching = np.flatnonzero(self.count)
        for rows in _slices(self.count[reaching]):
            face = reaching[rows]
            row, band = runs(self.first[face], self.count[face])
            yield face[row], band

    def line_runs(self, plan: Floats, band: Ints) -> tuple[Ints, Ints]:
        """The run of lines in each row that the triangle may reach. plan (2, 3, N), band (N,) -> place, count (N,)."""
        across, along = plan[self.axis], plan[1 - self.axis]
        low, high = self.low[band], self.high[band]
        left, right = np.full(len(band), np.inf), np.full(len(band), -np.inf)
        for i, j in ((0, 1), (1, 2), (2, 0)):
            rise = across[j] - across[i]
            for level in (low, high):
                at = np.divide(level - across[i], rise, out=np.zeros_like(rise), where=rise != 0)
                at = along[i] + np.clip(at, 0, 1) * (along[j] - along[i])
                met = (np.minimum(across[i], across[j]) <= level) & (np.maximum(across[i], across[j]) >= level)
                np.minimum(left, at, out=left, where=met)
                np.maximum(right, at, out=right, where=met)
            inside = (across[i] >= low) & (across[i] <= high)
            np.minimum(left, along[i], out=left, where=inside)
            np.maximum(right, along[i], out=right, where=inside)
        flat = left > right  # nothing of it in this row
        start, stop = ((np.where(flat, 0.0, side) - self.least) / self.span for side in (left, right))
        first = np.searchsorted(self.key, 2.0 * band + np.clip(start - self.blur, 0, 1), side="left")
        last = np.searchsorted(self.key, 2.0 * band + np.clip(stop + self.blur, 0, 1), side="right")
        return first, np.where(flat, 0, last - first)


def _bands(plan: Floats, lines: Floats, axis: int) -> _Bands:
    """The lines in rows across an axis: those of a grid in the grid's own rows, others in about sqrt(M) rows."""
    across, along = lines[:, axis], lines[:, 1 - axis]
    order = np.argsort(across, kind="stable")
    new = np.diff(across[order], prepend=-np.inf) != 0
    row = np.cumsum(new) - 1
    if row[-1] >= _ROWS * np.sqrt(len(lines)):
        row = np.arange(len(lines)) // (int(np.sqrt(len(lines))) + 1)
    start = np.flatnonzero(np.diff(row, prepend=-1))
    low, high = across[order][start], across[order][np.append(start[1:], len(order)) - 1]
    least, span = float(along.min()), float(np.ptp(along)) or 1.0
    far = max(float(np.abs(plan[1 - axis]).max()), abs(least), abs(least + span))
    share = (along[order] - least) / span
    inner = np.lexsort((share, row))
    first = np.searchsorted(high, plan[axis].min(axis=0), side="left")
    count = np.maximum(np.searchsorted(low, plan[axis].max(axis=0), side="right") - first, 0)
    beside = (plan[1 - axis].max(axis=0) < least) | (plan[1 - axis].min(axis=0) > least + span)
    count[beside] = 0
    blur = _BLUR + 16 * np.finfo(float).eps * far / span
    return _Bands(axis, order[inner], (2.0 * row + share)[inner], low, high, least, span, blur, first, count)


def _slices(size: Ints) -> list[slice]:
    """Consecutive rows with about ``_PAIRS`` pairs together."""
    chunk = np.cumsum(size) // _PAIRS
    cut = np.flatnonzero(np.diff(chunk)) + 1
    edge = [0, *cut.tolist(), len(size)]
    return [slice(a, b) for a, b in pairwise(edge)]


def _keep_crossing(
    vertices: Floats, faces: Ints, lines: Floats, line: Ints, face: Ints
) -> tuple[Ints, Floats, Ints, Ints]:
    """Of pairs of line and face those that cross: line, height, up, face."""
    x, y = lines[line].T
    around = np.zeros(len(line), np.int64)
    for corner in range(3):
        start, end = faces[face, corner], faces[face, (corner + 1) % 3]
        a, b = vertices[np.minimum(start, end)], vertices[np.maximum(start, end)]
        above_a, above_b = a[:, 1] > y, b[:, 1] > y
        side = (b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (x - a[:, 0]) * (b[:, 1] - a[:, 1])
        passes = (above_a != above_b) & np.where(above_b, side > 0, side < 0)  # to the right of the line
        around += np.where(passes, np.where(above_b == (start < end), 1, -1), 0)
    hit = around != 0
    line, face = line[hit], face[hit]
    return line, _heights(vertices[faces[face]], x[hit], y[hit]), around[hit], face


def _heights(corners: Floats, x: Floats, y: Floats) -> Floats:
    """Height at which each line meets its triangle; within the triangle's own heights even where it is upright."""
    flat = corners[:, :, :2] - np.stack([x, y], axis=1)[:, None]
    weight = np.stack(
        [
            flat[:, (k + 1) % 3, 0] * flat[:, (k + 2) % 3, 1] - flat[:, (k + 1) % 3, 1] * flat[:, (k + 2) % 3, 0]
            for k in range(3)
        ],
        axis=1,
    )
    total = weight.sum(axis=1, keepdims=True)
    share = np.clip(np.divide(weight, total, out=np.full_like(weight, 1 / 3), where=total != 0), 0, 1)
    share /= share.sum(axis=1, keepdims=True)
    result: Floats = (share * corners[:, :, 2]).sum(axis=1)
    return result
