"""Signboard: a drawing or words on a board, in colours of their own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from maquette.core.artwork import Artwork
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting
from maquette.core.progress import note
from maquette.generate.art.bodies import Body, asset_of, ground_for
from maquette.geometry.flat.areas import (
    area_of,
    bounds,
    disc,
    grow_area,
    raise_area,
    rectangle,
    unite_areas,
    without_holes,
)
from maquette.registry import stage

Board = Literal["rectangle", "rounded", "oval", "outline", "none"]
_WIDE = 80.0  # mm; a board that is wider hangs by two holes


@stage
def signboard(
    artwork: Artwork,
    *,
    letters: Annotated[
        Literal["raised", "engraved", "inlaid"], Field(description="standing out, cut in, or filled in flush")
    ] = "raised",
    board: Annotated[Board, Field(description="the board's shape; outline: along the drawing; none: letters alone")] = (
        "rounded"
    ),
    depth_mm: Annotated[float, Field(gt=0, le=50, description="how high or deep the letters are")] = 1.2,
    base_mm: Annotated[float, Field(gt=0.2, le=100, description="thickness of the board")] = 2.4,
    margin_mm: Annotated[float, Field(ge=0, le=200, description="board around the drawing")] = 5.0,
    rim_mm: Annotated[float, Field(ge=0, le=50, description="width of a rim as high as the letters; 0: none")] = 0.0,
    hole_mm: Annotated[
        float, Field(ge=0, le=30, description="holes to hang it by: one, or two if wide; 0: none")
    ] = 0.0,
) -> Asset:
    """Make a sign: areas of a drawing as upright walls on a board, each colour a body and a filament of its own.

    Walls are exactly the drawing's outlines. Letters that stand out change colour at one height, so a printer with one
    nozzle can do it by changing the filament there; the note says where. Refuses an inlay as deep as its board.
    """
    if letters != "raised" and board == "none":
        raise BadSetting(f"signboard: letters {letters} need a board; take board rounded, or letters raised")
    if letters != "raised" and depth_mm > base_mm - 0.4:
        raise BadSetting(f"signboard: depth_mm {depth_mm:g} leaves less than 0.4 mm of a board of {base_mm:g} mm")
    areas = [area_of(artwork.loops(number)) for number in range(len(artwork.colors))]
    whole = unite_areas(areas)
    colors = [(int(red), int(green), int(blue)) for red, green, blue in artwork.colors]
    bodies: list[Body] = []
    ground = 0.0 if board == "none" else base_mm
    low, high = (ground, ground + depth_mm) if letters == "raised" else (ground - depth_mm, ground)
    plate = _board(whole, board, margin_mm, rim_mm)
    if not plate.is_empty():
        solid = raise_area(plate, 0.0, base_mm) - _holes(plate, whole, hole_mm, margin_mm, high)
        if letters != "raised":
            solid = solid - raise_area(whole, low, high + 1.0)
        bodies.append(Body(solid, "board", ground_for(artwork.colors)))
        if rim_mm and letters == "raised":
            rim = plate - grow_area(plate, -rim_mm)
            bodies.append(Body(raise_area(rim, low, high), "rim", colors[0]))
    if letters != "engraved":
        names = ["letters"] if len(areas) == 1 else [f"letters {number + 1}" for number in range(len(areas))]
        bodies += [Body(raise_area(a, low, high), n, c) for a, n, c in zip(areas, names, colors, strict=True)]
    if letters == "raised" and board != "none":
        note(f"colors change at {base_mm:g} mm: one nozzle can pause there")
    return asset_of(bodies, artwork.title, "signboard")


def _board(whole: Any, board: Board, margin: float, rim: float) -> Any:
    """The board's area around a drawing."""
    low_x, low_y, high_x, high_y = bounds(whole)
    width, height = high_x - low_x + 2 * (margin + rim), high_y - low_y + 2 * (margin + rim)
    if board == "none":
        return unite_areas([])
    if board == "outline":
        return without_holes(grow_area(grow_area(whole, margin + rim + 1.0), -1.0))  # narrow bays are filled
    middle = ((low_x + high_x) / 2, (low_y + high_y) / 2)
    if board == "oval":
        return disc(width * 2**0.5, height * 2**0.5).translate(middle)
    return rectangle(width, height, 0.15 * min(width, height) if board == "rounded" else 0.0).translate(middle)


def _holes(plate: Any, whole: Any, hole: float, margin: float, high: float) -> Any:
    """What the holes take away: as solids through the board."""
    if not hole:
        return raise_area(unite_areas([]), 0.0, 1.0)
    low_x, _, high_x, high_y = bounds(plate)
    edge = hole / 2 + max(1.5, hole / 3)
    places = [low_x + edge, high_x - edge] if high_x - low_x > _WIDE else [(low_x + high_x) / 2]
    areas = []
    for x in places:
        y = high_y - edge
        while (disc(2 * edge).translate((x, y)) - plate).area() > 1e-6 and y > 0:
            y -= hole / 4  # a round board is narrower up there
        areas.append(disc(hole).translate((x, y)))
    holes = unite_areas(areas)
    if (holes ^ whole).area() > 1e-6:
        raise BadSetting(
            f"signboard: a hole of {hole:g} mm goes through the drawing; give it a margin_mm of {2 * edge + 1:.3g}"
        )
    return raise_area(holes, -1.0, high + 1.0)
