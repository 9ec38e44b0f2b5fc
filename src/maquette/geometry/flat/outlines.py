"""Outlines of a soft mask as closed polygons: sub-pixel, without stair steps, with the mask's own topology.

A vertex of the outline lies on a grid edge between an inside and an outside node and may slide along it, never past an
end. So straightening the line (Gibson 1998, constrained elastic nets, here on the edges of marching squares) can
neither close a hole nor cut a hairline: whatever was connected stays connected, and no two strands cross. On the hard
mask of a disc of radius 400 it takes the wobble from 0.23 to 0.04 pixels; averaging neighbours instead of laying
chords, 0.12.

Points are (x, y) = (column, row) with node (0, 0) at the origin; islands run with positive, holes with negative area.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints

_LEVEL = 0.5
_CLEARANCE = 0.05  # how near to a grid node an outline may come, in cells


def outlines(field: Floats, *, straighten: bool = True) -> list[Floats]:
    """Closed outlines of ``field >= 0.5``, each (N, 2). field (H, W) 0..1, everything beyond its edge is outside.

    Diagonal neighbours count as connected. Where the field jumps from 0 to 1 the crossing is known to half a cell only
    and ``straighten`` uses that freedom; where it passes softly the line stays within 0.05 of where it passes.
    """
    from skimage.measure import find_contours

    padded = np.pad(np.asarray(field, np.float64), 1)
    inside = padded >= _LEVEL
    padded = np.where(inside, np.maximum(padded, _LEVEL + 0.02), np.minimum(padded, _LEVEL - 0.02))
    contours = find_contours(padded, _LEVEL, fully_connected="high")
    loops = [loop[:-1] for loop in contours]
    if not loops:
        return []
    points = np.concatenate(loops)  # (N, 2) row, column
    sizes = np.array([len(loop) for loop in loops])
    if straighten:
        points = _straighten(padded, points, sizes)
    result = np.split(points[:, ::-1] - 1.0, np.cumsum(sizes)[:-1])
    if _signed_total(result) < 0:  # all loops share one sense, islands enclose more than their holes
        result = [loop[::-1].copy() for loop in result]
    return result


def crossings(field: Floats) -> int:
    """How many grid edges run between inside and outside: how long outlines will be before they are made."""
    inside = np.pad(field >= _LEVEL, 1)
    return int((inside[1:] != inside[:-1]).sum() + (inside[:, 1:] != inside[:, :-1]).sum())


def loop_areas(loops: list[Floats]) -> Floats:
    """Signed area of each loop, (L,): positive for islands, negative for holes."""
    return np.array([_area(loop) for loop in loops])


def straight_share(loops: list[Floats], tolerance: float, shortest: float) -> float:
    """Share of the loops' length in straight runs of at least ``shortest``, 0..1, after Douglas and Peucker (1973)."""
    from skimage.measure import approximate_polygon

    total = straight = 0.0
    for loop in loops:
        corners = approximate_polygon(np.vstack([loop, loop[:1]]), tolerance)
        lengths = np.linalg.norm(np.diff(corners, axis=0), axis=1)
        total += float(lengths.sum())
        straight += float(lengths[lengths >= shortest].sum())
    return straight / max(total, 1e-9)


def neighbours(sizes: Ints) -> tuple[Ints, Ints]:
    """Previous and next vertex of each vertex of several closed loops laid end to end. sizes (L,) -> (N,), (N,)."""
    ends = np.cumsum(sizes)
    index = np.arange(int(ends[-1]) if len(ends) else 0)
    before, after = index - 1, index + 1
    before[ends - sizes] = ends - 1
    after[ends - 1] = ends - sizes
    return before, after


def smooth(points: Floats, sizes: Ints, rounds: int) -> Floats:
    """Loops without their short waves and without shrinking (Taubin 1995). points (N, 2), sizes (L,) -> (N, 2)."""
    before, after = neighbours(sizes)
    result = points.copy()
    for turn in range(2 * rounds):
        pull = (result[before] + result[after]) / 2 - result
        result += (0.5 if turn % 2 == 0 else -0.52) * pull
    return result


