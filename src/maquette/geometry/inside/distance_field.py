"""How far a point lies from a closed surface, and on which side: exact where it is asked, on a lattice or anywhere.

Sides come from columns: every face is laid over the vertical lines it covers and adds its winding there, so that the
count along a line is the winding number, overlapping solids included. Distances come from the faces around the nearest
samples of the surface: each of those is measured exactly, and the error of having missed the nearest one is below
spacing² / (4 · distance).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.core.errors import CannotDo
from maquette.geometry.rows import dot
from maquette.geometry.sampling import surface_samples
from maquette.geometry.surface import face_areas

_CANDIDATES = 4
_MOST_SAMPLES = 600_000
_MOST_PAIRS = 300_000_000  # of face and column: a minute; a model of 1 M faces on 200 x 200 columns has 2 M
_WORK = 2_000_000  # pairs of face and column, or of point and face, looked at in one go
# Columns stand off the lattice by these shares of a step, so that no line passes through a tidy model's edge.
_ASIDE = np.array([2.7182818e-4, 3.1415926e-4])


@dataclass(frozen=True)
class Lattice:
    """Points ``origin + pitch · (i, j, k)`` of a block."""

    origin: Floats  # (3,)
    pitch: float
    shape: tuple[int, int, int]

    @classmethod
    def around(cls, low: Floats, high: Floats, pitch: float, margin: int = 2) -> Lattice:
        """The block about a box with ``margin`` more steps on each side."""
        size = np.ceil((high - low) / pitch).astype(int) + 2 * margin + 1
        origin = (low + high) / 2 - (size - 1) * pitch / 2
        return cls(origin, pitch, (int(size[0]), int(size[1]), int(size[2])))

    def places(self, index: Ints | Floats) -> Floats:
        """Positions (N, 3) of lattice points (N, 3)."""
        result: Floats = self.origin + self.pitch * index
        return result


def inside(vertices: Floats, faces: Ints, lattice: Lattice) -> Bools:
    """Which points of the lattice lie within a closed surface: winding number above zero, (X, Y, Z) bool."""
    columns = lattice.shape[0] * lattice.shape[1]
    depth = lattice.shape[2]
    local = (vertices - lattice.origin) / lattice.pitch
    local[:, :2] -= _ASIDE
    step = np.zeros(columns * (depth + 1), dtype=np.int32)
    for column, height, winding in _crossings(local, faces, lattice.shape[:2]):
        level = np.clip(np.ceil(height), 0, depth).astype(np.int64)  # first point above the face
        np.add.at(step, column * (depth + 1) + level, winding)
    wound = np.cumsum(step.reshape(columns, depth + 1), axis=1)[:, :depth]
    mask: Bools = (wound > 0).reshape(lattice.shape)
    return mask


def _crossings(local: Floats, faces: Ints, shape: tuple[int, int]) -> Any:
    """Where faces cross the vertical lines at whole x and y: line, height, and +1 entering or -1 leaving upwards."""
    flat = local[faces][:, :, :2]
    low = np.ceil(flat.min(axis=1)).astype(np.int64).clip(0)
    high = np.floor(flat.max(axis=1)).astype(np.int64).clip(max=np.array(shape) - 1)
    size = (high - low + 1).clip(0)
    count = size[:, 0] * size[:, 1]
    busy = np.flatnonzero(count)
    reach = np.cumsum(count[busy])
    if len(reach) and reach[-1] > _MOST_PAIRS:
        deep = reach[-1] / (shape[0] * shape[1])
        raise CannotDo(f"lattice: the faces lie {deep:,.0f} deep over each other; unite or simplify first")
    for block in np.split(busy, np.searchsorted(reach, np.arange(_WORK, reach[-1] if len(reach) else 0, _WORK))):
        face = np.repeat(block, count[block])
        number = np.arange(len(face)) - np.repeat(np.cumsum(count[block]) - count[block], count[block])
        x, y = low[face, 0] + number // size[face, 1], low[face, 1] + number % size[face, 1]
        sides = np.stack([_side(local, faces[face, c], faces[face, (c + 1) % 3], x, y) for c in range(3)])
        within = (sides >= 0).all(axis=0) | (sides <= 0).all(axis=0)
        total = sides.sum(axis=0)
        hit = np.flatnonzero(within & (total != 0))
        weight = sides[:, hit] / total[hit]  # of the corner opposite to each side
        corners = local[faces[face[hit]], 2]
        height = weight[1] * corners[:, 0] + weight[2] * corners[:, 1] + weight[0] * corners[:, 2]
        yield x[hit] * shape[1] + y[hit], height, np.where(total[hit] > 0, -1, 1)


def _side(local: Floats, start: Ints, end: Ints, x: Ints, y: Ints) -> Floats:
    """Twice the area of the triangle from an edge to a line; both faces of an edge get one number, but for its sign."""
    swap = start > end
    a, b = local[np.where(swap, end, start)], local[np.where(swap, start, end)]
    area = (b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0])
    side: Floats = np.where(swap, -area, area)
    return side


class Surface:
    """A surface to be asked for its nearest point. vertices (V, 3), faces (F, 3), ``spacing`` of its samples."""

    def __init__(self, vertices: Floats, faces: Ints, spacing: float) -> None:
        from scipy.spatial import cKDTree

        area = float(face_areas(vertices, faces).sum())
        count = int(np.clip(area / max(spacing, 1e-300) ** 2, 1, _MOST_SAMPLES))
        spread = surface_samples(vertices, faces, count)
        corner = np.zeros(len(vertices), np.int64)
        corner[faces.reshape(-1)] = np.arange(faces.size) // 3
        used = np.unique(faces)
        self._corners = vertices[faces]
        self._face = np.concatenate([spread.faces, corner[used]])
        self._tree: Any = cKDTree(np.concatenate([spread.points, vertices[used]]))

    def nearest(self, points: Floats) -> tuple[Floats, Ints, Floats]:
        """The nearest place to each point (N, 3): distance (N,), face (N,), shares of its corners (N, 3)."""
        distance, face = np.full(len(points), np.inf), np.zeros(len(points), np.int64)
        share = np.zeros((len(points), 3))
        for start in range(0, len(points), _WORK // 8):
            rows = slice(start, start + _WORK // 8)
            _, sample = self._tree.query(points[rows], k=_CANDIDATES)
            candidates = self._face[np.minimum(sample, len(self._face) - 1)]
            for column in range(_CANDIDATES):
                candidate = candidates[:, column]
                new = (
                    np.arange(len(candidate)) if not column else np.flatnonzero(candidate != candidates[:, column - 1])
                )
                weights, gap = nearest_on_triangles(points[rows][new], self._corners[candidate[new]])
                better = np.flatnonzero(gap < distance[rows][new])
                at = start + new[better]
                distance[at], face[at], share[at] = gap[better], candidate[new[better]], weights[better]
        return distance, face, share


def nearest_on_triangles(points: Floats, triangles: Floats) -> tuple[Floats, Floats]:
    """The nearest point of each triangle (N, 3, 3) to its point (N, 3): shares of the corners (N, 3), distance (N,).

    Inside the triangle where the foot lies within, else on the nearest of its three sides.
    """
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    ab, ac, ap = b - a, c - a, points - a
    aa, bb, mixed = dot(ab, ab), dot(ac, ac), dot(ab, ac)
    u, v = dot(ap, ab), dot(ap, ac)
    size = aa * bb - mixed * mixed
    safe = np.where(size > 1e-14 * aa * bb, size, np.inf)
    second, third = (bb * u - mixed * v) / safe, (aa * v - mixed * u) / safe
    share = np.stack([1 - second - third, second, third], axis=1)
    outside = (share < 0).any(axis=1) | ~np.isfinite(safe)
    best = np.where(outside, np.inf, 0.0)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        p, along = triangles[outside, start], triangles[outside, end] - triangles[outside, start]
        length = np.maximum(dot(along, along), 1e-300)
        t = np.clip(dot(points[outside] - p, along) / length, 0, 1)
        gap = ((points[outside] - p - t[:, None] * along) ** 2).sum(axis=1)
        closer = np.flatnonzero(outside)[gap < best[outside]]
        t = t[gap < best[outside]]
        best[closer] = gap[gap < best[outside]]
        share[closer] = 0.0
        share[closer, start], share[closer, end] = 1 - t, t
    foot = (share[:, :, None] * triangles).sum(axis=1)
    return share, np.linalg.norm(points - foot, axis=1)
