"""Where a plane across an axis cuts a solid: outline pieces, the cut as a picture, and how far inside its places are.

Planes stand across x, y or z. In the plane u is the next axis and v the one after it (across z: u = x, v = y), so u, v
and the axis are right-handed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class Raster:
    """Square cells over part of a plane: cell (row, column) has its middle at low + pitch·(column, row) + pitch / 2."""

    low: Floats  # (2,)
    pitch: float
    rows: int
    columns: int

    def place(self, row: Ints, column: Ints) -> Floats:
        """Middles of cells, (N, 2)."""
        return self.low + self.pitch * (np.stack([column, row], axis=-1) + 0.5)


def in_plane(axis: int) -> tuple[int, int]:
    """The axes u and v of a plane across ``axis``."""
    return (axis + 1) % 3, (axis + 2) % 3


def raster_over(low: Floats, high: Floats, cells: int) -> Raster:
    """About ``cells`` cells along the longer side of a rectangle, with a rim of one cell."""
    extent = np.maximum(high - low, 1e-12)
    pitch = float(extent.max()) / cells
    columns, rows = (int(np.ceil(side / pitch - 1e-9)) + 2 for side in extent)
    return Raster(low - pitch, pitch, rows, columns)


def outline_pieces(vertices: Floats, faces: Ints, axis: int, height: float) -> tuple[Floats, Ints]:
    """The cut as loose pieces of outline, (N, 2, 2) in u and v, and the face each comes from (N,).

    The solid lies left of each piece when one looks against the axis. Vertices on the plane count as above it.
    """
    along = vertices[:, axis]
    above = (along >= height)[faces]
    mixed = np.flatnonzero(above.any(axis=1) & ~above.all(axis=1))
    cut, up = faces[mixed], above[mixed]
    following = np.roll(up, -1, axis=1)
    row = np.arange(len(cut))
    ends = []
    for corner in ((up & ~following).argmax(axis=1), (~up & following).argmax(axis=1)):
        first, second = cut[row, corner], cut[row, (corner + 1) % 3]
        low, high = np.minimum(first, second), np.maximum(first, second)  # the same point from both sides of an edge
        share = (height - along[low]) / (along[high] - along[low])
        a, b = vertices[low][:, list(in_plane(axis))], vertices[high][:, list(in_plane(axis))]
        ends.append(a + share[:, None] * (b - a))
    return np.stack(ends, axis=1), mixed


def fill_outline(pieces: Floats, raster: Raster) -> Bools:
    """Which cells' middles lie inside an outline, (rows, columns): an odd number of pieces to their left."""
    toggles = np.zeros((raster.rows, raster.columns + 1), dtype=np.int64)
    if not len(pieces):
        return np.zeros((raster.rows, raster.columns), dtype=bool)
    (x0, y0), (x1, y1) = (((pieces[:, end] - raster.low) / raster.pitch - 0.5).T for end in range(2))
    first = np.ceil(np.minimum(y0, y1)).clip(0, raster.rows).astype(np.int64)
    last = np.ceil(np.maximum(y0, y1)).clip(0, raster.rows).astype(np.int64)  # half-open: a shared end counts once
    count = last - first
    piece = np.repeat(np.arange(len(pieces)), count)
    row = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count) + first[piece]
    share = (row - y0[piece]) / (y1[piece] - y0[piece])
    x = x0[piece] + share * (x1[piece] - x0[piece])
    column = np.ceil(x).clip(0, raster.columns).astype(np.int64)
    np.add.at(toggles, (row, column), 1)
    mask: Bools = np.cumsum(toggles, axis=1)[:, :-1] % 2 == 1
    return mask


def depth(mask: Bools, pitch: float) -> Floats:
    """How far each inner cell's middle is from the outline, about, (rows, columns); 0 outside."""
    from scipy.ndimage import distance_transform_edt

    if not mask.any():
        return np.zeros(mask.shape)
    result: Floats = (distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1] - 0.5).clip(0) * pitch
    return result


def islands(mask: Bools) -> tuple[int, Ints]:
    """Separate regions of a mask: how many, and the number of each cell, 0 outside."""
    from scipy.ndimage import label

    island, count = label(mask)
    return int(count), island.astype(np.int64)
