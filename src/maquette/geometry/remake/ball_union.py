"""The surface around many balls of one size: a wall of even thickness about its middle.

Balls alone leave a wall as bumpy as an egg tray. Where the middles lie in a sheet, each stands for a small disc in it,
and the wall comes out flat.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.remake.level_surface import level_surface
from maquette.geometry.welding import twins

_BLOCK = 4  # lattice steps along the side of a block that is asked about as a whole
_BAND = 1.8  # steps: corners of a cube that the surface passes through lie no further from it than the diagonal
_WORK = 500_000
_NEIGHBOURS = 6  # with itself
_REACH = 0.7  # of the way to the last of them, so that discs overlap
_ALIKE = 0.95  # cosine of 18 degrees
_LEVEL = 0.2  # of the way to the last of them, that a sheet may bend
_WIDE = 0.3  # of it, that a sheet must be wide


def ball_union(centers: Floats, normals: Floats, radius: float, pitch: float) -> tuple[Floats, Ints]:
    """The closed surface at ``radius`` from the nearest of the centres (N, 3): vertices (V, 3), faces (F, 3).

    Where neighbouring normals (N, 3) agree up to their sign, a centre is a disc that reaches to its neighbours. Sampled
    every ``pitch``, only near the surface; bends tighter than two steps come out blunt.
    """
    from scipy.spatial import cKDTree

    keep, _ = twins(centers, pitch / 2)
    centers, normals = centers[keep], normals[keep]
    tree = cKDTree(centers)
    disc = _discs(tree, centers, normals)
    reach = radius + float(disc.max(initial=0.0)) + _BAND * pitch  # no corner of a cube with the surface lies beyond
    blocks = _blocks(centers / pitch, reach / pitch)
    middles = (blocks + 0.5) * _BLOCK - 0.5
    half = np.sqrt(3) * _BLOCK / 2
    distance, _ = tree.query(middles * pitch, distance_upper_bound=reach + half * pitch)
    blocks = blocks[np.isfinite(distance)]
    inner = np.stack(np.meshgrid(*[np.arange(_BLOCK)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    points, values = [np.zeros((0, 3), np.int64)], [np.zeros(0)]
    step = max(_WORK // len(inner), 1)
    for start in range(0, len(blocks), step):
        block = (blocks[start : start + step, None] * _BLOCK + inner).reshape(-1, 3)
        distance, nearest = tree.query(block * pitch, distance_upper_bound=reach)
        block, nearest = block[np.isfinite(distance)], nearest[np.isfinite(distance)]
        value = (radius - _to_disc(block * pitch - centers[nearest], normals[nearest], disc[nearest])) / pitch
        points.append(block)
        values.append(value)
    vertices, faces = level_surface(np.concatenate(points), np.concatenate(values))
    return vertices * pitch, faces


def _discs(tree: Any, centers: Floats, normals: Floats) -> Floats:
    """How far each centre's disc reaches (N,): to its neighbours in a sheet, nowhere in a thread or at a bend."""
    count = min(_NEIGHBOURS, len(centers))
    distance, near = tree.query(centers, k=count)
    if count < _NEIGHBOURS:
        return np.zeros(len(centers))
    alike = np.abs(np.einsum("nkd,nd->nk", normals[near], normals)).min(axis=1) > _ALIKE
    offset = centers[near] - centers[:, None]
    flat = np.abs(np.einsum("nkd,nd->nk", offset, normals)).max(axis=1) < _LEVEL * distance[:, -1]
    aside = np.linalg.norm(np.cross(offset, offset[:, -1:]), axis=2).max(axis=1)
    flat &= aside > _WIDE * distance[:, -1] ** 2  # else they lie in a line, the middle of a wire
    discs: Floats = np.where(alike & flat, _REACH * distance[:, -1], 0.0)
    return discs


def _to_disc(offset: Floats, normal: Floats, reach: Floats) -> Floats:
    """Distance to a disc from points at an offset (N, 3) from its middle, (N,)."""
    height = np.einsum("ij,ij->i", offset, normal)
    across = np.sqrt(np.maximum(np.einsum("ij,ij->i", offset, offset) - height**2, 0))
    result: Floats = np.hypot(height, np.maximum(across - reach, 0))
    return result


def _blocks(centers: Floats, reach: float) -> Ints:
    """Blocks (B, 3) within reach of centres (N, 3), all in lattice steps."""
    home = np.unique(np.floor(centers / _BLOCK).astype(np.int64), axis=0)
    span = int(np.ceil(reach / _BLOCK))
    around = np.stack(np.meshgrid(*[np.arange(-span, span + 1)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    every = (home[:, None] + around).reshape(-1, 3)
    low = every.min(axis=0)
    size = every.max(axis=0) - low + 1
    key = np.unique(((every[:, 0] - low[0]) * size[1] + every[:, 1] - low[1]) * size[2] + every[:, 2] - low[2])
    blocks: Ints = np.stack([key // (size[1] * size[2]), key // size[2] % size[1], key % size[2]], axis=1) + low
    return blocks
