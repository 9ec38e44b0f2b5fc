"""Cutting a surface with a level plane: how large the cut is, and what stays above it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints


@dataclass(frozen=True)
class Clip:
    """What stays above the plane; whatever rides on corners and vertices can follow.

    Corner c of face f lies the ``share`` of the way from corner ``first[f, c]`` to ``second[f, c]`` of the old face
    ``parent[f]``. New vertex V + n lies ``along[n]`` of the way between the old vertices ``ends[n]``, on the plane.
    """

    faces: Ints  # (F', 3)
    parent: Ints  # (F',)
    first: Ints  # (F', 3)
    second: Ints  # (F', 3)
    share: Floats  # (F', 3)
    ends: Ints  # (N, 2)
    along: Floats  # (N,)


def level_area(vertices: Floats, faces: Ints, heights: Floats) -> Floats:
    """Area of the solid's cross-section at each height, (H,). faces closed and wound outward; overlaps count twice."""
    low = vertices[faces, 2].min(axis=1) if len(faces) else np.zeros(0)
    near = faces[low < heights.max(initial=-np.inf)]
    corners = vertices[near]
    areas = np.zeros(len(heights))
    for number, height in enumerate(heights.tolist()):
        above = corners[:, :, 2] >= height
        mixed = above.any(axis=1) & ~above.all(axis=1)
        some, up_here = corners[mixed], above[mixed]
        rises = ~up_here & np.roll(up_here, -1, axis=1)  # half-edge c runs from corner c to c+1
        falls = up_here & ~np.roll(up_here, -1, axis=1)
        start, end = (_crossing(some, which.argmax(axis=1), height) for which in (falls, rises))
        areas[number] = (start[:, 0] * end[:, 1] - start[:, 1] * end[:, 0]).sum() / 2
    return areas


def _crossing(corners: Floats, corner: Ints, height: float) -> Floats:
    """Where the half-edge from the given corner passes the height. (N, 3, 3), (N,) -> (N, 2)."""
    row = np.arange(len(corners))
    a, b = corners[row, corner], corners[row, (corner + 1) % 3]
    share = (height - a[:, 2]) / (b[:, 2] - a[:, 2])
    crossing: Floats = a[:, :2] + share[:, None] * (b[:, :2] - a[:, :2])
    return crossing


def clip_above(vertices: Floats, faces: Ints, height: float) -> Clip:
    """The part above a level plane that passes through no vertex, open where it was cut."""
    above = vertices[faces, 2] > height
    count = above.sum(axis=1)
    whole, one, two = (np.flatnonzero(count == number) for number in (3, 1, 2))
    a1 = above[one].argmax(axis=1)  # the corner that is alone on its side
    a2 = (~above[two]).argmax(axis=1)
    b1, c1, b2, c2 = (a1 + 1) % 3, (a1 + 2) % 3, (a2 + 1) % 3, (a2 + 2) % 3
    first = [np.tile(np.arange(3), (len(whole), 1)), np.stack([a1, a1, a1], axis=1)]
    second = [first[0], np.stack([a1, b1, c1], axis=1)]
    first += [np.stack([a2, b2, c2], axis=1), np.stack([a2, c2, a2], axis=1)]
    second += [np.stack([b2, b2, c2], axis=1), np.stack([b2, c2, c2], axis=1)]
    parent = np.concatenate([whole, one, two, two])
    p, q = np.concatenate(first), np.concatenate(second)
    start, end = faces[parent[:, None], p], faces[parent[:, None], q]
    cut = start != end
    low, high = np.minimum(start, end)[cut], np.maximum(start, end)[cut]
    keys, number = np.unique(low * len(vertices) + high, return_inverse=True)
    ends = np.stack([keys // len(vertices), keys % len(vertices)], axis=1)
    corners, share = start.copy(), np.zeros(start.shape)
    corners[cut] = len(vertices) + number.reshape(-1)
    z = vertices[:, 2]
    share[cut] = (height - z[start[cut]]) / (z[end[cut]] - z[start[cut]])
    along = (height - z[ends[:, 0]]) / (z[ends[:, 1]] - z[ends[:, 0]])
    return Clip(corners, parent, p, q, share, ends, along)
