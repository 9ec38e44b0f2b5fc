"""How a solid stands on its lowest layer: where it touches, on how much, and how far it is from tipping over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.surface import center_of_mass


@dataclass(frozen=True)
class Section:
    """A level cut: the area enclosed, in how many separate islands, and whether all its outlines close."""

    area: float
    islands: int
    closed: bool


@dataclass(frozen=True)
class Stance:
    """How a solid stands: how far its centre of mass lies inside what touches (``room``, negative: it tips over), how
    much touches, and the outline from above, in mm and mm²."""

    room: float
    contact: float
    outline: float

    @property
    def hardly_touches(self) -> bool:
        """Whether so little touches that no first layer holds it."""
        return self.contact < HARDLY * least_contact(self.outline)


HARDLY = 0.1  # of the contact that is wanted: less than that comes off with the nozzle


def least_contact(outline: float, min_mm2: float = 20.0, min_share: float = 0.01) -> float:
    """The area in mm² that must touch for an outline seen from above: a share of it, and no less than a small patch,
    or half of the outline where that is less still."""
    return max(min(min_mm2, outline / 2), min_share * outline)


def stance_of(vertices: Floats, faces: Ints, layer_mm: float) -> Stance:
    """How a welded solid stands on its first layer, cut at half its height. vertices (V, 3), faces (F, 3)."""
    used = vertices[np.unique(faces)]
    room = margin(center_of_mass(vertices, faces)[:2], hull(footing(vertices, faces, layer_mm)))
    cut = section(vertices, faces, float(used[:, 2].min()) + layer_mm / 2)
    return Stance(room, cut.area, hull_area(hull(used[:, :2])))


def footing(vertices: Floats, faces: Ints, height: float) -> Floats:
    """What lies within ``height`` above the lowest point, from above, (N, 2): vertices, and where edges leave it."""
    if not len(faces):
        return np.zeros((0, 2))
    z = vertices[:, 2]
    level = z[faces].min() + height
    near = faces[(z[faces] <= level).any(axis=1)]
    start, end = near.reshape(-1), np.roll(near, -1, axis=1).reshape(-1)
    leaves = (z[start] <= level) & (z[end] > level)
    a, b = vertices[start[leaves]], vertices[end[leaves]]
    share = (level - a[:, 2]) / (b[:, 2] - a[:, 2])
    below = np.unique(start[z[start] <= level])
    return np.concatenate([vertices[below, :2], a[:, :2] + share[:, None] * (b - a)[:, :2]])


def hull(points: Floats) -> Floats:
    """Corners of the convex hull counter-clockwise, (H, 2); the two ends where the points (N, 2) lie on a line."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        corners: Floats = points[ConvexHull(points).vertices]
        return corners
    except (QhullError, ValueError):
        if not len(points):
            return points
        along = points[np.linalg.norm(points - points[0], axis=1).argmax()]
        return np.stack([along, points[np.linalg.norm(points - along, axis=1).argmax()]])


def hull_area(corners: Floats) -> float:
    """Area of a convex polygon (H, 2)."""
    x, y = (corners - corners[:1]).T
    return float(np.abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2)


def margin(point: Floats, corners: Floats) -> float:
    """How far a point (2,) lies inside a convex polygon (H, 2), counter-clockwise; negative: that far outside.

    A polygon of two corners is a line, on which nothing stands: the margin is at most 0.
    """
    if not len(corners):
        return -np.inf
    start, end = corners, np.roll(corners, -1, axis=0)
    along = end - start
    length = np.linalg.norm(along, axis=1)
    offset = point - start
    share = (offset * along).sum(axis=1) / np.maximum(length**2, 1e-300)
    distance = np.linalg.norm(offset - share.clip(0, 1)[:, None] * along, axis=1).min()
    left = along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0]
    within = len(corners) > 2 and bool((left[length > 0] >= 0).all())
    return float(distance if within else -distance)


def section(vertices: Floats, faces: Ints, height: float) -> Section:
    """The solid's cross-section at a height. vertices (V, 3), faces (F, 3) welded, closed there, wound outward.

    An outline that runs counter-clockwise is an island, one that runs clockwise a hole in it; overlapping parts count
    twice. Each face that the plane passes through gives one piece of outline, from the edge that falls to the edge
    that rises.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    above = vertices[:, 2] >= height
    up = above[faces]
    mixed = up.any(axis=1) & ~up.all(axis=1)
    cut, up = faces[mixed], up[mixed]
    if not len(cut):
        return Section(0.0, 0, True)
    following = np.roll(up, -1, axis=1)
    row = np.arange(len(cut))
    ends, points = [], []
    for corner in ((up & ~following).argmax(axis=1), (~up & following).argmax(axis=1)):
        first, second = cut[row, corner], cut[row, (corner + 1) % 3]
        low, high = np.minimum(first, second), np.maximum(first, second)
        a, b = vertices[low], vertices[high]
        share = (height - a[:, 2]) / (b[:, 2] - a[:, 2])
        points.append(a[:, :2] + share[:, None] * (b - a)[:, :2])
        ends.append(low * len(vertices) + high)
    keys, node = np.unique(np.concatenate(ends), return_inverse=True)
    start, end = node.reshape(2, -1)
    count = len(keys)
    closed = bool((np.bincount(start, minlength=count) == np.bincount(end, minlength=count)).all())
    graph = coo_matrix((np.ones(len(start), np.int8), (start, end)), shape=(count, count))
    loops, label = connected_components(graph, directed=False)
    p, q = (side - points[0][0] for side in points)
    twice = np.bincount(label[start], weights=p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0], minlength=loops)
    return Section(max(float(twice.sum()) / 2, 0.0), int((twice > 0).sum()), closed)
