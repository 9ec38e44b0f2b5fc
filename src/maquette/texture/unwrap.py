"""Unwrap: a surface gets charts of its own, and what colored it becomes one picture.

xatlas (MIT) cuts the finest charts but grows them face by face: 1 s at 5 k faces, 6 s at 20 k, 160 s at 100 k. Ours by
cones of normals take 5 s at 100 k faces at less stretch; they are more, and fill the square less.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset, Material
from maquette.core.progress import note, progress
from maquette.geometry.uv.atlas import cone_atlas
from maquette.geometry.uv.raster import Texels, spread, texels_of
from maquette.registry import stage
from maquette.texture.pictures import painted_px, picture_of, texture_at

_FINE = 10_000  # faces up to which xatlas cuts the charts where nobody says who should: 2 s
_SLOTS = ("base_color_texture", "orm_texture", "emissive_texture")


@stage
def unwrap(
    asset: Asset,
    *,
    texture_px: Annotated[
        int,
        Field(ge=0, le=8192, description="side of the texture; 0: a power of two as fine as the photo or the old ones"),
    ] = 1024,
    gutter_px: Annotated[
        int, Field(ge=0, le=32, description="room between charts, filled with their edge colours")
    ] = 4,
    method: Annotated[
        Literal["auto", "xatlas", "cones"],
        Field(description="who cuts: xatlas up to 10,000 faces and cones of normals above, or always one of them"),
    ] = "auto",
    old_uv: Annotated[
        Literal["keep", "replace"], Field(description="what becomes of uv that are there; textures are painted anew")
    ] = "keep",
) -> Asset:
    """Lay a surface out flat, in charts that do not overlap, and turn colours on vertices into a texture.

    A model that has uv comes back as it is, unless they are to be replaced: then its textures are painted over into the
    new layout, all materials into one picture; a normal map is lost, which a note says. Faces keep their order, welded
    vertices stay welded: uv sits on corners. Materials keep their factors.
    """
    mesh = asset.mesh
    if not len(mesh.faces) or (mesh.uv is not None and old_uv == "keep"):
        return asset
    texture_px = max(texture_px, 64) if texture_px else _fitting_px(asset)
    progress(0.1, "cut and pack charts")
    if method == "xatlas" or (method == "auto" and len(mesh.faces) <= _FINE):
        uv, count = _xatlas_charts(mesh.vertices, mesh.faces, texture_px, gutter_px)
    else:
        uv, count = cone_atlas(mesh.vertices, mesh.faces, texture_px, gutter_px)
    note(f"unwrapped {len(mesh.faces)} faces in {count} charts")
    progress(0.8, "paint the texture")
    flat = asset.with_mesh(mesh.replace(uv=uv))
    if mesh.uv is not None:
        return _repaint(asset, flat, texture_px)
    return flat if mesh.color is None else _with_vertex_colors(flat, texels_of(uv, texture_px))


def _fitting_px(asset: Asset) -> int:
    """The power of two, 512 to 2048, that loses nothing of the photo or of the textures that there are.

    It is at least as wide as the subject in the photo.
    """
    sides = [0.0]
    if asset.source is not None:
        mask = asset.source.mask
        inside = np.ones((1, 1), bool) if mask is None else mask >= 0.5
        tall, wide = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        if len(tall):
            sides.append(float(max(np.ptp(tall), np.ptp(wide))))
    elif asset.mesh.uv is not None:
        sides.append(float(painted_px(asset, 0)))
    wanted = max(sides) or 1024.0
    return int(np.clip(2 ** np.ceil(np.log2(max(0.9 * wanted, 1.0))), 512, 2048))


def _with_vertex_colors(flat: Asset, texels: Texels) -> Asset:
    """Colours on vertices as a texture of every material."""
    mesh = flat.mesh
    colors = np.rint(texels.at(mesh.color[mesh.faces])).astype(np.uint8)  # type: ignore[index]
    texture = picture_of(spread(colors, texels))
    materials = flat.materials or (Material(name="baked"),)
    index = np.zeros(len(mesh.faces), np.int32) if mesh.material is None else mesh.material
    new = tuple(material.replace(base_color_texture=texture) for material in materials)
    return flat.replace(mesh=mesh.replace(material=index, color=None), materials=new)


def _repaint(old: Asset, flat: Asset, side: int) -> Asset:
    """The asset on its new layout, each kind of texture of all its materials in one picture."""
    if not any(getattr(material, slot) for material in old.materials for slot in (*_SLOTS, "normal_texture")):
        return flat
    texels = texels_of(flat.mesh.uv, side)  # type: ignore[arg-type]
    painted: dict[str, Any] = {}
    for slot in _SLOTS:
        values = texture_at(old, slot, texels.face, texels.weights)
        painted[slot] = None if values is None else picture_of(spread(values, texels))
    if any(material.normal_texture for material in old.materials):
        note("left out the normal maps: their directions hang on the old layout; bake them from a finer model")
    materials = tuple(
        material.replace(
            normal_texture=None, **{slot: painted[slot] if getattr(material, slot) else None for slot in _SLOTS}
        )
        for material in old.materials
    )
    return flat.replace(materials=materials)


def _xatlas_charts(vertices: Any, faces: Any, side: int, gutter: int) -> tuple[Any, int]:
    """uv per corner, (F, 3, 2) float32 0..1: charts that do not overlap, in one square; and how many."""
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
    return np.ascontiguousarray(uv[corners.reshape(-1)].reshape(len(faces), 3, 2), dtype=np.float32), atlas.chart_count
