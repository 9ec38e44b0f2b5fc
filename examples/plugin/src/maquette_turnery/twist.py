"""Twist: the model wrung about its upright axis."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.registry import stage


@stage
def twist(
    asset: Asset,
    *,
    turns_deg: Annotated[float, Field(ge=-720, le=720, description="how far the top turns against the foot")] = 90.0,
) -> Asset:
    """Turn every height of the model a little more than the one below it.

    The foot stays, uv and materials stay. Heights keep their areas, so the volume stays too where triangles are small.
    Refuses a model without a height.
    """
    vertices = asset.mesh.vertices
    low, high = asset.mesh.bounds
    if high[2] <= low[2]:
        raise CannotDo("twist: the model's height is 0; there is nothing to twist it along")
    middle = (low + high)[:2] / 2
    angle = np.radians(turns_deg) * (vertices[:, 2] - low[2]) / (high[2] - low[2])
    x, y = (vertices[:, :2] - middle).T
    turned = np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=1)
    return asset.with_mesh(asset.mesh.with_vertices(np.column_stack([turned + middle, vertices[:, 2]])))
