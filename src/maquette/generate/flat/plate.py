"""Plate: a heightmap becomes a solid, flat or bent, in as few triangles as a layer allows."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.heightmap import Heightmap
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.generate.flat.plate_shapes import Shape, cut_and_drill, loops_of, on_ground, with_frame
from maquette.generate.flat.tones import is_cut_out, plate_camera
from maquette.generate.photo_texture import photo_material, projected_uv
from maquette.geometry.flat.curved_plate import bent_plate
from maquette.geometry.flat.terrain import close_below, rim
from maquette.geometry.flat.tiled import triangulate_tiled
from maquette.registry import stage

Form = Literal["flat", "arc", "cylinder"]

_TILE = 8192  # places along a side that are made triangles in one go: a gigabyte
_MANY, _SMALL_TILE = 40_000_000, 2048  # places, from which on tiles are smaller: 100 MB each
_AT_ONCE = 4_000_000  # places whose slopes are looked at together: 64 MB
_STEEP = float(np.tan(np.radians(60.0)))
_OFTEN = 0.1  # of the picture: a logo's walls take less, grain and hair in too high a relief take more


@stage
def plate(
    heightmap: Heightmap,
    *,
    form: Annotated[Form, Field(description="flat on the bed, or standing: a bent screen, or a ring")] = "flat",
    angle_deg: Annotated[float, Field(gt=1, le=355, description="how far an arc reaches round its axis")] = 120.0,
    shape: Annotated[
        Shape, Field(description="plate: a rectangle; outline: cut to the subject's outline; or a form of its own")
    ] = "plate",
    frame_mm: Annotated[float, Field(ge=0, le=100, description="width of a raised frame; 0: none")] = 0.0,
    frame_height_mm: Annotated[float, Field(ge=0, le=100, description="its height; 0: as high as the highest")] = 0.0,
    hole_mm: Annotated[float, Field(ge=0, le=50, description="hole near the upper edge to hang it by; 0: none")] = 0.0,
    bound_mm: Annotated[
        float, Field(ge=0.005, le=2, description="how far the surface may lie from the heights: a layer shows no less")
    ] = 0.1,
) -> Asset:
    """Turn heights into a closed solid whose surface lies nowhere further from them than a bound.

    Flat plates lie on the bed, the picture's top toward +Y, and wear their picture; arcs and rings stand on the bed
    with the picture upright and outside. A cut-out subject stands out from the ground around it, but on a plate cut to
    its outline. Frames follow the shape; only flat plates are cut and drilled. Refuses an outline where nobody cut the
    subject out.
    """
    if form != "flat" and (shape != "plate" or hole_mm):
        raise BadSetting(f"plate: form {form} has no shape and no hole; take form flat, or leave both out")
    loops = loops_of(shape, heightmap)
    if shape != "outline":
        heightmap = on_ground(heightmap)
    if frame_mm:
        heightmap = with_frame(heightmap, frame_mm, frame_height_mm, shape)
    warn_of_slopes(heightmap)
    if form == "flat":
        return _flat(heightmap, loops, hole_mm, bound_mm)
    return _bend_plate(heightmap, 2 * np.pi if form == "cylinder" else np.radians(angle_deg), bound_mm)


def _flat(heightmap: Heightmap, loops: list[Floats], hole_mm: float, bound: float) -> Asset:
    """The plate as it lies on the bed, with its picture on top."""
    heights, (width, depth) = heightmap.heights, heightmap.size_mm
    places, sheet = triangulate_tiled(heights, bound, _TILE if heights.size <= _MANY else _SMALL_TILE)
    border = rim(places, heights.shape)
    below, faces = close_below(places, sheet, border)
    progress(0.6, "triangles laid")
    row, column = np.concatenate([places, below]).T
    flat = np.stack([column * heightmap.pitch_mm - width / 2, depth / 2 - row * heightmap.pitch_mm], axis=1)
    high = np.concatenate([heights[places[:, 0], places[:, 1]], np.zeros(len(below))])
    vertices = np.column_stack([flat, high])
    vertices, faces = cut_and_drill(vertices, faces, loops, hole_mm, depth)
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
    material = photo_material(photo.pixels)
    if is_cut_out(photo):
        material = photo_material(photo.pixels, photo.mask, ground=heightmap.mask is None)
    source = photo if heightmap.mask is not None else photo.replace(mask=None)  # a plate has no subject's outline
    return Asset(mesh, (material,), sized=True, title=heightmap.title, camera=camera, source=source)


def _bend_plate(heightmap: Heightmap, angle: float, bound: float) -> Asset:
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


def warn_of_slopes(heightmap: Heightmap) -> None:
    """Say how much of a picture rises so steeply that a line of plastic cannot follow it."""
    heights, count = heightmap.heights, 0
    rows = max(1, _AT_ONCE // heights.shape[1])
    for top in range(0, len(heights) - 1, rows):
        down, right = np.gradient(heights[top : top + rows + 1], heightmap.pitch_mm)
        count += int((np.hypot(down, right)[: rows if top + rows < len(heights) else None] > _STEEP).sum())
    steep = count / heights.size
    if steep > _OFTEN:
        note(f"{steep:.0%} of the picture rises by more than 60 degrees, where lines blur it: less relief shows more")
