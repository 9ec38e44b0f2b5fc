"""How big the parts of a model are, and which part lies inside which. part (F,) labels 0..count-1."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.inside.vertical_crossings import crossings
from maquette.geometry.surface import face_areas

_QUANTILES = 8  # faces of a part, evenly spread over its area, that must lie inside as well
_TRIED = 64  # lines that tell how many crossings all of them will have
_EFFORT = 20_000_000  # crossings of lines with faces: some 5 s


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
    result: Floats = np.bincount(part, weights=six, minlength=count) / 6
    return result


def outermost(vertices: Floats, faces: Ints, part: Ints, size: Floats) -> Ints:
    """For each part the largest closed part around it, itself where there is none. size (count,) -> (count,).

    Ask with closed parts only, each wound alike.
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

    A part lies in another when every point asked does, and its box in the other's box: one point on its largest face,
    eight spread over its area, and one beside each of its outermost vertices. Straight above such a point the other is
    left once more than it is entered, or the other way round. Parts that cut through each other, or lie against each
    other from outside, contain nothing of each other. A tangle for which this would take minutes gives nothing.
    """
    nothing = np.zeros(0, np.int64), np.zeros(0, np.int64)
    if count < 2:
        return nothing
    largest = _largest(face_areas(vertices, faces), part, count)
    inner, outer = _pairs_inside(_middles(vertices, faces[largest]), np.arange(count), vertices, faces, part)
    boxed = _boxes_hold(vertices, faces, part, count, inner, outer)
    inner, outer = inner[boxed], outer[boxed]
    if not len(inner):
        return nothing
    points, of = _spread(vertices, faces, part, count, inner)
    lying, around = _pairs_inside(points, of, vertices, faces, part)
    asked = np.bincount(of, minlength=count)
    key, times = np.unique(lying * count + around, return_counts=True)
    everywhere = key[times == asked[key // count]]
    kept = np.isin(inner * count + outer, everywhere)
    return inner[kept], outer[kept]


def _pairs_inside(points: Floats, of: Ints, vertices: Floats, faces: Ints, part: Ints) -> tuple[Ints, Ints]:
    """For points (N, 3) on parts ``of`` (N,) every other part that each lies in: the point's part (M,), the other (M,).

    A pair comes once for each of the points for which it holds.
    """
    few = crossings(vertices, faces, points[:: len(points) // _TRIED + 1, :2])
    if len(few.line) * (len(points) // _TRIED + 1) > _EFFORT:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    met = few if len(points) <= _TRIED else crossings(vertices, faces, points[:, :2])
    above = met.height > points[met.line, 2]
    count = int(part.max()) + 1
    key, place = np.unique(met.line[above] * count + part[met.face[above]], return_inverse=True)
    wound = np.bincount(place.reshape(-1), weights=met.up[above], minlength=len(key))
    point, other = key // count, key % count
    inside = (wound != 0) & (other != of[point])
    return of[point[inside]], other[inside]


def _boxes_hold(vertices: Floats, faces: Ints, part: Ints, count: int, inner: Ints, outer: Ints) -> Bools:
    """Of pairs of parts those whose boxes lie in each other as well, (N,)."""
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    corners = vertices[faces]
    np.minimum.at(low, part, corners.min(axis=1))
    np.maximum.at(high, part, corners.max(axis=1))
    held: Bools = (low[inner] >= low[outer]) & (high[inner] <= high[outer])  # (N, 3)
    return np.asarray(held.all(axis=1))


def _spread(vertices: Floats, faces: Ints, part: Ints, count: int, inner: Ints) -> tuple[Floats, Ints]:
    """Points on the parts that ``inner`` names, (N, 3), and the part of each (N,)."""
    named = np.zeros(count, dtype=bool)
    named[inner] = True
    mine = np.flatnonzero(named[part])
    order = mine[np.argsort(part[mine], kind="stable")]
    size = np.bincount(part[mine], weights=face_areas(vertices, faces[mine]), minlength=count)
    running = np.cumsum(face_areas(vertices, faces[order]))
    end = np.cumsum(size)
    chosen = np.flatnonzero(named)
    share = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    wanted = (end[chosen] - size[chosen])[:, None] + share * size[chosen][:, None]
    spread = order[np.searchsorted(running, wanted.reshape(-1)).clip(0, len(order) - 1)]
    owner = np.repeat(chosen, _QUANTILES)
    spread = spread[part[spread] == owner]  # rounding of the sums may lead to a neighbour
    corners = vertices[faces[mine]]
    tips = [_tips(sign * corners[:, :, axis], part[mine], count, chosen) for axis in range(3) for sign in (1, -1)]
    face = mine[np.concatenate([place for place, _ in tips])]
    beside = np.full((len(face), 3), 0.02)
    beside[np.arange(len(face)), np.concatenate([corner for _, corner in tips])] = 0.96
    points = np.einsum("nk,nkd->nd", beside, vertices[faces[face]])
    return np.concatenate([_middles(vertices, faces[spread]), points]), np.concatenate([part[spread], part[face]])


def _tips(value: Floats, part: Ints, count: int, chosen: Ints) -> tuple[Ints, Ints]:
    """The face of each chosen part with the largest value (F, 3), and which of its corners has it."""
    face = _largest(value.max(axis=1), part, count)[chosen]
    return face, value[face].argmax(axis=1)


def _largest(value: Floats, part: Ints, count: int) -> Ints:
    """The face of the largest value (F,) in each part, (count,)."""
    result = np.zeros(count, dtype=np.int64)
    order = np.argsort(value, kind="stable")
    result[part[order]] = order  # the largest is written last
    return result


def _middles(vertices: Floats, faces: Ints) -> Floats:
    """A point on each face, (N, 3), off the faces' symmetry lines so that it seldom lies under an edge."""
    weights = np.array([0.2764932, 0.3418723, 0.3816345])  # any three that add up to 1 and are no simple fractions
    middles: Floats = np.einsum("k,nkd->nd", weights, vertices[faces])
    return middles
