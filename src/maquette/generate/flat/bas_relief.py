"""Bas-relief: any model seen from one side as heights, pressed flat without losing what is small."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.heightmap import Heightmap
from maquette.core.progress import note, progress
from maquette.generate.flat.grid import grid_shape
from maquette.geometry.flat.bas_relief import press_depth
from maquette.geometry.rays import Tracer
from maquette.registry import stage

_SIDES = {  # what is right and what is up for one who looks at that side
    "front": ((1.0, 0, 0), (0, 0, 1.0)),
    "back": ((-1.0, 0, 0), (0, 0, 1.0)),
    "left": ((0, -1.0, 0), (0, 0, 1.0)),
    "right": ((0, 1.0, 0), (0, 0, 1.0)),
    "top": ((1.0, 0, 0), (0, 1.0, 0)),
}
_MARGIN = 0.04  # of the width, ground on each side


@stage
def bas_relief(
    asset: Asset,
    *,
    side: Annotated[Literal["front", "back", "left", "right", "top"], Field(description="the side that is seen")] = (
        "front"
    ),
    width_mm: Annotated[float, Field(ge=5, le=2000, description="width of the plate")] = 80.0,
    relief_mm: Annotated[float, Field(gt=0, le=100, description="height of the highest part above the base")] = 4.0,
    base_mm: Annotated[float, Field(ge=0.2, le=100, description="thickness of the ground")] = 1.6,
    pressing: Annotated[float, Field(ge=0, le=50, description="how much steep parts give way to fine ones")] = 4.0,
    fine: Annotated[float, Field(ge=0, le=5, description="how much fine forms are brought out")] = 0.5,
    pitch_mm: Annotated[float, Field(ge=0.02, le=5, description="distance of the places that get a height")] = 0.15,
) -> Heightmap:
    """Press a model flat: what is seen of it from one side, as heights on a ground.

    Slopes are pressed by a logarithm and steps at outlines taken out (Weyrich et al. 2007), so that a face keeps its
    nose and its lips in a few millimetres. Refuses a model of which nothing is seen.
    """
    right, up = (np.array(way) for way in _SIDES[side])
    flat = asset.mesh.vertices @ np.stack([right, up], axis=1)
    if not len(asset.mesh.faces) or np.ptp(flat, axis=0).min() <= 0:
        raise CannotDo("bas-relief: the model has no surface to see from that side")
    low, size = flat.min(axis=0), np.ptp(flat, axis=0)
    border = _MARGIN * float(size.max())
    low, size = low - border, size + 2 * border
    shape = max(1, round(1000 * size[0])), max(1, round(1000 * size[1]))
    rows, columns, pitch = grid_shape(*shape, width_mm, pitch_mm, "bas-relief")
    depth, inside = _depth_map(asset, right, up, low, size, rows, columns)
    progress(0.6, "looked at the model")
    if not inside.any():
        raise CannotDo("bas-relief: nothing of the model is seen from that side")
    level = press_depth(depth, inside, pressing, fine)
    note(f"a depth of {np.ptp(depth[inside]):.4g} mm became {relief_mm:g} mm")
    heights = base_mm + relief_mm * (0.15 * inside + 0.85 * level)  # the outline keeps an edge on the ground
    return Heightmap(heights.astype(np.float32), pitch, title=asset.title)


def _depth_map(
    asset: Asset, right: Floats, up: Floats, low: Floats, size: Floats, rows: int, columns: int
) -> tuple[Floats, np.ndarray]:
    """How near the surface lies at each place, (H, W), and where there is any."""
    toward = -np.cross(right, up)
    x, y = np.meshgrid(np.linspace(0, size[0], columns) + low[0], np.linspace(size[1], 0, rows) + low[1])
    reach = float((asset.mesh.vertices @ -toward).max()) + 1.0
    origins = x.reshape(-1, 1) * right + y.reshape(-1, 1) * up - reach * toward
    hits = Tracer(asset.mesh.vertices, np.asarray(asset.mesh.faces)).first(
        origins, np.broadcast_to(toward, origins.shape)
    )
    inside = (hits.face >= 0).reshape(rows, columns)
    depth = np.where(inside, -np.where(np.isfinite(hits.distance), hits.distance, 0.0).reshape(rows, columns), 0.0)
    return depth, inside
