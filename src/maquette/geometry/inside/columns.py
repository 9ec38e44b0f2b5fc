"""A solid as upright columns: where lines straight up, on a fine grid, run through it. What layers are counted by.

A stack of layer pictures holds every pixel of every layer; columns hold only where the solid starts and ends above
each pixel (a ray representation, Ellis, Kedem et al. 1991; layered depth images, Shade et al. 1998), exact in height
and some hundred times smaller. Triangles are drawn row by row; both faces of an edge see it cross a row at the same
number, so between closed faces no line slips through and none counts twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints

_MOST_CELLS = 1_500_000  # columns
_MOST_WORK = 8_000_000  # rows of triangles, and crossings: a GB at the peak
_LARGEST = 1e100  # mm; squares of more do not fit a float
_SAME = 1e-7  # of the longest side: gaps and runs shorter than this are rounding
_CHUNK = 2_000_000


@dataclass(frozen=True)
class Columns:
    """Where the solid lies above each cell of a grid: N runs, by cell and upward within a cell.

    Cell ``row · stride + column`` has its middle at ``corner + pitch · (column, row)``. The outermost cells are empty,
    so the neighbours of a cell that holds something are cells, too.
    """

    corner: Floats  # (2,) middle of cell 0
    pitch: float
    stride: int
    cells: int  # in all
    cell: Ints  # (N,)
    bottom: Floats  # (N,)
    top: Floats  # (N,)
    floor: Ints  # (N,) the face it starts at
    torn: float  # share of the lines that meet the surface which do not come out again

    def centers(self, cell: Ints) -> Floats:
        """Middles of cells from above, (M, 2)."""
        result: Floats = self.corner + self.pitch * np.stack([cell % self.stride, cell // self.stride], axis=1)
        return result

    def cell_at(self, points: Floats) -> Ints:
        """The cell that points (M, 2 or 3) lie in, seen from above, (M,); within the model's box."""
        place = np.rint((points[:, :2] - self.corner) / self.pitch).astype(np.int64)
        cell: Ints = place[:, 1] * self.stride + place[:, 0]
        return cell.clip(0, self.cells - 1)

    def around(self) -> tuple[int, ...]:
        """What to add to a cell for its eight neighbours."""
        wide = self.stride
        return (1, -1, wide, -wide, wide + 1, wide - 1, -wide + 1, -wide - 1)


def columns(vertices: Floats, faces: Ints, pitch: float) -> Columns:
    """The solid over a grid of this pitch, or of a coarser one where that would be more than 1.5 million columns.

    vertices (V, 3), faces (F, 3) welded and wound outward. Solid is where the winding number is above 0, so parts that
    overlap are one and a shell that is wound inward is a hole. A line that does not come out again is left out.
    """
    used = vertices[np.unique(faces)] if len(faces) else np.zeros((1, 3))
    low, extent = used.min(axis=0), np.ptp(used, axis=0)
    size = float(extent.max())
    if not 0 < size < _LARGEST:
        nothing = np.zeros(0, np.int64)
        return Columns(np.zeros(2), pitch, 1, 1, nothing, np.zeros(0), np.zeros(0), nothing, 1.0)
    corners = vertices[faces] - low  # (F, 3, 3), small numbers wherever it lies
    pitch = max(pitch, _affordable(corners[:, :, :2], extent))
    wide, deep = (max(int(np.ceil(side / pitch - 1e-9)), 1) for side in extent[:2])
    flat = corners[:, :, :2] / pitch + 0.5  # the middle of cell (1, 1) lies at 1, 1
    stride = wide + 2
    blocks = _blocks(flat)
    parts = [_draw_lines(flat[block], corners[block, :, 2], faces[block], stride) for block in blocks]
    cell, height, enters = (np.concatenate([part[n] for part in parts]) for n in range(3))
    face = np.concatenate([part[3] + block.start for part, block in zip(parts, blocks, strict=True)])
    start, end, torn = _runs(cell, height, enters, _SAME * size)
    return Columns(
        corner=low[:2] - pitch / 2,
        pitch=pitch,
        stride=stride,
        cells=stride * (deep + 2),
        cell=cell[start],
        bottom=height[start] + low[2],
        top=height[end] + low[2],
        floor=face[start],
        torn=torn,
    )


def _affordable(flat: Floats, extent: Floats) -> float:
    """The finest pitch at which neither the cells nor the rows and crossings of the triangles are too many."""
    ab, ac = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    area = float(np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]).sum()) / 2
    rows = float(np.ptp(flat[:, :, 1], axis=1).sum())
    by_work = (rows + np.sqrt(rows**2 + 4 * area * _MOST_WORK)) / (2 * _MOST_WORK)
    by_cells = extent[0] + extent[1] + np.sqrt((extent[0] + extent[1]) ** 2 + extent[0] * extent[1] * _MOST_CELLS)
    return float(max(by_work, by_cells / _MOST_CELLS, 1e-6 * extent.max()))


