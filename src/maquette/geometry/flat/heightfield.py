"""Heights over a flat sheet as a closed solid: a top, upright walls and a flat bottom at zero."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.flat.planar import Sheet, fill


def plate(heights: Floats, width: float, depth: float) -> tuple[Sheet, Floats]:
    """A rectangle of ``width`` by ``depth`` about the origin under a grid of heights (R, C), row 0 at its far edge.

    Each cell is cut along the diagonal whose ends differ less in height, so that slanting edges stay straight.
    Gives the sheet, border points first, and the heights in the order of its points.
    """
    rows, columns = heights.shape
    number = _border_first(rows, columns)
    x = (np.arange(columns) / (columns - 1) - 0.5) * width
    y = (0.5 - np.arange(rows) / (rows - 1)) * depth
    order = np.argsort(number.reshape(-1))
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)[order]
    a, b, c, d = number[1:, :-1], number[1:, 1:], number[:-1, 1:], number[:-1, :-1]  # counter-clockwise from lower left
    falling = np.abs(heights[1:, 1:] - heights[:-1, :-1]) < np.abs(heights[1:, :-1] - heights[:-1, 1:])
    first = np.where(falling, [a, b, d], [a, b, c]).reshape(3, -1)
    second = np.where(falling, [b, c, d], [a, c, d]).reshape(3, -1)
    faces = np.stack([first.T, second.T], axis=1).reshape(-1, 3)
    count = 2 * (rows + columns) - 4
    rim = np.stack([np.arange(count), (np.arange(count) + 1) % count], axis=1)
    return Sheet(points, faces, rim), heights.reshape(-1)[order]


def standing(sheet: Sheet, heights: Floats) -> tuple[Floats, Ints]:
    """A closed solid between z = 0 and ``heights`` (P,) > 0 over a sheet: vertices (V, 3), faces (F, 3).

    The first P vertices are the top. The bottom has the same border and, where Delaunay allows, few points inside.
    """
    count = len(sheet.points)
    floor = _coarse(sheet)
    vertices = np.concatenate(
        [np.column_stack([sheet.points, heights]), np.column_stack([floor.points, np.zeros(len(floor.points))])]
    )
    start, end = sheet.rim.T
    low_start, low_end = start + count, end + count
    walls = [np.stack([low_start, low_end, end], axis=1), np.stack([low_start, end, start], axis=1)]
    return vertices, np.concatenate([sheet.faces, *walls, floor.faces[:, ::-1] + count])


def _border_first(rows: int, columns: int) -> Ints:
    """Numbers for grid points (R, C): the border's first, counter-clockwise from the lower left corner."""
    number = np.full((rows, columns), -1, np.int64)
    right, up = np.arange(columns), np.arange(rows - 1, -1, -1)
    row = np.concatenate([np.full(columns - 1, rows - 1), up[:-1], np.zeros(columns - 1, int), up[::-1][:-1]])
    column = np.concatenate([right[:-1], np.full(rows - 1, columns - 1), right[::-1][:-1], np.zeros(rows - 1, int)])
    number[row, column] = np.arange(len(row))
    inner = number < 0
    number[inner] = len(row) + np.arange(int(inner.sum()))
    return number


def _coarse(sheet: Sheet) -> Sheet:
    """The same domain and border with triangles that grow inward; the sheet itself where the border would change."""
    border = sheet.points[: len(sheet.rim)]
    spacing = np.zeros(len(border))
    length = np.linalg.norm(border[sheet.rim[:, 1]] - border[sheet.rim[:, 0]], axis=1)
    np.maximum.at(spacing, sheet.rim.reshape(-1), np.repeat(length, 2))
    points = fill(border, sheet.rim, spacing, coarsest=float(np.ptp(border, axis=0).max()) / 12, growth=0.5)
    return sheet if points is None or len(points.rim) != len(sheet.rim) else points
