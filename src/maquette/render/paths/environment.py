"""Environment: light that comes from far away, the same wherever one stands, as a map over all directions."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from maquette.core.arrays import Floats, Singles
from maquette.render.color import LUMA, Colors


class Environment:
    """Radiance (H, W, 3) by elevation and azimuth, and ways to look it up and to draw directions from it.

    Row 0 is straight up, the last straight down. The middle column lies in front of the model, towards the viewer who
    stands at ``azimuth_deg``; columns go on to the viewer's right.
    """

    def __init__(self, radiance: Colors, azimuth_deg: float = 0.0) -> None:
        self.map = np.ascontiguousarray(radiance, np.float32)
        self.azimuth = float(np.radians(azimuth_deg))
        self.rows, self.columns = self.map.shape[:2]
        edges = np.cos(np.linspace(0, np.pi, self.rows + 1))
        self._solid_angle = (edges[:-1] - edges[1:]) * (2 * np.pi / self.columns)  # (H,) of one texel
        weight = _spread_out(np.maximum(self.map @ LUMA, 0).astype(np.float64)) * self._solid_angle[:, None]
        total = weight.sum()
        weight = weight / total if total > 0 else np.full_like(weight, 1 / weight.size)
        by_row = weight.sum(axis=1)
        anywhere = np.full_like(weight, 1 / self.columns)
        within = np.divide(weight, by_row[:, None], out=anywhere, where=by_row[:, None] > 0)
        self._row_ends = np.cumsum(by_row)
        self._row_ends[-1] = 1.0
        ends = np.cumsum(within, axis=1)
        ends[:, -1] = 1.0
        self._ends = (ends + np.arange(self.rows)[:, None]).reshape(-1)  # one sorted list: row + share of the row
        self._row_from = np.concatenate([[0.0], self._row_ends[:-1]])
        self._row_scale = 1 / np.maximum(self._row_ends - self._row_from, 1e-300)
        self._ups = np.cos(np.pi * np.arange(self.rows + 1) / self.rows)
        self._from = np.concatenate([[0.0], self._ends[:-1]])
        self._scale = 1 / np.maximum(self._ends - self._from, 1e-300)
        self._density = (weight / self._solid_angle[:, None]).astype(np.float32).reshape(-1)

    def above_floor(self) -> Environment:
        """The same without what lies below the horizon, where a floor hides it."""
        half = self.map.copy()
        half[self.rows // 2 :] = 0
        return Environment(half, np.degrees(self.azimuth))

    def radiance(self, direction: Singles) -> Colors:
        """Light from directions (N, 3), bilinear, (N, 3)."""
        x, y = self._place(direction)
        x, y = x - 0.5, np.clip(y - 0.5, 0, self.rows - 1)
        left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        across, down = (x - left).astype(np.float32)[:, None], (y - top).astype(np.float32)[:, None]
        below = np.minimum(top + 1, self.rows - 1) * self.columns
        left, right, top = left % self.columns, (left + 1) % self.columns, top * self.columns
        flat = self.map.reshape(-1, 3)
        upper = flat.take(top + left, axis=0) * (1 - across) + flat.take(top + right, axis=0) * across
        lower = flat.take(below + left, axis=0) * (1 - across) + flat.take(below + right, axis=0) * across
        light: Colors = upper * (1 - down) + lower * down
        return light

    def density(self, direction: Singles) -> Singles:
        """How likely :meth:`draw` gives these directions (N, 3), per unit of solid angle (N,)."""
        x, y = self._place(direction)
        row = np.minimum(y.astype(np.int64), self.rows - 1)
        column = np.floor(x).astype(np.int64) % self.columns
        result: Singles = self._density.take(row * self.columns + column)
        return result

    def draw(self, pair: Singles) -> tuple[Singles, Singles]:
        """Directions (N, 3) as often as light comes from there, and their density (N,); ``pair`` (N, 2) in 0..1."""
        u, v = pair[:, 0].astype(np.float64), pair[:, 1].astype(np.float64)
        row = np.minimum(np.searchsorted(self._row_ends, v, side="right"), self.rows - 1)
        down = (v - self._row_from.take(row)) * self._row_scale.take(row)
        first = row * self.columns
        at = np.searchsorted(self._ends, row + u, side="right")
        at = np.maximum(np.minimum(at, first + (self.columns - 1)), first)
        across = np.clip((row + u - self._from.take(at)) * self._scale.take(at), 0, 1)
        upper, lower = self._ups.take(row), self._ups.take(row + 1)
        up = upper + np.clip(down, 0, 1) * (lower - upper)  # even in the cosine is even in solid angle
        angle = ((at - first + across) * (2 * np.pi / self.columns) - (np.pi - self.azimuth)).astype(np.float32)
        flat = np.sqrt(np.maximum(1 - up * up, 0)).astype(np.float32)
        direction = np.empty((len(row), 3), np.float32)
        direction[:, 0], direction[:, 1], direction[:, 2] = flat * np.sin(angle), -flat * np.cos(angle), up
        return direction, self._density.take(at)

    def irradiance(self, normal: Floats) -> Colors:
        """What falls on a surface of this normal (3,) with nothing in the way, (3,)."""
        facing = np.maximum(self.middles @ normal, 0) * self._solid_angle[:, None]
        total: Colors = np.einsum("hw,hwc->c", facing, self.map.astype(np.float64)).astype(np.float32)
        return total

    @cached_property
    def middles(self) -> Floats:
        """Directions of all texels' middles, (H, W, 3)."""
        down = (np.arange(self.rows) + 0.5) / self.rows * np.pi
        around = (np.arange(self.columns) + 0.5) / self.columns * 2 * np.pi - np.pi + self.azimuth
        flat, up = np.sin(down)[:, None], np.cos(down)[:, None]
        result: Floats = np.stack(
            [flat * np.sin(around), -flat * np.cos(around), np.broadcast_to(up, (self.rows, self.columns))], axis=2
        )
        return result

    def _place(self, direction: Singles) -> tuple[Any, Any]:
        """Column and row of directions, texel middles at halves."""
        down = np.arccos(np.clip(direction[:, 2], -1, 1)) / np.pi
        around = (np.arctan2(direction[:, 0], -direction[:, 1]) - self.azimuth + np.pi) / (2 * np.pi) % 1.0
        return around * self.columns, down * self.rows


def _spread_out(bright: Floats) -> Floats:
    """Brightness (H, W) and a little of its neighbours': between texels light is mixed, and must be drawn there too."""
    padded = np.pad(np.pad(bright, ((0, 0), (1, 1)), mode="wrap"), ((1, 1), (0, 0)), mode="edge")
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    result: Floats = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 16
    return result
