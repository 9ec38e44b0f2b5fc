"""Open HFP: a HueForge project as a plan that can be shown, proved and printed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bytes
from maquette.core.errors import BadInput
from maquette.core.painting import PaintPlan
from maquette.core.progress import note
from maquette.formats.painting.hueforge import plan_of
from maquette.registry import LocalFile, stage


@stage
def open_hfp(
    data: bytes,
    *,
    picture: Annotated[LocalFile, Field(description="the picture, where the project only names it")] = "",
    cell_mm: Annotated[float, Field(ge=0.1, le=5, description="width of a cell: a line of the nozzle")] = 0.4,
) -> PaintPlan:
    """Read a HueForge project: its filaments, swaps and layers, and the picture over them.

    A project holds no heights. Each cell gets the height whose colour is most like the picture, by our own model of
    light: near to, not the same as, what HueForge makes of it. What `write-paint` wrote comes back as it was. The
    format is not published; unknown keys are left alone.
    """
    plan = plan_of(data, _pixels(picture) if picture else None, cell_mm, "open-hfp")
    note(f"{len(plan.filaments)} filaments, {len(plan.swaps)} swaps, {int(plan.heights.max())} layers")
    return plan


def _pixels(place: str) -> Bytes:
    """The pixels of a picture file."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(Path(place).read_bytes())) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        raise BadInput(f"open-hfp: {Path(place).name} is no picture that can be read ({str(problem)[:80]})") from None
