"""Drop inner walls: shells inside the model that nobody meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.progress import note, progress
from maquette.geometry.inside.filled import Bools, Nesting, closed_faces, nesting, rounding
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.rays import Tracer
from maquette.geometry.surface import area_vectors
from maquette.registry import stage

_SAMPLES = 2000  # faces of a shell at which the wall around it is measured
_MOSTLY = 0.8  # of the samples: the wall is thin there


@stage
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
) -> Asset:
    """Drop closed shells inside the model that a slicer would print as walls or voids nobody meant.

    A shell with filled space on both sides parts nothing and goes. A shell around an empty space is a cavity, which
    nobody can see: where the wall around it is thin all over (1.2 % of the diagonal: 2 mm on a model of 100 mm), it is
    the double skin that generators make, and the inside is filled; where it is thicker, or where the model's history
    says that it was hollowed, it is meant and stays. Shells that cut through others are left to ``unite``. Open parts,
    and openings through which one can look inside, are not touched. Fix the winding first.
    """
    mesh = asset.mesh
    mine = np.flatnonzero(closed_faces(mesh.faces))
    faces = mesh.faces if len(mine) == len(mesh.faces) else mesh.faces[mine]
    found = nesting(mesh.vertices, faces)
    if not (found.idle | found.cavity).any():
        return asset
    progress(0.4, "looking at shells inside the model")
    shells = Shells(mesh.vertices, faces, found)
    idle = found.idle & ~shells.crossing() if found.idle.any() else found.idle
    cavity = found.cavity & ~idle
    if cavities == "keep" or any(step.stage == "hollow" for step in asset.history):
        cavity[:] = False
    elif cavities == "thin" and cavity.any():
        cavity &= shells.behind_thin_walls(cavity, thin_share * mesh.diagonal)
    gone = idle | cavity
    if not gone.any():
        return asset
    if idle.any():
        note(f"dropped {int(idle.sum())} shells with filled space on both sides")
    if cavity.any():
        volume = np.abs(found.volume[cavity]).sum()
        note(f"filled {int(cavity.sum())} cavities of together {volume:.6g} mm³ behind thin walls")
    return asset.with_mesh(mesh.keep_faces(np.delete(np.arange(len(mesh.faces)), mine[gone[found.part]])))


@dataclass(frozen=True)
class Shells:
    """Closed parts, asked about what lies around them."""

    vertices: Floats
    faces: Ints
    nesting: Nesting

    def crossing(self) -> Bools:
        """Parts that cut through other parts, (P,) bool: a few points tell nothing about these."""
        part = self.nesting.part
        found = intersecting_pairs(self.vertices, self.faces, tolerance=rounding(self.vertices))
        both = part[found.pairs[~found.lying]]
        made = np.zeros(len(self.nesting.volume), dtype=bool)
        made[both[both[:, 0] != both[:, 1]].reshape(-1)] = True
        return made

    def behind_thin_walls(self, which: Bools, limit: float) -> Bools:
        """Of these parts (P,) those from most of whose surface another one lies nearer than ``limit``, behind them."""
        part = self.nesting.part
        tracer = Tracer(self.vertices, self.faces)
        made = np.zeros(len(which), dtype=bool)
        order = np.argsort(part, kind="stable")
        start = np.searchsorted(part[order], np.arange(len(which) + 1))
        for number in np.flatnonzero(which).tolist():
            own = order[start[number] : start[number + 1]]
            area = area_vectors(self.vertices, self.faces[own])
            size = np.linalg.norm(area, axis=1)
            place = (np.arange(_SAMPLES) + 0.5) / _SAMPLES * size.sum()
            face = np.minimum(np.searchsorted(np.cumsum(size), place), len(own) - 1)
            normal = area[face] / np.maximum(size[face], 1e-300)[:, None]
            middle = self.vertices[self.faces[own[face]]].mean(axis=1)
            hit = tracer.first(middle - normal * tracer.step, -normal)
            wall = (hit.face >= 0) & (hit.distance <= limit) & (part[hit.face] != number)
            made[number] = wall.mean() >= _MOSTLY
        return made
