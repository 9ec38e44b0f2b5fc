"""A solid built of equal cubes: which of a grid's cells it fills, and the surface of those."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.geometry.inside.vertical_crossings import winding_by_crossings
from maquette.geometry.sampling import surface_samples

_SIDES = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
# Corners of each side, counter-clockwise from outside, in cells.
_CORNERS = np.array(
    [
        [[1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 0, 1]],
        [[0, 0, 0], [0, 0, 1], [0, 1, 1], [0, 1, 0]],
        [[0, 1, 0], [0, 1, 1], [1, 1, 1], [1, 1, 0]],
        [[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]],
        [[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]],
        [[0, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 0]],
    ]
)


@dataclass(frozen=True)
class Blocks:
    """Filled cells of a grid whose first cell's corner is at ``low``."""

    filled: NDArray[np.bool_]  # (X, Y, Z)
    low: Floats  # (3,)
    pitch: float

    def middles(self, cells: Ints) -> Floats:
        """Middles of cells (N, 3)."""
        return self.low + self.pitch * (cells + 0.5)


def fill_blocks(vertices: Floats, faces: Ints, cells: int) -> Blocks:
    """The cells that a surface encloses, ``cells`` along its longest side; sheets too thin to enclose one count too."""
    low, high = vertices[faces].min(axis=(0, 1)), vertices[faces].max(axis=(0, 1))
    pitch = float((high - low).max()) / cells
    count = np.maximum(np.ceil((high - low) / pitch - 1e-6), 1).astype(np.int64)
    start = (low + high) / 2 - pitch * count / 2
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in count), indexing="ij"), axis=-1).reshape(-1, 3)
    filled = (winding_by_crossings(vertices, faces, start + pitch * (grid + 0.5)) > 0).reshape(count)
    spread = surface_samples(vertices, faces, 24 * cells * cells).points
    where = np.clip(np.floor((spread - start) / pitch), 0, count - 1).astype(np.int64)
    hits = np.zeros(tuple(count), np.int64)
    np.add.at(hits, tuple(where.T), 1)
    thin = hits >= 12  # about half a cell's side of surface
    if not filled.any() or filled.sum() < 0.25 * thin.sum():
        filled = filled | thin
    return Blocks(filled, start, pitch)


def block_surface(blocks: Blocks) -> tuple[Floats, Ints, Ints]:
    """The outside of the filled cells: vertices (V, 3) each once, faces (F, 3), and the cell of each face (F, 3)."""
    padded = np.pad(blocks.filled, 1)
    corners, owners = [], []
    for side, square in zip(_SIDES, _CORNERS, strict=True):
        beyond = np.roll(padded, -side, axis=(0, 1, 2))[1:-1, 1:-1, 1:-1]
        cell = np.argwhere(blocks.filled & ~beyond)
        corners.append(cell[:, None] + square[None])
        owners.append(cell)
    squares, cells = np.concatenate(corners), np.concatenate(owners)
    size = np.array(blocks.filled.shape) + 1
    key = (squares[..., 0] * size[1] + squares[..., 1]) * size[2] + squares[..., 2]
    used, index = np.unique(key.reshape(-1), return_inverse=True)
    place = np.stack([used // (size[1] * size[2]), used // size[2] % size[1], used % size[2]], axis=1)
    quads = index.reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return blocks.low + blocks.pitch * place, faces, np.concatenate([cells, cells])
