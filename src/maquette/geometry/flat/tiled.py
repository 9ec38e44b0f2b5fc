"""Heights too large for one go, made triangles tile by tile: borders shared exactly, the bound kept.

Two tiles that share a border get each other's vertices on it, at the heights that stand there, so nothing gapes. That
moves a tile's surface a little: each is made for three quarters of the bound, looked at again, and made anew for less
where it is off. At any time one tile's places are in memory, besides the triangles.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from maquette.core.arrays import Ints, Singles
from maquette.geometry.flat.curved_plate import Patch, split_border
from maquette.geometry.flat.terrain import deviations, triangulate_heights

TILE = 2048  # places along a side
_FIRST = 0.75  # of the bound, at the first go
_TRIES = 4


def triangulate_tiled(heights: Any, bound: float, tile: int = TILE) -> tuple[Ints, Ints]:
    """As `triangulate_heights`, of heights (H, W) that need only be cut into boxes: an array or a memory map."""
    rows, columns = heights.shape
    if max(rows, columns) <= tile + 1:
        return triangulate_heights(np.asarray(heights, np.float32), bound)
    boxes = list(_boxes(rows, columns, tile))
    pieces = [triangulate_heights(_cut(heights, box), _FIRST * bound) for box in boxes]
    for _ in range(_TRIES):
        borders = _borders(boxes, pieces)
        joined = [_with_borders(box, piece, borders) for box, piece in zip(boxes, pieces, strict=True)]
        off = [float(deviations(_cut(heights, box), *piece).max()) for box, piece in zip(boxes, joined, strict=True)]
        wrong = [number for number, worst in enumerate(off) if worst > bound * (1 + 1e-5)]
        if not wrong:
            break
        for number in wrong:
            pieces[number] = triangulate_heights(_cut(heights, boxes[number]), 0.5 * _FIRST * bound**2 / off[number])
    return _together(boxes, joined, columns)


def _boxes(rows: int, columns: int, tile: int) -> Iterator[tuple[int, int, int, int]]:
    """First and last row, first and last column of each tile; the last is the next one's first."""
    for top in range(0, max(rows - 1, 1), tile):
        for left in range(0, max(columns - 1, 1), tile):
            yield top, min(top + tile, rows - 1), left, min(left + tile, columns - 1)


def _cut(heights: Any, box: tuple[int, int, int, int]) -> Singles:
    top, bottom, left, right = box
    return np.ascontiguousarray(heights[top : bottom + 1, left : right + 1], np.float32)


def _borders(boxes: list[tuple[int, int, int, int]], pieces: list[tuple[Ints, Ints]]) -> dict[tuple[str, int], Ints]:
    """For each border line the places along it at which any tile has a vertex."""
    lines: dict[tuple[str, int], list[Ints]] = {}
    for (top, bottom, left, right), (places, _) in zip(boxes, pieces, strict=True):
        row, column = places[:, 0] + top, places[:, 1] + left
        for line in (top, bottom):
            lines.setdefault(("row", line), []).append(column[row == line])
        for line in (left, right):
            lines.setdefault(("column", line), []).append(row[column == line])
    return {line: np.unique(np.concatenate(ends)) for line, ends in lines.items()}


def _with_borders(
    box: tuple[int, int, int, int], piece: tuple[Ints, Ints], borders: dict[tuple[str, int], Ints]
) -> tuple[Ints, Ints]:
    """A tile with a vertex wherever a neighbour has one on a border that they share."""
    top, bottom, left, right = box
    high, wide = bottom - top, right - left
    places, faces = piece
    flat = np.stack([places[:, 1], high - places[:, 0]], axis=1).astype(np.float64)
    patch = Patch(flat, np.zeros(len(flat)), faces, float(wide), float(high))
    for name, line, first, last in (
        ("far", ("row", top), left, right),
        ("near", ("row", bottom), left, right),
        ("left", ("column", left), top, bottom),
        ("right", ("column", right), top, bottom),
    ):
        wanted = borders[line]
        wanted = wanted[(wanted > first) & (wanted < last)]
        along = wanted - left if line[0] == "row" else bottom - wanted
        patch = split_border(patch, name, np.sort(along).astype(np.float64))
    corners = np.rint(patch.places).astype(np.int64)
    return np.stack([high - corners[:, 1], corners[:, 0]], axis=1), patch.faces


def _together(
    boxes: list[tuple[int, int, int, int]], pieces: list[tuple[Ints, Ints]], columns: int
) -> tuple[Ints, Ints]:
    """The tiles as one sheet: a place has one vertex."""
    places = np.concatenate([piece[0] + [box[0], box[2]] for box, piece in zip(boxes, pieces, strict=True)])
    start = np.cumsum([0, *(len(piece[0]) for piece in pieces[:-1])])
    faces = np.concatenate([piece[1] + first for piece, first in zip(pieces, start, strict=True)])
    _, first, twin = np.unique(places[:, 0] * columns + places[:, 1], return_index=True, return_inverse=True)
    return places[first], twin.reshape(-1)[faces]
