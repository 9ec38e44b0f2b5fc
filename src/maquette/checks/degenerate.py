"""Degenerate: are there faces without a surface?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from maquette.checks.welded import grain, welded
from maquette.core.asset import Asset
from maquette.core.mesh import Floats, Mesh
from maquette.core.report import Finding
from maquette.registry import stage


@stage(destinations=("print", "model"))
def degenerate(asset: Asset) -> Iterable[Finding]:
    """Count faces with no area, measured against the model's own size.

    A face counts when its height over its longest side is below what a 32-bit file can tell at these coordinates: two
    corners in one place, or all three on a line. Such a face has no normal. Slicers and engines drop it, which opens
    a crack where it joined its neighbours, so it is a warning.
    """
    mesh = asset.mesh
    flat = np.flatnonzero(_heights(mesh) <= grain(mesh))
    count = len(flat)
    collapsed = len(mesh.faces) - len(welded(mesh).faces)
    yield Finding(
        "degenerate",
        "warn" if count else "pass",
        f"{count:,} of {len(mesh.faces):,} faces have no area, {collapsed:,} of them with corners in one place"
        if count
        else "every face has an area",
        value=count,
        unit="faces",
        limit="0",
        source="3MF Core Specification 1.3 §4.1: all triangles should have a non-zero area",
        fix="weld" if collapsed == count else "simplify",
        faces=flat if count else None,
    )


def _heights(mesh: Mesh) -> Floats:
    """Height of each face over its longest side, (F,); 0 where the corners coincide."""
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 2, 0)  # (3, F) each
    sides = [b - a, c - b, a - c]
    longest = np.sqrt(np.max([np.einsum("ij,ij->j", side, side) for side in sides], axis=0, initial=0.0))
    area = np.linalg.norm(np.cross(sides[0], sides[1], axis=0), axis=0)
    made: Floats = np.divide(area, longest, out=np.zeros_like(area), where=longest > 0)
    return made
