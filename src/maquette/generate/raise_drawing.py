"""Raise-drawing: what a line drawing means in space, by its outline alone: lines have no light that would say."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bools
from maquette.core.asset import Asset
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.generate.hypotheses.turned import find_lathe
from maquette.generate.inflate import inflate
from maquette.generate.outline_sheet import mask_of
from maquette.generate.sculpt.sculpt import sculpt
from maquette.registry import stage

_SIDE = 192  # pixels on which the axis is looked for
_TURNED = 0.95  # of the outline alike on both sides of an upright axis
_UPRIGHT = 10.0  # degrees
_PLATE = 0.12  # thickness of what is flat, of its longer side


@stage(size="10 MB in the package")
def raise_drawing(
    subject: Subject,
    *,
    form: Annotated[
        Literal["auto", "turned", "round", "flat"],
        Field(description="turned on a lathe, blown up round, or a flat plate; auto: turned if alike left and right"),
    ] = "auto",
    depth: Annotated[float, Field(gt=0, le=3, description="depth over width of what is round")] = 0.85,
    lines: Annotated[float, Field(ge=0, le=1, description="how deep lines are carved into it")] = 0.3,
) -> Asset:
    """Make a solid of a cleaned drawing: vases, mushrooms and towers turned, animals and letters round, keys flat.

    A lathe cannot be told from a face by an outline; say ``round`` then. Refuses a subject without a mask.
    """
    inside = _square(mask_of(subject, "raise-drawing") >= 0.5)
    chosen: str = form
    if form == "auto":
        lathe = find_lathe(inside, 0.0)
        covered = lathe is not None and abs(lathe.lean) <= _UPRIGHT and lathe.covered >= _TURNED
        chosen = "turned" if covered else "round"
        other = "round" if covered else "turned"
        note(f"taken for a {chosen} thing; --form {other} makes it otherwise")
    if chosen == "round":
        return inflate(subject, depth=depth, surface=lines)
    if chosen == "flat":
        return inflate(subject, depth=depth, thickest=_PLATE, surface=lines)
    return sculpt(subject, shape="turned", detail=lines, delight=0.0)


def _square(inside: Bools) -> Bools:
    """The mask (H, W) in a square of 192 pixels."""
    from PIL import Image

    side = max(inside.shape)
    square = np.zeros((side, side), np.uint8)
    top, left = (side - inside.shape[0]) // 2, (side - inside.shape[1]) // 2
    square[top : top + inside.shape[0], left : left + inside.shape[1]] = 255 * inside
    return np.asarray(Image.fromarray(square).resize((_SIDE, _SIDE), Image.Resampling.BOX)) >= 128
