"""Cups: do layers of resin suck themselves to the film?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.checks.limits import limit_of
from maquette.checks.sliced import NO_INSIDE, TORN, columns_of, faces_near
from maquette.checks.welded import face_overlay
from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.core.words import figures
from maquette.geometry.printing.drains import cups as pockets
from maquette.geometry.printing.drains import roll_ball
from maquette.registry import stage

_PRINTER = Printer.default()

_SHALLOW = 1.0  # mm: over a dent no deeper the film gives way


@stage(destinations=("print",))
def cups(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose technology and limits apply")] = _PRINTER,
    vent_mm: Annotated[
        float, Field(ge=0, le=100, description="narrowest hole that lets resin in; 0: the printer's drain hole")
    ] = 0.0,
    min_mm2: Annotated[
        float, Field(ge=0, le=1e6, description="smallest opening that counts; 100 mm² pull with 10 N at most")
    ] = 100.0,
) -> Iterable[Finding]:
    """Count cups of a resin print: air that the solid, the bed and the layer being made enclose while it grows.

    Each lift of such a layer pulls against a vacuum, which warps the wall or tears the part off. A cup is one on the
    bed either way up: with its mouth up its floor seals it, with its mouth down the bed does. A vent as wide as the
    printer's drain hole, low down, opens it; lying on its side it is none. The number is the widest cup in mm². Other
    technologies have no film. The picture marks the walls of the cups. Unknown for a model that has no inside, or is so
    large that a vent would be less than three cells of the grid.
    """
    if printer.technology != "SLA":
        yield Finding("cups", "pass", "only resin sucks itself to a film", source="bottom-up resin printers")
        return
    _, solid = columns_of(asset.mesh, printer.nozzle_mm / 2)
    limit, source = limit_of(printer, "drain_hole_mm", vent_mm)
    inside = len(solid.cell) and solid.torn <= TORN
    cells = roll_ball(solid, limit) if inside else None
    if cells is None:
        said = "it is too large to tell" if inside else NO_INSIDE
        yield Finding("cups", "unknown", said, unit="mm²", fix=None if inside else "solidify")
        return
    filled = pockets(cells)
    counts = np.flatnonzero((filled.area >= min_mm2) & (filled.depth >= _SHALLOW))
    marks = [faces_near(asset.mesh, filled.cells[number], 1.5 * cells.pitch) for number in counts]
    faces = np.unique(np.concatenate(marks)) if marks else None
    widest = float(filled.area.max(initial=0.0))
    message = f"no cup is wider than {min_mm2:g} mm²"
    if len(counts):
        held = figures(filled.volume[counts].sum() / 1000)
        message = f"{len(counts)} cup{'s hold' if len(counts) > 1 else ' holds'} {held}"
        message += (
            f" cm³, the widest {figures(widest, 4)} mm² and {figures(filled.depth[filled.area.argmax()])} mm deep"
        )
    yield Finding(
        "cups",
        "warn" if len(counts) else "pass",
        message,
        value=widest,
        unit="mm²",
        limit=f"under {min_mm2:g}",
        source=f"vent: {source}; 100 mm² at 1 bar pull with 10 N: our own rule",
        fix="orient",
        faces=faces,
        overlay=None if faces is None else face_overlay(asset.mesh, faces),
    )
