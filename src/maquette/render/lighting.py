"""The photo studio: a sky, a key light and a rim light that stand still around the viewer, and what they reach.

Visibility is traced once per 2 x 2 pixels with few rays, turned from cell to cell in a pattern of 3 x 3, so that a mean
over any 3 x 3 cells holds all 9 turns: 144 sky directions at the price of 16, without noise. Cells that lie on another
surface do not count (a joint bilateral filter, Kopf et al. 2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from maquette.core.arrays import Floats, Ints, Singles
from maquette.core.camera import Camera
from maquette.render.scene import Samples, Scene

KEY, RIM = 0.71, 0.2  # irradiance of the lamps where they fall straight
_SOFTNESS = 0.16  # tangent of the key light's half angle: how soft its shadows are
_CELL = 2  # pixels
_TURNS = 3


@dataclass(frozen=True)
class Rig:
    """Where the lights stand: columns right, up, towards the viewer (3, 3), and two unit directions to the lamps."""

    axes: Floats
    key: Floats
    rim: Floats

    @classmethod
    def around(cls, camera: Camera) -> Rig:
        """The rig follows the viewer around the model but stays upright; over head it follows the picture."""
        right, down, ahead = camera.pose[:3, :3].T
        up = np.array([0.0, 0.0, 1.0])
        if abs(ahead @ up) > 0.8 or abs(right @ up) > 0.3:
            up = -down
        back = -(ahead - up * (ahead @ up))
        back /= np.linalg.norm(back)
        axes = np.stack([np.cross(up, back), up, back], axis=1)
        return cls(axes, _unit(axes @ [-0.62, 0.85, 0.75]), _unit(axes @ [0.8, 0.45, -0.75]))

    def sky(self, direction: Singles) -> Singles:
        """Light that comes from a direction (N, 3): bright above and behind the viewer, dim from the floor."""
        up, back = along(direction, self.axes[:, 1]), along(direction, self.axes[:, 2])
        light: Any = 0.34 + 0.25 * up + 0.15 * np.maximum(back, 0)
        return cast(Singles, light)

    def open_sky(self, normal: Singles) -> Singles:
        """What of the sky falls on a surface with nothing around it (N,): the cosine-weighted mean of :meth:`sky`."""
        up, back = along(normal, self.axes[:, 1]), along(normal, self.axes[:, 2])
        light: Singles = 0.34 + 0.167 * up + 0.1 * np.square(0.5 + 0.5 * back)
        return light


@dataclass(frozen=True)
class Light:
    """What reaches N samples, as shares of what would if nothing stood in the way."""

    sky: Singles
    key: Singles

    def only(self, which: slice) -> Light:
        """The light on some of the samples."""
        return Light(self.sky[which], self.key[which])


def light_on(scene: Scene, rig: Rig, samples: Samples, width: int, height: int) -> Light:
    """Light on every sample of a frame, from its cells."""
    columns, rows = -(-width // _CELL), -(-height // _CELL)
    cell = (samples.pixel // width // _CELL) * columns + samples.pixel % width // _CELL
    taken, first = np.unique(cell, return_index=True)
    seeds = samples.only(first)
    start = seeds.point + seeds.normal * (20 * scene.tracer.step)  # off a face that is flatter than its normals say
    values = visibility(scene, rig, start, seeds.normal, taken // columns, taken % columns)
    grid = np.full(rows * columns, -1, np.int64)
    grid[taken] = np.arange(len(taken))
    field = _Cells(grid.reshape(rows, columns), seeds)
    smooth = field.smooth(values, taken // columns, taken % columns)
    sky, key = field.between(smooth, samples).T
    return Light(sky, key)


def visibility(scene: Scene, rig: Rig, start: Floats, normal: Singles, row: Ints, column: Ints) -> Singles:
    """Shares of sky and key light that reach points (N, 3), (N, 2); ``row`` and ``column`` choose the turn."""
    count = len(start)
    turn = (row % _TURNS) * _TURNS + column % _TURNS
    turn = np.array([0, 5, 7, 3, 8, 1, 6, 2, 4])[turn] / _TURNS**2  # neighbours far apart
    across, aside = _tangents(normal)
    reached, total, key = np.zeros(count, np.float32), np.zeros(count, np.float32), np.zeros(count, np.float32)
    golden, sky_rays, key_rays = np.pi * (3 - np.sqrt(5)), scene.sky_rays, max(1, scene.sky_rays // 4)
    for number in range(sky_rays):  # cosine-weighted: Malley's method over a Vogel spiral
        radius = np.sqrt((number + 0.5) / sky_rays)
        angle = number * golden + 2 * np.pi * turn
        direction = (
            across * (radius * np.cos(angle)).astype(np.float32)[:, None]
            + aside * (radius * np.sin(angle)).astype(np.float32)[:, None]
            + normal * np.float32(np.sqrt(1 - radius * radius))
        )
        sky = rig.sky(direction)
        total += sky
        reached += sky * ~scene.tracer.is_blocked(start, direction, np.inf)
    key_across, key_aside = _tangents(rig.key[None].astype(np.float32))
    lit = np.flatnonzero(along(normal, rig.key) > -0.1)
    for number in range(key_rays):
        radius = _SOFTNESS * np.sqrt((number + 0.5) / key_rays)
        angle = number * golden + 2 * np.pi * turn[lit]
        direction = rig.key + radius * (np.cos(angle)[:, None] * key_across + np.sin(angle)[:, None] * key_aside)
        key[lit] += ~scene.tracer.is_blocked(start[lit], direction, np.inf)
    return np.stack([reached / np.maximum(total, 1e-6), key / key_rays], axis=1)


class _Cells:
    """Values on the 2 x 2 pixel grid, and which of them lie on the same surface as a sample."""

    def __init__(self, grid: Ints, seeds: Samples) -> None:
        self._grid, self._seeds = grid, seeds
        reach = np.maximum(seeds.footprint * (2.5 * _CELL), 1e-12)
        self._point, self._normal = seeds.point.astype(np.float32), seeds.normal
        self._packed = np.concatenate([self._point, self._normal, 1 / reach[:, None]], axis=1)  # one gather, not three

    def smooth(self, values: Singles, row: Ints, column: Ints) -> Singles:
        """Mean over the 3 x 3 cells around each, of those on the same surface."""
        total, weights = values.copy(), np.ones((len(values), 1), np.float32)
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                if down or right:
                    weight, at = self._alike(row + down, column + right, self._point, self._normal)
                    total += weight * values[at]
                    weights += weight
        return total / weights

    def between(self, values: Singles, samples: Samples) -> Singles:
        """Bilinear among the four cells around each sample, of those on the same surface; else whatever is near."""
        x = samples.spot[:, 0] / _CELL - 0.5
        y = samples.spot[:, 1] / _CELL - 0.5
        left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        across, down = x - left, y - top
        point = samples.point.astype(np.float32)
        total, weights = np.zeros((len(samples), values.shape[1]), np.float32), np.zeros((len(samples), 1), np.float32)
        for i in (0, 1):
            for j in (0, 1):
                alike, at = self._alike(top + i, left + j, point, samples.normal, floor=1e-4)
                near = (across if j else 1 - across) * (down if i else 1 - down) + 1e-3
                weight = alike * near[:, None]
                total += weight * values[at]
                weights += weight
        return np.where(weights > 0, total / np.maximum(weights, 1e-12), 1.0)

    def _alike(
        self, row: Ints, column: Ints, point: Singles, normal: Singles, floor: float = 0.0
    ) -> tuple[Singles, Ints]:
        """How far the cell at (row, column) shows the surface of a point: weights (N, 1), and the cell's place."""
        height, width = self._grid.shape
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        at = np.where(inside, self._grid.reshape(-1).take(row * width + column, mode="clip"), -1)
        there = np.maximum(at, 0)
        cells = self._packed.take(there, axis=0)
        facing = np.maximum(np.einsum("ij,ij->i", normal, cells[:, 3:6]), 0)
        off = np.abs(np.einsum("ij,ij->i", normal, cells[:, :3] - point)) * cells[:, 6]
        weight = np.square(np.square(facing)) * np.maximum(1 - off, 0)
        return ((weight + np.float32(floor)) * (at >= 0))[:, None], there


def _tangents(normal: Singles) -> tuple[Singles, Singles]:
    """Two unit vectors square to each normal, (N, 3) each; Duff et al. 2017."""
    x, y, z = normal.T
    sign = np.where(z >= 0, np.float32(1), np.float32(-1))
    a = -1 / (sign + z)
    b = x * y * a
    return np.stack([1 + sign * x * x * a, sign * b, -sign * x], 1), np.stack([b, sign + y * y * a, -y], 1)


def along(vectors: Singles, direction: Floats) -> Singles:
    """Dot product of each of (N, 3) with one direction. Not ``@``: BLAS spins up threads for it and costs twice."""
    result: Singles = np.einsum("ij,j->i", vectors, direction.astype(np.float32))
    return result


def _unit(vector: Floats) -> Floats:
    return vector / np.linalg.norm(vector)
