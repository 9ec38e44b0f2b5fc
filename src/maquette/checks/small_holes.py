"""Small holes: is every hole wide enough to stay open?"""

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


@stage(destinations=("print",), name="small-holes")
def small_holes(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose limits apply")] = _PRINTER,
    min_mm: Annotated[
        float, Field(ge=0, le=1000, description="narrowest hole that stays open; 0: the printer's")
    ] = 0.0,
    samples: Annotated[int, Field(ge=1000, le=1_000_000, description="points of the surface to measure at")] = SAMPLES,
) -> Iterable[Finding]:
    """Measure holes and pits in mm: air that is narrow two ways between walls that face each other.

    One narrower than the printer's hole, by the larger of its two widths, closes up or traps resin or powder, and is a
    warning. Slits are left to ``thin-gaps``; pits that widen by more than 14 degrees do not count. The coloured picture
    shows the width, up to twice the limit.
    """
    limit, source = limit_of(printer, "min_hole_mm", min_mm)
    columns = slender(asset.mesh, limit, samples, inside_out=True)
    yield slender_finding("small-holes", "hole", columns, limit, source)
