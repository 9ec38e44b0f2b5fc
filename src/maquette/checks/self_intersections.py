"""Self-intersections: does the surface cut through itself?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from maquette.checks.welded import grain
from maquette.core.arrays import Ints
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.progress import progress
from maquette.core.report import Finding, Verdict
from maquette.geometry.inside.filled import closed_faces
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.topology import face_components
from maquette.registry import stage

# Three corners rounded to 32 bits tilt a plane by a few steps; cuts shallower than this are rounding.
_STEPS = 4


@stage(destinations=("print",), gates=True, any_size=True)
def self_intersections(asset: Asset) -> Iterable[Finding]:
    """Count pairs of faces that cut through each other or lie on one another.

    Touching does not count: neighbours, a corner on a face, anything shallower than what files round to, four steps of
    a 32-bit number. Slicers fill what is enclosed at least once, so overlapping solids print and this is a warning;
    folds and walls that cross can leave gaps. Where the search was stopped it is "unknown" or "at least".
    """
    mesh = asset.mesh
    crossing_pairs = intersecting_pairs(mesh.vertices, mesh.faces, tolerance=_STEPS * grain(mesh), tell=progress)
    count, lying = len(crossing_pairs.pairs), int(crossing_pairs.lying.sum())
    verdict: Verdict = "warn" if count else "pass" if crossing_pairs.complete else "unknown"
    message = "no face cuts through another"
    if count:
        kinds = (count - lying, "cut through each other"), (lying, "lie on each other")
        counts = " and ".join(
            f"{number:,} {'pair' if number == 1 else 'pairs'} of faces {what}" for number, what in kinds if number
        )
        message = counts if crossing_pairs.complete else f"at least {counts}"
    elif not crossing_pairs.complete:
        message = "too many faces lie near each other to say; simplify the model and ask again"
    yield Finding(
        "self-intersections",
        verdict,
        message,
        value=count if count or crossing_pairs.complete else None,
        unit="pairs",
        limit="0",
        source="3MF Core Specification 1.3 §4.1: producers should not produce self-intersections",
        fix=_fix(mesh, crossing_pairs.pairs) if count else None,
        faces=np.unique(crossing_pairs.pairs) if count else None,
    )


def _fix(mesh: Mesh, pairs: Ints) -> str:
    """A union where only parts cross each other, a cut along the lines, or the whole ladder where faces lie open."""
    if not closed_faces(mesh.faces).all():
        return "solidify"
    _, part = face_components(mesh.faces)
    return "unite" if (part[pairs[:, 0]] != part[pairs[:, 1]]).all() else "untangle"
