"""Poisson's equation on a triangulated flat domain, by linear finite elements: exact outline, holes and all."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints


def membrane(points: Floats, faces: Ints, border: int, load: float = 4.0) -> Floats:
    """The u with Laplace(u) = -load inside and u = 0 on the first ``border`` points. (P, 2), (T, 3) -> (P,).

    With load 4 a disc of radius r gives u = r² - d², so that sqrt(u) is a half sphere; a strip of half width w gives
    u = 2·(w² - d²). Beside triangles with a very flat corner u may fall below 0. Stiffness by cotangents (Pinkall and
    Polthier 1993), mass lumped on the vertices.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import splu

    count = len(points)
    result = np.zeros(count)
    if count <= border:
        return result
    corner = points[faces]  # (T, 3, 2)
    across = np.roll(corner, -1, axis=1) - np.roll(corner, -2, axis=1)  # the edge opposite each corner
    area = 0.5 * np.abs(across[:, 0, 0] * across[:, 1, 1] - across[:, 0, 1] * across[:, 1, 0])
    weight = np.maximum(area, 1e-12 * area.max())  # a flat triangle would divide by nothing
    local = np.einsum("tik,tjk->tij", across, across) / (4 * weight)[:, None, None]
    row = np.repeat(faces, 3, axis=1).reshape(-1)
    column = np.tile(faces, (1, 3)).reshape(-1)
    stiffness = coo_matrix((local.reshape(-1), (row, column)), shape=(count, count)).tocsc()
    right = np.bincount(faces.reshape(-1), weights=np.repeat(area * load / 3, 3), minlength=count)
    solver = splu(stiffness[border:, border:], permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    result[border:] = solver.solve(right[border:])
    return result
