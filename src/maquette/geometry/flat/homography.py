"""A flat thing seen by a camera: from four corners to its plane, its distance and the scale at any place on it.

Pinhole camera with square pixels whose axis goes through the picture's centre (Hartley and Zisserman 2004, chapter 8;
Pinhole camera with square pixels whose axis goes through the picture's centre (Hartley and Zisserman 2004, chap. 8;
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats


def homography(plane: Floats, pixels: Floats) -> Floats:
    """The (3, 3) map that takes four places (4, 2) to four pixels (4, 2); singular where three lie on a line."""
    rows = []
    for (x, y), (u, v) in zip(plane.tolist(), pixels.tolist(), strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    entries = np.linalg.lstsq(np.array(rows), pixels.reshape(-1), rcond=None)[0]
    return np.append(entries, 1.0).reshape(3, 3)


def map_points(matrix: Floats, points: Floats) -> Floats:
    """Points (N, 2) through a homography."""
    mapped = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    flat: Floats = mapped[:, :2] / mapped[:, 2:]
    return flat


def _plane_axes(matrix: Floats, middle: Floats, focal: float) -> Floats:
    """The plane's axes and origin in camera coordinates up to one factor, as columns (3, 3)."""
    shift = np.array([[1, 0, -middle[0]], [0, 1, -middle[1]], [0, 0, focal]])
    plane_axes: Floats = np.diag([1 / focal, 1 / focal, 1 / focal]) @ shift @ matrix
    return plane_axes


def mismatch(matrix: Floats, middle: Floats, focal: float) -> float:
    """How far the plane's two axes are from equally long and square to each other with this focal length (pixels)."""
    first, second, _ = _plane_axes(matrix, middle, focal).T
    a, b = np.linalg.norm(first), np.linalg.norm(second)
    return float(np.hypot(np.log(a / b), first @ second / (a * b)))


def scale_at(matrix: Floats, middle: Floats, focal: float, pixel: Floats) -> float:
    """Millimetres across one pixel, square to the line of sight, for what stands on the plane at a pixel (2,)."""
    columns = _plane_axes(matrix, middle, focal)
    size = np.sqrt(np.linalg.norm(columns[:, 0]) * np.linalg.norm(columns[:, 1]))
    place = map_points(np.linalg.inv(matrix).astype(np.float64), pixel[None])[0]
    depth = columns[2] @ np.array([place[0], place[1], 1.0]) / size
    return float(abs(depth) / focal)


def tilt_deg(matrix: Floats, middle: Floats, focal: float) -> float:
    """Angle between the plane's normal and the line of sight, in degrees."""
    first, second, _ = _plane_axes(matrix, middle, focal).T
    normal = np.cross(first, second)
    return float(np.degrees(np.arccos(np.clip(abs(normal[2]) / np.linalg.norm(normal), 0, 1))))
