"""Emboss art: a drawing on a model, raised or engraved: a logo on a mug, a mark on a box."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.artwork import Artwork
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting
from maquette.core.profiles import Printer
from maquette.core.progress import note
from maquette.geometry.flat.areas import area_of, loops_in, unite_areas
from maquette.registry import stage
from maquette.shape.build.emboss import pressed_on

_PRINTER = Printer.default()
_LETTER = 0.3  # of a drawing's size: what counts as a letter's height where edges are made fine


@stage(adds=True)
def emboss_art(
    asset: Asset,
    artwork: Artwork,
    *,
    side: Annotated[
        Literal["front", "back", "left", "right", "top", "bottom"], Field(description="which side it goes on")
    ] = "front",
    width_mm: Annotated[float, Field(ge=0, le=2000, description="width of the drawing; 0: as it is")] = 0.0,
    depth_mm: Annotated[
        float, Field(ge=-50, le=50, description="how far it stands out; below 0: how deep it is engraved")
    ] = 1.0,
    right_mm: Annotated[float, Field(description="to the right of the side's middle, as one looks at it")] = 0.0,
    up_mm: Annotated[float, Field(description="above the side's middle")] = 0.0,
    printer: Annotated[Printer, Field(description="whose least wall stays behind an engraving")] = _PRINTER,
) -> Asset:
    """Put a drawing on one side of a closed model, raised or engraved, also where the side is curved.

    As `emboss` does with words: seen onto the surface from that side and standing out along its normals, on a cylinder,
    a ball or any body that does not turn away by more than 65 degrees under it. The result is closed.
    """
    if not len(artwork.sizes) or not depth_mm:
        raise BadSetting("emboss-art: the drawing is blank" if depth_mm else "emboss-art: depth_mm 0 changes nothing")
    scale = width_mm / artwork.size_mm[0] if width_mm else 1.0
    whole = unite_areas([area_of(artwork.loops(number)) for number in range(len(artwork.colors))])
    loops = [loop * scale + [right_mm, up_mm] for loop in loops_in(whole)]
    size = float(max(np.ptp(np.concatenate(loops), axis=0)))
    note(f"a drawing {size:.3g} mm large on the {side}")
    return pressed_on(asset, loops, side, _LETTER * size, depth_mm, printer)
