"""Contact: does enough of it touch the bed to hold on?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.checks.welded import face_overlay, weld_by_position
from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.core.words import figures
from maquette.geometry.printing.resting import HARDLY, hull, hull_area, least_contact, section
from maquette.registry import stage

_PRINTER = Printer.default()


@stage(destinations=("print",))
def contact(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose first layer it stands on")] = _PRINTER,
    min_mm2: Annotated[float, Field(ge=0, description="smallest area that holds on to a bed")] = 20.0,
    min_share: Annotated[
        float, Field(ge=0, le=1, description="smallest share of the model's outline from above")
    ] = 0.01,
) -> Iterable[Finding]:
    """Measure the area of the first layer, the share of the model's outline that it takes and in how many islands.

    The layer is cut at half its height. Less than ``min_share`` of the outline (the convex hull seen from above), or
    less than ``min_mm2`` where that is not half the outline of a small model anyway, is a warning: it comes off the
    bed. A tenth of that fails on an FDM printer, for nothing holds it: `orient` finds a better side, and where there is
    none a `plinth` gives it one. Overlapping parts count twice. Where the first layer is open the answer is unknown.
    """
    mesh = asset.mesh
    whole = weld_by_position(mesh)
    low = float(mesh.bounds[0, 2])
    cut = section(whole.vertices, whole.faces, low + printer.layer_mm / 2)
    outline = hull_area(hull(mesh.vertices[np.unique(mesh.faces), :2])) if len(mesh.faces) else 0.0
    if not cut.closed or not outline:
        said = "the outline of the first layer does not close" if not cut.closed else "the model covers no area"
        yield Finding("contact", "unknown", said, unit="mm²", fix="solidify")
        return
    wanted = least_contact(outline, min_mm2, min_share)
    falls = printer.technology == "FDM" and cut.area < HARDLY * wanted
    touching = np.flatnonzero((mesh.vertices[mesh.faces, 2] <= low + printer.layer_mm).all(axis=1))
    islands = f"{cut.islands} island" + ("" if cut.islands == 1 else "s")
    yield Finding(
        "contact",
        "fail" if falls else "warn" if cut.area < wanted else "pass",
        f"{figures(cut.area, 4)} mm² in {islands} touch the bed, {cut.area / outline:.2%} of the outline from above",
        value=cut.area,
        unit="mm²",
        limit=f"at least {figures(wanted)}",
        source=f"{min_share:.0%} of the outline; {min_mm2:g} mm², or half a small model's outline: our own rule",
        fix="plinth" if falls and _was_turned(asset) else "orient" if falls else "settle",
        faces=touching,
        overlay=face_overlay(mesh, touching),
    )


def _was_turned(asset: Asset) -> bool:
    """Whether a better side was looked for already."""
    return any(step.stage == "orient" for step in asset.history)
