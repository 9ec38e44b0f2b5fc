"""Trapped volumes: does liquid or powder stay inside?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.checks.limits import limit_of
from maquette.checks.sliced import NO_INSIDE, TORN, columns_of, faces_near
from maquette.checks.welded import face_overlay
from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.report import Finding, Verdict
from maquette.core.words import figures
from maquette.geometry.inside.columns import Columns
from maquette.geometry.printing.drains import Pockets, chambers, roll_ball
from maquette.geometry.printing.voids import Voids, sealed_voids
from maquette.registry import stage

_PRINTER = Printer.default()

_WORTH = 2.0  # a chamber holds at least a cube of this many hole widths
_READ = 5 / 6  # a width is read to a sixth: a hole just as wide as asked, as `hollow` drills it, is wide enough
_STUFF = {"SLA": "resin", "SLS": "powder", "FDM": ""}


@stage(destinations=("print",), name="trapped-volumes", gates=True)
def trapped_volumes(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose technology and limits apply")] = _PRINTER,
    drain_mm: Annotated[
        float, Field(ge=0, le=100, description="narrowest hole that drains a chamber; 0: the printer's")
    ] = 0.0,
    min_mm3: Annotated[float, Field(ge=0, le=1e9, description="smaller voids do not count")] = 1.0,
) -> Iterable[Finding]:
    """Measure in mm³ how much resin or powder stays inside: in voids nothing leads out of, and behind narrow holes.

    A closed void in a resin or powder print fails: what is in it never comes out. A chamber that a ball as wide as a
    drain hole cannot leave is a warning; a width is read to a sixth of the hole on models up to 100 mm, coarser above,
    and not at all where that takes more than three million cells. An FDM printer leaves closed voids empty, there they
    are counted and pass. ``drop-inner-walls`` with cavities "fill" makes closed voids solid; ``hollow`` then empties
    it with drain holes. The picture marks the walls of what is trapped. Unknown for a model that has no inside.
    """
    limit, source = limit_of(printer, "drain_hole_mm", drain_mm)
    inside = _look_inside(asset.mesh, printer, limit, min_mm3)
    if inside is None:
        yield Finding("trapped-volumes", "unknown", NO_INSIDE, unit="mm³", fix="solidify")
        return
    message = _in_words(inside.closed, inside.choked, inside.volume, limit, _STUFF[printer.technology])
    verdict: Verdict = "fail" if inside.closed else "warn" if inside.choked else "pass"
    wanted = "0"
    if printer.technology == "FDM":
        verdict, wanted, source = "pass", "", "FDM leaves voids empty"
    else:
        message += _way_out(inside.closed, inside.choked, limit)
        message += "" if inside.rolled else "; it is too large to tell how wide its openings are"
        source = f"{source}; closed: no way out at all"
    yield Finding(
        "trapped-volumes",
        verdict,
        message,
        value=inside.volume,
        unit="mm³",
        limit=wanted,
        source=source,
        fix="drop-inner-walls" if inside.closed else "scale-to",
        faces=inside.faces if len(inside.faces) else None,
        overlay=face_overlay(asset.mesh, inside.faces) if len(inside.faces) else None,
    )


@dataclass(frozen=True)
class _Inside:
    """What stays in a model: how many closed voids and chambers behind narrow openings, how much, and their walls."""

    closed: int
    choked: int
    volume: float  # mm³
    faces: Ints
    rolled: bool  # whether the width of openings could be told


def _look_inside(mesh: Mesh, printer: Printer, limit: float, least: float) -> _Inside | None:
    """What a printer would leave inside; None where inside and outside cannot be told."""
    whole, solid = columns_of(mesh, printer.nozzle_mm / 2)
    if not len(solid.cell) or solid.torn > TORN:
        return None
    shut = sealed_voids(solid)
    closed = shut.volume >= least
    ends = np.flatnonzero(closed[shut.void])
    walls = [faces_near(mesh, _ends(solid, shut.below[ends]), 2 * solid.pitch)]
    walls += [whole.of_face[solid.floor[shut.below[ends] + 1]]]
    volume = float(shut.volume[closed].sum())
    cells = roll_ball(solid, _READ * limit) if printer.technology != "FDM" else None
    choked: list[int] = []
    if cells is not None:
        pockets = chambers(cells)
        choked = _behind_narrow_holes(pockets, shut, solid, limit)
        volume += sum(pockets.volume[number] for number in choked)
        walls += [faces_near(mesh, pockets.cells[number], 1.5 * cells.pitch) for number in choked]
    return _Inside(int(closed.sum()), len(choked), volume, np.unique(np.concatenate(walls)), cells is not None)


def _behind_narrow_holes(pockets: Pockets, shut: Voids, solid: Columns, limit: float) -> list[int]:
    """Chambers worth counting that are no closed voids."""
    return [
        number
        for number in np.flatnonzero(pockets.volume >= (_WORTH * limit) ** 3).tolist()
        if not _in_closed(pockets.place[number], shut, solid)
    ]


def _in_closed(place: Floats, shut: Voids, solid: Columns) -> bool:
    """Whether a point (3,) lies in a closed void."""
    here = shut.below[solid.cell[shut.below] == solid.cell_at(place[None])[0]]
    return bool(((solid.top[here] <= place[2]) & (solid.bottom[here + 1] >= place[2])).any())


def _ends(solid: Columns, below: np.ndarray) -> Floats:
    """Lower and upper ends of stretches of air, (2N, 3)."""
    centers = solid.centers(solid.cell[below])
    return np.concatenate([np.c_[centers, solid.top[below]], np.c_[centers, solid.bottom[below + 1]]])


def _way_out(closed: int, choked: int, limit: float) -> str:
    """What to do about it: a void has to become solid before `hollow` can give it walls and holes."""
    ways = []
    if closed:
        ways.append("fill what is closed (drop-inner-walls, cavities fill), then let hollow drill drain holes")
    if choked:
        ways.append(f"open what is narrow to {limit:g} mm")
    return f"; {' and '.join(ways)}" if ways else ""


def _in_words(closed: int, choked: int, volume: float, limit: float, stuff: str) -> str:
    """What was found, in words."""
    if not closed and not choked:
        return "nothing is trapped" if stuff else "no void is closed"
    parts = []
    if closed:
        parts.append(f"{closed} closed void{'s' * (closed > 1)}")
    if choked:
        parts.append(f"{choked} chamber{'s' * (choked > 1)} behind openings under {limit:g} mm")
    holds = f"hold{'s' * (closed + choked == 1)} {figures(volume / 1000)} cm³"
    return f"{' and '.join(parts)} {holds}{f' of {stuff}' if stuff else ', which stay empty'}"
