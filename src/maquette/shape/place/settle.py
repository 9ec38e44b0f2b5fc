"""Settle: the model put down on the bed, on a base it can stand on."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.clipping import clip_above, level_area
from maquette.geometry.surface import area_vectors
from maquette.geometry.topology import is_watertight
from maquette.registry import stage
from maquette.shape.carry.recutting import between_corners, between_vertices
from maquette.shape.mend.patching import openings, patch

_LEVEL = 1e-6  # faces within this share of the height above the lowest point lie on the bed
_CLEAR = 1e-4  # vertices nearer to the cut than this share of the height are lifted off it, or slivers would be left
_HEIGHTS = 32  # cuts tried, closer together near the bottom
_ENOUGH = 0.1  # a model that rests on this share of the wanted contact is not cut, so that settling twice is once
_BARE = 1e-4  # of width x depth: less contact than that is a point, and a slicer finds no first layer to lay
_STILL = 1e-9  # of the diagonal: smaller moves are rounding


@stage(version=2)
def settle(
    asset: Asset,
    *,
    contact_share: Annotated[
        float, Field(ge=0, le=1, description="wanted contact with the bed, as a share of width x depth; 0: never cut")
    ] = 0.05,
    max_cut_share: Annotated[
        float, Field(ge=0, le=0.5, description="most that may be cut off the bottom, as a share of the height")
    ] = 0.03,
) -> Asset:
    """Put the model's lowest point on the bed, its middle over the origin, and give it a flat base to stand on.

    A model that rests on less than a tenth of the wanted contact, as a ball on its pole, loses the thinnest slice that
    brings the contact, or the one within ``max_cut_share`` that brings most; a note says what was cut. Where no cut
    brings a tenth, as on the tip of a leg, it is cut only if it stands on a mere point (under 0.01 % of width x depth),
    for then it has no first layer. What stays keeps its uv, the base takes those of its rim. Only a closed model is
    cut, and it stays closed. The camera goes along.
    """
    mesh = asset.mesh
    if not len(mesh.faces):
        return asset
    if contact_share and max_cut_share:
        asset = asset.with_mesh(_cut_base(mesh, contact_share, max_cut_share))
    low, high = asset.mesh.bounds
    offset = -np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    if np.linalg.norm(offset) <= _STILL * asset.mesh.diagonal:
        return asset
    return asset.moved(offset=offset)


def _cut_base(mesh: Mesh, contact_share: float, max_cut_share: float) -> Mesh:
    """The mesh with a base cut, if it needs one and can have one."""
    low, high = mesh.bounds
    width, depth, height = high - low
    wanted = contact_share * width * depth
    contact = _contact(mesh)
    if contact >= _ENOUGH * wanted or not wanted:
        return mesh
    if not is_watertight(mesh.faces):
        note("not cut, for it is not closed; solidify it first")
        return mesh
    steps = (np.arange(1, _HEIGHTS + 1) / _HEIGHTS) ** 2
    heights = low[2] + height * max_cut_share * steps
    areas = level_area(mesh.vertices, mesh.faces, heights)
    best = int((areas >= wanted).argmax()) if (areas >= wanted).any() else int(areas.argmax())
    share, bare = max(areas[best], contact) / (width * depth), _BARE * width * depth
    little = areas[best] < _ENOUGH * wanted
    if little and not (contact < bare and areas[best] >= max(1.1 * bare, 2 * contact)):
        note(f"rests on {share:.2%} of its footprint and a cut would not help; print it with a brim or supports")
        return mesh
    progress(0.5, "cutting a base")
    words = (
        f"{share:.2%} of its footprint: print it with a brim or supports" if little else f"{share:.1%} of its footprint"
    )
    note(f"cut {figures(heights[best] - low[2])} mm off the bottom; it rests on {words}")
    return _cut(mesh, float(heights[best]), _CLEAR * height)


def _contact(mesh: Mesh) -> float:
    """Area of the faces that lie on the bed and look down."""
    low, high = mesh.bounds[:, 2]
    flat = (mesh.vertices[mesh.faces, 2] <= low + _LEVEL * (high - low)).all(axis=1)
    return float(np.abs(area_vectors(mesh.vertices, mesh.faces[flat])[:, 2].clip(max=0)).sum())


def _cut(mesh: Mesh, height: float, clear: float) -> Mesh:
    """What is above the height, closed with a level base."""
    from manifold3d import triangulate

    vertices = mesh.vertices.copy()
    vertices[np.abs(vertices[:, 2] - height) < clear, 2] = height + clear
    above = _above(mesh.with_vertices(vertices), height)
    rims = openings(above)
    if not rims.loops:
        return above
    seen_from_below = [above.vertices[loop][:, :2] * [1, -1] for loop in rims.loops]
    place = np.asarray(triangulate(seen_from_below), dtype=np.int64)
    return patch(above, rims, np.zeros((0, 3)), place, rims.of_ring[place[:, 0]])


def _above(mesh: Mesh, height: float) -> Mesh:
    """The part above the height, open below, with everything that rides on it."""
    clip = clip_above(mesh.vertices, mesh.faces, height)

    start, end = mesh.vertices[clip.ends[:, 0]], mesh.vertices[clip.ends[:, 1]]
    new = start + (end - start) * clip.along[:, None]
    new[:, 2] = height
    cut = mesh.replace(
        vertices=np.concatenate([mesh.vertices, new]),
        faces=clip.faces,
        **between_corners(mesh, clip.parent, clip.first, clip.second, clip.share),
        **between_vertices(mesh, clip.ends, clip.along),
    )
    return cut.keep_faces(slice(None))
