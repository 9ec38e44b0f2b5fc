"""Triangles that are halves of one quad, put together again for the formats that know quads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Ints
from maquette.core.channels import POLYGON
from maquette.core.mesh import Mesh


@dataclass(frozen=True)
class Corners:
    """Polygons by their corners: ``slot`` (C,) is 3·face + corner of the mesh, polygon by polygon."""

    slot: Ints
    counts: Ints  # (P,) 3 or 4
    face: Ints  # (P,) one triangle of each


def polygon_corners(mesh: Mesh) -> Corners:
    """The polygons of a mesh: two triangles with one number of the channel ``polygon`` and an edge between are a quad.

    Every other face is a triangle. In the order of their first faces.
    """
    count = len(mesh.faces)
    number = mesh.channel("polygon")
    pairs = np.zeros((0, 2), np.int64) if number is None else _pairs(number.astype(np.int64))
    quads, sound = _quad_slots(mesh.faces, pairs)
    pairs, quads = pairs[sound], quads[sound]
    if mesh.material is not None and len(pairs):
        alike = mesh.material[pairs[:, 0]] == mesh.material[pairs[:, 1]]
        pairs, quads = pairs[alike], quads[alike]
    single = np.ones(count, bool)
    single[pairs.reshape(-1)] = False
    alone = np.flatnonzero(single)
    first = np.concatenate([alone, pairs[:, 0]])
    counts = np.repeat([3, 4], [len(alone), len(pairs)])
    slots = np.full((len(first), 4), -1)
    slots[: len(alone), :3] = alone[:, None] * 3 + np.arange(3)
    slots[len(alone) :] = quads
    order = np.argsort(first, kind="stable")
    flat = slots[order].reshape(-1)
    return Corners(flat[flat >= 0], counts[order], first[order])


def quad_numbers(counts: Ints, polygon: Ints) -> dict[str, NDArray[Any]]:
    """The channel of a triangulated file: counts (P,) corners of its polygons, polygon (T,) each triangle's own.

    Halves of a quad bear one number, triangles and pieces of larger polygons none; nothing where there are no quads.
    """
    is_quad = counts == 4
    if not is_quad.any():
        return {}
    number = np.where(is_quad, np.cumsum(is_quad) - 1, -1).astype(np.int32)
    return {POLYGON.name: number[polygon]}


def _pairs(number: Ints) -> Ints:
    """Faces (N, 2) that share a number with exactly one other."""
    order = np.argsort(number, kind="stable")
    order = order[number[order] >= 0]
    ordered = number[order]
    if not len(order):
        return np.zeros((0, 2), np.int64)
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.append(starts, len(order)))
    two = starts[sizes == 2]
    pairs: Ints = np.stack([order[two], order[two + 1]], axis=1)
    return pairs


def _quad_slots(faces: Ints, pairs: Ints) -> tuple[Ints, Ints]:
    """Slots (N, 4) around each pair's quad, and which pairs (M,) share an edge that they run along both ways."""
    a, b = faces[pairs[:, 0]], faces[pairs[:, 1]]  # (N, 3)
    quads = np.full((len(pairs), 4), -1)
    for i in range(3):
        for j in range(3):
            meets = (a[:, i] == b[:, (j + 1) % 3]) & (a[:, (i + 1) % 3] == b[:, j]) & (quads[:, 0] < 0)
            rows = np.flatnonzero(meets)
            first, second = pairs[rows, 0] * 3, pairs[rows, 1] * 3
            around = [first + (i + 1) % 3, first + (i + 2) % 3, first + i, second + (j + 2) % 3]
            quads[rows] = np.stack(around, axis=1)
    return quads, np.flatnonzero(quads[:, 0] >= 0)
