"""Unwrap: a surface without uv gets charts of its own, and colours on vertices become a texture.

xatlas (MIT) cuts and packs the charts. Measured on this kind of mesh it takes 1 s at 5 k faces, 6 s at 20 k, 30 s at
50 k and 160 s at 100 k, which is why a mesh above the limit is asked to be simplified first.
"""

from __future__ import annotations

import io
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import CannotDo
from maquette.core.progress import note, progress
from maquette.geometry.rays import Tracer
from maquette.registry import stage

MAX_FACES = 60_000


@stage
def unwrap(
    asset: Asset,
    *,
    texture_px: Annotated[int, Field(ge=64, le=8192, description="side of the texture made from colours")] = 1024,
    gutter_px: Annotated[
        int, Field(ge=0, le=32, description="room between charts, filled with their edge colours")
    ] = 4,
) -> Asset:
    """Give a model without uv its own, and turn colours on vertices into a texture.

    A model that has uv comes back as it is. Faces keep their order, welded vertices stay welded: uv sits on corners.
    Existing materials keep everything but their base colour texture. Refuses above 60,000 faces; simplify first.
    """
    mesh = asset.mesh
    if mesh.uv is not None or not len(mesh.faces):
        return asset
    if len(mesh.faces) > MAX_FACES:
        raise CannotDo(f"unwrap: {len(mesh.faces):,} faces would take minutes; simplify to at most {MAX_FACES:,} first")
    progress(0.1, "cut and pack charts")
    uv = _charts(mesh.vertices, mesh.faces, texture_px, gutter_px)
    note(f"unwrapped {len(mesh.faces)} faces")
    if mesh.color is None:
        return asset.with_mesh(mesh.replace(uv=uv))
    progress(0.8, "paint the texture")
    texture = Texture(_painted(uv, mesh.color[mesh.faces], texture_px))
    materials = asset.materials or (Material(name="baked"),)
    own_materials = tuple(material.replace(base_color_texture=texture) for material in materials)
    index = np.zeros(len(mesh.faces), np.int32) if mesh.material is None else mesh.material
    return asset.replace(mesh=mesh.replace(uv=uv, material=index, color=None), materials=own_materials)


def _charts(vertices: Any, faces: Any, side: int, gutter: int) -> Any:
    """uv per corner, (F, 3, 2) float32 0..1: charts that do not overlap, in one square."""
    import xatlas

    atlas = xatlas.Atlas()
    size = max(float(np.ptp(vertices, axis=0).max()), 1e-30)
    unit = ((vertices - vertices.min(axis=0)) / size).astype(np.float32)
    atlas.add_mesh(unit, faces.astype(np.uint32))
    charts, packing = xatlas.ChartOptions(), xatlas.PackOptions()
    charts.max_iterations = 1
    packing.resolution, packing.padding = side, gutter
    atlas.generate(charts, packing)
    _, corners, uv = atlas[0]
    return np.ascontiguousarray(uv[corners.reshape(-1)].reshape(len(faces), 3, 2), dtype=np.float32)


def _painted(uv: Any, colors: Any, side: int) -> bytes:
    """A PNG: corner colours (F, 3, 3) uint8 spread over their charts, gaps filled with the nearest painted pixel."""
    from PIL import Image
    from scipy.ndimage import distance_transform_edt

    flat = np.concatenate([uv.reshape(-1, 2), np.zeros((uv.size // 2, 1))], axis=1).astype(np.float64)
    center = (np.arange(side) + 0.5) / side
    u, v = np.meshgrid(center, center)
    origins = np.stack([u.ravel(), v.ravel(), np.ones(u.size)], axis=1)
    hits = Tracer(flat, np.arange(len(flat)).reshape(-1, 3)).first(origins, np.tile([0.0, 0.0, -1.0], (u.size, 1)))
    painted = hits.face >= 0
    face, a, b = hits.face[painted], hits.u[painted, None], hits.v[painted, None]
    corner = colors[face].astype(np.float64)
    texels = np.zeros((side * side, 3), np.uint8)
    texels[painted] = np.round(corner[:, 0] * (1 - a - b) + corner[:, 1] * a + corner[:, 2] * b)
    pixels = texels.reshape(side, side, 3)
    rows, columns = distance_transform_edt(~painted.reshape(side, side), return_distances=False, return_indices=True)
    stream = io.BytesIO()
    Image.fromarray(pixels[rows, columns]).save(stream, "PNG")
    return stream.getvalue()
