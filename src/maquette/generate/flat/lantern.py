"""Lantern: a heightmap as a lampshade, a ball, a dome, a heart or a pillow, with a foot that holds the lamp."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints, Singles
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.heightmap import Heightmap
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.generate.flat.lamp_foot import HOLES, OVERLAP, Lamp, even_at_edges, foot_under, half_foot
from maquette.generate.flat.plate_shapes import on_ground
from maquette.geometry.cut.solids import solid, surface_for_files
from maquette.geometry.flat.areas import area_of, disc, raise_area, rectangle, unite_areas
from maquette.geometry.flat.bends import heart_bend, polygon_bend
from maquette.geometry.flat.curved_plate import bent_plate, bulged_plate, globe, wrapped_plate
from maquette.registry import stage

Form = Literal["cylinder", "square", "hexagon", "heart", "ball", "dome", "pillow", "night-light"]
_OPEN = 0.35  # of a ball's radius, its opening where no lamp says how large


@stage
def lantern(
    heightmap: Heightmap,
    *,
    form: Annotated[Form, Field(description="what it runs round; pillow and night light have it in front")] = (
        "cylinder"
    ),
    lamp: Annotated[Lamp, Field(description="what the foot holds: a holder, an LED light; none: no foot")] = "none",
    seam_mm: Annotated[float, Field(ge=0, le=50, description="width in which both edges are blended")] = 2.0,
    seam_deg: Annotated[
        float, Field(ge=0, lt=360, description="where both edges meet: how far round from the back, toward the right")
    ] = 0.0,
    loop_mm: Annotated[float, Field(ge=0, le=20, description="hole of a loop on a ball's top; 0: none")] = 0.0,
    bulge_mm: Annotated[float, Field(ge=0, le=200, description="how far a pillow bulges; 0: a sixth")] = 0.0,
    bound_mm: Annotated[float, Field(ge=0.005, le=2, description="how far it may lie from the heights")] = 0.03,
) -> Asset:
    """Bend a lithophane round a lamp: closed walls that stand on the bed, the picture upright and outside.

    The heightmap's width is the way round. Left and right edge meet without a step, at the back while the picture's
    middle looks to the front; ``seam_deg`` turns both, on a square say from a side to a corner. A ball takes the
    picture as a map of the world: twice as wide as high it is not stretched, its top is the pole, and it is open below.
    The foot has a hole for the lamp and slots for the air where the lamp grows warm. Refuses lamps that do not fit,
    with the width that they need.
    """
    if loop_mm and form != "ball":
        raise BadSetting(f"lantern: a loop of {loop_mm:g} mm goes on a ball; take form ball, or loop_mm 0")
    heightmap = on_ground(heightmap)
    ring = form not in ("pillow", "night-light")
    heights = heightmap.heights
    if ring:
        heights = _turn(_blend_seam(heights, round(seam_mm / heightmap.pitch_mm)), seam_deg)
    elif seam_deg:
        raise BadSetting(f"lantern: a {form} has no seam; take seam_deg 0")
    width = heightmap.heights.shape[1] * heightmap.pitch_mm
    vertices, faces, inner = _walls(heights, heightmap, form, lamp, bulge_mm, bound_mm)
    progress(0.7, "walls bent")
    used = np.unique(faces)
    number = np.full(len(vertices), -1)
    number[used] = np.arange(len(used))
    vertices, faces = vertices[used], number[faces]
    vertices = vertices - [0.0, 0.0, float(vertices[:, 2].min())]
    reach = float(heights.mean()) / 2 if form in ("ball", "dome") else OVERLAP
    added = half_foot(inner) if form == "night-light" else foot_under(inner, lamp, width, reach)
    if loop_mm:
        added.append(_loop(loop_mm, float(vertices[:, 2].max())))
    if added:
        body = solid(vertices, faces)
        for piece in added:
            body = body + piece
        vertices, faces = surface_for_files(body)
    note(f"{len(faces):,} triangles; {np.ptp(vertices[:, 2]):.4g} mm high")
    return Asset(Mesh(vertices, faces), sized=True, title=heightmap.title)


def _walls(
    heights: Singles, heightmap: Heightmap, form: Form, lamp: Lamp, bulge_mm: float, bound: float
) -> tuple[Floats, Ints, Any]:
    """The bent wall, and the area that it encloses on the bed."""
    pitch, columns = heightmap.pitch_mm, heights.shape[1]
    thickest, width = float(heights.max()), columns * pitch
    if form in ("ball", "dome"):
        return _ball(heights, pitch, form, lamp, bound)
    if form == "pillow":
        bulge = bulge_mm or width / 6
        y, x = (np.sin(np.pi * np.linspace(0, 1, side)) for side in heights.shape)
        vertices, faces, _ = bulged_plate(heights, pitch, bulge * np.outer(y, x), bound)
        return vertices, faces, unite_areas([])
    if form in ("cylinder", "night-light"):
        angle = 2 * np.pi if form == "cylinder" else np.pi
        if width / angle < thickest:
            raise CannotDo(f"lantern: {width:.4g} mm leave a radius of {width / angle:.3g} mm; take a wider picture")
        vertices, faces, _ = bent_plate(heights, pitch, angle, bound)
        inner = disc(2 * width / angle)
        if form == "night-light":
            half = area_of([np.array([[-width, -width], [width, -width], [width, 0.0], [-width, 0.0]])])
            inner = inner ^ half
        return vertices, faces, inner
    if width < 20 * thickest:
        raise CannotDo(f"lantern: {width:.4g} mm round is too narrow for walls of {thickest:.3g} mm; take a wider one")
    sides = {"square": 4, "hexagon": 6}
    if form in sides:
        heights = even_at_edges(heights, sides[form], max(2, round(1.0 / pitch)))
    bend = polygon_bend(columns, pitch, sides[form]) if form in sides else heart_bend(columns, pitch, 1.2 * thickest)
    vertices, faces, _ = wrapped_plate(heights, pitch, bend, bound)
    return vertices, faces, area_of([bend.places[:-1]], "nonzero")


def _ball(heights: Singles, pitch: float, form: Form, lamp: Lamp, bound: float) -> tuple[Floats, Ints, Any]:
    """A ball's wall, open below, and its opening."""
    rows, columns = heights.shape
    radius = columns * pitch / (2 * np.pi)
    stretch = (columns / 2 if form == "ball" else columns / 4) / rows
    if not 0.8 < stretch < 1.25:
        wanted = "twice" if form == "ball" else "four times"
        note(f"the picture is stretched by {stretch:.2g} in height; {wanted} as wide as high it is not")
    if form == "dome":
        vertices, faces, _ = globe(_toward_pole(heights, 1.0), pitch, radius, 0.0, bound)
        return vertices, faces, disc(2 * radius)
    opening = HOLES[lamp] / 2 + 2.0 if lamp != "none" else _OPEN * radius
    if opening > 0.9 * radius:
        raise CannotDo(f"lantern: a {lamp} needs an opening of {2 * opening:g} mm; make it {7 * opening:.4g} mm round")
    lowest = -float(np.arccos(opening / radius))
    shown = heights[: max(8, round(rows * (np.pi / 2 - lowest) / np.pi))]
    vertices, faces, _ = globe(_toward_pole(shown, 2.0), pitch, radius, lowest, bound)
    return vertices, faces, disc(2 * opening)


