"""What was measured at samples, as numbers on the faces of the mesh."""

from __future__ import annotations

import numpy as np

from maquette.core.mesh import Floats, Ints, Mesh
from maquette.geometry.sampling import Samples

THINNEST = 1.0  # percentile of the surface that a number stands for


def on_faces(mesh: Mesh, of_face: Ints, spread: Samples, lengths: Floats) -> Floats:
    """The length of each face, (F,): what all but its thinnest hundredth has, else that of the nearest sample.

    lengths (N,) of the samples, NaN where nothing was measured; not all of them are.
    """
    from scipy.spatial import cKDTree

    told = np.isfinite(lengths)
    face, length = of_face[spread.faces[told]], lengths[told]
    order = np.lexsort((length, face))
    owner, first, count = np.unique(face[order], return_index=True, return_counts=True)
    made = np.full(len(mesh.faces), np.inf)
    made[owner] = length[order[first + (count * THINNEST / 100).astype(np.int64)]]
    rest = np.flatnonzero(~np.isfinite(made))
    if len(rest):
        _, near = cKDTree(spread.points[told]).query(mesh.triangles[rest].mean(axis=1))
        made[rest] = length[near]
    return made
