"""Bridges: how far must a strand run with nothing below?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.checks.limits import limit_of
from maquette.checks.sliced import layers_that_hang, on_faces
from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.core.words import figures
from maquette.geometry.printing.layers import spans
from maquette.registry import stage

_PRINTER = Printer.default()

_SLACK = 1.03  # turned off the grid a span is read up to 3 % too long, and one drawn at the limit is not beyond it


@stage(destinations=("print",))
def bridges(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose limits apply")] = _PRINTER,
    max_mm: Annotated[float, Field(ge=0, le=1000, description="longest bridge allowed; 0: the printer's")] = 0.0,
) -> Iterable[Finding]:
    """Measure in mm how far layers run free, from one hold to the next, in the best direction at every place.

    A span longer than the printer's bridge sags and is a warning. A ledge is held at one end only and counts twice its
    length, as half of a bridge. What nothing holds at all is left to ``islands``, what slopes to ``overhang``. In a
    powder printer nothing sags. The coloured picture shows the length, 0 where something lies below. Unknown for a
    model that has no inside to slice.
    """
    sliced = layers_that_hang(asset.mesh, printer, "bridges", "every span", "mm")
    if isinstance(sliced, Finding):
        yield sliced
        return
    spans_here = spans(sliced)
    limit, source = limit_of(printer, "bridge_mm", max_mm)
    longest = _finite_max(spans_here.bridge)
    ledge = _finite_max(np.where(np.isfinite(spans_here.bridge), np.inf, spans_here.ledge))
    free = np.minimum(spans_here.bridge, 2 * spans_here.ledge)
    free[~np.isfinite(free)] = 0.0
    value = max(longest, 2 * ledge)
    overlay = on_faces(asset.mesh, sliced, spans_here.runs, free, printer)
    yield Finding(
        "bridges",
        "warn" if value > _SLACK * limit else "pass",
        f"the longest bridge measures {figures(longest)} mm, the longest ledge {figures(ledge)} mm",
        value=value,
        unit="mm",
        limit=f"at most {limit:g}",
        source=f"{source}; a ledge counts as half a bridge: our own rule",
        fix="orient",
        faces=np.flatnonzero(overlay > _SLACK * limit),
        overlay=overlay,
    )


def _finite_max(lengths: Floats) -> float:
    """The largest finite number, 0 where there is none."""
    return float(np.where(np.isfinite(lengths), lengths, 0.0).max(initial=0.0))
