"""Backlight: a model with a lamp behind it, as its walls let the light through."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.picture import Picture
from maquette.core.progress import progress
from maquette.geometry.flat.transmission import light_through
from maquette.geometry.look.srgb import to_srgb
from maquette.geometry.rays import Tracer
from maquette.registry import stage

_LAYERS = 16  # surfaces a ray may pass; a single wall has two


@stage
def backlight(
    asset: Asset,
    *,
    lamp: Annotated[
        Literal["below", "inside"], Field(description="under a plate that lies, or in the middle of a ring that stands")
    ] = "below",
    size_px: Annotated[int, Field(ge=16, le=4096, description="width of the picture")] = 512,
    transmission_mm: Annotated[
        float, Field(gt=0.1, le=50, description="how thick the filament passes a tenth of the light")
    ] = 3.5,
    black: Annotated[
        Literal["dark", "darkest"], Field(description="black is no light at all, or what the darkest wall lets through")
    ] = "darkest",
) -> Picture:
    """Show what light falls through a model: the finished mesh itself is looked through, not the photo it came from.

    The wall that lets most through is white, and black what ``black`` says: eyes and cameras take the darkest part of
    a lit lithophane for black. With the lamp inside, a ring is unrolled. Rays go straight; light that spreads within
    the plastic is not followed.
    """
    low, high = asset.mesh.bounds
    if not len(asset.mesh.faces) or (high - low).min() <= 0:
        raise CannotDo("backlight: the model has no walls to look through")
    origins, ways, shape = (rays_from_above if lamp == "below" else _unroll)(low, high, size_px)
    walls = wall_along(Tracer(asset.mesh.vertices, np.asarray(asset.mesh.faces)), origins, ways).reshape(shape)
    progress(0.9, "light added up")
    light = light_through(walls, transmission_mm)
    solid = walls > 0
    bright = float(light[solid].max()) if solid.any() else 1.0
    dark = float(light[solid].min()) if solid.any() and black == "darkest" else 0.0
    share = (light - dark) / max(bright - dark, 1e-12)
    grey = np.round(255 * to_srgb(np.clip(share, 0, 1))).astype(np.uint8)
    alpha = np.where(solid, 255, 0).astype(np.uint8)
    return Picture(np.dstack([grey, grey, grey, alpha]))


def rays_from_above(low: Floats, high: Floats, size_px: int) -> tuple[Floats, Floats, tuple[int, int]]:
    """A ray straight down for each pixel, the top of the picture at +y."""
    size = high - low
    rows = max(1, round(size_px * size[1] / size[0]))
    x = low[0] + (np.arange(size_px) + 0.5) / size_px * size[0]
    y = high[1] - (np.arange(rows) + 0.5) / rows * size[1]
    flat = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    origins = np.column_stack([flat, np.full(len(flat), high[2] + size.max())])
    return origins, np.broadcast_to([0.0, 0.0, -1.0], origins.shape).copy(), (rows, size_px)


def _unroll(low: Floats, high: Floats, size_px: int) -> tuple[Floats, Floats, tuple[int, int]]:
    """A level ray outward from the axis for each pixel, the picture's middle toward -y."""
    middle, size = (low + high) / 2, high - low
    around = np.pi * (size[0] + size[1]) / 2
    rows = max(1, round(size_px * size[2] / around))
    turn = ((np.arange(size_px) + 0.5) / size_px - 0.5) * 2 * np.pi
    z = high[2] - (np.arange(rows) + 0.5) / rows * size[2]
    turns, heights = (grid.ravel() for grid in np.meshgrid(turn, z))
    origins = np.column_stack([np.full(len(turns), middle[0]), np.full(len(turns), middle[1]), heights])
    ways = np.stack([np.sin(turns), -np.cos(turns), np.zeros(len(turns))], axis=1)
    return origins, ways, (rows, size_px)


def wall_along(tracer: Tracer, origins: Floats, ways: Floats) -> Floats:
    """How much of each ray lies in material, (N,)."""
    inside = np.zeros(len(origins))
    start = origins.copy()
    live = np.arange(len(origins))
    entered = np.zeros(len(origins))
    for layer in range(_LAYERS):
        hits = tracer.first(start[live], ways[live])
        met = np.isfinite(hits.distance)
        live, reach = live[met], hits.distance[met]
        if not len(live):
            break
        if layer % 2:
            inside[live] += reach + entered[live]
        entered[live] = tracer.step
        start[live] += ways[live] * (reach + tracer.step)[:, None]
    return inside
