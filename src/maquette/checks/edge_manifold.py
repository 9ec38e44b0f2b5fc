"""Edge-manifold: do at most two faces meet in every edge?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.checks.welded import weld_by_position
from maquette.core.arrays import Ints
from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.registry import stage

_SOURCE = {
    "print": "3MF Core Specification 1.3 §4.1: every edge is shared with exactly one other triangle",
    "model": "advice: normals and unwrapping are undefined along such an edge",
}


@stage(destinations=("print", "model"), gates=True, any_size=True)
def edge_manifold(
    asset: Asset,
    *,
    destination: Annotated[
        Literal["print", "model"], Field(description="what it is for: a crowded edge fails a print, warns of a model")
    ] = "print",
) -> Iterable[Finding]:
    """Count edges where more than two faces meet, after welding by position.

    There a slicer cannot tell inside from outside: doubled faces, walls without a thickness, solids that touch in an
    edge. Open edges are the business of ``watertight``.
    """
    surface = weld_by_position(asset.mesh)
    crowded = surface.edges.count > 2
    count = int(crowded.sum())
    faces = surface.faces_at(crowded)
    message = "at most two faces meet in every edge"
    if count:
        doubled = _count_doubled_faces(surface.faces)
        message = f"{count:,} edge{'s' * (count > 1)} with up to {surface.edges.count.max()} faces"
        message += f", {doubled:,} of the faces lie on another with the same corners" if doubled else ""
    yield Finding(
        "edge-manifold",
        "pass" if not count else "fail" if destination == "print" else "warn",
        message,
        value=count,
        unit="edges",
        limit="0",
        source=_SOURCE[destination],
        fix="solidify",
        faces=faces if count else None,
    )


def _count_doubled_faces(faces: Ints) -> int:
    """How many faces have the same three vertices as an earlier one."""
    ordered = np.sort(faces, axis=1)
    ordered = ordered[np.lexsort(ordered.T)]
    return int((ordered[1:] == ordered[:-1]).all(axis=1).sum())
