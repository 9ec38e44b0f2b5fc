"""Self-intersections: does the surface cut through itself?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from maquette.checks.welded import grain, shaded
from maquette.core.asset import Asset
from maquette.core.progress import progress
from maquette.core.report import Finding, Verdict
from maquette.geometry.intersections import intersecting_pairs
from maquette.registry import stage


@stage(destinations=("print",))
def self_intersections(asset: Asset) -> Iterable[Finding]:
    """Count pairs of faces that cut through each other or lie on one another.

    Touching does not count: neighbours, a corner on a face, anything shallower than 32-bit numbers can tell at these
    coordinates. Slicers fill what is enclosed at least once, so overlapping solids print and this is a warning; folds
    and walls that cross can leave gaps. A surface so tangled that the search is stopped is "unknown" or "at least".
    """
    mesh = asset.mesh
    found = intersecting_pairs(mesh.vertices, mesh.faces, tolerance=grain(mesh), tell=progress)
    count = len(found.pairs)
    faces = np.unique(found.pairs)
    verdict: Verdict = "warn" if count else "pass" if found.complete else "unknown"
    message = "no face cuts through another"
    if count:
        lying = int(found.lying.sum())
        least = "" if found.complete else "at least "
        message = f"{least}{count:,} pairs among {len(faces):,} faces meet: {count - lying:,} cut through each other"
        message += f", {lying:,} lie on each other"
    elif not found.complete:
        message = "too many faces lie near each other to say; simplify the model and ask again"
    yield Finding(
        "self-intersections",
        verdict,
        message,
        value=count if count or found.complete else None,
        unit="pairs",
        limit="0",
        source="3MF Core Specification 1.3 §4.1: producers should not produce self-intersections",
        fix="solidify" if count and found.lying.all() else None,
        faces=faces if count else None,
        overlay=shaded(mesh, faces) if count else None,
    )
