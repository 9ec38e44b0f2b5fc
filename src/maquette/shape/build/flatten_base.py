"""Flatten the base: a model that stands on a point gets something to stand on."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.clipping import level_area
from maquette.geometry.cut.solids import solid, surface_of
from maquette.geometry.surface import area_vectors
from maquette.registry import stage
from maquette.shape.carry.combining import combine_solids, insist_on_solid

_LEVEL = 1e-6  # faces within this share of the height above the lowest point lie on the bed
_HEIGHTS = 64  # tried, closer together near the bottom
_ENOUGH = 0.999  # of the wanted contact: what a file rounds off


@stage
def flatten_base(
    asset: Asset,
    *,
    how: Annotated[
        Literal["cut", "fill"], Field(description="cut the lowest slice off, or fill what is under it down to the bed")
    ] = "cut",
    height_mm: Annotated[
        float, Field(ge=0, le=1000, description="height of the slice; 0: as low as gives the wanted contact")
    ] = 0.0,
    contact_share: Annotated[
        float, Field(gt=0, le=1, description="wanted contact with the bed, as a share of width x depth")
    ] = 0.1,
    max_share: Annotated[
        float, Field(gt=0, le=0.9, description="highest slice that may be taken by itself, as a share of the height")
    ] = 0.2,
) -> Asset:
    """Give the model a level base, by cutting off its lowest slice or by filling under it.

    The model stays where it is; settle puts it down. Filling keeps the outline that it has at the top of the slice and
    carries it straight down, so that nothing is lost and the model stands at its full height. Faces above the slice
    stay, bit for bit; new ones wear what was nearest to them. A model that has the wanted contact comes back as it is,
    also when a height is given. Refuses what is no solid, and where no slice up to ``max_share`` has the contact.
    """
    mesh = asset.mesh
    if not len(mesh.faces):
        return asset
    width, depth, height = asset.size
    wanted = contact_share * width * depth
    if _contact(mesh) >= _ENOUGH * wanted:
        return asset
    insist_on_solid("flatten-base", mesh)
    low = float(mesh.bounds[0, 2])
    level = low + (height_mm or _lowest(mesh, wanted, max_share))
    if level >= low + height:
        raise CannotDo(
            f"flatten-base: the model is {figures(height)} mm high; a slice of {height_mm:g} mm is all of it"
        )
    progress(0.5, "making the base")
    flat = combine_solids("flatten-base", mesh, [_tool(mesh, level, how)], "subtract" if how == "cut" else "unite")
    share = _contact(flat) / (width * depth)
    done = (
        f"cut {figures(level - low)} mm off the bottom" if how == "cut" else f"filled under {figures(level - low)} mm"
    )
    note(f"{done}; it rests on {share:.1%} of its footprint")
    return asset.with_mesh(flat)


def _contact(mesh: Mesh) -> float:
    """Area of the faces that lie at the bottom and look down."""
    low, high = mesh.bounds[:, 2]
    flat = (mesh.vertices[mesh.faces, 2] <= low + _LEVEL * (high - low)).all(axis=1)
    return float(np.abs(area_vectors(mesh.vertices, mesh.faces[flat])[:, 2].clip(max=0)).sum())


def _lowest(mesh: Mesh, wanted: float, max_share: float) -> float:
    """Height above the lowest point of the first level that has the wanted area."""
    low, high = mesh.bounds[:, 2]
    steps = (high - low) * max_share * (np.arange(1, _HEIGHTS + 1) / _HEIGHTS) ** 2
    areas = level_area(mesh.vertices, mesh.faces, low + steps)
    if not (areas >= wanted).any():
        best = float(areas.max())
        raise CannotDo(
            f"flatten-base: the widest of the lowest {max_share:.0%} has {figures(best)} mm², "
            f"{figures(wanted)} are wanted; raise max_share, lower contact_share, or use plinth"
        )
    return float(steps[(areas >= wanted).argmax()])


def _tool(mesh: Mesh, level: float, how: str) -> Mesh:
    """What is cut away, a box below the level, or what is filled in, the outline at the level carried down."""
    from manifold3d import Manifold

    low, high = mesh.bounds
    if how == "fill":
        outline = solid(mesh.vertices, mesh.faces).slice(level)
        return Mesh(*surface_of(outline.extrude(level - low[2]).translate((0.0, 0.0, float(low[2])))))
    corner, size = low - mesh.diagonal, high - low + 2 * mesh.diagonal
    size[2] = level - corner[2]
    return Mesh(*surface_of(Manifold.cube(tuple(size)).translate(tuple(corner))))
