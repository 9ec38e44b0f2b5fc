"""A plate of heights bent round an axis: an arc, or a ring without a seam, closed, no further off than a bound.

A chord across an arc of radius R misses it by what straight lines miss of the parabola u²/2R, so the heights less that
parabola are what is made triangles; then everything is bent. The sheet and the floor under it get the same vertices
along their borders, put in on border edges, where they change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints, Singles
from maquette.geometry.flat.terrain import triangulate_heights

_SIDES, _ENDS = ("left", "right", "far", "near"), ("near", "far")
_POLE = 0.1  # mm from a pole up to which a globe's picture reaches


@dataclass(frozen=True)
class Patch:
    """Triangles over a rectangle: places (P, 2) = (along, up) in mm from its lower left corner, heights (P,), faces."""

    places: Floats
    heights: Floats
    faces: Ints
    width: float
    depth: float

    def side(self, name: str) -> Ints:
        """The vertices along a border, from the left or from below, (B,)."""
        axis, value = {"left": (0, 0.0), "right": (0, self.width), "near": (1, 0.0), "far": (1, self.depth)}[name]
        which: Ints = np.flatnonzero(self.places[:, axis] == value)
        ordered: Ints = which[np.argsort(self.places[which, 1 - axis], kind="stable")]
        return ordered

    def along(self, name: str) -> Floats:
        """How far along a border its vertices lie, (B,)."""
        offsets: Floats = self.places[self.side(name), 1 if name in ("left", "right") else 0]
        return offsets


@dataclass(frozen=True)
class Bend:
    """What the plate's columns stand on: places (C, 2) of the inner wall on the bed, which way is out there (C, 2), and
    by how much the wall has turned until there (C,) in radians."""

    places: Floats
    outward: Floats
    turn: Floats
    ring: bool


def bent_plate(heights: Singles, pitch: float, angle: float, bound: float) -> tuple[Floats, Ints, int]:
    """Heights (H, W) in mm over places ``pitch`` mm apart, bent through ``angle`` radians, full at 2π, as a solid.

    Gives vertices (V, 3) standing on z = 0 with the axis upright and the picture's middle toward -y, faces (F, 3), and
    how many of the first vertices belong to the picture's side. The inner radius is the picture's width over the angle.
    """
    ring = bool(np.isclose(angle, 2 * np.pi))
    columns = heights.shape[1] + ring
    width = (columns - 1) * pitch
    turn = (np.arange(columns) * pitch - width / 2) * (angle / width)
    outward = np.stack([np.sin(turn), -np.cos(turn)], axis=1)
    return wrapped_plate(heights, pitch, Bend(width / angle * outward, outward, turn, ring), bound)


def wrapped_plate(heights: Singles, pitch: float, bend: Bend, bound: float) -> tuple[Floats, Ints, int]:
    """Heights (H, W) over an upright wall along any line, as :func:`bent_plate` gives them.

    A ring's bend has one column more than the heights: the first once more, where the seam closes.
    """
    if bend.ring:
        heights = np.concatenate([heights, heights[:, :1]], axis=1)
    rows, columns = heights.shape
    # A chord misses a line that turns by what it misses of the line's turn summed up: u²/2R on an arc, a kink at edges.
    sagitta = np.concatenate([[0.0], np.cumsum((bend.turn[1:] + bend.turn[:-1]) / 2)]) * pitch
    top = _patch(heights, sagitta, pitch, bound)
    floor = _patch(np.zeros((2, columns), np.float32), sagitta, pitch, bound, (rows - 1) * pitch)
    top, floor = _with_same_borders(top, floor, bend.ring)
    places = np.concatenate([top.places, floor.places])
    height = np.concatenate([top.heights, floor.heights])
    faces = np.concatenate(
        [top.faces, floor.faces[:, ::-1] + len(top.places), _walls(top, floor, _ENDS if bend.ring else _SIDES)]
    )
    column = np.rint(places[:, 0] / pitch).astype(np.int64)
    flat = bend.places[column] + height[:, None] * bend.outward[column]
    vertices = np.column_stack([flat, places[:, 1]])
    if bend.ring:
        vertices, faces = _sew(vertices, faces, top, floor)
    return vertices, faces, len(top.places)


def globe(heights: Singles, pitch: float, radius: float, lowest: float, bound: float) -> tuple[Floats, Ints, int]:
    """Heights (H, W) round a ball of a radius, from latitude ``lowest`` in radians up to the pole, open below.

    The picture's columns are meridians; its top row lies a hair from the pole and is closed over it. As
    :func:`bent_plate`. Tried: the top row merged into one vertex, which pinches where two edges lead there from one.
    """
    heights = np.concatenate([heights, heights[:, :1]], axis=1)
    heights = np.concatenate([np.full((1, heights.shape[1]), heights[0].mean(), np.float32), heights[1:]])
    rows, columns = heights.shape
    highest = np.pi / 2 - min(_POLE / radius, 0.01)
    longitude = np.linspace(-np.pi, np.pi, columns)
    latitude = np.linspace(highest, lowest, rows)
    sagitta = radius * (longitude[None] ** 2 * np.cos(latitude[:, None]) ** 2 + latitude[:, None] ** 2) / 2
    sagitta = sagitta + 4 * bound * longitude[None] ** 2  # no triangle spans more than a radian, be it at the pole
    top = _patch(heights, sagitta, pitch, bound)
    floor = _patch(np.zeros(heights.shape, np.float32), sagitta, pitch, bound)
    top, floor = _with_same_borders(top, floor, True)
    places = np.concatenate([top.places, floor.places])
    height = np.concatenate([top.heights, floor.heights])
    around = places[:, 0] / top.width * 2 * np.pi - np.pi
    above = lowest + places[:, 1] / top.depth * (highest - lowest)
    way = np.stack([np.cos(above) * np.sin(around), -np.cos(above) * np.cos(around), np.sin(above)], axis=1)
    poles = np.array([[0.0, 0.0, (radius + heights[0, 0]) * np.sin(highest)], [0.0, 0.0, radius * np.sin(highest)]])
    vertices = np.concatenate([way * (radius + height)[:, None], poles])
    faces = np.concatenate(
        [top.faces, floor.faces[:, ::-1] + len(top.places), _walls(top, floor, ("near",)), _caps(top, floor)]
    )
    vertices, faces = _sew(vertices, faces, top, floor)
    return vertices, faces, len(top.places)


def _caps(top: Patch, floor: Patch) -> Ints:
    """Fans from both upper borders to the two poles, which are the last vertices."""
    first, count = len(top.places), len(top.places) + len(floor.places)
    outer, inner = top.side("far"), floor.side("far") + first
    above = np.stack([outer[:-1], outer[1:], np.full(len(outer) - 1, count)], axis=1)
    below = np.stack([inner[1:], inner[:-1], np.full(len(inner) - 1, count + 1)], axis=1)
    return np.concatenate([above, below])


def bulged_plate(heights: Singles, pitch: float, bulge: Floats, bound: float) -> tuple[Floats, Ints, int]:
    """Heights (H, W) on an upright wall that bulges toward -y by ``bulge`` (H, W). As :func:`bent_plate`."""
    none = np.zeros(heights.shape[1])
    top = _patch((heights + bulge).astype(np.float32), none, pitch, bound)
    floor = _patch(bulge.astype(np.float32), none, pitch, bound)
    top, floor = _with_same_borders(top, floor, False)
    places = np.concatenate([top.places, floor.places])
    reach = np.concatenate([top.heights, floor.heights])
    faces = np.concatenate([top.faces, floor.faces[:, ::-1] + len(top.places), _walls(top, floor, _SIDES)])
    return np.column_stack([places[:, 0] - top.width / 2, -reach, places[:, 1]]), faces, len(top.places)


def _patch(heights: Singles, sagitta: Floats, pitch: float, bound: float, depth: float | None = None) -> Patch:
    """The triangles of heights less what bending will add."""
    places, faces = triangulate_heights((heights - sagitta).astype(np.float32), bound)
    rows, columns = heights.shape
    deep = (rows - 1) * pitch if depth is None else depth
    up = (rows - 1 - places[:, 0]) * (deep / (rows - 1))
    height = heights[places[:, 0], places[:, 1]].astype(np.float64)
    at = np.stack([places[:, 1] * pitch, up], axis=1)
    wide = (columns - 1) * pitch
    at[places[:, 1] == columns - 1, 0] = wide
    at[places[:, 0] == 0, 1] = deep
    return Patch(at, height, faces, wide, deep)


def _with_same_borders(top: Patch, floor: Patch, ring: bool) -> tuple[Patch, Patch]:
    """Both with vertices at the same places of their borders; on a ring, left and right have the same ones too."""
    for names in [("left", "right"), ("far",), ("near",)] if ring else [(name,) for name in _SIDES]:
        wanted = np.unique(np.concatenate([patch.along(name) for patch in (top, floor) for name in names]))
        for name in names:
            top, floor = split_border(top, name, wanted), split_border(floor, name, wanted)
    return top, floor


def split_border(patch: Patch, name: str, wanted: Floats) -> Patch:
    """The patch with vertices at all wanted places along a border, on the edges that are there: no surface moves."""
    side, along = patch.side(name), patch.along(name)
    missing = wanted[~np.isin(wanted, along) & (wanted > 0) & (wanted < along[-1])]
    if not len(missing):
        return patch
    slot = np.searchsorted(along, missing) - 1
    start, end = side[slot], side[slot + 1]
    share = (missing - along[slot]) / (along[slot + 1] - along[slot])
    places = patch.places[start] + share[:, None] * (patch.places[end] - patch.places[start])
    places[:, 1 if name in ("left", "right") else 0] = missing
    places[:, 0 if name in ("left", "right") else 1] = patch.places[start, 0 if name in ("left", "right") else 1]
    heights = patch.heights[start] + share * (patch.heights[end] - patch.heights[start])
    number = len(patch.places) + np.arange(len(missing))
    faces = patch.faces
    owner, corner = _faces_on(faces, side, slot)
    kept = np.ones(len(faces), dtype=bool)
    added = []
    for edge in np.unique(slot):
        on_edge = np.flatnonzero(slot == edge)
        face, first = owner[edge], corner[edge]
        a, b, tip = faces[face, first], faces[face, (first + 1) % 3], faces[face, (first + 2) % 3]
        chain = number[on_edge] if a == side[edge] else number[on_edge][::-1]
        walk = np.concatenate([[a], chain, [b]])
        added.append(np.stack([walk[:-1], walk[1:], np.full(len(walk) - 1, tip)], axis=1))
        kept[face] = False
    return Patch(
        np.concatenate([patch.places, places]),
        np.concatenate([patch.heights, heights]),
        np.concatenate([faces[kept], *added]),
        patch.width,
        patch.depth,
    )


def _faces_on(faces: Ints, side: Ints, slots: Ints) -> tuple[dict[int, int], dict[int, int]]:
    """For border edges side[slot] - side[slot + 1] the face that has it, and the corner where it starts there."""
    rank = np.full(int(faces.max()) + 1, -1, np.int64)
    rank[side] = np.arange(len(side))
    ends = rank[faces], rank[np.roll(faces, -1, axis=1)]
    on_border = (ends[0] >= 0) & (ends[1] >= 0) & (np.abs(ends[0] - ends[1]) == 1)
    face, corner = np.nonzero(on_border)
    slot = np.minimum(ends[0], ends[1])[face, corner]
    wanted = np.isin(slot, slots)
    return (
        dict(zip(slot[wanted].tolist(), face[wanted].tolist(), strict=True)),
        dict(zip(slot[wanted].tolist(), corner[wanted].tolist(), strict=True)),
    )


def _walls(top: Patch, floor: Patch, names: tuple[str, ...]) -> Ints:
    """Two triangles for each piece of border between the sheet and the floor under it."""
    walls = []
    for name in names:
        upper, lower = top.side(name), floor.side(name) + len(top.places)
        if name in ("far", "left"):  # the border runs counter-clockwise: these two the other way
            upper, lower = upper[::-1], lower[::-1]
        walls.append(np.stack([lower[:-1], lower[1:], upper[1:]], axis=1))
        walls.append(np.stack([lower[:-1], upper[1:], upper[:-1]], axis=1))
    return np.concatenate(walls)


def _sew(vertices: Floats, faces: Ints, top: Patch, floor: Patch) -> tuple[Floats, Ints]:
    """The ring's right border made one with its left one; vertices stay where they are, the right's go unused."""
    into = np.arange(len(vertices))
    into[top.side("right")] = top.side("left")
    into[len(top.places) + floor.side("right")] = len(top.places) + floor.side("left")
    return vertices, into[faces]
