"""Overhang: how much of the surface hangs in the air?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.checks.limits import limit_of
from maquette.checks.sliced import TORN, columns_of
from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.core.words import figures
from maquette.geometry.surface import area_vectors
from maquette.registry import stage

_PRINTER = Printer.default()

_SLACK_DEG = 0.1  # a face drawn at the limit is not beyond it


@stage(destinations=("print",))
def overhang(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose limits apply")] = _PRINTER,
    angle_deg: Annotated[
        float, Field(ge=0, le=90, description="steepest allowed, from the vertical; 0: the printer's")
    ] = 0.0,
    max_share: Annotated[
        float, Field(ge=0, le=1, description="share of the surface that may overhang before it is a warning")
    ] = 0.15,
) -> Iterable[Finding]:
    """Measure the share of the surface that faces down more steeply than the printer carries without support.

    The angle is from the vertical: a wall has 0 degrees, a ceiling 90. Faces within the first layer rest on the bed and
    do not count; bridges do. The coloured picture shows the angle of every face that looks down. Supports carry what
    hangs, and the message says how much room there is for them, down to the bed or the model; more than ``max_share``
    is a warning.
    """
    mesh = asset.mesh
    vectors = area_vectors(mesh.vertices, mesh.faces)
    area = np.linalg.norm(vectors, axis=1)
    down = np.divide(-vectors[:, 2], area, out=np.zeros_like(area), where=area > 0)
    angle = np.degrees(np.arcsin(np.clip(down, 0.0, 1.0)))  # (F,) 0 where the face does not look down
    top = mesh.vertices[:, 2][mesh.faces].max(axis=1)
    angle[top <= mesh.bounds[0, 2] + printer.layer_mm] = 0.0
    limit, source = limit_of(printer, "overhang_deg", angle_deg)
    steep = angle > limit + _SLACK_DEG
    share = float(area[steep].sum() / area.sum()) if area.any() else 0.0
    yield Finding(
        "overhang",
        "warn" if share > max_share else "pass",
        f"{share:.1%} of the surface, {figures(area[steep].sum(), 4)} mm², leans out by more than {limit:g} deg"
        + _supports(mesh, steep, printer),
        value=100 * share,
        unit="% of the surface",
        limit=f"at most {100 * max_share:g}",
        source=f"{source}; share: photo-to-print rubric of romanmartins.com",
        fix="rotate",
        faces=np.flatnonzero(steep),
        overlay=angle,
    )


def _supports(mesh: Mesh, steep: np.ndarray, printer: Printer) -> str:
    """The room below what is steep, in words; nothing where there is none, or no inside to measure from."""
    if not steep.any():
        return ""
    whole, solid = columns_of(mesh, printer.nozzle_mm / 2)
    if not len(solid.cell) or solid.torn > TORN:
        return ""
    hangs = steep[whole.of_face[solid.floor]]
    floor: Floats = np.full(len(solid.cell), solid.bottom.min())  # the bed, or the solid below
    stacked = np.flatnonzero(solid.cell[1:] == solid.cell[:-1]) + 1
    floor[stacked] = solid.top[stacked - 1]
    volume = float((solid.bottom - floor)[hangs].sum()) * solid.pitch**2
    return f"; supports have {figures(volume / 1000)} cm³ below it"
