"""Degenerate: are there faces without a surface?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from maquette.checks.welded import grain
from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.report import Finding
from maquette.registry import stage


@stage(destinations=("print", "model"), any_size=True)
def degenerate(asset: Asset) -> Iterable[Finding]:
    """Count faces with no area, measured against the model's own size.

    A face counts when its height over its longest side is below what a 32-bit file can tell at these coordinates: two
    corners in one place, or all three on a line. Such a face has no normal. Slicers and engines drop it, which opens
    a crack where it joined its neighbours, so it is a warning. A weld takes the first kind; the second needs a remesh.
    """
    mesh = asset.mesh
    height, shortest = _measures(mesh)
    flat = np.flatnonzero(height <= grain(mesh))
    count, collapsed = len(flat), int((shortest == 0).sum())
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
        fix="weld" if collapsed else None,
        faces=flat if count else None,
    )


def _measures(mesh: Mesh) -> tuple[Floats, Floats]:
    """Of each face (F,): its height over the longest side, 0 where corners coincide, and its shortest side."""
    a, b, c = np.ascontiguousarray(mesh.vertices[mesh.faces].transpose(1, 2, 0))  # (3, F) each
    sides = b - a, c - b, a - c
    lengths = np.sqrt([np.einsum("ij,ij->j", side, side) for side in sides])
    area = np.linalg.norm(np.cross(sides[0], sides[1], axis=0), axis=0)
    longest = lengths.max(axis=0)
    height: Floats = np.divide(area, longest, out=np.zeros_like(area), where=longest > 0)
    return height, lengths.min(axis=0)
