"""Nozzle loss: what of a finished model a nozzle and a layer cannot show, as a picture and in square millimetres."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.picture import Picture
from maquette.core.progress import note
from maquette.geometry.flat.narrow import narrow_parts
from maquette.geometry.flat.see_through import Lamp, look_through, walls_seen
from maquette.geometry.rays import Tracer
from maquette.registry import stage
from maquette.render.lost_detail import mark_losses

_ACROSS = 6  # places to a line's width
_MOST = 1600


@stage
def nozzle_loss(
    asset: Asset,
    *,
    lamp: Annotated[
        Lamp,
        Field(description="seen from above what lies, all round what stands, or as a map of the world a ball, a dome"),
    ] = "below",
    line_mm: Annotated[float, Field(gt=0, le=10, description="width of a line: a nozzle of 0.4 mm lays 0.45")] = 0.45,
    layer_mm: Annotated[float, Field(gt=0, le=5, description="what differs by less than a layer is no loss")] = 0.12,
    pose: Annotated[
        Literal["lying", "standing"], Field(description="standing, a line is as wide along a row of the picture alone")
    ] = "lying",
) -> Picture:
    """Show where a print of a finished model loses detail: ridges and grooves narrower than a line, red and blue.

    As `lost-detail`, of the mesh instead of the heights: thickness is taken place by place, six to a line or, of large
    things, 1600 in all. The note says how many square millimetres are lost.
    """
    low, high = asset.mesh.bounds
    if not len(asset.mesh.faces) or (high - low).min() <= 0:
        raise CannotDo("nozzle-loss: the model has no surface to look at")
    width = float(high[0] - low[0]) * (1.0 if lamp == "below" else np.pi)
    columns = int(np.clip(np.ceil(width / line_mm * _ACROSS), 64, _MOST))
    look = look_through(asset.mesh.vertices, lamp, columns)
    walls = walls_seen(Tracer(asset.mesh.vertices, np.asarray(asset.mesh.faces)), look)
    inside = walls > 0
    ridge, groove = narrow_parts(walls, look.pitch_mm, line_mm, layer_mm, pose)
    ridge, groove = ridge & inside, groove & inside
    cell = look.pitch_mm**2
    share = float((ridge | groove).sum() / max(int(inside.sum()), 1))
    note(
        f"a line of {line_mm:g} mm loses {ridge.sum() * cell:.3g} mm² of ridges and {groove.sum() * cell:.3g} mm² of"
        f" grooves, {share:.1%} of what is seen"
    )
    colors = mark_losses(walls, ridge, groove)
    return Picture(np.dstack([colors, np.where(inside, 255, 0).astype(np.uint8)]))
