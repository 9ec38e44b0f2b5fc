"""The shadow that a model casts on the floor it stands on. The floor itself is not seen."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from maquette.core.arrays import Singles
from maquette.core.camera import Camera
from maquette.render.cameras import rays_through
from maquette.render.lighting import Rig, visibility
from maquette.render.scene import Scene

_STRENGTH = 0.62  # darkest shadow: opacity of black where no light comes at all
_CELL = 4  # pixels: the shadow is soft, so it is traced coarsely
_STEEP = 0.12  # sine of the lowest view from above in which a floor makes sense
_REACH = 1.5  # the shadow has faded at this many radii from the model's foot


def ground_shadow(scene: Scene, camera: Camera, width: int, height: int) -> Singles:
    """Opacity of a black shadow (H, W) on the plane under the lowest point; zero unless seen from above."""
    if camera.pose[2, 2] > -_STEEP:
        return np.zeros((height, width), np.float32)
    columns, rows = -(-width // _CELL) + 2, -(-height // _CELL) + 2  # one more on each side, to interpolate
    column, row = (grid.ravel() for grid in np.meshgrid(np.arange(columns), np.arange(rows)))
    x, y = (column - 0.5) * _CELL, (row - 0.5) * _CELL
    origins, directions = rays_through(camera, x / width, y / height)
    floor = scene.low[2]
    along = np.divide(floor - origins[:, 2], directions[:, 2], out=np.full(len(x), -1.0), where=directions[:, 2] < 0)
    point = origins + directions * along[:, None]
    foot = (scene.low + scene.high) / 2
    away = np.linalg.norm((point - foot)[:, :2], axis=1)
    near = np.flatnonzero((along > 0) & (away < _REACH))
    shadow = np.zeros(len(x), np.float32)
    if len(near):
        up = np.broadcast_to(np.array([0, 0, 1], np.float32), (len(near), 3))
        start = point[near] + np.array([0, 0, 4 * scene.tracer.step])
        sky, key = visibility(scene, Rig.around(camera), start, up, row[near], column[near]).T
        fade = np.clip(1 - away[near] / _REACH, 0, 1)
        shadow[near] = (1 - (0.7 * sky + 0.3 * key)) ** 1.4 * fade * (2 - fade)
    grid = _blur(_blur(shadow.reshape(rows, columns)))
    return _STRENGTH * _enlarge(grid, width, height) * _vignette(width, height)


def _blur(grid: Singles) -> Singles:
    """Mean over 3 x 3 cells, which holds every turn of the pattern once."""
    padded = np.pad(grid, 1, mode="edge")
    height, width = grid.shape
    shifted = [padded[i : i + height, j : j + width] for i in range(3) for j in range(3)]
    result: Singles = np.mean(shifted, axis=0, dtype=np.float32)
    return result


def _enlarge(grid: Singles, width: int, height: int) -> Singles:
    """Bilinear from cells to pixels."""
    y, x = (np.arange(height) + 0.5) / _CELL + 0.5, (np.arange(width) + 0.5) / _CELL + 0.5
    top, left = y.astype(np.int64), x.astype(np.int64)
    down, across = (y - top).astype(np.float32)[:, None], (x - left).astype(np.float32)[None, :]
    rows = grid[top] * (1 - down) + grid[top + 1] * down
    smooth: Any = rows[:, left] * (1 - across) + rows[:, left + 1] * across
    return cast(Singles, smooth)


def _vignette(width: int, height: int) -> Singles:
    """1 inside, falling to 0 at the border, so that a long shadow is not cut off."""
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    border = np.minimum(np.minimum(x, 1 - x)[None, :], np.minimum(y, 1 - y)[:, None]) / 0.12
    edge = np.clip(border, 0, 1)
    return (edge * edge * (3 - 2 * edge)).astype(np.float32)
