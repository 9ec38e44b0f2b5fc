"""Lamp foot: the floor inside a lithophane's wall that holds the lamp, with slots for air where it grows warm."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from maquette.core.arrays import Singles
from maquette.core.errors import CannotDo
from maquette.geometry.flat.areas import disc, grow_area, raise_area, rectangle, unite_areas

Lamp = Literal["none", "e14", "e27", "tealight", "puck"]
HOLES = {
    "e14": 29.0,
    "e27": 40.5,
    "tealight": 39.0,
    "puck": 70.0,
}  # mm: IEC 60061 holders' rings; LED lights of 38, 68
FOOT_MM = 2.4  # mm thick
OVERLAP = 0.3  # mm by which the foot reaches into the wall
_SLOT = 3.0  # mm wide, for air


def even_at_edges(heights: Singles, sides: int, reach: int) -> Singles:
    """Heights that are level along each row over the edges of a polygon, so that no wall cuts through its neighbour."""
    columns = heights.shape[1]
    joined = np.array(heights)
    for number in range(sides):
        edge = round((number + 0.5) * columns / sides)
        near = np.arange(edge - reach, edge + reach + 1) % columns
        joined[:, near] = heights[:, near].mean(axis=1, keepdims=True)
    return joined


def half_foot(inner: Any) -> list[Any]:
    """The floor of half a ring, without a hole, as Manifolds."""
    return [raise_area(grow_area(inner, OVERLAP), 0.0, FOOT_MM)]


def foot_under(inner: Any, lamp: Lamp, width: float, reach: float = OVERLAP) -> list[Any]:
    """The floor inside a wall with a hole for the lamp and slots for air, as Manifolds; it reaches into the wall.

    ``width`` is that of the picture, of which `CannotDo` says how wide it must be for a lamp that does not fit.
    """
    if lamp == "none" or inner.is_empty():
        return []
    hole = HOLES[lamp]
    low_x, low_y, high_x, high_y = inner.bounds()
    room = float(min(high_x - low_x, high_y - low_y))
    if room < hole + 4.0 - 1e-6:
        raise CannotDo(
            f"lamp: {lamp} needs {hole + 4:g} mm and there are {room:.3g}; make the picture"
            f" {np.ceil(width * (hole + 4) / room):.0f} mm wide"
        )
    middle = ((low_x + high_x) / 2, (low_y + high_y) / 2)
    foot = grow_area(inner, reach) - disc(hole).translate(middle)
    slots = _slots(hole, room).translate(middle) if lamp in ("e14", "e27") else unite_areas([])
    return [raise_area(foot - slots, 0.0, FOOT_MM)]


def _slots(hole: float, room: float) -> Any:
    """Six slots between the lamp's hole and the wall."""
    length = (room - hole) / 2 - 6.0
    if length < 3.0:
        return unite_areas([])
    slot = rectangle(length, _SLOT, 1.0).translate((hole / 2 + 3.0 + length / 2, 0.0))
    return unite_areas([slot.rotate(60.0 * number) for number in range(6)])
