"""Project photo: the photo that a model was made from laid onto it through its camera."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.progress import note, progress
from maquette.geometry.look.oklab import light_of, srgb_of
from maquette.geometry.look.texels import bilinear
from maquette.geometry.uv.raster import Texels
from maquette.registry import stage
from maquette.texture.photo_sight import SURE, sight
from maquette.texture.pictures import base_color_at, paint_all


@stage
def project_photo(
    asset: Asset,
    *,
    texture_px: Annotated[int, Field(ge=16, le=8192, description="side of the texture")] = 1024,
    erode_px: Annotated[
        float, Field(ge=0, le=64, description="photo pixels along the cut-out's edge that are not trusted")
    ] = 3.0,
    feather_px: Annotated[float, Field(ge=0, le=64, description="texels over which the photo fades out")] = 4.0,
) -> Asset:
    """Paint what the model's own photo shows onto it, and leave the rest in the colors that it has.

    Only what faces the camera, has a free way to it and lies well inside the cut-out is painted; views at a slant fade
    into the old color. All materials get one picture, factors worked in. Refuses a model without uv, photo or camera.
    """
    progress(0.1, "look through the camera")
    seen = sight(asset, "project-photo", texture_px, erode_px)
    if not len(seen.texels.texel) or asset.source is None:
        return asset
    share = np.clip(_feather(seen.weight, seen.texels, feather_px) / SURE, 0, 1)[:, None]
    old = base_color_at(asset, seen.texels.face, seen.texels.weights)
    photo = bilinear(asset.source.pixels, np.clip(seen.place, 0, 1), ("clamp", "clamp"))
    light = light_of(old[:, :3]) * (1 - share) + light_of(np.rint(photo).astype(np.uint8)) * share
    note(f"the photo paints {float((share > 0.5).mean()):.0%} of the texels in use")
    return paint_all(asset, seen.texels, np.concatenate([srgb_of(light), old[:, 3:]], axis=1))


def _feather(weight: Floats, texels: Texels, reach: float) -> Floats:
    """Weights (T,) that fall to nothing towards what is not seen, never above what they were."""
    from scipy.ndimage import gaussian_filter

    if not reach:
        return weight
    shape = (texels.height, texels.width)
    values, there = np.zeros(texels.height * texels.width), np.zeros(texels.height * texels.width)
    values[texels.texel], there[texels.texel] = weight > 0, 1.0
    near, mass = (gaussian_filter(plane.reshape(shape), reach).reshape(-1) for plane in (values, there))
    inner = np.clip(2 * near[texels.texel] / np.maximum(mass[texels.texel], 1e-9) - 1, 0, 1)
    feathered: Floats = weight * inner
    return feathered
