"""Cookie cutter: a drawing's outline as a thin wall with a grip."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from maquette.core.artwork import Artwork
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.progress import note
from maquette.generate.art.bodies import LIGHT, Body, asset_of
from maquette.geometry.flat.areas import area_of, grow_area, loops_in, raise_area, unite_areas, without_holes
from maquette.registry import stage

_BRIDGE = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  # mm by which islands are grown until they are one
_STRONG = 2.0  # edges, up to a fifth of the height below the edge


@stage
def cookie_cutter(
    artwork: Artwork,
    *,
    height_mm: Annotated[float, Field(ge=4, le=60, description="from the grip's underside to the edge")] = 14.0,
    edge_mm: Annotated[float, Field(ge=0.3, le=4, description="width of the cutting edge: one or two lines")] = 0.8,
    grip_mm: Annotated[float, Field(ge=0, le=20, description="width of the grip around the wall")] = 4.0,
    smooth_mm: Annotated[
        float, Field(ge=0, le=20, description="bays and tips narrower than this are rounded: dough tears in them")
    ] = 2.0,
    lines_mm: Annotated[
        float, Field(ge=0, le=30, description="inner lines of the drawing, so far below the edge; 0: none")
    ] = 0.0,
) -> Asset:
    """Make a cutter: the drawing's outer outline as a wall, wider below, with a flat grip on the bed and the edge up.

    Islands near each other are joined. Inner lines, where asked for, are walls that mark the dough, held by bars across
    the grip. Refuses drawings whose pieces lie far apart.
    """
    drawing = unite_areas([area_of(artwork.loops(n)) for n in range(len(artwork.colors))])
    shape = _one_piece(drawing, smooth_mm)
    solid = raise_area(grow_area(shape, edge_mm), 0.0, height_mm)
    solid = solid + raise_area(grow_area(shape, _STRONG * edge_mm), 0.0, 0.6 * height_mm)
    if grip_mm:
        solid = solid + raise_area(grow_area(shape, edge_mm + grip_mm), 0.0, 2.0)
    solid = solid - raise_area(shape, -1.0, height_mm + 1.0)  # in one go: walls cut one by one leave slivers inside
    if lines_mm:
        solid = solid + _marks(drawing, shape, edge_mm, max(height_mm - lines_mm, 3.0))
    note(f"the cut is {shape.area():.4g} mm² large; the edge runs {_length(shape):.4g} mm")
    return asset_of([Body(solid, "cutter", LIGHT)], artwork.title, "cookie-cutter")


def _one_piece(drawing: Any, smooth: float) -> Any:
    """The drawing's outer outline as one area, narrow bays and tips rounded."""
    for bridge in _BRIDGE:
        joined = without_holes(grow_area(grow_area(drawing, bridge), -bridge))
        islands = len(loops_in(joined))
        if islands == 1:
            half = smooth / 2
            rounded = grow_area(grow_area(grow_area(joined, half), -2 * half), half) if half else joined
            whole = without_holes(rounded)
            if len(loops_in(whole)) == 1:
                return whole
            return joined
    raise CannotDo(f"cookie-cutter: the drawing has {islands} pieces that lie apart; draw them together or cut one")


def _marks(drawing: Any, shape: Any, edge: float, high: float) -> Any:
    """Walls along the drawing's inner borders, and bars that hold them."""
    from manifold3d import CrossSection

    inside = grow_area(shape, -2.0)
    lines = (grow_area(drawing, edge / 2) - grow_area(drawing, -edge / 2)) ^ inside
    low_x, low_y, high_x, high_y = shape.bounds()
    wide, tall = high_x - low_x, high_y - low_y
    bars = [
        CrossSection.square((wide, 3.0), True).translate(((low_x + high_x) / 2, low_y + tall * share))
        for share in (0.25, 0.5, 0.75)
    ]
    bars.append(CrossSection.square((3.0, tall), True).translate(((low_x + high_x) / 2, (low_y + high_y) / 2)))
    held = unite_areas(bars) ^ grow_area(shape, edge / 2)
    return raise_area(lines, 0.0, high) + raise_area(held, 0.0, 2.0)


def _length(shape: Any) -> float:
    import numpy as np

    return sum(float(np.linalg.norm(np.roll(loop, -1, axis=0) - loop, axis=1).sum()) for loop in loops_in(shape))
