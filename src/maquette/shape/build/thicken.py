"""Thicken: walls that are too thin to print get the thickness they need, everything else stays.

A wall is thickened about its middle: balls as wide as the limit are strung along the middle of every thin place, and
the closed surface around them is united with the model. So surfaces never run into each other, as they do when vertices
are pushed outward, and faces away from thin places are not touched at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.solids import solid, surface_of
from maquette.geometry.inside.thickness import SLACK, wall_thickness
from maquette.geometry.printing.free_walls import free_standing, patches
from maquette.geometry.rays import Tracer
from maquette.geometry.remake.ball_union import ball_union
from maquette.geometry.sampling import Samples, surface_samples
from maquette.geometry.surface import face_areas, signed_volume
from maquette.registry import stage
from maquette.shape.carry.combining import combine_solids, insist_on_solid

_PRINTER = Printer.default()

_SAMPLES = 100_000
_ROUNDS = 8
_WORTH = 0.6  # a round that leaves more of the thin places than this is not done, so that twice is once
_WIDER = 1.1  # the balls' diameter over the limit: rims come out a little bumpy, and none may fall below it
_STEP = 0.25  # of the limit, between lattice points: four to a wall
_DENSE = 0.15  # of the limit, between the balls' middles
_COARSEST = 0.45  # of the limit: a lattice that is coarser loses the wall
_MOST_CELLS = 1_000_000  # of the lattice over the middle of the thin walls: 1 GB
_MOST_BALLS = 1_500_000
_FACING = -0.5  # cosine of 120 degrees between the two sides of a wall, as in the check
_LYING = 0.7  # cosine of 45 degrees: a wall that lies on the bed grows upward
_TOLERANCE = 0.02  # of the limit, when the added surface is simplified


@stage
def thicken(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose thinnest wall it must reach")] = _PRINTER,
    wall_mm: Annotated[
        float, Field(ge=0, le=100, description="thickness wanted; 0: the printer's, for free walls too")
    ] = 0.0,
) -> Asset:
    """Give walls, fins and wires that are too thin the thickness they need, and leave the rest as it is.

    Thin is what the wall-thickness check calls thin; walls that stand free have a limit of their own. The wall grows to
    both sides of its middle, and at free edges by up to two thirds of the limit; what lies on the bed grows upward,
    nothing grows below it. Faces away from thin places stay, bit for bit. New faces wear what was nearest to them, and
    count as not seen. Thin places nearer to each other than they grow become one. A model without thin walls comes back
    as it is. Refuses what is no solid.
    """
    limit = wall_mm or printer.min_wall_mm
    free = max(limit, 0.0 if wall_mm else printer.min_free_wall_mm)
    mesh = asset.mesh
    if not len(mesh.faces):
        return asset
    insist_on_solid("thicken", mesh)
    progress(0.0, "measuring walls")
    walls = _Walls.of(mesh, limit, free)
    if free > limit:
        walls = _thicken_walls(walls, free, True)
    return asset.with_mesh(_thicken_walls(walls, limit, False).mesh)


@dataclass(frozen=True)
class _Walls:
    """How thick a mesh is at evenly spread points."""

    mesh: Mesh
    limits: tuple[float, float]
    spread: Samples
    wall: Floats  # (N,), NaN where there is none

    @classmethod
    def of(cls, mesh: Mesh, limit: float, free: float) -> Self:
        """Measured as the wall-thickness check measures: with the wider limit where walls run out to an edge."""
        spread = surface_samples(mesh.vertices, mesh.faces, _SAMPLES)
        wall = wall_thickness(mesh.vertices, mesh.faces, spread, rim=limit / 2, tips=free)
        return cls(mesh, (limit, free), spread, wall)

    def thin(self, goal: float, alone: bool) -> Samples:
        """Points on walls below the goal, small groups left out; ``alone``: only on those that stand free."""
        if alone:
            chosen = free_standing(self.spread, self.wall, SLACK * goal)
        else:
            chosen = patches(self.spread, self.wall < SLACK * goal, goal) >= 0
        return Samples(
            self.spread.points[chosen], self.spread.normals[chosen], self.spread.faces[chosen], self.spread.area
        )


def _thicken_walls(walls: _Walls, goal: float, alone: bool) -> _Walls:
    """The walls after some rounds, until none is too thin or a round helps little."""
    before, thin = walls.mesh, walls.thin(goal, alone)
    share = len(thin.points) / _SAMPLES
    for number in range(_ROUNDS):
        if not len(thin.points):
            break
        progress((number + 0.5) / (number + 2), "thickening walls that stand free" if alone else "thickening walls")
        patch = _patch(walls.mesh, thin, goal)
        if patch is None:
            break
        grown = _Walls.of(combine_solids("thicken", walls.mesh, [patch], "unite"), *walls.limits)
        left = grown.thin(goal, alone)
        if len(left.points) > _WORTH * len(thin.points):
            break
        walls, thin = grown, left
    where = ", where it stands free," if alone else ""
    if walls.mesh is not before:
        _tell(before, walls.mesh, f"{share:.1%} of the surface{where} to {goal:g} mm")
    if len(thin.points):
        note(f"{len(thin.points) / _SAMPLES:.2%} of the surface{where} stays thinner than {goal:g} mm; enlarge it")
    return walls


def _tell(before: Mesh, after: Mesh, what: str) -> None:
    """A note on what was thickened and by how much."""
    volume = signed_volume(before.vertices, before.faces)
    added = signed_volume(after.vertices, after.faces) - volume
    note(f"thickened {what} with {figures(added)} mm³ of material ({added / volume:.2%})")


def _patch(mesh: Mesh, thin: Samples, limit: float) -> Mesh | None:
    """The closed surface around the middles of the thin walls; None where there are none."""
    radius = _WIDER * limit / 2
    middles, normals = _middles(mesh, thin, limit, radius)
    if not len(middles):
        return None
    sheet = len(thin.points) * thin.area / 2
    step = max(_STEP * limit, float(np.sqrt(sheet / _MOST_CELLS)))
    if step > _COARSEST * limit:
        raise CannotDo(
            f"thicken: {2 * sheet:,.0f} mm² are thinner than {limit:g} mm, too many to follow; "
            "make the model smaller or its walls thicker where it was made"
        )
    vertices, faces = ball_union(middles, normals, radius, step)
    patch = solid(vertices, faces).simplify(_TOLERANCE * limit)
    floor = float(mesh.bounds[0, 2])
    patch = patch.trim_by_plane((0.0, 0.0, 1.0), floor)
    if patch.is_empty():
        return None
    vertices, faces = surface_of(patch)
    return Mesh(vertices, faces)


def _middles(mesh: Mesh, thin: Samples, limit: float, radius: float) -> tuple[Floats, Floats]:
    """Points in the middle of the thin walls (N, 3), a seventh of the limit apart, and the walls' normals there."""
    spread = _closer(mesh, thin, limit)
    tracer = Tracer(mesh.vertices, mesh.faces)
    hits = tracer.first(spread.points - tracer.step * spread.normals, -spread.normals)
    wall = hits.distance + tracer.step
    corners = mesh.triangles[np.maximum(hits.face, 0)]
    other = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    cosine = (other * spread.normals).sum(axis=1) / np.maximum(np.linalg.norm(other, axis=1), 1e-300)
    good = (hits.face >= 0) & (cosine < _FACING) & (wall < limit)
    points, normals, wall = spread.points[good], spread.normals[good], wall[good]
    middles = points - normals * wall[:, None] / 2
    lying = np.abs(normals[:, 2]) > _LYING
    floor = mesh.bounds[0, 2] + radius
    middles[lying, 2] = np.maximum(middles[lying, 2], floor)
    return middles, normals


def _closer(mesh: Mesh, thin: Samples, limit: float) -> Samples:
    """Many more samples around the thin ones."""
    from scipy.spatial import cKDTree

    reach = 1.5 * np.sqrt(thin.area) + _DENSE * limit
    near = np.zeros(len(mesh.faces), dtype=bool)
    near[thin.faces] = True
    tree = cKDTree(thin.points)
    size = np.linalg.norm(np.ptp(mesh.triangles, axis=1), axis=1)
    small = np.flatnonzero(size < 2 * reach)
    near[small[np.isfinite(tree.query(mesh.triangles[small].mean(axis=1), distance_upper_bound=2 * reach)[0])]] = True
    faces = mesh.faces[near]
    area = float(face_areas(mesh.vertices, faces).sum())
    spread = surface_samples(mesh.vertices, faces, int(np.clip(area / (_DENSE * limit) ** 2, 1, _MOST_BALLS)))
    close = np.isfinite(tree.query(spread.points, distance_upper_bound=reach)[0])
    return Samples(spread.points[close], spread.normals[close], spread.faces[close], spread.area)
