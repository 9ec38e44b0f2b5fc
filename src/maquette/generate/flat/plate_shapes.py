"""What a flat plate is cut to, the hole in it, the frame on it and the ground round a cut-out subject."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.core.heightmap import Heightmap
from maquette.generate.flat.tones import PEDESTAL
from maquette.generate.outline_sheet import outline_loops
from maquette.geometry.cut.solids import solid, surface_for_files
from maquette.geometry.flat.bends import heart

Shape = Literal["plate", "outline", "rounded", "oval", "round", "heart"]

_INSIDE = 1 - 1e-4  # of its size: an outline that touches the plate's own edge leaves slivers there
_AROUND = 256  # corners of an oval outline: 0.03 mm from a true one at 100 mm


def on_ground(heightmap: Heightmap) -> Heightmap:
    """Heights in which a cut-out subject stands out from the ground, on a pedestal of a share of the relief."""
    if heightmap.mask is None:
        return heightmap
    ground, high = heightmap.ground_mm, float(heightmap.heights.max())
    pedestal = PEDESTAL * max(high - ground, 0.0)
    raised = ground + heightmap.mask * (pedestal + (1 - PEDESTAL) * (heightmap.heights - ground))
    return heightmap.replace(heights=raised.astype(np.float32), mask=None)


def cut_and_drill(
    vertices: Floats, faces: Ints, loops: list[Floats], hole_mm: float, depth: float
) -> tuple[Floats, Ints]:
    """The plate cut to an outline, none for a rectangle, with a hole near the middle of its upper edge."""
    if not loops and not hole_mm:
        return vertices, faces
    body, high = solid(vertices, faces), float(vertices[:, 2].max())
    if loops:
        body = body ^ _prism(loops, -1.0, high + 1.0)
    if hole_mm:
        down = hole_mm * 1.25  # as much material above the hole as three quarters of it
        top = depth / 2 if not loops else max(float(loop[:, 1].max()) for loop in loops)
        circle = ellipse(hole_mm / 2, hole_mm / 2) + [0.0, top - down]
        body = body - _prism([circle], -1.0, high + 1.0)
    if body.is_empty():
        raise CannotDo(f"plate: a hole of {hole_mm:g} mm leaves nothing of the plate")
    return surface_for_files(body)


def loops_of(shape: Shape, heightmap: Heightmap) -> list[Floats]:
    """Closed loops (N, 2) about the origin that a plate is cut to, islands counter-clockwise; none for a rectangle."""
    width, depth = heightmap.size_mm
    if shape == "plate":
        return []
    if shape == "oval":
        return [_INSIDE * ellipse(width / 2, depth / 2)]
    if shape == "round":
        return [_INSIDE * ellipse(min(width, depth) / 2, min(width, depth) / 2)]
    if shape == "heart":
        loop = heart(width)
        tall = np.ptp(loop[:, 1])
        middle = [0.0, (loop[:, 1].min() + loop[:, 1].max()) / 2]
        return [(loop - middle) * min(1.0, depth / tall) * _INSIDE]
    return [rounded_rectangle(width, depth)] if shape == "rounded" else _outline(heightmap)


def _outline(heightmap: Heightmap) -> list[Floats]:
    """The loops round a heightmap's subject."""
    if heightmap.mask is None:
        raise BadInput("plate: nobody knows what belongs to the subject, so there is no outline; run `matte` first")
    width, depth = heightmap.size_mm
    rows, columns = heightmap.heights.shape
    unit = np.array([width / columns, -depth / rows])
    loops = outline_loops(heightmap.mask, "plate", edge=max(1.0, 0.25 / heightmap.pitch_mm), smallest_share=0.0005)
    return [((loop - [columns / 2, rows / 2]) * unit)[::-1] for loop in loops]  # y turns, and so does the way round


def rounded_rectangle(width: float, depth: float) -> Floats:
    """A rectangle's loop (N, 2) about the origin whose corners are round by a tenth of the shorter side."""
    radius = 0.1 * min(width, depth)
    turn = np.linspace(0, np.pi / 2, 24)
    corner = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius
    x, y = width / 2 - radius, depth / 2 - radius
    flips = ((1, 1, 1), (-1, 1, -1), (-1, -1, 1), (1, -1, -1))
    return np.concatenate([(corner + [x, y])[::order] * [sx, sy] for sx, sy, order in flips])


def ellipse(x: float, y: float) -> Floats:
    """A loop (N, 2) of even steps."""
    turn = np.arange(_AROUND) * (2 * np.pi / _AROUND)
    return np.stack([x * np.cos(turn), y * np.sin(turn)], axis=1)


def _prism(loops: list[Floats], low: float, high: float) -> Any:
    """Loops (N, 2) raised from one height to another, as a Manifold."""
    from manifold3d import CrossSection

    return CrossSection(loops).extrude(high - low).translate([0.0, 0.0, low])


def with_frame(heightmap: Heightmap, frame_mm: float, frame_height_mm: float, shape: Shape) -> Heightmap:
    """Heights with everything within a distance of the edge raised to one height."""
    width, depth = heightmap.size_mm
    if 2 * frame_mm >= min(width, depth):
        raise BadSetting(f"plate: frame_mm {frame_mm:g} leaves nothing of a plate of {width:.4g} x {depth:.4g} mm")
    high = frame_height_mm or float(heightmap.heights.max())
    frame = from_edge(heightmap, shape) <= frame_mm + 1e-6
    return heightmap.replace(heights=np.where(frame, np.float32(high), heightmap.heights))


def from_edge(heightmap: Heightmap, shape: Shape) -> Floats:
    """How far each place (H, W) lies inside the edge of a plate of this shape, in mm; 0 or less outside."""
    from scipy.ndimage import distance_transform_edt
    from skimage.draw import polygon2mask

    width, depth = heightmap.size_mm
    rows, columns = heightmap.heights.shape
    pitch = heightmap.pitch_mm
    if shape == "plate":
        x = width / 2 - np.abs(np.arange(columns) * pitch - width / 2)
        y = depth / 2 - np.abs(np.arange(rows) * pitch - depth / 2)
        nearer: Floats = np.minimum(x[None, :], y[:, None])
        return nearer
    inside = np.zeros((rows, columns), bool)
    for loop in loops_of(shape, heightmap):
        inside ^= polygon2mask((rows, columns), np.stack([depth / 2 - loop[:, 1], loop[:, 0] + width / 2], 1) / pitch)
    away: Floats = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1] * pitch
    return away
