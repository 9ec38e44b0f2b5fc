"""Coin: heightmaps on the faces of a round plate, with a rim, and words on the back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Singles
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.heightmap import Heightmap
from maquette.core.mesh import Mesh
from maquette.core.progress import note
from maquette.generate.flat.grid import on_grid
from maquette.generate.flat.plate_shapes import on_ground
from maquette.geometry.cut.solids import solid, surface_for_files
from maquette.geometry.flat.areas import area_of, bounds, disc, raise_area
from maquette.geometry.flat.lettering import outline
from maquette.geometry.flat.terrain import close_below, rim, triangulate_heights
from maquette.registry import stage

Diameter = Annotated[float, Field(ge=8, le=400, description="of the coin")]
Thickness = Annotated[float, Field(ge=0.6, le=50, description="of the plate between the reliefs")]
Relief = Annotated[float, Field(gt=0, le=20, description="how far the picture stands out, and the rim")]
Rim = Annotated[float, Field(ge=0, le=50, description="width of the rim; 0: none")]
Loop = Annotated[float, Field(ge=0, le=30, description="hole of a loop at the top, for a ribbon; 0: none")]
_PLACES = 900  # across: a fortieth of a millimetre on a coin of 40
_BOUND = 0.03  # mm that the surface may be off: coins are printed in fine layers


@stage
def medallion(
    heightmap: Heightmap,
    *,
    diameter_mm: Diameter = 40.0,
    thickness_mm: Thickness = 2.4,
    relief_mm: Relief = 1.2,
    rim_mm: Rim = 1.6,
    words: Annotated[str, Field(max_length=80, description="engraved into the back; empty: a plain back")] = "",
    loop_mm: Loop = 0.0,
) -> Asset:
    """Make a medal: the middle of a heightmap in relief on a round plate that lies on its back, inside a rim.

    Words on the back are cut 0.4 mm deep, as large as fit into three quarters of it. Refuses words that come out with
    letters below 2 mm.
    """
    face = _face(heightmap, diameter_mm, relief_mm, rim_mm, thickness_mm)
    body = _with_loop(face, diameter_mm, thickness_mm, loop_mm)
    if words.strip():
        body = body - _letter_solid(words.strip(), diameter_mm)
    return _to_asset(body, heightmap.title)


@stage
def coin(
    front: Heightmap,
    back: Heightmap,
    *,
    diameter_mm: Diameter = 40.0,
    thickness_mm: Thickness = 2.4,
    relief_mm: Relief = 1.0,
    rim_mm: Rim = 1.6,
    turn: Annotated[
        Literal["medal", "coin"], Field(description="the back upright when turned round, or when turned over")
    ] = "medal",
    pose: Annotated[
        Literal["upright", "flat"], Field(description="upright on a flat of the rim, no supports; or on its back")
    ] = "upright",
    loop_mm: Loop = 0.0,
) -> Asset:
    """Make a coin of two heightmaps, one on each face, with rims."""
    above = _face(front, diameter_mm, relief_mm, rim_mm, thickness_mm / 2)
    below = _face(back, diameter_mm, relief_mm, rim_mm, thickness_mm / 2)
    below = below.rotate((0.0, 180.0, 0.0) if turn == "medal" else (180.0, 0.0, 0.0))
    body = _with_loop(above + below, diameter_mm, thickness_mm / 2, loop_mm, -thickness_mm / 2)
    if pose == "upright":
        body = body.rotate((90.0, 0.0, 0.0))
        flat = 0.5 * diameter_mm * (1 - np.cos(np.radians(16.0)))  # a chord of a quarter of the diameter
        body = body.trim_by_plane((0.0, 0.0, 1.0), -diameter_mm / 2 + flat)
    low = body.bounding_box()[2]
    return _to_asset(body.translate((0.0, 0.0, -low)), front.title)


def _face(heightmap: Heightmap, diameter: float, relief: float, rim_mm: float, base: float) -> Any:
    """One face as a Manifold: its underside at 0, the relief on a plate, a rim as high as the relief."""
    if 2 * rim_mm >= diameter:
        raise BadSetting(f"coin: rims of {rim_mm:g} mm leave nothing of a coin of {diameter:g} mm")
    level = _level(on_ground(heightmap), _PLACES)
    middle = (_PLACES - 1) / 2
    y, x = np.mgrid[:_PLACES, :_PLACES] - middle
    pitch = diameter / (_PLACES - 1)
    reach = np.hypot(x, y) * pitch
    heights = base + relief * level
    heights = np.where(reach > diameter / 2 - rim_mm, base + relief, heights).astype(np.float32)
    places, sheet = triangulate_heights(heights, _BOUND)
    border = rim(places, heights.shape)
    below, faces = close_below(places, sheet, border)
    row, column = np.concatenate([places, below]).T
    high = np.concatenate([heights[places[:, 0], places[:, 1]], np.zeros(len(below))])
    square = solid(np.stack([(column - middle) * pitch, (middle - row) * pitch, high], axis=1), faces)
    return square ^ raise_area(
        disc(diameter * (1 - 1e-4)), -1.0, base + relief + 1.0
    )  # touching its edge makes slivers


def _level(heightmap: Heightmap, places: int) -> Singles:
    """The middle square of a heightmap as levels 0..1 on a grid."""
    rows, columns = heightmap.heights.shape
    side = min(rows, columns)
    top, left = (rows - side) // 2, (columns - side) // 2
    middle = heightmap.heights[top : top + side, left : left + side]
    low, high = float(middle.min()), float(middle.max())
    if high - low < 1e-6:
        note("the heights are all one; the face stays plain")
        return np.zeros((places, places), np.float32)
    return on_grid(((middle - low) / (high - low)).astype(np.float32), places, places)


def _with_loop(body: Any, diameter: float, thickness: float, hole: float, low: float = 0.0) -> Any:
    """The body with a ring at the picture's top."""
    if not hole:
        return body
    wide = hole + 2 * max(1.6, 0.4 * hole)
    place = (0.0, diameter / 2 + hole / 2 + 0.3)
    ring = (disc(wide) - disc(hole)).translate(place) - disc(diameter - 0.6)
    return body + raise_area(ring, low, thickness)


def _letter_solid(words: str, diameter: float) -> Any:
    """Words as a Manifold to take away from the underside, read from below."""
    area = area_of(outline(words.replace("\\n", "\n"), 10.0))
    low_x, low_y, high_x, high_y = bounds(area)
    share = 0.75 * diameter / float(np.hypot(high_x - low_x, high_y - low_y))
    letters = min(10.0 * share, diameter / 5)
    if letters < 2.0:
        raise CannotDo(
            f"medallion: letters of {letters:.2g} mm; take fewer words or diameter_mm {2.2 * diameter / letters:.0f}"
        )
    middle = area.translate((-(low_x + high_x) / 2, -(low_y + high_y) / 2)).scale((-letters / 10, letters / 10))
    note(f"letters on the back are {letters:.3g} mm high")
    return raise_area(middle, -1.0, 0.4)


def _to_asset(body: Any, title: str) -> Asset:
    """A Manifold as an asset."""
    vertices, faces = surface_for_files(body)
    note(f"{len(faces):,} triangles")
    return Asset(Mesh(vertices, faces), sized=True, title=title)
