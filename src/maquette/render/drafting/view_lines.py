"""The lines of an orthographic view: outline, visible and hidden edges, exact in the plane of the view.

An edge is drawn where the surface ends, folds by more than 25 degrees, or turns away from the viewer (silhouette).
Whether it is seen is asked of the tracer at places along it; the outline is the union of all faces' shadows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.flat.areas import area_of, loops_in, thin_area
from maquette.geometry.rays import Tracer
from maquette.geometry.surface import face_normals
from maquette.geometry.topology import edges

Side = Literal["front", "top", "right"]
# What is right and what is up in each view, and where the viewer looks.
AXES: dict[Side, Floats] = {
    "front": np.array([[1.0, 0, 0], [0, 0, 1], [0, 1, 0]]),
    "top": np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, -1]]),
    "right": np.array([[0, 1.0, 0], [0, 0, 1], [-1, 0, 0]]),
}
_FOLD = np.cos(np.radians(25.0))
_PLACES = 16  # at most, along an edge
_MOST_FACES = 60_000  # whose shadows are united exactly; of more, all but the largest add nothing one could draw


@dataclass(frozen=True)
class ViewLines:
    """Segments (N, 2, 2) in the view's plane, right and up, in millimetres; the outline as closed loops."""

    outline: list[Floats]
    visible: Floats
    hidden: Floats


def view_lines(vertices: Floats, faces: Ints, tracer: Tracer, side: Side) -> ViewLines:
    """The lines of one view of a mesh."""
    axes = AXES[side]
    flat = vertices @ axes[:2].T
    normals = face_normals(vertices, faces)
    ends, first, second = _drawn_edges(faces, normals, axes[2])
    reach = float(np.ptp(flat[faces.reshape(-1)], axis=0).max())
    segments, seen = _pieces(vertices, ends, normals, (first, second), tracer, axes[2], reach)
    drawn = segments @ axes[:2].T
    long_enough = np.linalg.norm(drawn[:, 1] - drawn[:, 0], axis=1) > 1e-5 * reach
    drawn, seen = drawn[long_enough], seen[long_enough]
    outline = _outline(flat, faces, normals @ axes[2], reach)
    visible = drawn[seen]
    walls = np.concatenate([visible, *(np.stack([loop, np.roll(loop, -1, axis=0)], axis=1) for loop in outline)])
    hidden = drawn[~seen]
    return ViewLines(outline, visible, hidden[~_lies_along(hidden, walls, 2e-3 * reach)])


def _drawn_edges(faces: Ints, normals: Floats, ahead: Floats) -> tuple[Ints, Ints, Ints]:
    """Edges that a view draws: their vertices (E, 2) and the two faces beside each, (E,), (E,)."""
    table = edges(faces)
    start = np.cumsum(table.count) - table.count
    first = table.order[start] // 3
    second = table.order[start + table.count - 1] // 3
    fold = np.einsum("ij,ij->i", normals[first], normals[second]) < _FOLD
    facing = normals @ ahead < -1e-9
    turns = facing[first] != facing[second]
    drawn = np.flatnonzero((table.count != 2) | fold | turns)
    return table.ends[drawn], first[drawn], second[drawn]


def _pieces(
    vertices: Floats, ends: Ints, normals: Floats, sides: tuple[Ints, Ints], tracer: Tracer, ahead: Floats, reach: float
) -> tuple[Floats, Bools]:
    """Edges cut into pieces that are seen or hidden: segments (N, 2, 3) and whether each is seen (N,)."""
    a, b = vertices[ends[:, 0]], vertices[ends[:, 1]]
    count = np.clip(np.ceil(np.linalg.norm(b - a, axis=1) / (reach / 60)), 1, _PLACES).astype(np.int64)
    owner = np.repeat(np.arange(len(ends)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    middle = ((place + 0.5) / count[owner])[:, None]
    outward = normals[sides[0]] + normals[sides[1]]
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-12)
    start = a[owner] + (b - a)[owner] * middle + outward[owner] * (1.5e-3 * reach) - ahead * (1.5e-3 * reach)
    seen = ~tracer.is_blocked(start, np.broadcast_to(-ahead, start.shape), np.inf)
    fresh = np.ones(len(owner), bool)
    fresh[1:] = (owner[1:] != owner[:-1]) | (seen[1:] != seen[:-1])
    begin = np.flatnonzero(fresh)
    stop = np.append(begin[1:], len(owner)) - 1
    whose = owner[begin]
    low, high = (place[begin] / count[whose])[:, None], ((place[stop] + 1) / count[whose])[:, None]
    segments = np.stack([a[whose] + (b - a)[whose] * low, a[whose] + (b - a)[whose] * high], axis=1)
    return segments, seen[begin]


def _outline(flat: Floats, faces: Ints, facing: Floats, reach: float) -> list[Floats]:
    """Loops around what the model covers in the plane, holes too: the shadows of the faces towards the viewer."""
    a, b, c = (flat[faces[:, corner]] for corner in range(3))
    doubled = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    which = np.flatnonzero((facing < 0) & (np.abs(doubled) > 1e-12 * reach * reach))
    if len(which) > _MOST_FACES:
        which = which[np.argsort(-np.abs(doubled[which]), kind="stable")[:_MOST_FACES]]
    triangles = np.stack([a, b, c], axis=1)[which]
    turned = doubled[which] < 0
    triangles[turned] = triangles[turned][:, ::-1]
    joined = thin_area(area_of(list(triangles), "positive"), 1e-6 * reach)
    return [loop for loop in loops_in(joined) if abs(_area(loop)) > 1e-7 * reach * reach]


def _area(loop: Floats) -> float:
    x, y = loop.T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


def _lies_along(segments: Floats, walls: Floats, near: float) -> Bools:
    """Which segments (N, 2, 2) lie along others (M, 2, 2): a quarter, the half and three quarters of the way."""
    result = np.ones(len(segments), bool)
    along = walls[:, 1] - walls[:, 0]
    squared = np.maximum(np.einsum("ij,ij->i", along, along), 1e-300)
    for at in range(0, len(segments), 256):
        rows = slice(at, at + 256)
        for share in (0.25, 0.5, 0.75):
            point = segments[rows, 0] * (1 - share) + segments[rows, 1] * share
            off = point[:, None] - walls[None, :, 0]
            part = np.clip(np.einsum("nmk,mk->nm", off, along) / squared, 0, 1)
            away = np.linalg.norm(off - part[..., None] * along, axis=2)
            result[rows] &= (away < near).any(axis=1)
    return result