def _blocks(flat: Floats) -> list[slice]:
    """Triangles in blocks of so many rows that a block stays small."""
    rows = np.cumsum(np.ceil(np.ptp(flat[:, :, 1], axis=1)).astype(np.int64) + 1)
    cuts = np.unique(np.searchsorted(rows, np.arange(0, rows[-1] if len(rows) else 0, _CHUNK)))
    edges = [*cuts.tolist(), len(flat)]
    return [slice(a, b) for a, b in pairwise(edges)] or [slice(0, 0)]


def _draw_lines(flat: Floats, height: Floats, faces: Ints, stride: int) -> tuple[Ints, Floats, Ints, Ints]:
    """Where upright lines meet triangles: cell, height, +1 where they enter or -1, and the triangle, (C,) each.

    flat (T, 3, 2) corners in cells, height (T, 3), faces (T, 3) vertex numbers.
    """
    y = flat[:, :, 1]
    first = np.ceil(y.min(axis=1)).astype(np.int64)
    count = np.ceil(y.max(axis=1)).astype(np.int64) - first
    face = np.repeat(np.arange(len(flat)), count)
    row = np.arange(len(face)) - np.repeat(np.cumsum(count) - count, count) + first[face]
    left, right, falls = _sides(flat, faces, face, row)
    start = np.ceil(left).astype(np.int64)
    width = np.ceil(right).astype(np.int64) - start
    span = np.repeat(np.arange(len(face)), width)
    column = np.arange(len(span)) - np.repeat(np.cumsum(width) - width, width) + start[span]
    at, line = face[span], row[span]
    a, ab, ac = flat[:, 0], flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    twice = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    inverse = np.divide(1.0, twice, out=np.zeros_like(twice), where=twice != 0)
    rise = np.stack([height[:, 1] - height[:, 0], height[:, 2] - height[:, 0]], axis=1)
    along_x = (rise[:, 0] * ac[:, 1] - rise[:, 1] * ab[:, 1]) * inverse
    along_y = (rise[:, 1] * ab[:, 0] - rise[:, 0] * ac[:, 0]) * inverse
    z = height[at, 0] + along_x[at] * (column - a[at, 0]) + along_y[at] * (line - a[at, 1])
    z = np.clip(z, height.min(axis=1)[at], height.max(axis=1)[at])
    return line * stride + column, z, np.where(falls[span], -1, 1), at


def _sides(flat: Floats, faces: Ints, face: Ints, row: Ints) -> tuple[Floats, Floats, Bools]:
    """Where rows enter and leave their triangles, (R,), (R,), and whether the triangle looks up, (R,)."""
    left, right = np.full(len(face), np.inf), np.full(len(face), -np.inf)
    falls = np.zeros(len(face), dtype=bool)
    below = flat[face, :, 1] <= row[:, None]
    for corner in range(3):
        after = (corner + 1) % 3
        turned = (faces[:, corner] > faces[:, after])[:, None]  # the same two ends in the same order for both faces
        p = np.where(turned, flat[:, after], flat[:, corner])
        q = np.where(turned, flat[:, corner], flat[:, after])
        crossed = np.flatnonzero(below[:, corner] != below[:, after])
        which = face[crossed]
        share = (row[crossed] - p[which, 1]) / (q[which, 1] - p[which, 1])
        x = p[which, 0] + share * (q[which, 0] - p[which, 0])
        nearer = x < left[crossed]
        falls[crossed[nearer]] = ~below[crossed[nearer], corner]  # its left side runs down: counter-clockwise
        left[crossed] = np.minimum(left[crossed], x)
        right[crossed] = np.maximum(right[crossed], x)
    return left, right, falls


def _runs(cell: Ints, height: Floats, enters: Ints, same: float) -> tuple[Ints, Ints, float]:
    """Crossings at which runs of the solid start and end, (N,), (N,), and the share of cells where one does not end."""
    if not len(cell):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), 0.0
    order = np.lexsort((-enters, height, cell))
    here, step = cell[order], enters[order]
    fresh = np.concatenate([[True], here[1:] != here[:-1]])
    group = np.cumsum(fresh) - 1
    depth = np.cumsum(step)
    depth -= (depth - step)[fresh][group]
    torn = depth[np.append(fresh[1:], True)] != 0
    whole = ~torn[group]
    before = depth - step
    start = order[whole & (before <= 0) & (depth > 0)]
    end = order[whole & (before > 0) & (depth <= 0)]
    apart = np.ones(len(start), dtype=bool)  # from the run below it
    apart[1:] = (cell[start[1:]] != cell[start[:-1]]) | (height[start[1:]] - height[end[:-1]] > same)
    start, end = start[apart], end[np.append(apart[1:], True)[: len(end)]]
    thick = height[end] - height[start] > same
    return start[thick], end[thick], float(torn.mean())
