"""Strokes joined: a hand lifts the pen, overshoots and stops short, and an outline that leaks encloses nothing."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints

_LOOK_BACK = 12  # pixels of a stroke that say which way its end points
_STRAIGHT_ON = 0.3  # of its length: by how much a gap seems longer if it lies square to the stroke
_STEPS = 2  # pixels between places of other strokes that an end may run into


def join_strokes(ink: Bools, reach: float, width: float) -> tuple[Bools, int]:
    """The ink (H, W) with each loose end drawn on to the nearest end or stroke within ``reach`` pixels, and how many.

    Ends that face each other come first; an end is joined once. ``width`` is that of the line, in pixels.
    """
    from scipy.ndimage import distance_transform_edt
    from skimage.draw import line
    from skimage.morphology import skeletonize

    middles = skeletonize(ink)
    ends, ways = loose_ends(middles)
    joined = np.zeros_like(ink)
    pairs = _pairs(middles, ends, ways, reach)
    for a, b in pairs:
        joined[line(*a, *b)] = True
    if pairs:
        joined = distance_transform_edt(~joined) <= max(width / 2, 1)
    return ink | joined, len(pairs)


def loose_ends(middles: Bools) -> tuple[Ints, Floats]:
    """Ends (N, 2) of one pixel wide strokes, row and column, and the unit way (N, 2) in which each would go on."""
    from scipy.ndimage import convolve

    around = convolve(middles.astype(np.int64), np.ones((3, 3), np.int64), mode="constant") - 1
    ends = np.argwhere(middles & (around == 1))
    ways = np.array([_way_on(middles, end) for end in ends], float).reshape(-1, 2)
    return ends, ways


def _way_on(middles: Bools, end: Ints) -> Floats:
    """The way from some pixels back along a stroke to its end, (2,)."""
    place, before = tuple(end), tuple(end)
    seen = {place}
    for _ in range(_LOOK_BACK):
        row, column = place
        near = [
            (r, c)
            for r in range(max(row - 1, 0), min(row + 2, len(middles)))
            for c in range(max(column - 1, 0), min(column + 2, middles.shape[1]))
            if middles[r, c] and (r, c) not in seen
        ]
        if not near:
            break
        place = near[0]
        seen.update(near)
        before = place
    way = np.subtract(end, before).astype(float)
    result: Floats = way / max(float(np.linalg.norm(way)), 1e-9)
    return result


def _pairs(middles: Bools, ends: Ints, ways: Floats, reach: float) -> list[tuple[Ints, Ints]]:
    """Places to be joined, the best first: end to end, then what is left to any stroke ahead of it."""
    from scipy.spatial import cKDTree

    if not len(ends):
        return []
    free = np.ones(len(ends), bool)
    result: list[tuple[Ints, Ints]] = []
    near = cKDTree(ends).query_pairs(reach, output_type="ndarray")
    long = _lengths(ends, ways, near)
    for a, b in near[np.argsort(long, kind="stable")[: (long <= reach).sum()]]:
        if free[a] and free[b]:
            free[[a, b]] = False
            result.append((ends[a], ends[b]))
    strokes = np.argwhere(middles)[::_STEPS]
    tree = cKDTree(strokes)
    for a in np.flatnonzero(free):
        ahead = strokes[tree.query_ball_point(ends[a] + ways[a] * reach / 2, reach / 2)]
        off = np.linalg.norm(ahead - ends[a], axis=1)
        ahead, off = ahead[off > _LOOK_BACK], off[off > _LOOK_BACK]  # not into itself
        if len(ahead):
            result.append((ends[a], ahead[off.argmin()]))
    return result


def _lengths(ends: Ints, ways: Floats, pairs: Ints) -> Floats:
    """The gaps (P,) between pairs (P, 2) of ends in pixels, longer for those that do not face each other."""
    gap = (ends[pairs[:, 1]] - ends[pairs[:, 0]]).astype(float)
    long = np.maximum(np.linalg.norm(gap, axis=1), 1e-9)
    facing = ((ways[pairs[:, 0]] - ways[pairs[:, 1]]) * gap).sum(axis=1) / (2 * long)  # 1: both point at the other
    lengths: Floats = long * (1 + _STRAIGHT_ON * (1 - facing))
    return lengths


def fill_gaps(shapes: Ints, reach: float) -> Bools:
    """Shapes (H, W), numbered from 1, with what lies between two of them nearer than ``reach`` pixels filled."""
    from scipy.ndimage import binary_dilation, distance_transform_edt, label

    inside: Bools = shapes > 0
    padded = np.pad(inside, round(reach) + 1)
    closed = distance_transform_edt(distance_transform_edt(~padded) <= reach / 2) > reach / 2
    cut = round(reach) + 1
    between, count = label(closed[cut:-cut, cut:-cut] & ~inside)
    for number in range(1, count + 1):
        gap = between == number
        around = np.unique(shapes[binary_dilation(gap, iterations=2)])
        if (around > 0).sum() > 1:
            inside |= gap
    return inside
