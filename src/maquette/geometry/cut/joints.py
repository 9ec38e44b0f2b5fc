"""Connectors for two pieces that meet in a plane: pegs, dowels and dovetails, and where in the cut they have room.

Solids are made in a frame of the plane (u, v, and z along the axis) and put into the model's by :func:`place_solid`. A
peg is round with a flat, so that it fits one way only; a socket is the peg grown by the clearance on every side. The
flanks of a dovetail lean out by 15 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Floats
from maquette.geometry.cut.sections import Raster, depth, islands

_SIDES = 32
_FLAT = 0.6  # the flat lies this share of the radius from the middle
_CHAMFER = 0.25  # of the radius, at the tip
_LEAN = float(np.tan(np.radians(15.0)))
_APART = 3.0  # connectors stand at least this many diameters apart
_MOST = 4  # connectors in one island of a cut
_INWARD = 0.25  # of an island's largest inscribed circle


@dataclass(frozen=True)
class Peg:
    """Radius and length of a peg; a socket is ``gap`` larger on every side."""

    radius: float
    length: float
    gap: float


def spots(mask: Bools, raster: Raster, need: float, apart: float) -> Floats:
    """Places for connectors in a cut, (N, 2) in u and v: each at least ``need`` from the outline, up to four an island.

    None stands nearer to the outline than a quarter of what the island's middle does, where that is more than ``need``.
    One in the roomiest place of each island, or, where two stand ``apart`` of each other, those farthest apart.
    """
    inner = depth(mask, raster.pitch)
    count, number = islands(mask)
    places: list[Floats] = []
    for island in range(1, count + 1):
        here = np.where(number == island, inner, 0.0)
        row, column = np.nonzero(here >= max(need, _INWARD * float(here.max())))
        if not len(row):
            continue
        points = raster.place(row, column)
        center = points.mean(axis=0)
        from_center = np.linalg.norm(points - center, axis=1)
        chosen = [points[int(np.round(from_center, 9).argmax())]]
        nearest = np.linalg.norm(points - chosen[0], axis=1)
        while len(chosen) < _MOST and nearest.max() >= apart:
            chosen.append(points[int(np.round(nearest, 9).argmax())])
            nearest = np.minimum(nearest, np.linalg.norm(points - chosen[-1], axis=1))
        if len(chosen) == 1:
            best = np.round(inner[row, column] / raster.pitch - 1e-3 * from_center / raster.pitch, 9)
            chosen = [points[int(best.argmax())]]
        places.extend(chosen)
    return np.array(places).reshape(-1, 2)


def spacing(peg: Peg) -> float:
    """How far apart two pegs should stand."""
    return _APART * 2 * peg.radius


def peg(size: Peg, root: float) -> Any:
    """A peg along +z from ``-root`` to its length, chamfered at the tip."""
    return _pin(size.radius, -root, size.length, bottom=0.0, top=_CHAMFER * size.radius)


def socket(size: Peg, root: float) -> Any:
    """The room a peg needs: the same, ``gap`` larger on every side, without chamfer."""
    return _pin(size.radius, -root, size.length + size.gap, grown=size.gap)


def dowel(size: Peg) -> Any:
    """A loose pin that reaches as far into both pieces, chamfered at both ends."""
    chamfer = _CHAMFER * size.radius
    return _pin(size.radius, -size.length, size.length, bottom=chamfer, top=chamfer)


def guard(size: Peg, wall: float) -> Any:
    """What must be solid around a socket: the socket with a wall around it and beyond its end."""
    return _pin(size.radius, 0.0, size.length + size.gap + wall, grown=size.gap + wall)


def footing(size: Peg, root: float) -> Any:
    """What must be solid under a peg's foot."""
    return _pin(size.radius, -root, 0.0)


def tongue(neck: float, length: float, reach: tuple[float, float], gap: float = 0.0) -> Any:
    """A dovetail's tongue along x, from ``reach[0]`` to ``reach[1]``, rising from z = 0 and growing wider.

    ``neck`` is its width at z = 0; ``gap`` grows it at the sides and at the top.
    """
    from manifold3d import Manifold

    side = gap * float(np.hypot(1.0, _LEAN))  # along y, for a gap that is measured square to the flank
    top = length + gap
    root = 0.0
    low, high = neck / 2 + side, neck / 2 + side + _LEAN * top
    corners = [(x, y, z) for x in reach for y, z in ((-low, root), (low, root), (-high, top), (high, top))]
    return Manifold.hull_points(np.array(corners, dtype=np.float64))


def crown(neck: float, length: float) -> float:
    """Width of a tongue at its top."""
    return neck + 2 * _LEAN * length


def place_solid(solid: Any, axis: int, at: Floats, turn: bool = False) -> Any:
    """A solid of the plane's frame in the model's, its origin at ``at`` (3,) and z along the axis.

    ``turn`` lays its x along v instead of u.
    """
    frame = np.zeros((3, 3))
    u, v = (axis + 1) % 3, (axis + 2) % 3
    frame[u, 0] = frame[v, 1] = frame[axis, 2] = 1.0
    if turn:
        frame = frame @ np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return solid.transform(np.column_stack([frame, at]))


def _pin(radius: float, start: float, stop: float, *, bottom: float = 0.0, top: float = 0.0, grown: float = 0.0) -> Any:
    """A pin with a flat from start to stop, its ends chamfered by so much, its outline grown evenly."""
    from manifold3d import Manifold

    rings = [(start, bottom), (start + bottom, 0.0), (stop - top, 0.0), (stop, top)]
    points = [np.insert(_profile(radius - inset, grown), 2, z, axis=1) for z, inset in rings]
    return Manifold.hull_points(np.concatenate(points))


def _profile(radius: float, grown: float) -> Floats:
    """A circle with a flat on its -v side, grown evenly with sharp corners, (N, 2)."""
    from manifold3d import CrossSection, JoinType

    angle = (np.arange(_SIDES) + 0.5) * 2 * np.pi / _SIDES
    points = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    above = np.array([[-2.0, -_FLAT], [2.0, -_FLAT], [2.0, 2.0], [-2.0, 2.0]]) * radius
    cut = CrossSection([points]) ^ CrossSection([above])
    profile: Floats = np.asarray(cut.offset(grown, JoinType.Miter, 4.0).to_polygons()[0], dtype=np.float64)
    return profile
