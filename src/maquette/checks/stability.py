"""Stability: does it stand, or tip over?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.checks.welded import face_overlay, weld_by_position
from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.core.report import Finding, Verdict
from maquette.core.words import figures
from maquette.geometry.printing.resting import footing, hull, margin
from maquette.geometry.surface import center_of_mass
from maquette.registry import stage

_PRINTER = Printer.default()

_OF_HEIGHT = 0.05  # of the height of the centre of mass: it stands up to a tilt of 3 degrees


@stage(destinations=("print",))
def stability(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose first layer it stands on")] = _PRINTER,
    min_share: Annotated[
        float, Field(ge=0, le=1, description="margin wanted, as a share of half the model's narrower side")
    ] = 0.1,
) -> Iterable[Finding]:
    """Measure how far the centre of mass lies inside the outline of what touches the bed, in mm.

    The outline is the convex hull of everything within the first layer. Outside it, with a negative margin, the model
    tips over: that fails on an FDM printer, and `orient`, or a `plinth` where no side helps, makes it stand. A
    margin below ``min_share`` of half the narrower side, and one that a tilt of 3 degrees uses up, are warnings:
    a brim or supports hold it while it prints. In resin and powder nothing has to stand by itself: a warning. The
    mass is that of the filled solid (Prévost et al. 2013, "Make It Stand"). The coloured picture shows the faces
    that touch. A model without faces cannot be asked.
    """
    mesh = asset.mesh
    if not len(mesh.faces):
        yield Finding("stability", "unknown", "there are no faces that could stand")
        return
    whole = weld_by_position(mesh)
    center = center_of_mass(whole.vertices, whole.faces)
    room = margin(center[:2], hull(footing(mesh.vertices, mesh.faces, printer.layer_mm)))
    low, high = mesh.bounds
    wanted = max(min_share * float(min(high[:2] - low[:2])) / 2, _OF_HEIGHT * float(center[2] - low[2]))
    tips = printer.technology == "FDM" and room < 0
    verdict: Verdict = "fail" if tips else "warn" if room < wanted else "pass"
    turned = any(step.stage == "orient" for step in asset.history)  # a better side was looked for already
    side = "outside" if room < 0 else "inside"
    touching = np.flatnonzero((mesh.vertices[mesh.faces, 2] <= low[2] + printer.layer_mm).all(axis=1))
    yield Finding(
        "stability",
        verdict,
        f"the centre of mass lies {figures(abs(room), 4)} mm {side} what touches the bed"
        + ("; it tips over" if room < 0 else ""),
        value=room,
        unit="mm",
        limit=f"at least {figures(wanted)}",
        source=f"{min_share:.0%} of half the narrower side, a tilt of 3 deg; Prévost et al. 2013, Make It Stand",
        fix="settle" if room >= 0 else "plinth" if turned else "orient",
        faces=touching,
        overlay=face_overlay(mesh, touching),
    )
