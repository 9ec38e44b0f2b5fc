"""Weld: vertices that share a position become one."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.progress import note
from maquette.geometry.welding import twins
from maquette.registry import stage


@stage
def weld(
    asset: Asset,
    *,
    grid_mm: Annotated[float, Field(ge=0, description="vertices in one cell count as one; 0: exact twins only")] = 0.0,
) -> Asset:
    """Merge vertices that share a position and drop the faces that collapse.

    Faces keep their order and winding, corners keep their uv.
    """
    mesh = asset.mesh
    keep, twin = twins(mesh.vertices, grid_mm)
    merged = mesh.renumbered(keep, twin)
    corners_differ = (merged.faces != np.roll(merged.faces, 1, axis=1)).all(axis=1)  # (F,)
    if len(keep) < len(mesh.vertices):
        note(f"merged {len(mesh.vertices) - len(keep)} vertices")
    welded = merged.keep_faces(corners_differ)
    same = (len(welded.vertices), len(welded.faces)) == (len(mesh.vertices), len(mesh.faces))
    return asset if same else asset.with_mesh(welded)  # what has no twins comes back itself
