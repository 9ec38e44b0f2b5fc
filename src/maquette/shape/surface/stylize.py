"""Stylize: the same thing in cubes, bricks, flat facets, or as a cage of struts."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.look.oklab import clusters, light_of_oklab, nearest, oklab_of
from maquette.geometry.nearest import Surface
from maquette.geometry.remake.ball_union import ball_union
from maquette.geometry.remake.blocks import Blocks, block_surface, fill_blocks
from maquette.geometry.remake.bricks import brick_surface, join_touching
from maquette.geometry.remake.remeshing import remesh_evenly
from maquette.geometry.remake.thinning import thin_out
from maquette.geometry.surface import face_areas
from maquette.geometry.topology import adjacent_faces, edges
from maquette.registry import stage
from maquette.shape.carry.surface_color import SurfaceColor

_THIN = 0.12  # of a strut's length: its radius
_FINE, _COARSE = 0.5, 0.9  # of a strut's radius: how far apart its balls lie, and the cells that they are drawn in
_STRUTS = 60_000  # of a cage at most: each takes some 200 faces
_LOST = 0.1  # of a side: more is no rounding
_SHARP = 180.0  # degrees: a cage follows no crease


@stage
def stylize(
    asset: Asset,
    *,
    style: Annotated[
        Literal["voxel", "brick", "facet", "voronoi", "wireframe"],
        Field(description="cubes, bricks with studs, flat triangles, a cage of cells, or of triangles"),
    ] = "voxel",
    cells: Annotated[
        int, Field(ge=4, le=128, description="cubes, or edges of facets and cages, along the longest side")
    ] = 32,
    colors: Annotated[int, Field(ge=1, le=64, description="flat colours at most, a material each")] = 8,
) -> Asset:
    """Remake the model in cubes, bricks, flat facets or as a cage of struts, in a few flat colours of its own.

    Cubes and bricks are one closed surface: where cells would touch in an edge or a corner alone, one more is filled
    in, so that it prints. Cages are closed as well; their struts are a quarter of their length thick and of some 200
    faces each. Uv, textures and parts are not kept. A note says how large a cell is. Refuses a model without surface
    and a cage of over 60,000 struts.
    """
    mesh = asset.mesh
    if not face_areas(mesh.vertices, mesh.faces).sum() > 0:
        raise CannotDo(f"stylize: the model has {len(mesh.faces)} faces and no surface; there is nothing to remake")
    progress(0.1, "look at its form")
    if style in ("voxel", "brick"):
        vertices, faces, places = _cubes(mesh, cells, style)
    else:
        size = float(np.ptp(mesh.bounds, axis=0).max()) / cells
        vertices, faces, places = _facets(mesh, size) if style == "facet" else _cage(mesh, size, style)
        note(f"edges of {figures(size)} mm")
    progress(0.7, "choose colours")
    label, materials = _flat_colors(asset, places, colors)
    plain = Mesh(vertices, faces, material=label)
    lost = 1 - float((np.ptp(plain.bounds, axis=0) / np.maximum(np.ptp(mesh.bounds, axis=0), 1e-300)).min())
    if lost > _LOST:
        note(f"lost what is thinner than a cell: {lost:.0%} off one side of its box; ask for more cells")
    note(f"{len(faces)} faces in {len(materials)} colours")
    return asset.replace(mesh=plain, materials=materials, part_names=(), skeleton=None)


def _cubes(mesh: Mesh, cells: int, style: str) -> tuple[Floats, Ints, Floats]:
    """Vertices, faces and the middles of their cells (F, 3)."""
    blocks = fill_blocks(mesh.vertices, mesh.faces, cells)
    sound = Blocks(join_touching(blocks.filled), blocks.low, blocks.pitch)
    extra = int(sound.filled.sum() - blocks.filled.sum())
    joined = f", {extra} of them to join what touched in an edge" if extra else ""
    note(f"{int(sound.filled.sum())} cells of {figures(blocks.pitch)} mm{joined}")
    vertices, faces, cell = brick_surface(sound) if style == "brick" else block_surface(sound)
    return vertices, faces, sound.middles(cell)


def _facets(mesh: Mesh, size: float) -> tuple[Floats, Ints, Floats]:
    """A few triangles with edges of about ``size``, and their middles."""
    vertices, faces = thin_out(mesh.vertices, mesh.faces, int(max(_even_faces(mesh, size), 8)))
    return vertices, faces, vertices[faces].mean(axis=1)


def _even_faces(mesh: Mesh, size: float) -> float:
    """How many even triangles with edges of ``size`` cover a surface."""
    return float(face_areas(mesh.vertices, mesh.faces).sum()) / (0.433 * size**2)


def _cage(mesh: Mesh, size: float, style: str) -> tuple[Floats, Ints, Floats]:
    """Struts along the edges of even triangles, or between their middles, around what lies nearest to each vertex."""
    struts = int(1.5 * _even_faces(mesh, size))
    if struts > _STRUTS:
        raise CannotDo(
            f"stylize: the cage would have some {struts:,} struts, {_STRUTS:,} are the most; ask for fewer cells"
        )
    vertices, faces, _ = _facets(mesh, size / 3)
    vertices, faces = remesh_evenly(vertices, faces, size, _SHARP)
    if style == "voronoi":
        middles = vertices[faces].mean(axis=1)
        starts, ends = (middles[column] for column in adjacent_faces(faces).T)
    else:
        starts, ends = (vertices[column] for column in edges(faces).ends.T)
    if not len(starts):
        raise CannotDo("stylize: no edges are left at this size; ask for more cells")
    radius = _THIN * size
    length = np.linalg.norm(ends - starts, axis=1)
    count = np.ceil(length / (_FINE * radius)).astype(np.int64) + 1
    strut = np.repeat(np.arange(len(count)), count)
    place = (np.arange(len(strut)) - np.repeat(np.cumsum(count) - count, count)) / np.maximum(count - 1, 1)[strut]
    centers = starts[strut] + place[:, None] * (ends - starts)[strut]
    directions = np.eye(3)[np.arange(len(centers)) % 3]  # that never agree: threads, no sheets
    solid, corners = ball_union(centers, directions, radius, _COARSE * radius)
    return solid, corners, solid[corners].mean(axis=1)


def _flat_colors(asset: Asset, places: Floats, count: int) -> tuple[NDArray[np.int32], tuple[Material, ...]]:
    """A material for each place (N, 3), of a few that stand for the colours nearest to them."""
    distinct, back, times = np.unique(places, axis=0, return_inverse=True, return_counts=True)
    near = Surface(asset.mesh.vertices, asset.mesh.faces).nearest(distinct)
    light = SurfaceColor(asset, asset.mesh.diagonal / 100).at(np.maximum(near.face, 0), near.weights)
    lab = oklab_of(light)
    palette = clusters(lab, times.astype(np.float64), count)
    label, _ = nearest(lab, palette)
    looks = tuple(
        Material(name=f"color {number + 1}", base_color=(*row, 1.0))
        for number, row in enumerate(np.clip(light_of_oklab(palette), 0, 1).tolist())
    )
    return label[back.reshape(-1)].astype(np.int32), looks
