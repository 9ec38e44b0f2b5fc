"""Plate: a heightmap becomes a solid, flat or bent, in as few triangles as a layer allows."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.heightmap import Heightmap
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.generate.flat.tones import plate_camera
from maquette.generate.photo_texture import photo_material, projected_uv
from maquette.geometry.cut.solids import read_solid, solid
from maquette.geometry.flat.curved_plate import bent_plate
from maquette.geometry.flat.terrain import close_below, rim, triangulate_heights
from maquette.registry import stage

Form = Literal["flat", "arc", "cylinder"]
Outline = Literal["rectangle", "rounded", "oval"]

_AROUND = 256  # corners of an oval outline: 0.03 mm from a true one at 100 mm


@stage
def plate(
    heightmap: Heightmap,
    *,
    form: Annotated[Form, Field(description="flat on the bed, or standing: a bent screen, or a ring")] = "flat",
    angle_deg: Annotated[float, Field(gt=1, le=355, description="how far an arc reaches round its axis")] = 120.0,
    outline: Annotated[Outline, Field(description="what a flat plate is cut to")] = "rectangle",
    frame_mm: Annotated[float, Field(ge=0, le=100, description="width of a raised frame; 0: none")] = 0.0,
    frame_height_mm: Annotated[float, Field(ge=0, le=100, description="its height; 0: as high as the highest")] = 0.0,
    hole_mm: Annotated[float, Field(ge=0, le=50, description="hole near the upper edge to hang it by; 0: none")] = 0.0,
    bound_mm: Annotated[
        float, Field(ge=0.005, le=2, description="how far the surface may lie from the heights: a layer shows no less")
    ] = 0.1,
) -> Asset:
    """Turn heights into a closed solid whose surface lies nowhere further from them than a bound.

    Flat plates lie on the bed, the picture's top toward +Y, and wear their picture; arcs and rings stand on the bed
    with the picture upright and outside. Frames follow a rectangle or an oval; only flat plates are cut and drilled.
    """
    if form != "flat" and (outline != "rectangle" or hole_mm):
        raise BadSetting(f"plate: form {form} has no outline and no hole; take form flat, or leave both out")
    if frame_mm:
        heightmap = _with_frame(heightmap, frame_mm, frame_height_mm, outline)
    if form == "flat":
        return _flat(heightmap, outline, hole_mm, bound_mm)
    return _bent(heightmap, 2 * np.pi if form == "cylinder" else np.radians(angle_deg), bound_mm)


def _flat(heightmap: Heightmap, outline: Outline, hole_mm: float, bound: float) -> Asset:
    """The plate as it lies on the bed, with its picture on top."""
    heights, (width, depth) = heightmap.heights, heightmap.size_mm
    places, sheet = triangulate_heights(heights, bound)
    border = rim(places, heights.shape)
    under, faces = close_below(places, sheet, border)
    progress(0.6, "triangles laid")
    flat = np.stack(
        [places[:, 1] * heightmap.pitch_mm - width / 2, depth / 2 - places[:, 0] * heightmap.pitch_mm], axis=1
    )
    top = np.column_stack([flat, heights[places[:, 0], places[:, 1]]])
    bottom = np.column_stack([flat[under[:-1]], np.zeros(len(under) - 1)])
    vertices = np.concatenate([top, bottom, np.zeros((1, 3))])
    vertices, faces = _cut_and_drill(vertices, faces, outline, hole_mm, width, depth)
    _say(len(faces), heights.size)
    upward = vertices[:, 2] > 1e-9
    return _dress(Mesh(vertices, faces, seen=upward.astype(np.float32)), heightmap)


def _dress(mesh: Mesh, heightmap: Heightmap) -> Asset:
    """The mesh with its picture as colour, where it has one."""
    photo = heightmap.source
    if photo is None:
        return Asset(mesh, sized=True, title=heightmap.title)
    camera = plate_camera(photo, heightmap.size_mm[0])
    mesh = mesh.replace(
        uv=projected_uv(camera, mesh.vertices, mesh.faces), material=np.zeros(len(mesh.faces), np.int32)
    )
    source = photo.replace(mask=None)  # a plate has no subject's outline
    return Asset(mesh, (photo_material(photo.pixels),), sized=True, title=heightmap.title, camera=camera, source=source)


def _bent(heightmap: Heightmap, angle: float, bound: float) -> Asset:
    """The plate bent round an upright axis, without a picture on it."""
    width, _ = heightmap.size_mm
    if width / angle < float(heightmap.heights.max()):
        raise CannotDo(
            f"plate: bent so far, {width:.4g} mm leave a radius of {width / angle:.3g} mm; take a wider picture"
        )
    vertices, faces, on_top = bent_plate(heightmap.heights, heightmap.pitch_mm, angle, bound)
    used = np.unique(faces)
    number = np.full(len(vertices), -1)
    number[used] = np.arange(len(used))
    _say(len(faces), heightmap.heights.size)
    if heightmap.source is not None:
        note("a bent plate wears no picture; its walls alone are made")
    mesh = Mesh(vertices[used], number[faces], seen=(used < on_top).astype(np.float32))
    return Asset(mesh, sized=True, title=heightmap.title)


def _say(faces: int, places: int) -> None:
    note(f"{faces:,} triangles where a grid would take {2 * places:,}")


def _cut_and_drill(
    vertices: Floats, faces: Ints, outline: Outline, hole_mm: float, width: float, depth: float
) -> tuple[Floats, Ints]:
    """The plate cut to its outline, with a hole near the middle of its upper edge."""
    if outline == "rectangle" and not hole_mm:
        return vertices, faces
    body, high = solid(vertices, faces), float(vertices[:, 2].max())
    if outline != "rectangle":
        body = body ^ _prism(_outline(outline, width, depth), -1.0, high + 1.0)
    if hole_mm:
        down = hole_mm * 1.25  # as much material above the hole as three quarters of it
        circle = _ellipse(hole_mm / 2, hole_mm / 2) + [0.0, depth / 2 - down]
        body = body - _prism(circle, -1.0, high + 1.0)
    if body.is_empty():
        raise CannotDo(f"plate: a hole of {hole_mm:g} mm leaves nothing of the plate")
    cut_vertices, cut_faces, _, _ = read_solid(body)
    return cut_vertices, cut_faces


def _outline(outline: Outline, width: float, depth: float) -> Floats:
    """A closed loop (N, 2) about the origin, counter-clockwise."""
    if outline == "oval":
        return _ellipse(width / 2, depth / 2)
    radius = 0.1 * min(width, depth)
    turn = np.linspace(0, np.pi / 2, 24)
    corner = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius
    x, y = width / 2 - radius, depth / 2 - radius
    flips = ((1, 1, 1), (-1, 1, -1), (-1, -1, 1), (1, -1, -1))
    return np.concatenate([(corner + [x, y])[::order] * [sx, sy] for sx, sy, order in flips])


def _ellipse(x: float, y: float) -> Floats:
    """A loop (N, 2) of even steps."""
    turn = np.arange(_AROUND) * (2 * np.pi / _AROUND)
    return np.stack([x * np.cos(turn), y * np.sin(turn)], axis=1)


def _prism(loop: Floats, low: float, high: float) -> Any:
    """A loop (N, 2) raised from one height to another, as a Manifold."""
    from manifold3d import CrossSection

    return CrossSection([loop]).extrude(high - low).translate([0.0, 0.0, low])


def _with_frame(heightmap: Heightmap, frame_mm: float, frame_height_mm: float, outline: Outline) -> Heightmap:
    """Heights with everything within a distance of the edge raised to one height."""
    width, depth = heightmap.size_mm
    if 2 * frame_mm >= min(width, depth):
        raise BadSetting(f"plate: frame_mm {frame_mm:g} leaves nothing of a plate of {width:.4g} x {depth:.4g} mm")
    high = frame_height_mm or float(heightmap.heights.max())
    rows, columns = heightmap.heights.shape
    x = np.abs(np.arange(columns) * heightmap.pitch_mm - width / 2)[None, :]
    y = np.abs(np.arange(rows) * heightmap.pitch_mm - depth / 2)[:, None]
    if outline == "oval":
        inner = (x / (width / 2 - frame_mm)) ** 2 + (y / (depth / 2 - frame_mm)) ** 2 < 1
    else:
        inner = (x < width / 2 - frame_mm) & (y < depth / 2 - frame_mm)
    return heightmap.replace(heights=np.where(inner, heightmap.heights, np.float32(high)))
