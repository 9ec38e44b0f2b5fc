"""Taubin smoothing: a low-pass filter on positions that does not shrink."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.geometry.topology import edges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


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


def on_border(faces: Ints, vertex_count: int) -> Bools:
    """Vertices at an edge that has not exactly two faces, (V,)."""
    found = edges(faces)
    made = np.zeros(vertex_count, dtype=bool)
    made[found.ends[found.count != 2].reshape(-1)] = True
    return made
