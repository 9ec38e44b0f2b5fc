"""Positions and the corners that name them as files hold them, checked before anything is built on them.

One damaged facet is no reason to refuse a model: faces that stand on points which are no numbers go, with a note, and
so do a few whose corners name no vertex. Where many do, the file is another one than its header says, and is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Ints
from maquette.core.errors import BadInput
from maquette.core.progress import note

FARTHEST = 1e30  # squares fit a 32-bit file's range, cubes (volumes) a double
MOST_DAMAGED = 0.5  # share of the faces that may stand on points that are no numbers
MOST_ASTRAY = 0.01  # share of the faces that may name vertices that are not there

Bools = NDArray[np.bool_]


def usable(
    points: NDArray[Any], corners: Ints, counts: Ints, stage: str, stated: NDArray[Any] | None = None
) -> tuple[NDArray[Any], Bools | None]:
    """Points (V, 3) with zeros for those that are no numbers, and which polygons (F,) can do without them.

    ``corners`` (C,) are the polygons' vertices end to end, ``counts`` (F,) how many each has, at least one. None stands
    for all polygons. A bad point that no polygon uses harms nobody. ``stated`` (C,) are the corners as the file says
    them, for messages.
    """
    with np.errstate(invalid="ignore"):
        good = (np.abs(points) <= FARTHEST).all(axis=1)  # (V,)
    there = (corners >= 0) & (corners < len(points))
    if good.all() and there.all():
        return points, None
    keep = _all_of(there, counts)
    _insist(~keep, MOST_ASTRAY, _astray(corners if stated is None else stated, there, len(points), stage))
    sound = _all_of(good[np.where(there, corners, 0)] | ~there, counts)
    count = int((~good).sum())
    complaint = (
        f"{stage}: {count} of {len(points)} points are infinite, not a number or beyond 1e30; export the file again"
    )
    _insist(~sound, MOST_DAMAGED, complaint)
    lost = int((~(keep & sound)).sum())
    if lost:
        note(f"dropped {lost} of {len(counts)} faces whose corners are no numbers or name no vertex")
    cleaned = points if good.all() else np.where(good[:, None], points, np.zeros((), points.dtype))
    return cleaned, keep & sound if lost else None


def _all_of(fine: Bools, counts: Ints) -> Bools:
    """True for polygons all of whose corners are, (C,), (F,) -> (F,)."""
    if not len(counts):
        return np.ones(0, bool)
    ends = np.cumsum(counts)
    wrong = np.concatenate([[0], np.cumsum(~fine)])
    all_of: Bools = wrong[ends] == wrong[ends - counts]
    return all_of


def _insist(bad: Bools, share: float, message: str) -> None:
    """``BadInput`` when more than a share of the faces is bad."""
    count = int(bad.sum())
    if count and (count > share * len(bad) or count == len(bad)):
        raise BadInput(message)


def _astray(stated: NDArray[Any], there: Bools, count: int, stage: str) -> str:
    if there.all():
        return ""
    return f"{stage}: a face names vertex {stated[~there][0]:.20g} of {count}; the file is damaged"
