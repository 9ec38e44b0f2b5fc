"""Strokes: a pen's path as the area that the pen covers (SVG 2 §13.5: width, joins, caps)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from maquette.core.arrays import Floats
from maquette.geometry.flat.areas import area_of, unite_areas

Join = Literal["miter", "round", "bevel"]
Cap = Literal["butt", "round", "square"]

_CIRCLE = 32  # corners of a round join


def stroke_area(path: Floats, width: float, *, closed: bool, join: Join, cap: Cap, miter: float = 4.0) -> Any:
    """The area of a pen ``width`` wide along a path (N, 2)."""
    path = path[np.append(True, (np.diff(path, axis=0) != 0).any(axis=1))]
    if closed and len(path) > 2 and (path[0] == path[-1]).all():
        path = path[:-1]
    half = width / 2
    if len(path) < 2:
        return _dot(path, half, cap)
    ends = np.concatenate([path, path[:1]]) if closed else path
    way = np.diff(ends, axis=0)
    way = way / np.linalg.norm(way, axis=1, keepdims=True)
    across = np.stack([-way[:, 1], way[:, 0]], axis=1) * half
    start, stop = ends[:-1].copy(), ends[1:].copy()
    if not closed and cap == "square":
        start[0] -= way[0] * half
        stop[-1] += way[-1] * half
    pieces = [np.array([a - n, b - n, b + n, a + n]) for a, b, n in zip(start, stop, across, strict=True)]
    pieces += _joins(path, way, across, half, closed, join, miter)
    if not closed and cap == "round":
        pieces += [path[0] + _circle(half), path[-1] + _circle(half)]
    return unite_areas([area_of([piece]) for piece in pieces])


def _dot(path: Floats, half: float, cap: Cap) -> Any:
    """What a pen leaves that does not move."""
    if not len(path) or cap == "butt":
        return unite_areas([])
    square = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]) * half
    return area_of([path[0] + (_circle(half) if cap == "round" else square)])


def _circle(radius: float) -> Floats:
    turn = np.arange(_CIRCLE) * (2 * np.pi / _CIRCLE)
    return np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius


def _joins(
    path: Floats, way: Floats, across: Floats, half: float, closed: bool, join: Join, miter: float
) -> list[Floats]:
    """What fills the outside of each bend."""
    bends = []
    count = len(path)
    for number in range(count) if closed else range(1, count - 1):
        before, after = number - 1, number % len(way)
        turn = float(way[before, 0] * way[after, 1] - way[before, 1] * way[after, 0])
        if abs(turn) < 1e-9 and float(way[before] @ way[after]) > 0:
            continue
        if join == "round":
            bends.append(path[number] + _circle(half))
            continue
        side = -np.sign(turn) if turn else 1.0
        a, b = path[number] + side * across[before], path[number] + side * across[after]
        corner = [path[number], a, b]
        half_angle = np.sqrt(max((1 + float(way[before] @ way[after])) / 2, 1e-12))  # cosine of half the bend
        if join == "miter" and 1 / half_angle <= miter:
            middle = side * (across[before] + across[after])
            corner = [path[number], a, path[number] + middle / (2 * half_angle**2), b]
        loop = np.array(corner)
        bends.append(loop if turn > 0 else loop[::-1])
    return bends
