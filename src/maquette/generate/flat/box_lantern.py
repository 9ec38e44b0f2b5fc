"""Box lantern: a lithophane on each side of a box, and one on top, round a lamp."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from maquette.core.arrays import Singles
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.heightmap import Heightmap
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.generate.flat.grid import on_grid
from maquette.generate.flat.lamp_foot import Lamp, even_at_edges, foot_under
from maquette.generate.flat.plate_shapes import on_ground
from maquette.geometry.cut.solids import solid, surface_for_files
from maquette.geometry.flat.areas import area_of
from maquette.geometry.flat.bends import polygon_bend
from maquette.geometry.flat.curved_plate import wrapped_plate
from maquette.geometry.flat.terrain import close_below, rim
from maquette.geometry.flat.tiled import triangulate_tiled
from maquette.registry import stage

_LEAST_SIDES = 6.0  # walls thick, that a side must be wide
_POST_MM = 1.0  # on both sides of an edge, where rows are level so that the walls meet

Bound = Annotated[float, Field(ge=0.005, le=2, description="how far it may lie from the heights")]


@stage
def box_lantern(
    front: Heightmap,
    right: Heightmap,
    back: Heightmap,
    left: Heightmap,
    *,
    lamp: Annotated[Lamp, Field(description="what the foot holds: a holder, an LED light; none: no foot")] = "none",
    bound_mm: Bound = 0.03,
) -> Asset:
    """Make a box of four lithophanes, one on each side, open above, that stands on its foot over a lamp.

    The front's size is that of every side: the others are cut to it about their middle. Pictures are upright and
    outside. Refuses lamps that do not fit, and sides too narrow for their walls.
    """
    sides = _cut_to_one_size((front, right, back, left))
    walls, inner, width = _box_walls(sides, front.pitch_mm, bound_mm)
    for piece in foot_under(inner, lamp, 4 * width):
        walls = walls + piece
    return _to_asset(walls, front.title)


@stage
def closed_box_lantern(
    front: Heightmap,
    right: Heightmap,
    back: Heightmap,
    left: Heightmap,
    top: Heightmap,
    *,
    bound_mm: Bound = 0.03,
) -> Asset:
    """Make a box of five lithophanes, the fifth on top, that is put over a lamp.

    It is printed upside down, without supports: the top lies on the bed, its picture's relief inside, so that all
    outside is even there. As `box_lantern`.
    """
    sides = _cut_to_one_size((front, right, back, left))
    walls, _, width = _box_walls(sides, front.pitch_mm, bound_mm)
    high = float(walls.bounding_box()[5])
    least = float(min(side.min() for side in sides))
    box = walls + _lid(on_ground(top), width + least, high, bound_mm)
    progress(0.9, "the top put on")
    return _to_asset(box.rotate((0.0, 180.0, 0.0)).translate((0.0, 0.0, high)), front.title)


def _cut_to_one_size(heightmaps: tuple[Heightmap, ...]) -> list[Singles]:
    """Heights on the first one's grid with an even number of columns; what is too wide or too high is cut off."""
    rows, columns = heightmaps[0].heights.shape
    columns += columns % 2
    sides = []
    for heightmap in heightmaps:
        heights = on_ground(heightmap).heights
        high, wide = heights.shape
        tall, broad = min(high, round(wide * rows / columns)), min(wide, round(high * columns / rows))
        top, start = (high - tall) // 2, (wide - broad) // 2
        sides.append(on_grid(heights[top : top + tall, start : start + broad], rows, columns))
    return sides


def _box_walls(sides: list[Singles], pitch: float, bound: float) -> tuple[Any, Any, float]:
    """The four walls as a Manifold on the bed, the area inside them, and how wide that is."""
    front, right, back, left = sides
    columns = front.shape[1]
    thickest = max(float(side.max()) for side in sides)
    width = columns * pitch
    if width < _LEAST_SIDES * thickest:
        raise CannotDo(
            f"box-lantern: sides of {width:.4g} mm are too narrow for walls of {thickest:.3g} mm;"
            f" make the front {np.ceil(_LEAST_SIDES * thickest):g} mm wide"
        )
    around = np.roll(np.concatenate([back, left, front, right], axis=1), -columns // 2, axis=1)
    around = even_at_edges(around, 4, max(2, round(_POST_MM / pitch)))
    bend = polygon_bend(4 * columns, pitch, 4)
    vertices, faces, _ = wrapped_plate(around, pitch, bend, bound)
    used, faces = np.unique(faces, return_inverse=True)
    vertices = vertices[used] - [0.0, 0.0, float(vertices[used, 2].min())]
    return solid(vertices, faces.reshape(-1, 3)), area_of([bend.places[:-1]], "nonzero"), width


def _lid(heightmap: Heightmap, width: float, high: float, bound: float) -> Any:
    """A square of a heightmap's middle as a Manifold whose even side faces up, at a height."""
    rows, columns = heightmap.heights.shape
    side = min(rows, columns)
    top, start = (rows - side) // 2, (columns - side) // 2
    count = max(2, round(width / heightmap.pitch_mm) + 1)
    heights = on_grid(heightmap.heights[top : top + side, start : start + side], count, count)
    places, sheet = triangulate_tiled(heights, bound)
    below, faces = close_below(places, sheet, rim(places, heights.shape))
    row, column = np.concatenate([places, below]).T * (width / (count - 1))
    level = np.concatenate([high - heights[places[:, 0], places[:, 1]], np.full(len(below), high)])
    return solid(np.stack([column - width / 2, width / 2 - row, level], axis=1), faces[:, ::-1])


def _to_asset(body: Any, title: str) -> Asset:
    """A Manifold as an asset."""
    vertices, faces = surface_for_files(body)
    note(f"{len(faces):,} triangles; {np.ptp(vertices[:, 2]):.4g} mm high")
    return Asset(Mesh(vertices, faces), sized=True, title=title)
