"""Lines that an upright wall follows: a polygon with round corners, a heart; by equal steps along them."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats
from maquette.geometry.flat.curved_plate import Bend


def polygon_bend(columns: int, pitch: float, sides: int) -> Bend:
    """A wall round a regular polygon whose first side is in front, its edges square."""
    length = columns * pitch / sides
    inner = length / (2 * np.tan(np.pi / sides))
    u = np.arange(columns + 1) * pitch
    # The picture starts at the back: for an even number of sides in the middle of the back side.
    shift = (u + length / 2) / length if sides % 2 == 0 else u / length
    side = np.floor(shift + 1e-9).astype(np.int64)
    along = (shift - side) * length - length / 2
    at_edge = np.abs(along + length / 2) < pitch / 2
    first = -np.pi if sides % 2 == 0 else -np.pi + np.pi / sides
    turn = first + side * (2 * np.pi / sides)
    normal, tangent = _ways(turn)
    places = normal * inner + tangent * along[:, None]
    before, _ = _ways(turn - 2 * np.pi / sides)
    miter = (normal + before) / (1 + (normal * before).sum(axis=1, keepdims=True))
    outward = np.where(at_edge[:, None], miter, normal)
    corner = normal * inner - tangent * (length / 2)
    places = np.where(at_edge[:, None], corner, places)
    smooth_turn = np.where(at_edge, turn - np.pi / sides, turn)
    return Bend(places, outward, smooth_turn, True)


def heart_bend(columns: int, pitch: float, round_mm: float) -> Bend:
    """A wall round a heart that stands with its tip in front, its notch wide enough for walls ``round_mm`` thick."""
    from maquette.geometry.flat.areas import area_of, grow_area, loops_in

    length = columns * pitch
    size = length / 3.4
    for _ in range(12):  # rounding takes length away: the size is found in a few turns
        smooth = grow_area(grow_area(grow_area(area_of([heart(size)]), round_mm), -2 * round_mm), round_mm)
        loop = max(loops_in(smooth), key=len)
        step = np.linalg.norm(np.roll(loop, -1, axis=0) - loop, axis=1)
        size *= length / float(step.sum())
    start = int(np.argmin(np.abs(loop[:, 0]) - 10 * loop[:, 1]))  # the notch is at the back
    loop = np.roll(loop, -start, axis=0)
    closed = np.concatenate([loop, loop[:1]])
    place = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    wanted = np.linspace(0, place[-1], columns + 1)
    points = np.stack([np.interp(wanted, place, closed[:, axis]) for axis in (0, 1)], axis=1)
    points *= length / place[-1]
    way = np.roll(points[:-1], -1, axis=0) - np.roll(points[:-1], 1, axis=0)
    way = _smooth_ring(way / np.linalg.norm(way, axis=1, keepdims=True), max(1, round(1.0 / pitch)))
    turn = np.unwrap(np.arctan2(way[:, 1], way[:, 0]))
    outward = np.stack([way[:, 1], -way[:, 0]], axis=1)
    ends = np.append(turn, turn[0] + 2 * np.pi * np.sign(turn[-1] - turn[0]))
    return Bend(points, np.concatenate([outward, outward[:1]]), ends, True)


def heart(width: float, corners: int = 360) -> Floats:
    """A heart's outline (N, 2) about the origin, counter-clockwise, tip down (the sextic's usual parameters)."""
    t = np.arange(corners) * (-2 * np.pi / corners)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    loop = np.stack([x, y + 2.5], axis=1)
    return np.asarray(loop * (width / 32), np.float64)


def _ways(turn: Floats) -> tuple[Floats, Floats]:
    """Outward and along, for walls turned so far from facing -y, seen from above."""
    normal = np.stack([np.sin(turn), -np.cos(turn)], axis=1)
    return normal, np.stack([np.cos(turn), np.sin(turn)], axis=1)


def _smooth_ring(ways: Floats, reach: int) -> Floats:
    """Unit vectors (N, 2) round a loop, averaged over neighbours."""
    from scipy.ndimage import uniform_filter1d

    even = uniform_filter1d(ways, 2 * reach + 1, axis=0, mode="wrap")
    unit: Floats = even / np.linalg.norm(even, axis=1, keepdims=True)
    return unit
