"""Aim: a camera of one's own, through which the view ``photo`` looks."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.registry import stage

Middle = Annotated[float, Field(ge=-1e5, le=1e5, description="what stands in the middle of the picture, mm")]


@stage
def aim(
    asset: Asset,
    *,
    azimuth_deg: Annotated[
        float, Field(ge=-360, le=360, description="how far around to the right of the front")
    ] = 35.0,
    elevation_deg: Annotated[float, Field(ge=-89, le=89, description="how high above the horizon")] = 22.0,
    distance_mm: Annotated[float, Field(gt=0, le=1e6, description="from the eye to the middle")] = 300.0,
    lens_deg: Annotated[float, Field(gt=1, le=120, description="how much the picture's height sees")] = 24.0,
    x_mm: Middle = 0.0,
    y_mm: Middle = 0.0,
    z_mm: Middle = 0.0,
) -> Asset:
    """Point a camera at a model: every look with the view ``photo`` is taken through it.

    The shape is kept; a camera that came with a photo is replaced, and with it the photo, which it no longer fits.
    """
    around, above = np.radians([azimuth_deg, elevation_deg])
    toward = (-np.sin(around) * np.cos(above), np.cos(around) * np.cos(above), -np.sin(above))
    span = 2 * float(np.tan(np.radians(lens_deg) / 2))
    target = (x_mm, y_mm, z_mm)
    camera = Camera.looking(toward, target, distance=distance_mm, span=span, projection="perspective")
    return asset.replace(camera=camera, source=None)
