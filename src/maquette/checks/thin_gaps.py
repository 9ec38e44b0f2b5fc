"""Thin gaps: do walls stand so close that they fuse?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.checks.limits import limit_of
from maquette.checks.sampled import SAMPLES, sample_mesh
from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.core.words import figures
from maquette.geometry.inside.thickness import SLACK
from maquette.registry import stage

_PRINTER = Printer.default()

_FAR = 10.0  # times the limit: wider gaps are all the same
_NARROWEST = 1.0  # percentile of what faces something across a gap that is too thin


@stage(destinations=("print",), name="thin-gaps")
def thin_gaps(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose limits apply")] = _PRINTER,
    min_mm: Annotated[float, Field(ge=0, le=1000, description="narrowest gap that stays open; 0: the printer's")] = 0.0,
    samples: Annotated[int, Field(ge=1000, le=1_000_000, description="points of the surface to measure at")] = SAMPLES,
    max_share: Annotated[
        float, Field(ge=0, le=1, description="share of the surface that may bound such gaps before it is a warning")
    ] = 0.002,
) -> Iterable[Finding]:
    """Measure in mm how far apart walls stand that face each other through the air.

    The same measure as ``wall-thickness``, turned inside out: the largest ball that fits into the gap. Below the
    printer's clearance the walls fuse, which is a warning where more than ``max_share`` of the surface does. Creases
    and grooves that open by more than 14 degrees are none, nor have parts that touch or overlap. The number is the
    narrowest gap there is, leaving out a hundredth of what is too narrow; the coloured picture shows each gap's width,
    up to ten times the limit.
    """
    air = sample_mesh(asset.mesh, samples).inside_out
    limit, source = limit_of(printer, "clearance_mm", min_mm)
    gaps = air.walls.thickness(rim=limit / 2, tips=limit)
    if not len(gaps):
        yield Finding("thin-gaps", "unknown", "there is no surface", unit="mm")
        return
    narrow = gaps < SLACK * limit
    share = float(narrow.mean())
    known = gaps[narrow] if narrow.any() else gaps[np.isfinite(gaps)]
    overlay = air.on_faces(np.fmin(gaps, _FAR * limit))
    yield Finding(
        "thin-gaps",
        "warn" if share > max_share else "pass",
        f"{share:.2%} of the surface, {figures(narrow.sum() * air.spread.area)} mm², bounds gaps under {limit:g} mm"
        if narrow.any()
        else f"no gap is under {limit:g} mm",
        value=float(np.percentile(known, _NARROWEST)) if len(known) else None,
        unit="mm",
        limit=f"at least {limit:g}",
        source=f"{source}; warns above {max_share:.1%} of the surface",
        fix="scale-to",
        faces=np.flatnonzero(overlay < SLACK * limit),
        overlay=overlay,
    )
