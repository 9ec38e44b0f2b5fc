"""Drop inner walls: shells inside the model that nobody meant."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.progress import note, progress
from maquette.geometry.inside.filled import closed_faces, nesting
from maquette.geometry.inside.shells import Shells, thin_wall
from maquette.registry import stage


@stage(version=2)
def drop_inner_walls(
    asset: Asset,
    *,
    cavities: Annotated[
        Literal["thin", "keep", "fill"],
        Field(description="which cavities become solid: those behind a thin wall, none, or all"),
    ] = "thin",
    thin_share: Annotated[
        float, Field(ge=0, le=1, description="a wall up to this share of the model's diagonal is thin")
    ] = 0.012,
    thin_mm: Annotated[
        float, Field(ge=0, le=100, description="or up to so many mm, on a model that is 25 times as large: three lines")
    ] = 1.2,
) -> Asset:
    """Drop closed shells inside the model that a slicer would print as walls or voids nobody meant.

    A shell with filled space on both sides parts nothing and goes. A shell around an empty space is a cavity, which
    nobody can see: where the wall around it is thin all over (1.2 % of the diagonal: 2 mm on a model of 100 mm; or 1.2
    mm), it is the double skin that generators make, and the inside is filled; where it is thicker, or where the model's
    history says that it was hollowed, it is meant and stays. Shells that cut through others are left to ``unite``. Open
    parts, and openings through which one can look inside, are not touched. Fix the winding first.
    """
    mesh = asset.mesh
    mine = np.flatnonzero(closed_faces(mesh.faces))
    faces = mesh.faces if len(mine) == len(mesh.faces) else mesh.faces[mine]
    nested = nesting(mesh.vertices, faces)
    if not (nested.idle | nested.cavity).any():
        return asset
    progress(0.4, "looking at shells inside the model")
    shells = Shells(mesh.vertices, faces, nested)
    idle = nested.idle & ~shells.crossing() if nested.idle.any() else nested.idle
    cavity = nested.cavity & ~idle
    if cavities == "keep" or any(step.stage == "hollow" for step in asset.history):
        cavity[:] = False
    elif cavities == "thin" and cavity.any():
        cavity &= shells.behind_thin_walls(cavity, thin_wall(mesh.diagonal, thin_share, thin_mm))
    gone = idle | cavity
    if not gone.any():
        return asset
    if idle.any():
        note(f"dropped {int(idle.sum())} shells with filled space on both sides")
    if cavity.any():
        volume = np.abs(nested.volume[cavity]).sum()
        note(f"filled {int(cavity.sum())} cavities of together {volume:.6g} mm³ behind thin walls")
    return asset.with_mesh(mesh.keep_faces(np.delete(np.arange(len(mesh.faces)), mine[gone[nested.part]])))
