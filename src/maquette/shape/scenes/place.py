"""Place and add-at: models at spots given in mm, several of them in one scene; `add-to-scene` finds spots by itself."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.scene import Scene
from maquette.registry import stage
from maquette.shape.scenes.spots import foot_of, place_on

Where = Annotated[float, Field(ge=-1e5, le=1e5, description="where the middle of its foot comes to, mm")]
Turn = Annotated[float, Field(ge=-360, le=360, description="about the upright axis, counter-clockwise from above")]
Times = Annotated[float, Field(gt=0, le=1000, description="times as large")]


@stage
def place(
    asset: Asset, *, x_mm: Where = 0.0, y_mm: Where = 0.0, z_mm: Where = 0.0, turn_deg: Turn = 0.0, scale: Times = 1.0
) -> Scene:
    """Stand a model at a spot of a new scene, turned and scaled about the middle of its foot.

    Further models come with ``add-at``. The model itself is kept as it is. Refuses a model without faces.
    """
    spot = _spot("place", asset, (x_mm, y_mm, z_mm), turn_deg, scale)
    return Scene((asset.replace(volumes=()),), np.zeros(1, np.int64), spot[None], title=asset.title)


@stage
def add_at(
    scene: Scene,
    asset: Asset,
    *,
    x_mm: Where = 0.0,
    y_mm: Where = 0.0,
    z_mm: Where = 0.0,
    turn_deg: Turn = 0.0,
    scale: Times = 1.0,
) -> Scene:
    """Stand one more model in a scene; one that stands there already is kept once and placed twice.

    Nothing is said where models overlap; look at it, or check the joined one. Refuses a model without faces.
    """
    spot = _spot("add-at", asset, (x_mm, y_mm, z_mm), turn_deg, scale)
    return scene.with_thing(asset, spot)


def _spot(name: str, asset: Asset, where: tuple[float, float, float], turn_deg: float, scale: float) -> Floats:
    """The place (4, 4) that brings the middle of a model's foot to ``where``."""
    if not len(asset.mesh.faces):
        raise CannotDo(f"{name}: the model has no faces; there is nothing to place")
    return place_on(foot_of(*asset.mesh.bounds), np.array(where), turn_deg, scale)