def densify(loop: Floats, most: float) -> Floats:
    """A closed loop with its gaps halved along a smooth curve until they measure ``most`` on average. (N, 2) -> (M, 2)

    Four-point subdivision (Dyn, Levin and Gregory 1987): the old vertices stay. At most five rounds.
    """
    for _ in range(5):
        if np.linalg.norm(np.roll(loop, -1, axis=0) - loop, axis=1).mean() <= most:
            break
        ahead = np.roll(loop, -1, axis=0)
        middle = (9 * (loop + ahead) - np.roll(loop, 1, axis=0) - np.roll(loop, -2, axis=0)) / 16
        loop = np.stack([loop, middle], axis=1).reshape(-1, 2)
    return loop


def room(points: Floats, sizes: Ints, limit: float, tolerance: float = 0.5) -> Floats:
    """Radius of the largest empty circle that touches the outline at each vertex, on its tighter side, (N,).

    Half the width of a limb or of a gap, or the radius of a bend, whatever is smaller; never more than ``limit``.
    Found by shrinking balls (Ma, Bae and Choi 2012); dents up to ``tolerance`` in one strand are ignored.
    """
    from scipy.spatial import cKDTree

    before, after = neighbours(sizes)
    along = points[after] - points[before]
    length = np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / length
    tree = cKDTree(points)
    return np.minimum(
        _ball(points, normal, tree, limit, tolerance),
        _ball(points, -normal, tree, limit, tolerance),
    )


def resample(loop: Floats, spacing: Floats) -> tuple[Floats, Floats]:
    """A closed loop with vertices ``spacing`` apart, and the spacing there. (N, 2), (N,) -> (M, 2), (M,)."""
    closed = np.concatenate([loop, loop[:1]])
    sizes = np.concatenate([spacing, spacing[:1]])
    step = np.linalg.norm(np.diff(closed, axis=0), axis=1)
    place = np.concatenate([[0.0], np.cumsum(step * 0.5 * (1 / sizes[1:] + 1 / sizes[:-1]))])
    count = max(6, round(float(place[-1])))
    wanted = np.arange(count) * (place[-1] / count)
    points = np.stack([np.interp(wanted, place, closed[:, axis]) for axis in (0, 1)], axis=1)
    return points, np.interp(wanted, place, sizes)


def grade_spacing(points: Floats, sizes: Ints, spacing: Floats, growth: float) -> Floats:
    """Spacing that grows along each loop by at most ``growth`` per unit of length. (N, 2), (L,), (N,) -> (N,)."""
    places = []
    for loop, values in zip(_part(points, sizes), _part(spacing, sizes), strict=True):
        count = len(loop)
        step = np.linalg.norm(np.diff(np.concatenate([loop, loop[:1]]), axis=0), axis=1)
        place = growth * np.concatenate([[0.0], np.cumsum(np.tile(step, 2))[:-1]])  # twice around: loops have no start
        twice = np.tile(values, 2)
        ahead = np.minimum.accumulate(twice - place) + place
        back = np.minimum.accumulate((twice + place)[::-1])[::-1] - place
        places.append(np.minimum(ahead[count:], back[:count]))
    return np.concatenate(places)


