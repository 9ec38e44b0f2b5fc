"""Raking light: what is seen of a relief when a low lamp stands beside it."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.picture import Picture
from maquette.core.progress import progress
from maquette.geometry.flat.raking import raking_light as rake
from maquette.geometry.flat.see_through import Lamp, look_through, walls_seen
from maquette.geometry.look.srgb import to_srgb
from maquette.geometry.rays import Tracer
from maquette.registry import stage


@stage
def raking_light(
    asset: Asset,
    *,
    lamp: Annotated[
        Lamp,
        Field(description="seen from above what lies, all round what stands, or as a map of the world a ball, a dome"),
    ] = "below",
    elevation_deg: Annotated[float, Field(ge=2, le=80, description="how high the light stands")] = 15.0,
    size_px: Annotated[int, Field(ge=16, le=4096, description="width of the picture")] = 512,
) -> Picture:
    """Show a relief under light that grazes it from the left: what stands out shines and throws a shadow.

    Rings and balls are unrolled. Level ground is grey; every layer's step is seen.
    """
    low, high = asset.mesh.bounds
    if not len(asset.mesh.faces) or (high - low).min() <= 0:
        raise CannotDo("raking-light: the model has no surface to light")
    look = look_through(asset.mesh.vertices, lamp, size_px)
    walls = walls_seen(Tracer(asset.mesh.vertices, np.asarray(asset.mesh.faces)), look)
    progress(0.9, "light thrown")
    light = rake(walls, look.pitch_mm, elevation_deg)
    grey = np.round(255 * to_srgb(light)).astype(np.uint8)
    return Picture(np.dstack([grey, grey, grey, np.where(walls > 0, 255, 0).astype(np.uint8)]))
