"""Pins: is every column thick enough not to snap?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from maquette.checks.limits import limit_of
from maquette.checks.sampled import SAMPLES
from maquette.checks.slender import slender, slender_finding
from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.registry import stage

_PRINTER = Printer.default()


@stage(destinations=("print",))
def pins(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose limits apply")] = _PRINTER,
    min_mm: Annotated[float, Field(ge=0, le=1000, description="thinnest column allowed; 0: the printer's")] = 0.0,
    samples: Annotated[int, Field(ge=1000, le=1_000_000, description="points of the surface to measure at")] = SAMPLES,
) -> Iterable[Finding]:
    """Measure columns in mm: what is thin two ways and stands free for one and a half times its width.

    Fingers, horns, rods, the legs of a chair. One thinner than the printer's pin, by the larger of its two widths, is a
    warning: it snaps, or is knocked over while it prints. Walls are left to ``wall-thickness``; spikes that widen by
    more than 14 degrees are tips and do not count. The coloured picture shows the width, up to twice the limit.
    """
    limit, source = limit_of(printer, "min_pin_mm", min_mm)
    columns = slender(asset.mesh, limit, samples, inside_out=False)
    yield slender_finding("pins", "column", columns, limit, source)
