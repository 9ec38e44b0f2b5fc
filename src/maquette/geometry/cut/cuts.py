"""Where to cut a model that is too large: few pieces first, then seams that hold a joint and are little seen.

The plan follows Luo, Baran, Rusinkiewicz, Matusik 2012, "Chopper: Partitioning models into 3D-printable parts": planes
one after the other, each judged by the number of pieces that will be needed, by whether a connector fits every island
of the cut, by fragile slivers beside it and by the length of the visible seam. Planes stand across x, y and z, and the
search looks one cut ahead (theirs keeps a beam): the children's boxes are known before anything is cut.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.geometry.cut.sections import depth, fill_outline, in_plane, islands, outline_pieces, raster_over
from maquette.geometry.surface import area_vectors

_OFFSETS = 9  # heights tried in each window
_CELLS = 64  # across a section's longer side
_SLACK = 1e-6  # of the room: a piece that is larger by less still fits
_GRAZING = 0.85  # a face whose normal is that much along the axis lies nearly in the plane
_THICK = 0.2  # of the room's least side: a slice thinner than this is a waste of a piece
_NEAR = 0.02  # of the piece's extent: slivers are looked for that near to a plane


@dataclass(frozen=True)
class Cut:
    """A plane across an axis, the pieces that will be needed in the end if it is made, and what speaks against it."""

    axis: int
    height: float
    pieces: int
    cost: float


@dataclass(frozen=True)
class _Model:
    """What all planes are judged on."""

    points: Floats  # (P, 3) vertices in use
    vertices: Floats  # (V, 3)
    faces: Ints  # (F, 3)
    care: Floats  # (F,)
    vectors: Floats  # (F, 3) normals times area


def pieces_needed(extent: Floats, room: Floats) -> int:
    """Least number of boxes ``room`` (3,), lying any way, that hold a box ``extent`` (3,) that is cut straight."""
    return min(int(np.prod(_counts(extent, room[list(order)]))) for order in itertools.permutations(range(3)))


def fits(extent: Floats, room: Floats) -> bool:
    """A box fits a room when it does after some quarter turns."""
    return bool((np.sort(extent) <= np.sort(room) * (1 + _SLACK)).all())


def best_cut(vertices: Floats, faces: Ints, care: Floats, room: Floats, need: float) -> Cut:
    """The plane to cut next. care (F,) how much a seam hurts on a face, room (3,), ``need`` radius for a connector."""
    model = _Model(vertices[np.unique(faces)], vertices, faces, care, area_vectors(vertices, faces))
    low, high = model.points.min(axis=0), model.points.max(axis=0)
    tried = []
    for axis, heights in _windows(low, high, room):
        along = vertices[:, axis][faces]
        ends = (along.min(axis=1), along.max(axis=1))
        tried += [_judge(model, room, need, axis, height, ends) for height in heights.tolist()]
    return min(tried, key=lambda cut: (cut.pieces, round(cut.cost, 9), cut.axis, cut.height))


def _counts(extent: Floats, room: Floats) -> Ints:
    """Cuts along each axis make this many pieces, (3,)."""
    return np.maximum(np.ceil(extent / room - _SLACK), 1).astype(np.int64)


def _windows(low: Floats, high: Floats, room: Floats) -> list[tuple[int, Floats]]:
    """For each axis the heights at which a cut needs no more pieces than necessary."""
    extent = high - low
    orders = [room[list(order)] for order in itertools.permutations(range(3))]
    least = min(int(np.prod(_counts(extent, lying))) for lying in orders)
    windows: dict[tuple[int, float], Floats] = {}
    for lying in orders:
        counts = _counts(extent, lying)
        if int(np.prod(counts)) > least:
            continue
        for axis in np.flatnonzero(counts > 1).tolist():
            number = int(counts[axis])
            for before in range(1, number):
                first = low[axis] + max(extent[axis] - (number - before) * lying[axis], 0.02 * extent[axis])
                last = low[axis] + min(before * lying[axis], 0.98 * extent[axis])
                windows[axis, round(float(first + last), 9)] = np.linspace(first, max(first, last), _OFFSETS)
    return [(axis, windows[axis, middle]) for axis, middle in sorted(windows)]


def _judge(model: _Model, room: Floats, need: float, axis: int, height: float, ends: tuple[Floats, Floats]) -> Cut:
    """One plane: pieces needed on both sides, islands without room for a connector, slivers, seam, halves unlike.

    ends: each face's lowest and highest point along the axis, (F,), (F,).
    """
    through = np.flatnonzero((ends[0] < height) & (ends[1] >= height))
    pieces, face = outline_pieces(model.vertices, model.faces[through], axis, height)
    low, high = model.points[:, axis].min(), model.points[:, axis].max()
    if not len(pieces) or not low < height < high:
        return Cut(axis, height, 10**9, np.inf)
    below = model.points[:, axis] < height
    needed = sum(pieces_needed(_extent(model.points[side], pieces, axis, height), room) for side in (below, ~below))
    raster = raster_over(pieces.min(axis=(0, 1)), pieces.max(axis=(0, 1)), _CELLS)
    mask = fill_outline(pieces, raster)
    area = max(float(mask.sum()) * raster.pitch**2, 1e-300)
    seam = float((np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1) * model.care[through[face]]).sum())
    near = np.flatnonzero(np.abs((ends[0] + ends[1]) / 2 - height) < _NEAR * (high - low))
    facing = np.abs(model.vectors[near, axis])
    sliver = float(facing[facing > _GRAZING * np.linalg.norm(model.vectors[near], axis=1)].sum()) / area
    slice_ = min(height - low, high - height) / (_THICK * float(room.min()))
    girth = float(np.linalg.norm(np.ptp(model.points[:, list(in_plane(axis))], axis=0)))
    unlike = abs(height - (low + high) / 2) / (high - low)
    cost = 4 * _weak(mask, raster.pitch, need) + 2 * max(0.0, 1 - slice_) + 2 * min(sliver, 2.0) + 0.3 * unlike
    return Cut(axis, height, needed, float(cost + 0.5 * seam / (2 * np.sqrt(np.pi * area)) + seam / girth))


def _extent(points: Floats, pieces: Floats, axis: int, height: float) -> Floats:
    """Size of the box around points (N, 3) on one side of a plane and around the cut itself, (3,)."""
    low, high = points.min(axis=0), points.max(axis=0)
    other = list(in_plane(axis))
    low[other] = np.minimum(low[other], pieces.min(axis=(0, 1)))
    high[other] = np.maximum(high[other], pieces.max(axis=(0, 1)))
    low[axis], high[axis] = min(low[axis], height), max(high[axis], height)
    return np.asarray(high - low)


def _weak(mask: NDArray[np.bool_], pitch: float, need: float) -> float:
    """Share of the cut in islands that have no circle of radius ``need``, and a little for every island more."""
    count, number = islands(mask)
    if not count:
        return 1.0
    widest = np.zeros(count + 1)
    np.maximum.at(widest, number.reshape(-1), depth(mask, pitch).reshape(-1))
    size = np.bincount(number.reshape(-1), minlength=count + 1)[1:]
    return float((size * (widest[1:] < need)).sum() / size.sum()) + 0.05 * (count - 1)
