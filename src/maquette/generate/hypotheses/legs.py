"""Legs: what stands on several legs and is seen from the side gets them set apart, a pair before and one behind.

A side view shows every leg in the plane of symmetry, where a thing made from it would stand as on a blade. Legs are the
parts of the outline below the belly with daylight between them. Of two that belong together the lower in the picture is
the nearer; one that stands alone hides its twin, so there it is made twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Floats
from maquette.generate.guess.input import NEAREST, Pixels
from maquette.generate.guess.volume import Field
from maquette.generate.hypotheses.attached import round_limbs
from maquette.generate.hypotheses.proposal import smooth_least

_SHORTEST, _LONGEST = 0.12, 0.6  # of the height
_WIDEST, _SMALLEST, _LARGEST = 0.45, 0.004, 0.2  # width over the outline's; area over the outline's
_TALL = 0.7  # of its width: wheels are lower below their hub
_MOST = 6  # what has more has fringes
_EVEN = 0.12  # of the height that the legs' feet may differ
_INTO = 0.14  # of the height that a leg reaches up into the body
_APART = 0.75  # of half the body's thickness
_JOINT = 1.5  # cells over which a leg grows into the body
_THIN, _ROD = 2.0, 0.9  # cells: width up to which a leg is a rod, and the rod's radius
_HAUNCH = 1.2  # of its widest place below the belly that a leg may be wide above it


@dataclass(frozen=True)
class Leg:
    """One leg: where it is in the outline (R, R), its mean column and lowest row; the side it goes to, -1 is nearer."""

    inside: Bools
    column: float
    foot: int
    sides: tuple[int, ...] = (-1, 1)


def set_apart(body: Field, level: Pixels, normal: Floats) -> tuple[Pixels, int]:
    """Values (D, R, R) with the legs before and behind the plane of a thing, and how many were seen.

    ``level`` (R, R) are the plane's depths, ``normal`` (3,) points away from the viewer. Nothing changes where less
    than two legs are seen.
    """
    mask = body.outline > 0
    legs, belly = legs_of(mask)
    if len(legs) < 2:
        return body.values, 0
    thick = (body.values > 0).sum(axis=0)[:belly][mask[:belly]]
    apart = _APART * float(np.quantile(thick, 0.75)) / body.resolution  # in half windows: cells are 2 / R deep
    cut = np.any([leg.inside for leg in legs], axis=0)
    without = np.where(cut, -_depth_inside(cut), body.outline) / body.cell
    values = np.minimum(body.values, without).astype(np.float32)
    points, floor = body.centers(), max(leg.foot for leg in legs)
    row = (points[:, 1] / (1 + points[:, 2] / body.eye) + 1) * len(mask) / 2
    low = np.flatnonzero(row > belly - _INTO * len(mask))
    for side in (-1, 1):
        limbs = _limbs([leg for leg in pair_legs(legs) if side in leg.sides], body, level, belly, floor)
        moved = replace(body, values=limbs).sample(points[low] - side * apart * normal).astype(np.float32)
        values.reshape(-1)[low] = -smooth_least(-values.reshape(-1)[low], -moved, _JOINT)
    beside = (body.outline <= 0) & (np.arange(len(mask))[:, None] < belly)
    values = np.where(beside, np.minimum(values, body.outline / np.float32(body.cell)), values)
    return values.astype(np.float32), len(legs)


def _limbs(legs: list[Leg], body: Field, level: Pixels, belly: int, floor: int) -> Pixels:
    """Values (D, R, R) of legs as round limbs in the plane, all as long as the longest."""
    depth = ((np.arange(len(body.values), dtype=np.float32) + 0.5) * (2 / body.resolution) + NEAREST)[:, None, None]
    limbs = np.full(body.values.shape, -6, np.float32)
    for leg in legs:
        grown = _into_the_body(leg, body.outline > 0, belly) | _to_the_floor(leg, floor)
        edge = _depth_inside(grown)
        whole = np.abs(edge - body.outline) < 3 / len(grown)  # where the outline is the leg's own, it knows it better
        edge = np.where(whole & grown, np.maximum(body.outline, 0), edge)
        stroke = _stroke(grown)
        half = np.maximum(round_limbs(edge, grown), np.maximum(stroke, 0))
        values = np.minimum(half - np.abs(depth - level), np.maximum(np.where(grown, edge, -_outside(grown)), stroke))
        limbs = np.maximum(limbs, np.clip(values / body.cell, -6, 6).astype(np.float32))
    return limbs


def legs_of(mask: Bools) -> tuple[list[Leg], int]:
    """The legs of an outline (R, R), from left to right, and the row of the belly; none where there are none."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) < 12:
        return [], 0
    top, bottom, wide = rows[0], rows[-1] + 1, columns[-1] + 1 - columns[0]
    high = bottom - top
    best: tuple[list[Leg], int] = [], 0
    for belly in range(int(bottom - _LONGEST * high), int(bottom - _SHORTEST * high) + 1):
        legs = _below(mask, belly, bottom - _EVEN * high, wide)
        if len(best[0]) < len(legs) <= _MOST:
            best = legs, belly
    return best


