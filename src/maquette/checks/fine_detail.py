"""Fine detail: is what is raised or engraved wide enough to show?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.checks.limits import limit_of
from maquette.checks.sampled import SAMPLES, sample_mesh
from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.core.words import figures
from maquette.geometry.inside.thickness import SLACK
from maquette.registry import stage

_PRINTER = Printer.default()

_LOOKED_AT = 2.0  # times the limit: what is wider is all the same


@stage(destinations=("print",), name="fine-detail")
def fine_detail(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose limits apply")] = _PRINTER,
    min_mm: Annotated[float, Field(ge=0, le=1000, description="narrowest detail that shows; 0: the printer's")] = 0.0,
    samples: Annotated[int, Field(ge=1000, le=1_000_000, description="points of the surface to measure at")] = SAMPLES,
    max_share: Annotated[
        float, Field(ge=0, le=1, description="share of the surface that may be lost before it is a warning")
    ] = 0.002,
) -> Iterable[Finding]:
    """Measure in mm how wide raised and engraved detail is: lettering, seams, scales, the lines of a face.

    Raised is what is narrow just below its surface and no longer so twice the limit deeper; engraved is the same of the
    air. Narrower than the printer's detail it is lost or blurred, a warning where more than ``max_share`` of the
    surface is. Detail less than a quarter of the limit high does not count. What goes deeper is left to
    ``wall-thickness``, ``pins``, ``thin-gaps`` and ``small-holes``. The coloured picture shows the width, up to twice
    the limit.
    """
    solid = sample_mesh(asset.mesh, samples)
    if not len(solid.spread.points):
        yield Finding("fine-detail", "unknown", "there is no surface", unit="mm")
        return
    limit, source = limit_of(printer, "min_detail_mm", min_mm)
    raised, engraved = (side.chords.details(limit) for side in (solid, solid.inside_out))
    width = np.minimum(raised, engraved)
    lost = width < SLACK * limit
    overlay = solid.on_faces(np.minimum(width, _LOOKED_AT * limit))
    known = width[np.isfinite(width)]
    yield Finding(
        "fine-detail",
        "warn" if lost.mean() > max_share else "pass",
        _loss_words(raised, engraved, SLACK * limit, solid.spread.area)
        if lost.any()
        else f"no detail is under {limit:g} mm",
        value=float(np.percentile(known, 1)) if len(known) else None,
        unit="mm",
        limit=f"at least {limit:g}",
        source=f"{source}; warns above {max_share:.1%} of the surface",
        fix="scale-to",
        faces=np.flatnonzero(overlay < SLACK * limit),
        overlay=overlay,
    )


def _loss_words(raised: Floats, engraved: Floats, limit: float, area: float) -> str:
    """How much of either is lost."""
    kinds = ((raised, "raised"), (engraved, "engraved"))
    parts = [
        f"{figures((width < limit).sum() * area)} mm² of {kind} detail"
        for width, kind in kinds
        if (width < limit).any()
    ]
    return f"{' and '.join(parts)} {'are' if len(parts) > 1 else 'is'} too fine to show"
