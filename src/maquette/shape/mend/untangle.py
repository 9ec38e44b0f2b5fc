"""Untangle: a surface that cuts through itself becomes its outer hull."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.progress import note, progress
from maquette.geometry.inside.filled import closed_faces, rounding, slicer_fill
from maquette.geometry.mend.arrangement import Tangled, outer_hull
from maquette.registry import stage
from maquette.shape.carry.recutting import recut

_ROUNDS = 3  # a hull may leave surfaces that all but touch; the next round moves them apart


@stage
def untangle(
    asset: Asset,
    *,
    max_pairs: Annotated[
        int, Field(ge=1, le=1_000_000, description="give up where more pairs of faces than this cross")
    ] = 50_000,
    max_change: Annotated[
        float, Field(ge=0, le=1, description="most that the filled volume may change, as a share of it")
    ] = 0.005,
) -> Asset:
    """Cut the surface along the lines where it crosses itself and keep what a slicer would fill.

    What lies inside filled space goes, folds and loops that are inside out go, solids that overlap become one. All
    other triangles stay; those that crossed are moved by less than 0.1 µm on 100 mm first, and surfaces that touch by
    a few steps of a 32-bit number, so that they grow together. Material, part and uv come from the triangle that each
    new one was cut from. Open parts stay as they are. Refuses where the lines of intersection do not close, where
    there are too many of them, or where the filled volume would change. Fix the winding first.

    Zhou, Grinspun, Zorin and Jacobson 2016, "Mesh arrangements for solid geometry".
    """
    mesh = asset.mesh
    tolerance = rounding(mesh.vertices)
    before, crossed, untangled = None, 0, mesh
    for number in range(_ROUNDS):
        progress(number / _ROUNDS, "looking for faces that cross")
        mine = closed_faces(untangled.faces)
        try:
            faces = untangled.faces if mine.all() else untangled.faces[mine]  # the array that others asked about
            hull = outer_hull(untangled.vertices, faces, tolerance=tolerance, most=max_pairs, touching=not number)
        except Tangled as problem:
            if number:
                break
            raise CannotDo(f"untangle: {problem}; remake the surface with resurface") from None
        if hull is None:
            break
        if before is None:
            before = slicer_fill(untangled.vertices, untangled.faces[mine]).filled
        after = slicer_fill(hull.vertices, hull.faces)
        change = abs(after.enclosed - before) / max(before, 1e-300)
        if change > max_change:
            if number:
                break
            raise CannotDo(f"untangle: the filled volume would change by {change:.2%}; remake the surface")
        crossed += hull.crossed
        of = np.flatnonzero(mine)[hull.origin]
        rest = np.flatnonzero(~mine)
        faces = np.concatenate([hull.faces, untangled.faces[rest]])
        untangled = recut(untangled, hull.vertices, faces, np.concatenate([of, rest]))
    if untangled is mesh:
        return asset
    count = len(mesh.faces), len(untangled.faces)
    note(f"cut {crossed} pairs of crossing faces and kept the outside: {count[0]} faces became {count[1]}")
    return asset.with_mesh(untangled)
