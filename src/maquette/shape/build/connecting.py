"""Connectors between pieces that met in a plane: where they have room, and what they take away and add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.profiles import Printer
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.joints import (
    Peg,
    crown,
    dowel,
    footing,
    guard,
    peg,
    place_solid,
    socket,
    spacing,
    spots,
    tongue,
)
from maquette.geometry.cut.sections import Raster, depth, fill_outline, in_plane, outline_pieces, raster_over
from maquette.geometry.cut.solids import carve, separate

REACH = 10.0  # no connector stands out farther, in mm

_CELLS = 160
_SHRINK = (1.0, 0.8, 0.6, 0.4, 0.3, 0.2)  # sizes tried, of the one that the cut's inscribed circle suggests
_ROOT = 0.4  # a peg begins this share of its length inside its own piece
_OUTSIDE = 1e-7  # of its volume, a guard may stick out: rounding


@dataclass
class Meeting:
    """A plane across an axis, and the pieces that came from below and above it."""

    axis: int
    height: float
    below: list[int]
    above: list[int]


@dataclass(frozen=True)
class Connecting:
    """What the user asked for."""

    kind: str
    printer: Printer
    gap: float
    peg_mm: float | None

    @property
    def wall(self) -> float:
        """What must remain around a socket."""
        return self.printer.min_wall_mm

    @property
    def least(self) -> float:
        """Radius of the circle that the smallest connector needs in a cut."""
        return (self.printer.min_pin_mm if self.peg_mm is None else self.peg_mm) / 2 + self.gap + self.wall

    def sizes(self, widest: float) -> list[Peg]:
        """Pegs to try in a cut whose largest inscribed circle has this radius, largest first."""
        smallest = self.printer.min_pin_mm / 2
        if self.peg_mm is not None:
            radii = [self.peg_mm / 2]
        else:
            radii = sorted({min(max(0.4 * widest * share, smallest), REACH / 2) for share in _SHRINK}, reverse=True)
        return [
            Peg(radius, min(2.5 * radius * deep, REACH), self.gap)
            for radius in radii
            if radius + self.gap + self.wall <= widest
            for deep in (1.0, 0.6)
        ]


def pin_pieces(solids: dict[int, Any], meetings: list[Meeting], ways: Connecting) -> list[Any]:
    """Give every two pieces that meet pegs and sockets, or sockets for the dowels that are returned."""
    surfaces = {number: (surface.vertices, surface.faces) for number, surface in _surfaces(solids)}
    dowels: list[Any] = []
    pegs = 0
    sizes: set[float] = set()
    for index, meeting in enumerate(meetings):
        progress(0.6 + 0.4 * index / len(meetings), "connectors")
        for low in [number for number in meeting.below if number in solids]:
            for high in [number for number in meeting.above if number in solids]:
                connectors = _join_pair(solids, surfaces, meeting, (low, high), ways)
                pegs += len(connectors)
                sizes |= {2 * size.radius for size, _ in connectors}
                if ways.kind == "dowels":
                    dowels += [place_solid(dowel(size), meeting.axis, at) for size, at in connectors]
    if pegs:
        kind = "dowels" if dowels else "pegs"
        note(f"{pegs} {kind} of {figures(min(sizes))} to {figures(max(sizes))} mm, clearance {ways.gap:g} mm")
    return dowels


def _surfaces(solids: dict[int, Any]) -> list[tuple[int, Any]]:
    return [(number, carve(solid, -1)) for number, solid in solids.items()]


def _join_pair(
    solids: dict[int, Any], surfaces: dict[int, Any], meeting: Meeting, pair: tuple[int, int], ways: Connecting
) -> list[tuple[Peg, Floats]]:
    """Cut sockets for one pair of pieces and add pegs; which sizes went where."""
    axis, height = meeting.axis, meeting.height
    shared = _shared_face(surfaces, pair, axis, height)
    if shared is None:
        return []
    raster, mask = shared
    widest = float(depth(mask, raster.pitch).max())
    for size in ways.sizes(widest):
        roomy = mask & _deep(surfaces, pair, meeting, raster, size, ways)
        places = spots(roomy, raster, size.radius + size.gap + ways.wall, spacing(size))
        at = np.zeros((len(places), 3))
        at[:, list(in_plane(axis))] = places
        at[:, axis] = height
        joined = [(size, one) for one in at if _place(solids, pair, axis, one, size, ways)]
        if joined:
            return joined
    note(f"no room for a connector in a cut whose largest inscribed circle has a radius of {figures(widest)} mm")
    return []


def _shared_face(
    surfaces: dict[int, Any], pair: tuple[int, int], axis: int, height: float
) -> tuple[Raster, Any] | None:
    """Where the two pieces touch in the plane; None where they do not."""
    pieces = []
    for number, sign in zip(pair, (-1, 1), strict=True):
        vertices, faces = surfaces[number]
        step = 1e-6 * float(np.ptp(vertices, axis=0).max())
        pieces.append(outline_pieces(vertices, faces, axis, height + sign * step)[0])
    if not all(len(outline) for outline in pieces):
        return None
    low = np.max([outline.min(axis=(0, 1)) for outline in pieces], axis=0)
    high = np.min([outline.max(axis=(0, 1)) for outline in pieces], axis=0)
    if (high <= low).any():
        return None
    raster = raster_over(low, high, _CELLS)
    mask = fill_outline(pieces[0], raster) & fill_outline(pieces[1], raster)
    return (raster, mask) if mask.any() else None


def _deep(
    surfaces: dict[int, Any], pair: tuple[int, int], meeting: Meeting, raster: Raster, size: Peg, ways: Connecting
) -> Any:
    """Cells below and above which there is material as far as a socket and its wall need."""
    reach = size.length + size.gap + ways.wall
    below = reach if ways.kind == "dowels" else _ROOT * size.length
    deep = np.ones((raster.rows, raster.columns), dtype=bool)
    for number, step in zip(pair, (-below, reach), strict=True):
        vertices, faces = surfaces[number]
        for share in (0.33, 0.67, 1.0):
            outline, _ = outline_pieces(vertices, faces, meeting.axis, meeting.height + share * step)
            deep &= fill_outline(outline, raster)
    return deep


def _place(solids: dict[int, Any], pair: tuple[int, int], axis: int, at: Floats, size: Peg, ways: Connecting) -> bool:
    """Put one connector in, if nothing it needs is missing; sockets that stand there already count as missing."""
    low, high = pair
    shell = place_solid(guard(size, ways.wall), axis, at)
    if _missing(shell, solids[high]):
        return False
    root = _ROOT * size.length
    if ways.kind == "dowels":
        facing = place_solid(guard(size, ways.wall).mirror((0, 0, 1)), axis, at)
        if _missing(facing, solids[low]):
            return False
        both = place_solid(socket(size, size.length + size.gap), axis, at)
        solids[low] = solids[low] - both
        solids[high] = solids[high] - both
        return True
    if _missing(place_solid(footing(size, root), axis, at), solids[low]):
        return False
    solids[low] = solids[low] + place_solid(peg(size, root), axis, at)
    solids[high] = solids[high] - place_solid(socket(size, root), axis, at)
    return True


def _missing(needed: Any, solid: Any) -> bool:
    """Whether a part of what is needed lies outside the solid."""
    return bool((needed - solid).volume() > _OUTSIDE * needed.volume())


def dovetail_halves(below: Any, above: Any, axis: int, height: float, ways: Connecting) -> tuple[Any, Any]:
    """The two halves with a tongue on the lower one in a groove of the upper one, right through the cut.

    Left as they are, with a note, where the tongue has no room or a half would come apart.
    """
    lower, upper = carve(below, -1), carve(above, -1)
    surfaces = {0: (lower.vertices, lower.faces), 1: (upper.vertices, upper.faces)}
    shared = _shared_face(surfaces, (0, 1), axis, height)
    if shared is None:
        return below, above
    raster, mask = shared
    inner = depth(mask, raster.pitch)
    row, column = np.unravel_index(int(np.round(inner, 9).argmax()), inner.shape)
    widest = float(inner.max()) - ways.gap - ways.wall
    neck = min(0.9 * widest, 4 * REACH)
    length = min(0.6 * neck, REACH - 1e-9)
    if neck < max(2 * ways.printer.min_wall_mm, ways.printer.min_detail_mm) or crown(neck, length) / 2 > widest:
        note(
            f"no room for a dovetail in a cut whose largest inscribed circle has a radius of {figures(inner.max())} mm"
        )
        return below, above
    at = np.zeros(3)
    at[list(in_plane(axis))] = raster.place(np.array([row]), np.array([column]))[0]
    at[axis] = height
    reach = float(np.linalg.norm(np.ptp(np.concatenate([lower.vertices, upper.vertices]), axis=0)))
    for turn in (False, True):
        grown = place_solid(tongue(neck, length, (-reach, reach), ways.gap), axis, at, turn)
        key = place_solid(tongue(neck, length, (-reach, reach)), axis, at, turn)
        halves = (below + (above ^ key), above - grown)
        whole = [len(separate(half)) for half in halves] == [len(separate(half)) for half in (below, above)]
        if whole:
            note(f"a dovetail {neck:.3g} mm wide at its neck and {length:.3g} mm high, clearance {ways.gap:g} mm")
            return halves
    note("no dovetail; its groove would cut a piece in two")
    return below, above
