"""Views: all six sides on one sheet."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.picture import Picture
from maquette.core.progress import progress
from maquette.registry import stage
from maquette.render.backdrop import Background, compose
from maquette.render.cameras import SIDES
from maquette.render.drawing import Drawing, draw
from maquette.render.frame import add_legend
from maquette.render.legend import label
from maquette.render.looks import LookName, look_for
from maquette.render.scene import Scene

_COLUMNS = 3
_LABEL_PX = 8


@stage
def views(
    asset: Asset,
    *,
    size_px: Annotated[int, Field(ge=64, le=1024, description="side of each of the six pictures")] = 256,
    look: Annotated[
        LookName, Field(description="own colours, clay, lines, directions, what the photo showed, or colours unlit")
    ] = "textured",
    background: Annotated[Background, Field(description="what stands behind the model")] = "studio",
) -> Picture:
    """Show a model from its six sides on one sheet, all to the same scale, without perspective.

    Above front, right, back; below left, top, bottom. Each is named by where the viewer stands, as in CAD: ``right``
    stands at +X. In ``top`` the back is up, in ``bottom`` the front is up.
    """
    scene = Scene(asset)
    longest = float((scene.high - scene.low).max())
    chosen = look_for(scene, look)
    drawings = []
    for number, side in enumerate(SIDES):
        progress(number / len(SIDES), f"drawing {side}")
        drawings.append(draw(scene, scene.camera(side, longest), chosen, size_px, size_px))
    sheet = _sheet(drawings)
    frame = compose(sheet, np.zeros_like(sheet.alpha), background)
    for number, side in enumerate(SIDES):
        row, column = divmod(number, _COLUMNS)
        frame = label(frame, side, column * size_px + _LABEL_PX, row * size_px + _LABEL_PX, background)
    return scene.show(add_legend(frame, scene, look, background))


def _sheet(drawings: list[Drawing]) -> Drawing:
    """Drawings of one size as one, row by row."""
    rows = [drawings[start : start + _COLUMNS] for start in range(0, len(drawings), _COLUMNS)]
    return Drawing(
        np.concatenate([np.concatenate([d.color for d in row], axis=1) for row in rows]),
        np.concatenate([np.concatenate([d.alpha for d in row], axis=1) for row in rows]),
    )
