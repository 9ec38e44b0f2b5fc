"""Which texels of an atlas belong to a face. The rest, often black, must not bleed over the seams when it is halved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MAX_SIDE = 1024
_MIN_SIDE = 32
_MAX_CANDIDATES = 1 << 22  # texels to try; a finer grid is halved until its faces fit
_CHUNK = 1 << 20
_MAX_REPEATS = 64


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
    ends = np.cumsum(count)
    for start in range(0, int(ends[-1]), _CHUNK):
        candidate = np.arange(start, min(start + _CHUNK, int(ends[-1])))
        face = np.searchsorted(ends, candidate, side="right")
        place = candidate - (ends[face] - count[face])
        x = low[face, 0] + place % size[face, 0]
        y = low[face, 1] + place // size[face, 0]
        inside = _inside(corners[face], x, y)
        result[y[inside] % height, x[inside] % width] = True
    return result


def _inside(corners: NDArray[np.float64], x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether points (N,) lie in their triangles (N, 3, 2), whichever way these are wound; the edge counts."""
    sides = []
    for corner in range(3):
        (ax, ay), (bx, by) = corners[:, corner].T, corners[:, (corner + 1) % 3].T
        sides.append((bx - ax) * (y - ay) - (by - ay) * (x - ax))
    inside: NDArray[np.bool_] = (np.minimum.reduce(sides) >= -1e-9) | (np.maximum.reduce(sides) <= 1e-9)
    return inside
