"""Values known on part of a surface, spread along it to the rest, as a membrane settles."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.topology import edges

_HELD = 1e3  # how much more a vertex clings to what is known there than to its neighbours


def spread_along(vertices: Floats, faces: Ints, face: Ints, weights: Floats, known: Floats, reach: float) -> Floats:
    """Values (V, C) at vertices from those known at places: face (N,), weights (N, 3), known (N, C).

    A vertex near which something is known holds its mean; the others settle to the mean of their neighbours and fall
    to 0 over ``reach``, in the unit of the vertices; inf: they fall to nothing nowhere. Never across what does not hang
    together. Source: screened Poisson equation on the graph of the edges.
    """
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.linalg import splu

    count = len(vertices)
    corner = faces[face].reshape(-1)
    mass = np.bincount(corner, weights.reshape(-1), count)
    columns = [np.bincount(corner, (weights * known[:, k : k + 1]).reshape(-1), count) for k in range(known.shape[1])]
    mean = np.stack(columns, axis=1) / np.maximum(mass, 1e-12)[:, None]
    ends = edges(faces).ends
    length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    pull = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count)).tocsr()
    pull = pull + pull.T
    degree = np.asarray(pull.sum(axis=1)).reshape(-1)
    step = np.bincount(ends.reshape(-1), np.repeat(length, 2), count) / np.maximum(degree, 1)
    held = np.where(mass > 0, _HELD * (1 + degree), 0.0)
    fall = np.where(mass > 0, 0.0, degree * (step / reach) ** 2) + 1e-9
    system = (diags(degree + held + fall) - pull).tocsc()
    factors = splu(system, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    settled: Floats = factors.solve(held[:, None] * np.where(mass[:, None] > 0, mean, 0.0))
    return settled
