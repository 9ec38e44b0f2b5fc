"""Project photo: the photo that a model was made from laid onto it through its camera."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bytes, Floats, Ints
from maquette.core.asset import Asset
from maquette.core.progress import note, progress
from maquette.geometry.look.membrane_colors import spread_along
from maquette.geometry.look.oklab import light_of, srgb_of
from maquette.geometry.uv.raster import Texels
from maquette.registry import stage
from maquette.texture.photo_sight import SURE, Lens, sight
from maquette.texture.pictures import base_color_at, paint_all

_DARK = 0.02  # light below which the share of two colors says nothing
_MOST = 0.4  # natural logarithm: one and a half times as bright, or two thirds


@stage(version=2)
def project_photo(
    asset: Asset,
    *,
    texture_px: Annotated[
        int, Field(ge=0, le=8192, description="side of the texture; 0: that of the texture it has")
    ] = 1024,
    erode_px: Annotated[
        float, Field(ge=0, le=64, description="photo pixels along the cut-out's edge that are not trusted")
    ] = 3.0,
    feather_px: Annotated[float, Field(ge=0, le=64, description="texels over which the photo fades out")] = 4.0,
    blend_share: Annotated[
        float,
        Field(ge=0, le=1, description="how far around the photo the rest takes its tone, of the diagonal; 0: nowhere"),
    ] = 0.0,
) -> Asset:
    """Paint what the model's own photo shows onto it, and leave the rest in the colors that it has.

    Only what faces the camera, has a free way to it and lies well inside the cut-out is painted; views at a slant fade
    into the old color. Where the old colors are lighter or darker than the photo, those around it can be brought to its
    tone, less and less the farther off along the surface. All materials get one picture, factors worked in. A model
    that knows no photo and camera comes back as it is, with a note; one without uv is refused.
    """
    if asset.mesh.uv is not None and (asset.camera is None or asset.source is None):
        note("the model knows no photo and camera; its colors stay as they are")
        return asset
    progress(0.1, "look through the camera")
    lens = Lens(asset, "project-photo", erode_px)
    seen = sight(asset, lens, texture_px)
    texels = seen.texels
    if not len(texels.texel):
        return asset
    share = np.clip(_feather(seen.weight, texels, feather_px) / SURE, 0, 1)
    rows = np.flatnonzero(share > 0)
    colors = base_color_at(asset, texels.face, texels.weights)
    photo = np.rint(lens.colors(seen.place[rows])).astype(np.uint8)
    progress(0.6, "blend")
    if blend_share and len(rows):
        sure = share[rows] > 0.5
        colors[:, :3] = _in_tone(asset, texels, colors[:, :3], rows[sure], photo[sure], blend_share)
    part = share[rows, None]
    colors[rows, :3] = srgb_of(light_of(colors[rows, :3]) * (1 - part) + light_of(photo) * part)
    note(f"the photo paints {float((share > 0.5).mean()):.0%} of the texels in use")
    return paint_all(asset, texels, colors)


def _in_tone(asset: Asset, texels: Texels, old: Bytes, rows: Ints, photo: Bytes, reach: float) -> Bytes:
    """Old colors (T, 3) brought to the photo's tone: their ratio where both are known, spread along the surface."""
    if not len(rows):
        return old
    mesh = asset.mesh
    known = np.log((light_of(photo) + _DARK) / (light_of(old[rows]) + _DARK)).mean(axis=1, keepdims=True)  # hues stay
    tone = spread_along(
        mesh.vertices, mesh.faces, texels.face[rows], texels.weights[rows], known, reach * mesh.diagonal
    )
    gain = np.exp(np.clip(tone, -_MOST, _MOST))
    return srgb_of((light_of(old) + _DARK) * texels.at(gain[mesh.faces]) - _DARK)


def _feather(weight: Floats, texels: Texels, reach: float) -> Floats:
    """Weights (T,) that fall to nothing towards what is not seen, never above what they were."""
    from scipy.ndimage import gaussian_filter

    if not reach:
        return weight
    shape = (texels.height, texels.width)
    values, there = (np.zeros(texels.height * texels.width, np.float32) for _ in range(2))
    values[texels.texel], there[texels.texel] = weight > 0, 1.0
    near, mass = (gaussian_filter(plane.reshape(shape), reach).reshape(-1) for plane in (values, there))
    inner = np.clip(2 * near[texels.texel] / np.maximum(mass[texels.texel], 1e-9) - 1, 0, 1)
    feathered: Floats = weight * inner
    return feathered
