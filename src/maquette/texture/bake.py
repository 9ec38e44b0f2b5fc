"""Bake: what one model looks like, painted onto another that lies near it."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.errors import BadInput
from maquette.core.progress import note, progress
from maquette.geometry.look.corner_vertices import corner_tangents, group_normals, handedness, smooth_groups
from maquette.geometry.nearest import Surface
from maquette.geometry.rays import Tracer
from maquette.geometry.rows import unit
from maquette.geometry.surface import face_normals, vertex_normals
from maquette.geometry.uv.raster import Texels, spread, texels_of
from maquette.registry import stage
from maquette.texture.pictures import base_color_at, orm_at, picture_of

_CREASE_DEG = 30.0  # of the writers: the normal that a normal map is added to


@stage
def bake(
    asset: Asset,
    source: Asset,
    *,
    texture_px: Annotated[int, Field(ge=16, le=8192, description="side of the textures")] = 1024,
    reach_share: Annotated[
        float, Field(gt=0, le=0.5, description="how far along the normal the source is looked for, of the diagonal")
    ] = 0.02,
    maps: Annotated[
        Literal["all", "color", "normal"], Field(description="color and orm, the normal map, or all of them")
    ] = "all",
) -> Asset:
    """Paint the color, roughness, metallic and fine normals of a source model onto a model with uv of its own.

    Every texel looks along the surface's normal, outwards and inwards, for the nearest face of the source that looks
    the same way (a cage of ``reach_share``), and takes the nearest such face where the ray finds none. The normal map
    is in tangent space as the GLB writer's tangents have it, green up. The model gets one material. Refuses a model
    without uv.
    """
    mesh = asset.mesh
    if mesh.uv is None:
        raise BadInput("bake: the model has no uv to paint on; unwrap it first")
    if not len(source.mesh.faces):
        raise BadInput("bake: the source has no faces; give the model whose look is wanted")
    progress(0.1, "lay out texels")
    texels = texels_of(mesh.uv, texture_px)
    if not len(texels.texel):
        raise BadInput("bake: no texel lies on a face; unwrap the model anew")
    points, normals = texels.at(mesh.triangles), _shading_normals(asset, texels)
    progress(0.3, "find the source")
    face, weights, by_ray = _find_on_source(source, points, normals, reach_share * mesh.diagonal)
    note(f"baked {len(face)} texels, {by_ray:.1%} of them straight along the normal")
    material = Material(name="baked", base_color=(1.0, 1.0, 1.0, 1.0))
    if maps != "normal":
        material = _with_looks(material, source, texels, face, weights)
    if maps != "color":
        material = _with_normals(material, asset, source, texels, normals, face, weights)
    material = material.replace(alpha_mode=max((m.alpha_mode for m in source.materials), default="opaque"))
    index = np.zeros(len(mesh.faces), np.int32)
    return asset.replace(mesh=mesh.replace(material=index, color=None), materials=(material,))


def _shading_normals(asset: Asset, texels: Texels) -> Floats:
    """The normal that an engine would shade each texel with, (T, 3) of length one."""
    mesh = asset.mesh
    group = smooth_groups(mesh.vertices, mesh.faces, _CREASE_DEG)
    corners = group_normals(mesh.vertices, mesh.faces, group)[group].reshape(-1, 3, 3)
    return unit(texels.at(corners))


def _find_on_source(source: Asset, points: Floats, normals: Floats, reach: float) -> tuple[Ints, Floats, float]:
    """The source's face (N,) and weights (N, 3) that each point shows, and the share that a ray found."""
    mesh = source.mesh
    tracer = Tracer(mesh.vertices, mesh.faces)
    facing = face_normals(mesh.vertices, mesh.faces)
    face = np.full(len(points), -1, np.int64)
    weights, nearest = np.zeros((len(points), 3)), np.full(len(points), np.inf)
    for sign in (1.0, -1.0):
        start = points - sign * tracer.step * normals  # a source that lies in the surface itself is met both ways
        hits = tracer.first(start, sign * normals)
        same_way = np.einsum("ij,ij->i", facing[np.maximum(hits.face, 0)], normals) > 0
        better = (hits.face >= 0) & same_way & (hits.distance <= reach) & (hits.distance < nearest)
        face[better], nearest[better] = hits.face[better], hits.distance[better]
        weights[better] = np.stack([1 - hits.u - hits.v, hits.u, hits.v], axis=1)[better]
    left = face < 0
    if left.any():
        near = Surface(mesh.vertices, mesh.faces).nearest(points[left], normals[left], 0.1)
        face[left], weights[left] = near.face, near.weights
    return face, weights, 1 - float(left.mean())


def _with_looks(material: Material, source: Asset, texels: Texels, face: Ints, weights: Floats) -> Material:
    """Base colour, and roughness and metallic as a picture or, where they are the same everywhere, as numbers."""
    material = material.replace(base_color_texture=picture_of(spread(base_color_at(source, face, weights), texels)))
    orm = orm_at(source, face, weights)
    if (orm == orm[:1]).all():
        return material.replace(roughness=float(orm[0, 1]) / 255, metallic=float(orm[0, 2]) / 255)
    return material.replace(orm_texture=picture_of(spread(orm, texels)), roughness=1.0, metallic=1.0)


def _with_normals(
    material: Material, asset: Asset, source: Asset, texels: Texels, normals: Floats, face: Ints, weights: Floats
) -> Material:
    """The source's normals in the model's tangent space as a texture, where they differ from the model's own."""
    mesh = source.mesh
    corners = vertex_normals(mesh.vertices, mesh.faces)[mesh.faces[face]]
    fine = unit(np.einsum("tk,tkc->tc", weights, corners))
    along, across = _frame(asset, texels, normals)
    local = np.stack([np.einsum("ij,ij->i", fine, axis) for axis in (along, across, normals)], axis=1)
    local[:, 2] = np.maximum(local[:, 2], 0.05)  # a texel cannot look inwards
    flat = np.round((unit(local) * 0.5 + 0.5) * 255).astype(np.uint8)
    return material.replace(normal_texture=picture_of(spread(flat, texels)))


def _frame(asset: Asset, texels: Texels, normals: Floats) -> tuple[Floats, Floats]:
    """Tangent and bitangent of each texel, (T, 3) each: where u grows, and up in the picture."""
    mesh = asset.mesh
    uv: NDArray[np.float32] = mesh.uv  # type: ignore[assignment]
    group = smooth_groups(mesh.vertices, mesh.faces, _CREASE_DEG)
    key = np.concatenate([group[:, None], uv.reshape(-1, 2), np.repeat(handedness(uv), 3)[:, None]], axis=1)
    _, of = np.unique(key, axis=0, return_inverse=True)
    of = of.reshape(-1)
    along = corner_tangents(mesh.vertices, mesh.faces, uv)
    total = np.stack([np.bincount(of, along[:, axis]) for axis in range(3)], axis=1).astype(np.float64)
    tangent = texels.at(unit(total)[of].reshape(-1, 3, 3))
    tangent = tangent - normals * np.einsum("ij,ij->i", tangent, normals)[:, None]
    tangent = unit(tangent)
    return tangent, np.cross(normals, tangent) * handedness(uv)[texels.face][:, None]
