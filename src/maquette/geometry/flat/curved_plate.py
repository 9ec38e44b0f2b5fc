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

_SIDES = ("left", "right", "far", "near")


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


def bent_plate(heights: Singles, pitch: float, angle: float, bound: float) -> tuple[Floats, Ints, int]:
    """Heights (H, W) in mm over places ``pitch`` mm apart, bent through ``angle`` radians, full at 2π, as a solid.

    Gives vertices (V, 3) standing on z = 0 with the axis upright and the picture's middle toward -y, faces (F, 3), and
    how many of the first vertices belong to the picture's side. The inner radius is the picture's width over the angle.
    """
    ring = bool(np.isclose(angle, 2 * np.pi))
    if ring:
        heights = np.concatenate([heights, heights[:, :1]], axis=1)
    rows, columns = heights.shape
    width, depth = (columns - 1) * pitch, (rows - 1) * pitch
    radius = width / angle
    sagitta = ((np.arange(columns) - (columns - 1) / 2) * pitch) ** 2 / (2 * radius)
    top = _patch(heights, sagitta, pitch, bound)
    floor = _patch(np.zeros((2, columns), np.float32), sagitta, pitch, bound, depth)
    top, floor = _with_same_borders(top, floor, ring)
    places = np.concatenate([top.places, floor.places])
    height = np.concatenate([top.heights, floor.heights])
    faces = np.concatenate([top.faces, floor.faces[:, ::-1] + len(top.places), _walls(top, floor, ring)])
    turn = (places[:, 0] - width / 2) / radius
    reach = radius + height
    vertices = np.stack([reach * np.sin(turn), -reach * np.cos(turn), places[:, 1]], axis=1)
    if ring:
        vertices, faces = _sew(vertices, faces, top, floor)
    return vertices, faces, len(top.places)


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
            top, floor = _split_border(top, name, wanted), _split_border(floor, name, wanted)
    return top, floor


def _split_border(patch: Patch, name: str, wanted: Floats) -> Patch:
    """The patch with vertices at all wanted places along a border, on the edges that are there: no surface moves."""
    side, along = patch.side(name), patch.along(name)
    missing = wanted[~np.isin(wanted, along)]
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


def _walls(top: Patch, floor: Patch, ring: bool) -> Ints:
    """Two triangles for each piece of border between the sheet and the floor under it."""
    walls = []
    for name in ("near", "far") if ring else _SIDES:
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
