"""Areas bounded by loops: laid over each other, grown, raised to solids; Clipper and Manifold do it exactly.

An area is a ``manifold3d.CrossSection``: islands counter-clockwise, holes clockwise, no loop crosses another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from maquette.core.arrays import Floats

ROUND = 64  # corners of a full turn where an area is grown

_CLOSE = 5e-4  # mm: points of a grown border that lie so near a line of others are no corners in single precision

Rule = Literal["nonzero", "evenodd", "positive"]


def area_of(loops: Sequence[Floats], rule: Rule = "positive") -> Any:
    """Loops (N, 2) as an area, filled by a rule."""
    from manifold3d import CrossSection, FillRule

    rules = {"nonzero": FillRule.NonZero, "evenodd": FillRule.EvenOdd, "positive": FillRule.Positive}
    return CrossSection([np.ascontiguousarray(loop, np.float64) for loop in loops], rules[rule])


def loops_in(area: Any) -> list[Floats]:
    """The loops of an area."""
    return [np.asarray(loop, np.float64) for loop in area.to_polygons()]


def unite_areas(areas: Sequence[Any]) -> Any:
    """Several areas as one; none as an empty one."""
    from manifold3d import CrossSection, OpType

    return CrossSection.batch_boolean(list(areas), OpType.Add) if areas else CrossSection()


def grow_area(area: Any, by: float) -> Any:
    """An area with a margin all around, round at the corners; below 0: shrunk."""
    from manifold3d import JoinType

    return area.offset(by, JoinType.Round, 2.0, ROUND).simplify(_CLOSE) if by else area


def without_holes(area: Any) -> Any:
    """An area with everything filled that it surrounds."""
    return area_of([loop for loop in loops_in(area) if _signed_area(loop) > 0], "nonzero")


def thin_area(area: Any, off: float) -> Any:
    """An area with fewer points, its border moved by no more than ``off``."""
    return area.simplify(off)


def rectangle(width: float, height: float, radius: float = 0.0) -> Any:
    """A rectangle about the origin, its corners rounded."""
    from manifold3d import CrossSection

    radius = min(radius, 0.499 * min(width, height))
    return grow_area(CrossSection.square((width - 2 * radius, height - 2 * radius), True), radius)


def disc(width: float, height: float | None = None, corners: int = 4 * ROUND) -> Any:
    """A disc or an ellipse about the origin."""
    turn = np.arange(corners) * (2 * np.pi / corners)
    high = width if height is None else height
    return area_of([np.stack([np.cos(turn) * width / 2, np.sin(turn) * high / 2], axis=1)])


def raise_area(area: Any, low: float, high: float) -> Any:
    """An area as an upright solid between two heights, a Manifold; nothing of an empty one."""
    from manifold3d import Manifold

    if area.is_empty():
        return Manifold()
    return area.extrude(high - low).translate((0.0, 0.0, low))


def taper_area(area: Any, low: float, high: float, widen: float) -> Any:
    """An area raised to a solid whose foot is wider by a margin: stairs of it, as fine as a layer or two of print."""
    from manifold3d import Manifold, OpType

    steps = max(1, round((high - low) / 0.2))
    stairs = np.linspace(low, high, steps + 1)  # the last one is as wide as the area itself
    slabs = [
        raise_area(thin_area(grow_area(area, widen * (1 - (number + 1) / steps)), 0.01), low, float(stairs[number + 1]))
        for number in range(steps)
    ]
    return Manifold.batch_boolean(slabs, OpType.Add)


def bounds(area: Any) -> tuple[float, float, float, float]:
    """Least x and y, greatest x and y."""
    low_x, low_y, high_x, high_y = area.bounds()
    return float(low_x), float(low_y), float(high_x), float(high_y)


def _signed_area(loop: Floats) -> float:
    x, y = loop.T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
