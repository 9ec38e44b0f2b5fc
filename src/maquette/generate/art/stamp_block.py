"""Stamp block: a drawing in mirror writing on a block, and a handle that is plugged in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from maquette.core.artwork import Artwork
from maquette.core.asset import Asset
from maquette.core.progress import note
from maquette.generate.art.bodies import LIGHT, Body, asset_of
from maquette.geometry.flat.areas import (
    area_of,
    bounds,
    disc,
    grow_area,
    raise_area,
    rectangle,
    taper_area,
    unite_areas,
    without_holes,
)
from maquette.registry import stage

_PEG = 8.0  # mm, side of the square peg: it cannot turn
_DEEP = 4.0  # mm, of the socket
_PLAY = 0.15  # mm on each side, a press fit on a printer in order
_ROOF = 1.2  # mm over the socket


@stage
def stamp_block(
    artwork: Artwork,
    *,
    relief_mm: Annotated[float, Field(gt=0.2, le=20, description="how far the lines stand out")] = 2.0,
    draft_mm: Annotated[float, Field(ge=0, le=5, description="how much wider lines are at their foot")] = 0.3,
    margin_mm: Annotated[float, Field(ge=0, le=50, description="block around the drawing")] = 2.0,
    shape: Annotated[Literal["rectangle", "round", "outline"], Field(description="the block's shape")] = "rectangle",
    handle_mm: Annotated[float, Field(ge=0, le=150, description="height of the handle beside it; 0: none")] = 30.0,
) -> Asset:
    """Make a stamp: the drawing mirrored, its lines upward and wider at the foot, so that fine ones do not bend.

    The handle lies beside the block and is plugged into its underside by a square peg. A ridge on the block's upper
    edge shows which way is up.
    """
    mirrored = unite_areas([area_of(artwork.loops(n)) for n in range(len(artwork.colors))]).scale((-1.0, 1.0))
    plate = _block(mirrored, shape, margin_mm + draft_mm)
    base = _DEEP + _ROOF if handle_mm else 3.0
    block = raise_area(plate, 0.0, base)
    low_x, low_y, high_x, high_y = bounds(plate)
    middle = ((low_x + high_x) / 2, (low_y + high_y) / 2)
    ridge = disc(2.4).translate((middle[0], high_y))
    block = block + raise_area(ridge, 0.0, base)
    lines = (
        taper_area(mirrored, base, base + relief_mm, draft_mm)
        if draft_mm
        else raise_area(mirrored, base, base + relief_mm)
    )
    lines = lines ^ raise_area(plate, 0.0, base + relief_mm + 1.0)
    bodies = [Body(block, "block", LIGHT), Body(lines, "lines", (60, 60, 60))]
    if handle_mm:
        wide = min(_PEG, 0.6 * min(high_x - low_x, high_y - low_y))
        socket = raise_area(rectangle(wide + 2 * _PLAY, wide + 2 * _PLAY).translate(middle), -1.0, _DEEP)
        bodies[0] = Body(block - socket, "block", LIGHT)
        handle = _handle(wide, handle_mm).translate((high_x + 5.0 + 12.0, middle[1], 0.0))
        bodies.append(Body(handle, "handle", LIGHT))
        note(f"the handle's peg of {wide:.3g} mm has {_PLAY:g} mm of play on each side")
    return asset_of(bodies, artwork.title, "stamp-block")


def _block(drawing: Any, shape: str, margin: float) -> Any:
    """The area of the block."""
    low_x, low_y, high_x, high_y = bounds(drawing)
    middle = ((low_x + high_x) / 2, (low_y + high_y) / 2)
    width, height = high_x - low_x, high_y - low_y
    if shape == "outline":
        return without_holes(grow_area(grow_area(drawing, margin + 2.0), -2.0))
    if shape == "round":
        return disc((width**2 + height**2) ** 0.5 + 2 * margin).translate(middle)
    return rectangle(width + 2 * margin, height + 2 * margin, 1.5).translate(middle)


def _handle(peg: float, height: float) -> Any:
    """A turned grip that stands on its knob's flat top, the peg up."""
    import numpy as np
    from manifold3d import CrossSection

    radius = np.array([10.0, 12.0, 12.0, 9.0, 6.5, 6.0, 7.0, 9.0, 9.0])
    up = np.array([0.0, 0.1, 0.25, 0.45, 0.6, 0.75, 0.88, 0.97, 1.0]) * height
    fine = np.linspace(0, 1, 40) * height
    side = np.stack([np.interp(fine, up, radius), fine], axis=1)
    half = np.concatenate([[[0.0, 0.0]], side, [[0.0, height]]])
    grip = CrossSection([half]).revolve(64)
    return grip + raise_area(rectangle(peg, peg), height - 1.0, height + _DEEP - 0.3)
