"""How big the parts of a model are, and which part lies inside which. part (F,) labels 0..count-1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.geometry.surface import face_areas

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_WORK = 1_000_000  # pairs of point and box looked at in one go: 30 MB
_EFFORT = 200_000_000  # such pairs in all: some 5 s


def areas_by(part: Ints, vertices: Floats, faces: Ints, count: int) -> Floats:
    """Surface area of each part, (count,)."""
    return np.bincount(part, weights=face_areas(vertices, faces), minlength=count).astype(np.float64)


def volumes_by(part: Ints, vertices: Floats, faces: Ints, count: int) -> Floats:
    """Signed volume of each part, (count,); closed parts only, an open one depends on where it lies."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    number = np.maximum(np.bincount(part, minlength=count), 1)
    middle = np.stack([np.bincount(part, weights=a[:, axis], minlength=count) / number for axis in range(3)], axis=1)
    here = middle[part]
    six = np.einsum("ij,ij->i", a - here, np.cross(b - here, c - here))
    made: Floats = np.bincount(part, weights=six, minlength=count) / 6
    return made


def outermost(vertices: Floats, faces: Ints, part: Ints, size: Floats) -> Ints:
    """For each part the largest closed part around it, itself where there is none. size (count,) -> (count,).

    A part lies inside another when a point on it does: a line straight up from there crosses the other an odd number
    of times. Ask with closed parts only.
    """
    root = np.arange(len(size))
    inner, outer = containments(vertices, faces, part, len(size))
    larger = size[outer] > size[inner]
    inner, outer = inner[larger], outer[larger]
    order = np.argsort(size[outer], kind="stable")  # the largest is written last
    root[inner[order]] = outer[order]
    return root


def containments(vertices: Floats, faces: Ints, part: Ints, count: int) -> tuple[Ints, Ints]:
    """Which part lies inside which: inner (N,), outer (N,), every such pair once. Ask with closed parts only.

    One point stands for a part: for parts that cut through each other the answer is one of two.
    """
    if count < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    key, crossings = _crossings(_points_on(vertices, faces, part, count), vertices, faces, part)
    inner, outer = key // count, key % count
    inside = (crossings % 2 == 1) & (inner != outer)
    return inner[inside], outer[inside]


def _points_on(vertices: Floats, faces: Ints, part: Ints, count: int) -> Floats:
    """One point on each part, (count, 3), off the faces' symmetry lines so that it seldom lies under an edge."""
    area = face_areas(vertices, faces)
    chosen = np.zeros(count, dtype=np.int64)
    order = np.argsort(area, kind="stable")
    chosen[part[order]] = order  # the largest face is written last
    weights = np.array([0.2764932, 0.3418723, 0.3816345])  # any three that add up to 1 and are no simple fractions
    made: Floats = np.einsum("k,nkd->nd", weights, vertices[faces[chosen]])
    return made


def _crossings(points: Floats, vertices: Floats, faces: Ints, part: Ints) -> tuple[Ints, Ints]:
    """How often a line straight up from each point crosses each part: keys point · parts + part (N,), counts (N,).

    A tangle of so many large faces that this would take minutes gives nothing.
    """
    corners = vertices[faces]
    strip, face, edge = _strips(corners[:, :, 0])
    of_point = np.clip(np.searchsorted(edge, points[:, 0], side="right") - 1, 0, len(edge) - 2)
    faces_in = np.bincount(strip, minlength=len(edge) - 1)
    if faces_in[of_point].sum() > _EFFORT:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    low, high = corners.min(axis=1), corners.max(axis=1)
    hits = []
    for number in np.unique(of_point):
        asked = np.flatnonzero(of_point == number)
        near = face[np.searchsorted(strip, number) : np.searchsorted(strip, number, side="right")]
        for some in np.array_split(asked, len(asked) * len(near) // _WORK + 1):
            x, y, z = points[some].T[:, :, None]
            maybe = (low[near, 0] <= x) & (x <= high[near, 0]) & (low[near, 1] <= y) & (y <= high[near, 1])
            row, column = np.nonzero(maybe & (high[near, 2] >= z))
            query, found = some[row], near[column]
            crossed = _crosses_up(points[query], corners[found])
            hits.append(query[crossed] * len(points) + part[found[crossed]])
    return np.unique(np.concatenate(hits), return_counts=True)


def _strips(x: Floats) -> tuple[Ints, Ints, Floats]:
    """Triangles (F, 3) by strips along x: sorted strip (N,), its face (N,), and the strips' edges."""
    low, high = x.min(axis=1), x.max(axis=1)
    strips = int(np.clip(np.sqrt(len(x)), 1, 1024))
    while True:
        edge = np.linspace(low.min(), high.max(), strips + 1)
        first = np.clip(np.searchsorted(edge, low, side="right") - 1, 0, strips - 1)
        last = np.clip(np.searchsorted(edge, high, side="right") - 1, 0, strips - 1)
        spans = last - first + 1
        if strips == 1 or spans.sum() <= 8 * len(x):
            break
        strips //= 2
    face = np.repeat(np.arange(len(x)), spans)
    strip = np.repeat(first - np.cumsum(spans) + spans, spans) + np.arange(len(face))
    order = np.argsort(strip, kind="stable")
    return strip[order], face[order], edge


def _crosses_up(points: Floats, triangles: Floats) -> Bools:
    """Whether the line up from each point crosses its triangle. (N, 3), (N, 3, 3) -> (N,)."""
    flat = triangles[:, :, :2] - points[:, None, :2]
    side = np.stack([_cross(flat[:, i], flat[:, (i + 1) % 3]) for i in range(3)], axis=1)  # (N, 3) twice the areas
    total = side.sum(axis=1)
    within = ((side >= 0).all(axis=1) | (side <= 0).all(axis=1)) & (total != 0)
    weights = np.roll(side, -1, axis=1) / np.where(total == 0, 1, total)[:, None]
    height = (weights * triangles[:, :, 2]).sum(axis=1)
    made: Bools = within & (height > points[:, 2])
    return made


def _cross(a: Floats, b: Floats) -> Floats:
    made: Floats = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return made
