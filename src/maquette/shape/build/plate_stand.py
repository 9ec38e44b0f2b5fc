"""Plate stand: a foot with a slot beside a flat plate, in which the plate stands."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.progress import note
from maquette.geometry.cut.solids import surface_of
from maquette.geometry.flat.areas import raise_area, rectangle
from maquette.registry import stage
from maquette.shape.carry.combining import combine_solids, insist_on_solid, plain

_GAP = 6.0  # mm on the bed between the plate and its foot
_FLOOR = 2.0  # mm under the slot


@stage(adds=True)
def plate_stand(
    asset: Asset,
    *,
    lean_deg: Annotated[float, Field(ge=0, le=30, description="how far the plate leans back")] = 10.0,
    play_mm: Annotated[float, Field(ge=0, le=2, description="by which the slot is wider than the plate")] = 0.3,
    deep_mm: Annotated[float, Field(ge=2, le=40, description="how deep the plate goes in")] = 6.0,
    share: Annotated[float, Field(ge=0.1, le=1.2, description="length of the foot, of the plate's width")] = 0.6,
) -> Asset:
    """Put a foot beside what lies flat: a bar with a slot as wide as the plate is thick, leaning back.

    The foot is a body of its own and prints as it lies. The slot fits the plate's thickest place; it is as long as the
    foot, so a plate may be wider. Refuses what does not lie flat.
    """
    mesh = asset.mesh
    insist_on_solid("plate-stand", mesh)
    width, depth, thick = np.ptp(mesh.bounds, axis=0)
    if thick > 0.5 * min(width, depth):
        raise CannotDo(f"plate-stand: {width:.3g} x {depth:.3g} x {thick:.3g} mm is no plate that lies flat")
    long = share * float(width)
    slot = float(thick) + play_mm
    high = deep_mm + _FLOOR
    foot = max(0.35 * float(depth), 3 * slot)
    bar = raise_area(rectangle(long, foot, min(3.0, 0.2 * foot)), 0.0, high)
    cut = raise_area(rectangle(long + 10.0, slot), _FLOOR, high + 40.0).translate((0.0, 0.0, -_FLOOR))
    cut = cut.rotate((-lean_deg, 0.0, 0.0)).translate((0.0, -0.1 * foot, _FLOOR))
    body = bar - cut
    low = mesh.bounds[0]
    place = (float(mesh.bounds[:, 0].mean()), float(low[1]) - _GAP - foot / 2, float(low[2]))
    addition, asset = plain(*surface_of(body.translate(place)), asset, "stand")
    note(f"a foot of {long:.3g} x {foot:.3g} mm with a slot of {slot:.3g} mm")
    return asset.with_mesh(combine_solids("plate-stand", asset.mesh, [addition], "unite"))
