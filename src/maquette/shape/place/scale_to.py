"""Scale to: the model gets a real size."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.progress import note
from maquette.core.words import figures
from maquette.registry import stage

# Closer than this to the wanted size nothing is scaled, so that scaling twice is scaling once.
_EXACT = 1e-12


@stage(version=3, places=True)
def scale_to(
    asset: Asset,
    *,
    height_mm: Annotated[float, Field(gt=0, le=1e5, description="the wanted size in millimetres")],
    along: Annotated[
        Literal["height", "width", "depth", "longest", "upright"],
        Field(description="the extent that becomes height_mm; upright: the height it had before it was turned"),
    ] = "height",
    certain: Annotated[bool, Field(description="somebody vouches for this size; a recipe that guesses says no")] = True,
) -> Asset:
    """Scale the model evenly until it is this many millimetres high.

    Nothing changes its proportions; the camera goes along. Marks the asset as sized when the size is certain. A guess
    leaves a model alone whose size is known, from a reference in the photo say. Refuses a model that is flat in that
    direction.
    """
    if asset.sized and not certain:
        return asset
    x, y, z = asset.size
    extents = {"height": z, "width": x, "depth": y, "longest": max(x, y, z)}
    extent = _upright(asset) if along == "upright" else extents[along]
    if extent <= 0:
        raise CannotDo(f"scale-to: the model's {along} is 0; choose another extent or rotate it")
    factor = height_mm / extent
    if abs(factor - 1) > _EXACT:
        asset = asset.moved(scale=factor)
        note(f"scaled by {figures(factor, 4)} to {' x '.join(figures(side, 4) for side in asset.size)} mm")
    return asset.replace(sized=certain)


def _upright(asset: Asset) -> float:
    """The extent along what was up before the model was turned, as its placement tells."""
    up = np.array([0.0, 0.0, 1.0]) if asset.placement is None else asset.placement[:3, 2]
    along = asset.mesh.vertices[np.unique(asset.mesh.faces)] @ (up / np.linalg.norm(up))
    return float(np.ptp(along)) if len(along) else 0.0
