"""Rectangles of known size in a photo: bank cards by their round corners, sheets by their sharp ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats
from maquette.geometry.flat.homography import homography, map_points, mismatch
from maquette.photo.flat_things import Photo, Region, edge_offsets, line_through, profiles

_SIDE_POINTS = 64
_ON_LINE = 0.8  # of a side's points that must lie on its line
_ALIKE = 0.022  # log of the sides' ratio, or cosine, that a rectangle may be off
FOCALS = np.geomspace(0.6, 5.0, 54)  # focal length over the long side: 22 to 180 mm on full frame, 4 % apart


@dataclass(frozen=True)
class Size:
    """A rectangle that things are made to. ``radius`` of its corners, ``tolerance`` of its sides as a share."""

    name: str
    words: str
    sides: tuple[float, float]
    radius: float
    tolerance: float


SIZES = {
    "card": Size("card", "a bank card (ISO/IEC 7810 ID-1)", (85.60, 53.98), 3.18, 0.0015),
    "a4": Size("a4", "an A4 sheet (ISO 216)", (297.0, 210.0), 0.0, 0.007),
    "letter": Size("letter", "a Letter sheet (ANSI/ASME Y14.1)", (279.4, 215.9), 0.0, 0.007),
}


@dataclass(frozen=True)
class Found:
    """A rectangle in a photo: corners (4, 2) in fine pixels in turn, their error in pixels, and the homography."""

    corners: Floats
    error_px: float
    matrix: Floats
    plane: Floats
    off: float  # how far from the named rectangle it looks
    focal: float


def quadrilateral(region: Region) -> Floats | None:
    """The four corners (4, 2) around a region, or None where it is no quadrilateral."""
    corners = region.hull
    while len(corners) > 4:
        grown = [_without_side(corners, k) for k in range(len(corners))]
        cost = [np.inf if one is None else one[0] for one in grown]
        best = int(np.argmin(cost))
        chosen = grown[best]
        if chosen is None:
            return None
        corners = chosen[1]
    if len(corners) < 4:
        return None
    x, y = corners.T
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    rim = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    if rim.min() < 8 or area > region.area * 1.02 + 1.2 * rim.sum():
        return None
    return corners


def _without_side(corners: Floats, k: int) -> tuple[float, Floats] | None:
    """The polygon with side k gone and its neighbours drawn out until they meet; the area that adds."""
    count = len(corners)
    a, b, c, d = (corners[(k + j) % count] for j in (-1, 0, 1, 2))
    first, second = b - a, c - d
    cross = first[0] * second[1] - first[1] * second[0]
    if abs(cross) < 1e-9:
        return None
    t = ((c - b)[0] * second[1] - (c - b)[1] * second[0]) / cross
    u = ((c - b)[0] * first[1] - (c - b)[1] * first[0]) / cross
    if t < 0 or u < 0:
        return None
    tip = b + first * t
    area = abs((c - b)[0] * (tip - b)[1] - (c - b)[1] * (tip - b)[0]) / 2
    corners_left = corners.copy()
    corners_left[k] = tip
    return float(area), np.delete(corners_left, (k + 1) % count, axis=0)


def sharpen(photo: Photo, corners: Floats) -> tuple[Floats, float] | None:
    """Corners where lines through the exact edges cross, and their error; None where an edge is none."""
    center = corners.mean(axis=0)
    sides, errors = [], []
    for k in range(4):
        start, end = corners[k], corners[(k + 1) % 4]
        length = float(np.linalg.norm(end - start))
        direction = (end - start) / length
        normal = np.array([-direction[1], direction[0]])
        normal *= np.sign((center - start) @ normal)
        share = np.linspace(0.1, 0.9, _SIDE_POINTS)[:, None]
        points, reach = start + (end - start) * share, int(np.clip(0.05 * length, 5, 24))
        for _ in range(2):
            away, contrast = edge_offsets(photo.fine, points, np.tile(normal, (len(points), 1)), reach)
            exact = points + normal * away[:, None]
            middle, along, kept = line_through(exact, max(0.8, 0.0018 * length))
            along = along * np.sign(along @ direction)
            points = middle + along * ((points - middle) @ along)[:, None]
            normal, reach = np.array([-along[1], along[0]]) * np.sign(np.array([-along[1], along[0]]) @ normal), 4
        if kept.mean() < _ON_LINE or np.median(contrast) < 4:
            return None
        sides.append((middle, along))
        off = (exact[kept] - middle) @ normal
        errors.append(float(np.sqrt((off**2).mean() / max(kept.sum() / 8, 1)) + 0.1))
    lines = []
    for k in range(4):
        (p, u), (q, v) = sides[k - 1], sides[k]
        cross = u[0] * v[1] - u[1] * v[0]
        if abs(cross) < 0.1:
            return None
        lines.append(p + u * (((q - p)[0] * v[1] - (q - p)[1] * v[0]) / cross))
    return np.array(lines), max(errors)


def recognize(photo: Photo, corners: Floats, error_px: float, sides: tuple[float, float]) -> Found | None:
    """The corners as a rectangle of these sides, lying or standing, seen by a camera that could be; None if not."""
    x, y = corners.T
    if np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)) < 0:  # clockwise in the picture, as y runs down
        corners = corners[::-1]
    long_side = float(max(photo.fine.shape[:2]))
    best: Found | None = None
    for width, height in {sides, sides[::-1]}:
        plane = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
        matrix = homography(plane, corners)
        off = [mismatch(matrix, photo.middle, f * long_side) for f in FOCALS]
        least = int(np.argmin(off))
        if off[least] < _ALIKE and (best is None or off[least] < best.off):
            best = Found(corners, error_px, matrix, plane, off[least], float(FOCALS[least] * long_side))
    return best


def corner_insets(photo: Photo, rectangle: Found) -> Floats:
    """How far inside each corner the thing begins, along the diagonal, in millimetres, (4,)."""
    insets = []
    size = float(rectangle.plane.max(axis=0).min())
    steps = np.linspace(-0.06 * size, 0.12 * size, 73)
    middle = rectangle.plane.mean(axis=0)
    for corner in rectangle.plane:
        inward = np.sign(middle - corner) / np.sqrt(2)
        where = map_points(rectangle.matrix, corner + inward * steps[:, None])
        side = np.zeros_like(where)
        line = profiles(photo.fine, where, side, 0)[:, 0]
        away = np.median(line[45:], axis=0) - np.median(line[:15], axis=0)
        grey = line @ (away / max(float(np.linalg.norm(away)), 1e-6))
        half = (np.median(grey[45:]) + np.median(grey[:15])) / 2
        inside = np.flatnonzero(grey > half)
        insets.append(steps[inside[0]] if len(inside) else np.inf)
    return np.array(insets)