def _straighten(field: Floats, points: Floats, sizes: Ints) -> Floats:
    """Crossings slid along their grid edges onto the chords of their neighbours, within what the field leaves open."""
    index = np.arange(len(points))
    axis = np.where(np.abs(points[:, 0] - np.round(points[:, 0])) < 1e-9, 1, 0)  # the coordinate that may change
    low = np.floor(points).astype(np.int64)
    low[index, 1 - axis] = np.round(points[index, 1 - axis]).astype(np.int64)
    high = low.copy()
    high[index, axis] += 1
    jump = np.abs(field[low[:, 0], low[:, 1]] - field[high[:, 0], high[:, 1]])
    start, crossing = low[index, axis].astype(np.float64), points[index, axis]
    freedom = 0.05 + 0.4 * np.clip((jump - 0.95) / 0.05, 0, 1)  # cells; a hard jump hides where in the pixel it was
    least = np.maximum(crossing - freedom, start + _CLEARANCE)
    most = np.minimum(crossing + freedom, start + 1 - _CLEARANCE)
    before, after = neighbours(sizes)
    reach = [(before, after)]
    for _ in range(4):
        before, after = before[before], after[after]
        reach.append((before, after))  # 1, 2, 4, 8 and 16 vertices away
    result = points.copy()
    result[index, axis] = np.clip(crossing, least, most)
    along = points[reach[1][1]] - points[reach[1][0]]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    for level, rounds in ((3, 30), (2, 30), (1, 30), (0, 12)):
        ends = reach[level + 1] if level else ()
        onward = np.repeat(sizes, sizes) >= 8 << level  # chords must not lead round a tip to the other side
        for end in ends:
            onward &= (along * along[end]).sum(axis=1) > 0.4
        for _ in range(rounds):
            here, goal = result[index, axis], _chord(result, axis, *reach[level])
            free, pull = onward, 0.5
            if level:  # chords cut bends short in proportion to their length squared; two of them cancel that
                wide = _chord(result, axis, *reach[level + 1])
                free = onward & (np.abs(wide - here) < 0.75)  # a line that bends more is a corner, not a step
                goal, pull = (4 * goal - wide) / 3, 0.6
            result[index, axis] = np.where(free, np.clip(here + pull * (goal - here), least, most), here)
    return result


def _chord(points: Floats, axis: Ints, before: Ints, after: Ints) -> Floats:
    """Where the chord between two other vertices crosses each vertex's grid line, (N,) in the coordinate ``axis``."""
    index = np.arange(len(points))
    near, far = points[before, 1 - axis], points[after, 1 - axis]
    gap = far - near
    steep = np.abs(gap) < 0.3
    share = np.clip((points[index, 1 - axis] - near) / np.where(steep, 1.0, gap), 0, 1)
    start, end = points[before, axis], points[after, axis]
    result: Floats = start + np.where(steep, 0.5, share) * (end - start)
    return result


def _ball(points: Floats, normal: Floats, tree: object, limit: float, tolerance: float) -> Floats:
    """Radius of the largest circle that touches each point from the side of its normal, (N,)."""
    radius = np.full(len(points), float(limit))
    active = np.arange(len(points))
    for _ in range(16):
        center = points[active] + radius[active, None] * normal[active]
        distance, nearest = tree.query(center)  # type: ignore[attr-defined]
        opposite = (normal[nearest] * normal[active]).sum(axis=1) < 0  # no dent in this strand but another one
        slack = np.where(opposite, 1e-6 * limit, np.minimum(tolerance, 0.3 * radius[active]))
        hit = distance < radius[active] - slack
        active, nearest = active[hit], nearest[hit]
        if not len(active):
            break
        toward = points[nearest] - points[active]
        rise = np.maximum((toward * normal[active]).sum(axis=1), 1e-9)
        radius[active] = np.minimum(radius[active] * 0.98, (toward**2).sum(axis=1) / (2 * rise))
    return radius


def _part(values: Floats, sizes: Ints) -> list[Floats]:
    """An array cut into the loops it is made of."""
    return np.split(values, np.cumsum(sizes)[:-1])


def _area(loop: Floats) -> float:
    """Shoelace area of a closed loop, about its first vertex so that small loops keep their digits."""
    x, y = (loop - loop[0]).T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def _signed_total(loops: list[Floats]) -> float:
    """Sum of the loops' areas."""
    return float(loop_areas(loops).sum())