def _below(mask: Bools, belly: int, floor: float, wide: int) -> list[Leg]:
    """The parts of a mask below a row that reach the floor; none if one of them is too wide, squat, small or large."""
    from scipy.ndimage import find_objects, label

    lower = mask.copy()
    lower[:belly] = False
    parts, _ = label(lower)
    legs = []
    for number, place in enumerate(find_objects(parts), start=1):
        if place[0].stop < floor or place[0].start > belly:
            continue
        inside: Bools = parts == number
        share = inside.sum() / mask.sum()
        across, down = place[1].stop - place[1].start, place[0].stop - place[0].start
        if across > _WIDEST * wide or down < _TALL * across or not _SMALLEST < share < _LARGEST:
            return []
        legs.append(Leg(inside, float(np.nonzero(inside)[1].mean()), int(place[0].stop)))
    return sorted(legs, key=lambda leg: leg.column)


def pair_legs(legs: list[Leg]) -> list[Leg]:
    """The legs with the sides they go to: halved at the widest gap, nearer and farther in turn within each half."""
    if len(legs) == 2:
        return legs
    columns = np.array([leg.column for leg in legs])
    middle = int(np.argmax(np.diff(columns))) + 1
    result = []
    for half in (legs[:middle], legs[middle:]):
        if len(half) == 1:
            result += half
            continue
        nearest = max(range(len(half)), key=lambda place: half[place].foot)
        for place, leg in enumerate(half):
            side = -1 if (place - nearest) % 2 == 0 else 1
            result.append(Leg(leg.inside, leg.column, leg.foot, (side,)))
    return result


def _into_the_body(leg: Leg, mask: Bools, belly: int) -> Bools:
    """A leg with what lies straight above it in the body, no wider than it is, (R, R)."""
    rows = np.flatnonzero(mask.any(axis=1))
    reach = round(_INTO * (rows[-1] + 1 - rows[0]))
    first = np.flatnonzero(leg.inside.any(axis=1))[0]
    across = np.flatnonzero(leg.inside[first : first + 3].any(axis=0))
    center, half = (across[0] + across[-1]) / 2, _HAUNCH * (across[-1] + 1 - across[0]) / 2
    row, column = np.indices(mask.shape)
    above = (row < first) & (row >= first - reach) & (np.abs(column - center) <= half)
    dome = ((first - row) / max(reach, 1)) ** 2 + ((column - center) / max(half, 1)) ** 2 <= 1
    result: Bools = leg.inside | (above & dome & mask)
    return result


def _to_the_floor(leg: Leg, floor: int) -> Bools:
    """A leg's foot drawn down to the floor's row, (R, R)."""
    foot = np.asarray(leg.inside[max(leg.foot - 2, 0) : leg.foot].any(axis=0))
    row = np.arange(len(leg.inside))[:, None]
    result: Bools = (row >= leg.foot - 2) & (row < floor) & foot[None, :]
    return result


def _stroke(leg: Bools) -> Floats:
    """Signed distance (R, R) into a rod along a leg's thin parts, so wide that no cell's middle misses it."""
    from scipy.ndimage import maximum_filter

    deep = _depth_inside(leg)
    ridge = leg & (deep <= _THIN / len(leg)) & (deep >= maximum_filter(deep, 3))
    return 2 * _ROD / len(leg) - _outside(ridge) if ridge.any() else np.full(leg.shape, -2.0)


def _outside(mask: Bools) -> NDArray[np.float64]:
    """Distance (R, R) from a mask in half windows, 0 inside."""
    from scipy.ndimage import distance_transform_edt

    outside: NDArray[np.float64] = distance_transform_edt(~mask) * (2 / len(mask))
    return outside


def _depth_inside(mask: Bools) -> NDArray[np.float64]:
    """Distance (R, R) into a mask in half windows, 0 at its edge."""
    from scipy.ndimage import distance_transform_edt

    depth: NDArray[np.float64] = (distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1] - 0.5) * (2 / len(mask))
    return np.maximum(depth, 0)
