"""Which texels of an atlas belong to a face. The rest, often black, must not bleed over the seams when it is halved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Floats, Ints
from maquette.core.memory import remember

_MAX_SIDE = 1024
_MIN_SIDE = 32
_MAX_CANDIDATES = 1 << 22  # texels to try; a finer grid is halved until its faces fit
_CHUNK = 1 << 20
_SMALL = 8  # texels of a box's longer side, up to which faces are tried side by side
_HUGE = 4096  # texels of a box, from which a face is tried by itself
_MAX_REPEATS = 64


@remember(4)
def covered_texels(uv: NDArray[np.float32], width: int, height: int) -> NDArray[np.bool_] | None:
    """Texels whose middle lies in a face, and those under its corners: uv (F, 3, 2) -> (H', W') bool.

    The grid is the texture's, halved until it is small enough; outside 0..1 it repeats. None where nothing bleeds: the
    texture is tiny, or its faces repeat and overlap so much that they cover it.
    """
    if max(width, height) < _MIN_SIDE or np.abs(uv).max(initial=0) > _MAX_REPEATS:
        return None
    while max(width, height) > _MAX_SIDE:
        width, height = max(width // 2, 1), max(height // 2, 1)
    while True:
        corners = uv.astype(np.float64) * [width, height] - 0.5  # texel middles at whole numbers
        low = np.ceil(corners.min(axis=1)).astype(np.int64)  # (F, 2) first and last middle in the box
        size = np.maximum(np.floor(corners.max(axis=1)).astype(np.int64) - low + 1, 0)
        count = size[:, 0] * size[:, 1]
        if count.sum() <= _MAX_CANDIDATES:
            break
        if max(width, height) <= _MIN_SIDE:
            return None
        width, height = max(width // 2, 1), max(height // 2, 1)
    result = np.zeros((height, width), dtype=bool)
    near = np.round(corners).astype(np.int64).reshape(-1, 2)
    result[near[:, 1] % height, near[:, 0] % width] = True
    small = size.max(axis=1) <= _SMALL
    _mark_small(result, corners, low, np.where(small[:, None], size, 0))
    huge = count > _HUGE
    _mark_huge(result, corners[huge], low[huge], size[huge])
    rest = ~small & ~huge
    _mark_large(result, corners[rest], low[rest], size[rest])
    return result


def _mark_small(result: Bools, corners: Floats, low: Ints, size: Ints) -> None:
    """Marks texels of faces whose boxes are ``size`` (F, 2), a few texels each: one place of all boxes after another.

    So nothing is looked up for each texel.
    """
    height, width = result.shape
    for column in range(int(size[:, 0].max(initial=0))):
        wide = np.flatnonzero(size[:, 0] > column)
        for row in range(int(size[wide, 1].max(initial=0))):
            wide = wide[size[wide, 1] > row]
            x, y = low[wide, 0] + column, low[wide, 1] + row
            inside = _inside(corners.take(wide, axis=0), x, y)
            result[y[inside] % height, x[inside] % width] = True


def _mark_huge(result: Bools, corners: Floats, low: Ints, size: Ints) -> None:
    """Marks texels of faces with boxes of ``size`` (F, 2), face by face: slivers across an atlas."""
    height, width = result.shape
    for place in range(len(corners)):
        x, y = (np.arange(size[place, axis]) + low[place, axis] for axis in (0, 1))
        inside = _inside(corners[place, None, None], x[None, :], y[:, None])
        row, column = np.nonzero(inside)
        result[y[row] % height, x[column] % width] = True


def _mark_large(result: Bools, corners: Floats, low: Ints, size: Ints) -> None:
    """Marks texels of faces with boxes of any ``size`` (F, 2), many texels at a time."""
    height, width = result.shape
    count = size[:, 0] * size[:, 1]
    ends = np.cumsum(count)
    for start in range(0, int(ends[-1]) if len(ends) else 0, _CHUNK):
        candidate = np.arange(start, min(start + _CHUNK, int(ends[-1])))
        face = np.searchsorted(ends, candidate, side="right")
        place = candidate - (ends[face] - count[face])
        x = low[face, 0] + place % size[face, 0]
        y = low[face, 1] + place // size[face, 0]
        inside = _inside(corners[face], x, y)
        result[y[inside] % height, x[inside] % width] = True


def _inside(corners: NDArray[np.float64], x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether points (…) lie in their triangles (…, 3, 2), whichever way these are wound; the edge counts."""
    (ax, ay), (bx, by), (cx, cy) = (np.moveaxis(corners[..., corner, :], -1, 0) for corner in range(3))
    sides = [
        (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
        for (x1, y1), (x2, y2) in (((ax, ay), (bx, by)), ((bx, by), (cx, cy)), ((cx, cy), (ax, ay)))
    ]
    inside: NDArray[np.bool_] = (np.minimum.reduce(sides) >= -1e-9) | (np.maximum.reduce(sides) <= 1e-9)
    return inside
