"""Looking at a finished mesh place by place: down through what lies, or outward through what stands round a lamp.

Every look is a grid of rays in the order of a picture: row 0 at the top, column 0 at the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from maquette.core.arrays import Floats, Singles
from maquette.geometry.rays import Tracer

Lamp = Literal["below", "inside", "center", "dome"]
_LAYERS = 16  # surfaces a ray may pass; a single wall has two
_FITS = 4  # goes at a ball, each without the fifth that is worst off: feet, loops, openings


@dataclass(frozen=True)
class Look:
    """Rays of a picture: origins and directions (H·W, 3), the picture's shape, and mm from place to place."""

    origins: Floats
    ways: Floats
    shape: tuple[int, int]
    pitch_mm: float


def look_through(vertices: Floats, lamp: Lamp, columns: int) -> Look:
    """Rays for a picture so many places wide: from above, from an upright axis, or from a ball's or dome's middle."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    if lamp == "below":
        return _from_above(low, high, columns)
    if lamp == "inside":
        return _from_axis(low, high, columns)
    return _from_center(vertices, columns, 1.0 if lamp == "center" else 0.5)


def _from_above(low: Floats, high: Floats, columns: int) -> Look:
    """A ray straight down for each place, the top of the picture at +y."""
    size = high - low
    rows = max(1, round(columns * size[1] / size[0]))
    x = low[0] + (np.arange(columns) + 0.5) / columns * size[0]
    y = high[1] - (np.arange(rows) + 0.5) / rows * size[1]
    flat = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    origins = np.column_stack([flat, np.full(len(flat), high[2] + size.max())])
    down = np.broadcast_to([0.0, 0.0, -1.0], origins.shape).copy()
    return Look(origins, down, (rows, columns), float(size[0]) / columns)


def _from_axis(low: Floats, high: Floats, columns: int) -> Look:
    """A level ray outward from the axis for each place, the picture's middle toward -y."""
    middle, size = (low + high) / 2, high - low
    around = np.pi * (size[0] + size[1]) / 2
    rows = max(1, round(columns * size[2] / around))
    turn = ((np.arange(columns) + 0.5) / columns - 0.5) * 2 * np.pi
    z = high[2] - (np.arange(rows) + 0.5) / rows * size[2]
    turns, heights = (grid.ravel() for grid in np.meshgrid(turn, z))
    origins = np.column_stack([np.full(len(turns), middle[0]), np.full(len(turns), middle[1]), heights])
    ways = np.stack([np.sin(turns), -np.cos(turns), np.zeros(len(turns))], axis=1)
    return Look(origins, ways, (rows, columns), float(around) / columns)


def _from_center(vertices: Floats, columns: int, share: float) -> Look:
    """A ray outward from a ball's middle for each place of a share of a map of the world, its middle toward -y."""
    center, radius = fit_ball(vertices)
    rows = max(1, round(columns * share / 2))
    turn = ((np.arange(columns) + 0.5) / columns - 0.5) * 2 * np.pi
    climb = np.pi / 2 - (np.arange(rows) + 0.5) / rows * np.pi * share
    turns, climbs = (grid.ravel() for grid in np.meshgrid(turn, climb))
    level = np.cos(climbs)
    ways = np.stack([np.sin(turns) * level, -np.cos(turns) * level, np.sin(climbs)], axis=1)
    return Look(np.broadcast_to(center, ways.shape).copy(), ways, (rows, columns), 2 * np.pi * radius / columns)


def fit_ball(vertices: Floats) -> tuple[Floats, float]:
    """Center (3,) and radius of the ball that most vertices lie on: least squares, outliers left out by turns."""
    points = vertices
    for _ in range(_FITS):
        matrix = np.column_stack([2 * points, np.ones(len(points))])
        solution = np.linalg.lstsq(matrix, (points**2).sum(axis=1), rcond=None)[0]
        center = solution[:3]
        radius = float(np.sqrt(max(solution[3] + center @ center, 1e-12)))
        off = np.abs(np.linalg.norm(points - center, axis=1) - radius)
        points = points[off <= np.quantile(off, 0.8)]
    return center, radius


def wall_along(tracer: Tracer, origins: Floats, ways: Floats) -> Floats:
    """How much of each ray lies in material, (N,)."""
    inside = np.zeros(len(origins))
    start = origins.copy()
    live = np.arange(len(origins))
    entered = np.zeros(len(origins))
    for layer in range(_LAYERS):
        hits = tracer.first(start[live], ways[live])
        met = np.isfinite(hits.distance)
        live, reach = live[met], hits.distance[met]
        if not len(live):
            break
        if layer % 2:
            inside[live] += reach + entered[live]
        entered[live] = tracer.step
        start[live] += ways[live] * (reach + tracer.step)[:, None]
    return inside


def walls_seen(tracer: Tracer, look: Look) -> Singles:
    """How thick the material is at each place of a look, (H, W) mm; 0 where there is none."""
    walls: Singles = wall_along(tracer, look.origins, look.ways).reshape(look.shape).astype(np.float32)
    return walls
