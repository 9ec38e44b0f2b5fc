"""Wall thickness: is every wall thick enough to be made?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.checks.limits import limit_of
from maquette.checks.sampled import SAMPLES, THINNEST, sample_mesh
from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.core.report import Finding, Verdict
from maquette.core.words import figures
from maquette.geometry.inside.thickness import SLACK
from maquette.geometry.printing.free_walls import free_standing
from maquette.registry import stage

_PRINTER = Printer.default()

_FEW = 0.005  # share of the surface: a crease or a tip, not a wall


@stage(destinations=("print",), name="wall-thickness")
def wall_thickness(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose limits apply")] = _PRINTER,
    min_mm: Annotated[float, Field(ge=0, le=1000, description="thinnest wall allowed; 0: the printer's")] = 0.0,
    samples: Annotated[int, Field(ge=1000, le=1_000_000, description="points of the surface to measure at")] = SAMPLES,
    max_share: Annotated[
        float, Field(ge=0, le=1, description="share of the surface that may be too thin before it fails")
    ] = 0.05,
) -> Iterable[Finding]:
    """Measure the walls in mm, everywhere, by the largest ball that fits between two surfaces that face each other.

    The number is the thickness that all but the thinnest hundredth of the surface has. Up to 0.5 % below the printer's
    limit pass, up to ``max_share`` are a warning, more fails. Flat walls that the rest holds on one side only, as fins
    and flags, have the printer's own limit for them, and below that are a warning. Nothing is measured within half the
    limit of a sharp edge, where a wedge of more than 14 degrees runs out to its edge, or where no surface lies
    opposite. The coloured picture shows each face's thickness, that of the nearest point where it has none of its own.
    Unknown for a model that has no inside.
    """
    solid = sample_mesh(asset.mesh, samples)
    limit, source = limit_of(printer, "min_wall_mm", min_mm)
    free = max(limit, 0.0 if min_mm else printer.min_free_wall_mm)
    walls = solid.walls.thickness(rim=limit / 2, tips=free)
    finite = np.isfinite(walls)
    if not finite.any():
        yield Finding("wall-thickness", "unknown", "no two surfaces face each other", unit="mm", fix="solidify")
        return
    below = walls < SLACK * limit
    slender = ~below & (walls < SLACK * free)
    if slender.any():
        slender &= free_standing(solid.spread, walls, SLACK * free)
    share, alone = float(below[finite].mean()), float(slender[finite].mean())
    verdict: Verdict = "pass" if share + alone <= _FEW else "warn" if share <= max_share else "fail"
    thin = f"{share:.1%} of the surface is under {limit:g} mm" if share else "no wall is too thin"
    if alone > 0:
        thin += f"; {alone:.1%} is a wall that stands free and is under {free:g} mm"
    middle, least = figures(np.median(walls[finite])), float(walls[finite].min())
    overlay = solid.on_faces(walls)
    faces = np.union1d(np.flatnonzero(overlay < SLACK * limit), solid.of_face[solid.spread.faces[slender]])
    yield Finding(
        "wall-thickness",
        verdict,
        f"{thin}; half of it measures {middle} mm or more, the least {least:.3g}",
        value=float(np.percentile(walls[finite], THINNEST)),
        unit="mm",
        limit=f"at least {limit:g}" + (f", {free:g} where it stands free" if free > limit else ""),
        source=f"{source}; fails above {max_share:.0%} of the surface",
        fix="thicken",
        faces=faces,
        overlay=overlay,
    )
