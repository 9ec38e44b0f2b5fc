"""Pivot: where the model's origin is, about which an engine turns and places it."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.registry import stage

_STILL = 1e-9  # of the diagonal: smaller moves are rounding


@stage(places=True)
def pivot(
    asset: Asset,
    *,
    at: Annotated[
        Literal["base", "center"], Field(description="the middle of the box's bottom, or the middle of the box")
    ] = "base",
) -> Asset:
    """Move the model so that its origin lies under its middle, where things that stand are held, or in its middle.

    Nothing is cut or turned; the camera goes along. What lies right already comes back as it is.
    """
    if not len(asset.mesh.vertices):
        return asset
    low, high = asset.mesh.bounds
    middle = (low + high) / 2
    offset = -np.array([middle[0], middle[1], low[2] if at == "base" else middle[2]])
    return asset if np.linalg.norm(offset) <= _STILL * asset.mesh.diagonal else asset.moved(offset=offset)
