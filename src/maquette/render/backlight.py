"""Backlight: a model with a lamp behind it, as its walls let the light through."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.picture import Picture
from maquette.core.progress import progress
from maquette.geometry.flat.see_through import Lamp, look_through, walls_seen
from maquette.geometry.flat.transmission import Black, screen_light
from maquette.geometry.look.srgb import to_srgb
from maquette.geometry.rays import Tracer
from maquette.registry import stage


@stage
def backlight(
    asset: Asset,
    *,
    lamp: Annotated[
        Lamp,
        Field(description="under a plate that lies, inside a ring that stands, at the center of a ball, in a dome"),
    ] = "below",
    size_px: Annotated[int, Field(ge=16, le=4096, description="width of the picture")] = 512,
    transmission_mm: Annotated[
        float, Field(gt=0.1, le=50, description="how thick the filament passes a tenth of the light")
    ] = 3.5,
    black: Annotated[
        Black, Field(description="black is no light at all, or what the darkest wall lets through")
    ] = "darkest",
) -> Picture:
    """Show what light falls through a model: the finished mesh itself is looked through, not the photo it came from.

    The wall that lets most through is white, and black what ``black`` says: eyes and cameras take the darkest part of
    a lit lithophane for black. With the lamp inside, a ring is unrolled; from its center, a ball is a map of
    the world. Rays go straight; light that spreads within
    the plastic is not followed.
    """
    low, high = asset.mesh.bounds
    if not len(asset.mesh.faces) or (high - low).min() <= 0:
        raise CannotDo("backlight: the model has no walls to look through")
    look = look_through(asset.mesh.vertices, lamp, size_px)
    walls = walls_seen(Tracer(asset.mesh.vertices, np.asarray(asset.mesh.faces)), look)
    progress(0.9, "light added up")
    share, solid = screen_light(walls, transmission_mm, black)
    grey = np.round(255 * to_srgb(share)).astype(np.uint8)
    alpha = np.where(solid, 255, 0).astype(np.uint8)
    return Picture(np.dstack([grey, grey, grey, alpha]))
