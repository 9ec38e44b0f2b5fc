"""Pbr maps: occlusion by rays, packed with what is known of roughness and metallic."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset, Material
from maquette.core.errors import BadInput, CannotDo
from maquette.core.progress import note, progress
from maquette.geometry.printing.directions import fibonacci
from maquette.geometry.rays import Tracer
from maquette.geometry.rows import unit
from maquette.geometry.surface import face_normals, vertex_normals
from maquette.geometry.uv.raster import spread, texels_of
from maquette.geometry.uv.scores import cover
from maquette.registry import stage
from maquette.texture.pictures import orm_at, picture_of

_SHARED = 0.02  # of the texels: beyond it one texel would need two occlusions
_CHUNK = 200_000  # rays at a time


@stage
def pbr_maps(
    asset: Asset,
    *,
    texture_px: Annotated[int, Field(ge=16, le=8192, description="side of the texture")] = 512,
    directions: Annotated[
        int, Field(ge=16, le=1024, description="spread over the sphere; each place looks along its half of them")
    ] = 128,
    reach_share: Annotated[
        float, Field(gt=0, le=2, description="how far off something still darkens, of the diagonal")
    ] = 0.25,
) -> Asset:
    """Measure by rays how open each place of the surface is, and pack it with roughness and metallic for engines.

    Red is occlusion, green roughness, blue metallic, as glTF has them. Only the occlusion is measured: roughness and
    metallic are the materials' own, which a note says. All places look along the same directions, so there is neither
    noise nor a seam. Refuses a model without uv, and uv that faces share.
    """
    mesh = asset.mesh
    if mesh.uv is None:
        raise BadInput("pbr-maps: the model has no uv to paint on; unwrap it first")
    shared = cover(mesh.uv).overlap
    if shared > _SHARED:
        raise CannotDo(
            f"pbr-maps: {shared:.0%} of the texels belong to several faces; "
            "`unwrap --old-uv replace` gives each its own"
        )
    texels = texels_of(mesh.uv, texture_px)
    if not len(texels.texel):
        return asset
    normals = unit(texels.at(vertex_normals(mesh.vertices, mesh.faces)[mesh.faces]))
    points = texels.at(mesh.triangles)
    facing = face_normals(mesh.vertices, mesh.faces)[texels.face]
    open_share = _openness(asset, points, facing, normals, directions, reach_share * mesh.diagonal)
    orm = orm_at(asset, texels.face, texels.weights)
    orm[:, 0] = np.round(orm[:, 0] * open_share)
    texture = picture_of(spread(orm, texels))
    materials = asset.materials or (Material(),)
    index = np.zeros(len(mesh.faces), np.int32) if mesh.material is None else mesh.material
    note(
        f"occlusion runs from {open_share.min():.0%} to {open_share.max():.0%} open, {open_share.mean():.0%} on average"
    )
    note("roughness and metallic are the materials' own: no picture of one side tells them")
    new = tuple(material.replace(orm_texture=texture, roughness=1.0, metallic=1.0) for material in materials)
    return asset.replace(mesh=mesh.replace(material=index), materials=new)


def _openness(asset: Asset, points: Floats, facing: Floats, normals: Floats, count: int, reach: float) -> Floats:
    """The share of the cosine-weighted hemisphere that is free at each point, (N,) 0..1."""
    tracer = Tracer(asset.mesh.vertices, asset.mesh.faces)
    start = points + 2 * tracer.step * facing
    free, total = np.zeros(len(points)), np.zeros(len(points))
    ways = fibonacci(count)
    for number, way in enumerate(ways):
        progress(number / count, "look around")
        weight = np.maximum(normals @ way, 0.0)
        weight[facing @ way <= 0] = 0.0  # below the face itself
        rows = np.flatnonzero(weight > 0)
        for at in range(0, len(rows), _CHUNK):
            part = rows[at : at + _CHUNK]
            blocked = tracer.is_blocked(start[part], np.broadcast_to(way, (len(part), 3)), reach)
            free[part] += weight[part] * ~blocked
            total[part] += weight[part]
    return np.divide(free, total, out=np.ones(len(points)), where=total > 0)
