"""Where vertical lines pass through triangles, exactly enough that a closed surface always lets out what it lets in.

A line crosses a triangle as often as the triangle's outline, seen from above, winds around it. That number is added up
from the triangle's three edges, and what an edge adds is computed from its lower vertex number to its higher one: both
of its faces get the same bits, so rounding can move a crossing but never lose one. Lines and triangles meet through
a square grid over the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PAIRS = 2_000_000  # pairs of line and triangle looked at in one go: some 300 MB
_SPREAD = 10  # a triangle lies in this many cells on average, at most


@dataclass(frozen=True)
class Crossings:
    """K crossings of lines with triangles, by line and then by height."""

    line: Ints  # (K,)
    height: Floats  # (K,) z
    up: Ints  # (K,) 1 where the triangle faces up, -1 where it faces down
    face: Ints  # (K,)


def crossings(vertices: Floats, faces: Ints, lines: Floats) -> Crossings:
    """All crossings of vertical lines with faces. vertices (V, 3), faces (F, 3), lines (M, 2) as x, y -> Crossings.

    The ``up`` of the crossings of one line with a closed surface add up to zero.
    """
    found: list[tuple[Ints, Floats, Ints, Ints]] = []
    if len(faces) and len(lines):
        corners = vertices[faces]
        box = np.concatenate([corners[:, :, :2].min(axis=1).T, corners[:, :, :2].max(axis=1).T])  # (4, F)
        place, start, faces_in = _binned(box, lines)
        for rows in _slices(faces_in):
            size = faces_in[rows]
            line = np.repeat(np.arange(rows.start, rows.stop), size)
            first = np.repeat(start[rows] - np.cumsum(size) + size, size)
            face = place[first + np.arange(len(line))]
            line, face = _overlapping(box, lines.T, line, face)
            found.append(_crossed(vertices, faces, lines, line, face))
    if not found:
        return Crossings(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
    line, height, up, face = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((height, line))
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
    below = _merged(met.line, met.height, line, ordered[:, 2])
    total = np.concatenate([[0], np.cumsum(met.up)])
    last = np.searchsorted(met.line, line, side="right")
    made = np.empty(len(points), np.int64)
    made[order] = total[last] - total[below]
    return made


def _merged(group: Ints, value: Floats, asked: Ints, at: Floats) -> Ints:
    """How many (group, value) come before each (asked, at) or equal it; both sorted by group, then value."""
    order = np.lexsort((np.repeat([0, 1], [len(group), len(asked)]), np.append(value, at), np.append(group, asked)))
    is_query = order >= len(group)
    made = np.empty(len(asked), np.int64)
    made[order[is_query] - len(group)] = np.cumsum(~is_query)[is_query]
    return made


def _binned(box: Floats, lines: Floats) -> tuple[Ints, Ints, Ints]:
    """Faces by grid cell, and for each line where its cell's faces start and how many there are."""
    low, high = box[:2].T, box[2:].T  # (F, 2)
    least, most = low.min(axis=0), high.max(axis=0)
    span = np.where(most > least, most - least, 1.0)
    cells = np.full(2, max(int(np.sqrt(min(4 * len(low), 4_000_000))), 1))
    while True:
        scale = cells / span
        first = np.clip(((low - least) * scale).astype(np.int64), 0, cells - 1)
        size = np.clip(((high - least) * scale).astype(np.int64), 0, cells - 1) - first + 1
        total = size.prod(axis=1)
        if total.sum() <= _SPREAD * len(low) or (cells == 1).all():
            break
        cells = np.maximum(cells * 2 // 3, 1)
    face = np.repeat(np.arange(len(low)), total)
    step = np.arange(len(face)) - np.repeat(np.cumsum(total) - total, total)
    column, row = step % size[face, 0], step // size[face, 0]
    cell = (first[face, 1] + row) * cells[0] + first[face, 0] + column
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(cells.prod() + 1))
    inside = ((lines >= least) & (lines <= most)).all(axis=1)
    where = np.clip(((np.clip(lines, least, most) - least) * scale).astype(np.int64), 0, cells - 1)
    of_line = where[:, 1] * cells[0] + where[:, 0]
    return face[order], starts[of_line], np.where(inside, np.diff(starts)[of_line], 0)


def _slices(size: Ints) -> list[slice]:
    """Consecutive lines with about ``_PAIRS`` pairs together."""
    chunk = np.cumsum(size) // _PAIRS
    cut = np.flatnonzero(np.diff(chunk)) + 1
    edge = [0, *cut.tolist(), len(size)]
    return [slice(a, b) for a, b in pairwise(edge)]


def _overlapping(box: Floats, lines: Floats, line: Ints, face: Ints) -> tuple[Ints, Ints]:
    """Of pairs of line and face those whose line runs through the face's box."""
    for axis in range(2):
        at = lines[axis][line]
        near = box[axis][face] <= at
        near &= box[axis + 2][face] >= at
        line, face = line[near], face[near]
    return line, face


def _crossed(vertices: Floats, faces: Ints, lines: Floats, line: Ints, face: Ints) -> tuple[Ints, Floats, Ints, Ints]:
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
    made: Floats = (share * corners[:, :, 2]).sum(axis=1)
    return made
