"""Taubin smoothing: a low-pass filter on positions that does not shrink."""

from __future__ import annotations

from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.inside.parts import areas_by, volumes_by
from maquette.geometry.surface import vertex_normals
from maquette.geometry.topology import edges, face_components

_SPOILT = 0.25  # of its volume a part may change in smoothing before the change is undone by an offset


def umbrella(faces: Ints, vertex_count: int, pinned: Bools) -> Any:
    """Sparse (V, V) matrix that takes positions to "mean of the neighbours minus vertex", zero where pinned."""
    from scipy.sparse import coo_matrix, diags_array

    ends = edges(faces).ends
    rows, columns = np.concatenate([ends[:, 0], ends[:, 1]]), np.concatenate([ends[:, 1], ends[:, 0]])
    valence = np.bincount(rows, minlength=vertex_count)
    moves = (valence > 0) & ~pinned
    kept = moves[rows]
    weights = 1.0 / valence[rows[kept]]
    mean = coo_matrix((weights, (rows[kept], columns[kept])), shape=(vertex_count, vertex_count)).tocsr()
    return (mean - diags_array(moves.astype(np.float64))).tocsr()


def opposite_step(step: float, pass_band: float) -> float:
    """The growing step mu < -step for which frequencies up to ``pass_band`` (0..2) pass: 1/step + 1/mu = pass_band.

    Taubin 1995, "A signal processing approach to fair surface design", equation 9.
    """
    return 1.0 / (pass_band - 1.0 / step)


def restore_volume(before: Floats, after: Floats, faces: Ints, pinned: Bools) -> tuple[Floats, int]:
    """Positions ``after`` (V, 3) moved along their normals so that closed parts enclose what they did ``before``.

    An even offset, found in two Newton steps (volume grows by area times offset): unlike scaling it leaves a thin
    ring as wide as it was. Parts with pinned vertices are not offset. A closed part that lost or won more than a
    quarter is all detail, as a box of 8 vertices, and goes back to what it was; how many did is returned too.
    """
    count, part = face_components(faces)
    part_of = np.zeros(len(before), dtype=np.int64)
    part_of[faces.reshape(-1)] = np.repeat(part, 3)
    closed = np.bincount(part_of[pinned], minlength=count) == 0
    wanted = volumes_by(part, before, faces, count)
    spoilt = closed & (np.abs(volumes_by(part, after, faces, count) - wanted) > _SPOILT * np.abs(wanted))
    moved = np.where(spoilt[part_of][:, None], before, after)
    for _ in range(2):
        missing = wanted - volumes_by(part, moved, faces, count)
        area = areas_by(part, moved, faces, count)
        offset = np.where(closed & ~spoilt & (area > 0), missing / np.maximum(area, 1e-300), 0.0)
        moved = moved + vertex_normals(moved, faces) * offset[part_of][:, None]
    return moved, int(spoilt.sum())


def on_border(faces: Ints, vertex_count: int) -> Bools:
    """Vertices at an edge that has not exactly two faces, (V,)."""
    edge_table = edges(faces)
    mask = np.zeros(vertex_count, dtype=bool)
    mask[edge_table.ends[edge_table.count != 2].reshape(-1)] = True
    return mask
