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

from maquette.geometry.sections import depth, filled, in_plane, islands, outline_pieces, raster_over
from maquette.geometry.surface import area_vectors

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

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


def pieces_needed(extent: Floats, room: Floats) -> int:
    """Least number of boxes ``room`` (3,), lying any way, that hold a box ``extent`` (3,) that is cut straight."""
    return min(int(np.prod(_counts(extent, room[list(order)]))) for order in itertools.permutations(range(3)))


def fits(extent: Floats, room: Floats) -> bool:
    """A box fits a room when it does after some quarter turns."""
    return bool((np.sort(extent) <= np.sort(room) * (1 + _SLACK)).all())


def best_cut(vertices: Floats, faces: Ints, care: Floats, room: Floats, need: float) -> Cut:
    """The plane to cut next. care (F,) how much a seam hurts on a face, room (3,), ``need`` radius for a connector."""
    used = np.unique(faces)
    low, high = vertices[used].min(axis=0), vertices[used].max(axis=0)
    tried = [
        _judged(vertices, faces, care, room, need, axis, height)
        for axis, heights in _windows(low, high, room)
        for height in heights
    ]
    return min(tried, key=lambda cut: (cut.pieces, round(cut.cost, 9), cut.axis, cut.height))


def _counts(extent: Floats, room: Floats) -> Ints:
    """Cuts along each axis make this many pieces, (3,)."""
    return np.maximum(np.ceil(extent / room - _SLACK), 1).astype(np.int64)


def _windows(low: Floats, high: Floats, room: Floats) -> list[tuple[int, Floats]]:
    """For each axis the heights at which a cut needs no more pieces than necessary."""
    extent = high - low
    orders = [room[list(order)] for order in itertools.permutations(range(3))]
    least = min(int(np.prod(_counts(extent, lying))) for lying in orders)
    made: dict[tuple[int, float], Floats] = {}
    for lying in orders:
        counts = _counts(extent, lying)
        if int(np.prod(counts)) > least:
            continue
        for axis in np.flatnonzero(counts > 1).tolist():
            number = int(counts[axis])
            for before in range(1, number):
                first = low[axis] + max(extent[axis] - (number - before) * lying[axis], 0.02 * extent[axis])
                last = low[axis] + min(before * lying[axis], 0.98 * extent[axis])
                made[axis, round(float(first + last), 9)] = np.linspace(first, max(first, last), _OFFSETS)
    return [(axis, made[axis, middle]) for axis, middle in sorted(made)]


def _judged(vertices: Floats, faces: Ints, care: Floats, room: Floats, need: float, axis: int, height: float) -> Cut:
    """One plane: pieces needed on both sides, islands without room for a connector, slivers, seam, halves unlike."""
    pieces, face = outline_pieces(vertices, faces, axis, height)
    along = vertices[faces][:, :, axis]
    sides = (along.min(axis=1) < height, along.max(axis=1) >= height)
    if not len(pieces) or not sides[0].any() or not sides[1].any():
        return Cut(axis, height, 10**9, np.inf)
    needed = 0
    for number, side in enumerate(sides):
        corners = vertices[faces[side].reshape(-1)]
        low, high = corners.min(axis=0), corners.max(axis=0)
        low[axis], high[axis] = (low[axis], height) if number == 0 else (height, high[axis])
        needed += pieces_needed(high - low, room)
    extent = float(np.ptp(along))
    u = pieces.reshape(-1, 2)
    raster = raster_over(u.min(axis=0), u.max(axis=0), _CELLS)
    mask = filled(pieces, raster)
    inner = depth(mask, raster.pitch)
    count, number_of = islands(mask)
    area = float(mask.sum()) * raster.pitch**2
    weak = 1.0
    if count:
        widest = np.zeros(count + 1)
        np.maximum.at(widest, number_of.reshape(-1), inner.reshape(-1))
        size = np.bincount(number_of.reshape(-1), minlength=count + 1)[1:]
        weak = float((size * (widest[1:] < need)).sum() / size.sum()) + 0.05 * (count - 1)
    seam = float((np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1) * care[face]).sum())
    normals = area_vectors(vertices, faces)
    near = np.abs(along.mean(axis=1) - height) < _NEAR * extent
    grazing = np.abs(normals[:, axis]) > _GRAZING * np.linalg.norm(normals, axis=1)
    sliver = float(np.abs(normals[near & grazing, axis]).sum()) / max(area, 1e-300)
    round_seam = 2 * np.sqrt(np.pi * max(area, 1e-300))  # of a disc of this area
    other = in_plane(axis)
    girth = float(np.linalg.norm(np.ptp(vertices[faces.reshape(-1)][:, list(other)], axis=0)))
    middle = (along.min() + along.max()) / 2
    unlike = abs(height - middle) / max(extent, 1e-300)
    slice_ = min(height - along.min(), along.max() - height) / (_THICK * float(room.min()))
    cost = (
        4 * weak
        + 2 * max(0.0, 1 - slice_)
        + 2 * min(sliver, 2.0)
        + 0.5 * seam / max(round_seam, 1e-300)
        + seam / girth
        + 0.3 * unlike
    )
    return Cut(axis, height, needed, cost)
