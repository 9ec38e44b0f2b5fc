"""The inside of a solid at a given depth under its surface, and where holes can be drilled into it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.cut.solids import solid, surface_of
from maquette.geometry.inside.distance_field import Lattice, Surface, inside
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.printing.roofing import roof_cavity
from maquette.geometry.remake.level_surface import cells_with_surface, level_surface

_MOST_CELLS = 6_000_000  # of the lattice: 50 MB a number each
_PER_WALL = 2.5  # lattice steps in a wall, where that many cells are enough
_BAND = 2.5  # steps about the wanted depth in which distances are exact
_TOLERANCE = 0.015  # of the wall: what simplifying the inner surface may move it
_ROUGH = 0.05  # the same under a roof, whose steps are many and seen by nobody
_TOUCH = 5e-4  # of the wall: what is folded over by less, a micrometre, is no crossing
_CORNERS = np.stack(np.meshgrid((0, 1), (0, 1), (0, 1), indexing="ij"), axis=-1).reshape(-1, 3)


@dataclass(frozen=True)
class Depths:
    """A solid on a lattice: which points lie inside, and how deep, exact about the depth of interest."""

    lattice: Lattice
    solid: Bools  # (X, Y, Z)
    depth: Floats  # (X, Y, Z) millimetres under the surface, 0 outside


@dataclass(frozen=True)
class Drill:
    """A straight hole from outside into a cavity."""

    outside: Floats  # (3,) where it leaves the solid
    within: Floats  # (3,) where it reaches the cavity
    room: float  # how much further the cavity goes on in that direction


def depths(vertices: Floats, faces: Ints, wall: float) -> Depths:
    """The solid sampled finely enough for a wall of this thickness, as far as memory goes."""
    from scipy.ndimage import distance_transform_edt

    low, high = vertices.min(axis=0), vertices.max(axis=0)
    pitch = max(wall / _PER_WALL, float((np.prod(high - low + wall) / _MOST_CELLS) ** (1 / 3)))
    lattice = Lattice.around(low, high, pitch)
    filled = inside(vertices, faces, lattice)
    depth = distance_transform_edt(filled) * pitch
    near = np.argwhere(np.abs(depth - wall) < _BAND * pitch)
    depth[tuple(near.T)] = Surface(vertices, faces, pitch / 2).nearest(lattice.places(near))[0]
    return Depths(lattice, filled, np.where(filled, depth, 0.0))


def cavity_depths(depths_inside: Depths, wall: float, *, roof: bool, least: float) -> Floats:
    """How far each lattice point lies within the cavity (X, Y, Z), negative outside, in lattice steps.

    ``roof`` narrows the cavity until its ceiling carries itself; cavities below ``least`` mm³ stay filled.
    """
    from scipy.ndimage import binary_opening, distance_transform_edt, gaussian_filter

    pitch = depths_inside.lattice.pitch
    value = (depths_inside.depth - (1 + (_ROUGH if roof else _TOLERANCE)) * wall) / pitch
    value = np.where(_large(value > 0, least / pitch**3), value, np.minimum(value, -1.0))
    if not roof or not (value > 0).any():
        return value
    filled = (value > 0) & ~binary_opening(roof_cavity(value > 0))  # ridges one cell wide would come out torn
    if filled.any():
        away = distance_transform_edt(~filled) - distance_transform_edt(filled)
        value = np.minimum(value, gaussian_filter(away - np.sign(away) / 2, 0.7))
    result: Floats = np.where(_large(value > 0, least / pitch**3), value, np.minimum(value, -1.0))
    return result


def _large(hole: Bools, least: float) -> Bools:
    """The hole without its small pieces, which stay with what is around them; true outside the hole as well."""
    from scipy.ndimage import label

    number, _ = label(hole)
    size = np.bincount(number.reshape(-1))
    size[0] = max(int(np.ceil(least)), 1)
    large: Bools = (size >= least)[number]
    return large


def cavity_surface(depths_inside: Depths, value: Floats, wall: float, *, roof: bool) -> tuple[Floats, Ints]:
    """The surface of the cavity, wound outward from it: vertices (V, 3), faces (F, 3)."""
    tolerance = (_ROUGH if roof else _TOLERANCE) * wall
    cells = cells_with_surface(value > 0)
    wanted = np.zeros(value.shape, dtype=bool)
    for corner in _CORNERS:
        wanted[tuple((cells + corner).T)] = True
    points = np.argwhere(wanted)
    vertices, faces = level_surface(points, value[tuple(points.T)])
    places = depths_inside.lattice.places(vertices)
    whole = solid(places, faces)
    for share in (1.0, 0.5, 0.2, 0.05):  # a merged edge may fold a sliver over; then merge less, or nothing
        result = surface_of(whole.simplify(share * tolerance))
        if not len(intersecting_pairs(*result, tolerance=_TOUCH * wall, limit=1).pairs):
            return result
    return places, faces


def drills(depths_inside: Depths, hole: Bools, radius: float, count: int) -> list[Drill]:
    """Up to ``count`` places for holes into one cavity (X, Y, Z), best first.

    The first goes straight down from where the cavity's floor is lowest, so that everything runs out; the others down
    as well, each as far from the others as there is, so that air comes in; where there is no room below, through the
    back (+Y) as high as possible. A hole stands with its whole width under the cavity.
    """
    chosen: list[Drill] = []
    down = _columns(depths_inside, hole, radius, 2)
    for _ in range(count):
        best = _next(down, chosen, radius)
        if best is None:
            break
        chosen.append(best)
    if len(chosen) < count:
        back = _columns(depths_inside, hole, radius, 1)
        for _ in range(count - len(chosen)):
            best = _next(back, chosen, radius, high=True)
            if best is None:
                break
            chosen.append(best)
    return chosen


@dataclass(frozen=True)
class _Columns:
    """Straight ways out of a cavity: start, end, length in solid, how far the cavity goes on behind."""

    within: Floats  # (N, 3)
    outside: Floats  # (N, 3)
    room: Floats  # (N,)


def _columns(depths_inside: Depths, hole: Bools, radius: float, axis: int) -> _Columns:
    """Ways out downwards (axis 2) or to the back (axis 1) that are wide enough all along."""
    from scipy.ndimage import distance_transform_edt

    pitch = depths_inside.lattice.pitch
    order = (0, 1, 2) if axis == 2 else (0, 2, 1)
    empty, filled = (
        np.transpose(field, order)[:, :, :: 1 if axis == 2 else -1] for field in (hole, depths_inside.solid)
    )
    wide = distance_transform_edt(empty.any(axis=2)) * pitch >= radius
    level = empty.argmax(axis=2)
    place = np.argwhere(wide)
    start = level[tuple(place.T)]
    index = np.arange(filled.shape[2])
    last = np.maximum.accumulate(np.where(filled, -1, index), axis=2)
    stop = last[place[:, 0], place[:, 1], start]
    room = empty.sum(axis=2)[tuple(place.T)] * pitch

    def position(depth: Ints) -> Floats:
        along = depth if axis == 2 else filled.shape[2] - 1 - depth
        grid = np.stack([place[:, 0], place[:, 1], along], axis=1)
        return depths_inside.lattice.places(grid[:, np.argsort(order)])

    return _Columns(position(start), position(stop), room)


def _next(ways: _Columns, chosen: list[Drill], radius: float, *, high: bool = False) -> Drill | None:
    """The best of the ways that keeps clear of the chosen holes."""
    if not len(ways.room):
        return None
    if chosen:
        others = np.array([one.within for one in chosen])
        gap = np.linalg.norm(ways.within[:, None] - others, axis=2).min(axis=1)
        gap = np.where(gap > 4 * radius, gap, -np.inf)
    else:
        gap = np.zeros(len(ways.room))
    length = np.linalg.norm(ways.within - ways.outside, axis=1)
    score = gap - 2 * length if chosen else -ways.outside[:, 2] - length
    if high:
        score = np.where(np.isfinite(gap), ways.within[:, 2] - 2 * length, -np.inf)
    best = int(score.argmax())
    if not np.isfinite(score[best]):
        return None
    return Drill(ways.outside[best], ways.within[best], float(ways.room[best]))