def _toward_pole(heights: Singles, degrees: float) -> Singles:
    """Heights that even out along each row near the pole, where a row shrinks to a point."""
    share = np.clip(np.arange(len(heights)) / max(1.0, len(heights) * degrees / 30), 0, 1)[:, None]
    calmed: Singles = (share * heights + (1 - share) * heights.mean(axis=1, keepdims=True)).astype(np.float32)
    return calmed


def _blend_seam(heights: Singles, columns: int) -> Singles:
    """Heights whose left and right edge meet, mixed across the seam over so many columns on both sides."""
    columns = min(columns, heights.shape[1] // 4)
    if columns < 1:
        return heights
    blend = heights.astype(np.float64)
    share = 0.5 * (1 - np.arange(columns) / columns)
    left, right = heights[:, :columns].astype(np.float64), heights[:, ::-1][:, :columns].astype(np.float64)
    blend[:, :columns] = (1 - share) * left + share * right
    blend[:, -columns:] = ((1 - share) * right + share * left)[:, ::-1]
    return blend.astype(np.float32)


def _turn(heights: Singles, degrees: float) -> Singles:
    """Heights of a ring whose first and last column are one place, further round by some degrees."""
    around = np.roll(heights[:, :-1], round(degrees / 360 * (heights.shape[1] - 1)), axis=1)
    return np.ascontiguousarray(np.concatenate([around, around[:, :1]], axis=1)) if degrees else heights


def _loop(hole: float, top: float) -> Any:
    """A ring that stands on the top, its foot in the wall."""
    thick = max(1.6, 0.4 * hole)
    ring = disc(hole + 2 * thick) - disc(hole)
    stem = rectangle(2 * thick, 2.0).translate((0.0, -hole / 2 - thick))
    upright = raise_area(unite_areas([ring, stem]), -thick / 2, thick / 2).rotate((90.0, 0.0, 0.0))
    return upright.translate((0.0, 0.0, top + hole / 2 + thick - 0.6))
