"""Bilateral normal filtering: noise goes from faces, edges and small features stay.

Zheng, Fu, Au, Tai 2011, "Bilateral normal filtering for mesh denoising", the local scheme: each face's normal becomes
a mean of those around it, weighted by area, nearness and likeness, so that nothing is averaged across an edge. Vertices
then follow the normals (Sun, Rosin, Martin, Langbein 2007, "Fast and effective feature-preserving mesh denoising").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.surface import face_areas

_FOLLOWING = 10  # rounds in which vertices go after the normals


@dataclass(frozen=True)
class Around:
    """Faces that share a vertex, each its own neighbour too: pairs (N,), and what each counts for nearness and size."""

    face: Ints
    other: Ints
    weight: Floats


def surroundings(vertices: Floats, faces: Ints) -> Around:
    """The neighbours of every face, weighted by area and by nearness (a Gaussian as wide as their mean distance)."""
    from scipy.sparse import csr_matrix

    ones = np.ones(faces.size, dtype=np.int8)
    corner = np.arange(0, faces.size + 1, 3)
    on = csr_matrix((ones, faces.reshape(-1), corner), shape=(len(faces), len(vertices)))
    shared = (on @ on.T.tocsr()).tocsr()
    shared.sort_indices()
    other = shared.indices.astype(np.int64)
    face = np.repeat(np.arange(len(faces)), np.diff(shared.indptr))
    middle = vertices[faces].mean(axis=1)
    apart = np.linalg.norm(middle[face] - middle[other], axis=1)
    spread = float(apart[face != other].mean()) if (face != other).any() else 1.0
    near = np.exp(-((apart / max(spread, 1e-300)) ** 2) / 2)
    return Around(face, other, near * face_areas(vertices, faces)[other])


def mix_normals(normals: Floats, around: Around, likeness: float) -> Floats:
    """One round: normals (F, 3) mixed with those around that are like them; a chord of three ``likeness`` is a wall."""
    chord = ((normals[around.face] - normals[around.other]) ** 2).sum(axis=1)
    weight = np.where(chord < (3 * likeness) ** 2, around.weight * np.exp(-chord / (2 * likeness**2)), 0.0)
    columns = [np.bincount(around.face, weight * normals[around.other, axis], len(normals)) for axis in range(3)]
    total = np.stack(columns, axis=1)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    result: Floats = np.divide(total, length, out=normals.copy(), where=length > 0)
    return result


def following(vertices: Floats, faces: Ints, normals: Floats, pinned: Bools, rounds: int = _FOLLOWING) -> Floats:
    """Positions (V, 3) moved so that faces come to have the given normals; pinned vertices stay."""
    spread = _corner_sum(faces, len(vertices))
    valence = np.maximum(np.bincount(faces.reshape(-1), minlength=len(vertices)), 1)[:, None]
    moved = vertices.copy()
    for _ in range(rounds):
        corners = moved[faces]
        gap = ((corners.mean(axis=1)[:, None] - corners) * normals[:, None]).sum(axis=2)  # (F, 3)
        step = spread @ (gap[:, :, None] * normals[:, None]).reshape(-1, 3) / valence
        step[pinned] = 0.0
        moved = moved + step
    return moved


def _corner_sum(faces: Ints, vertex_count: int) -> Any:
    """Sparse (V, 3F) matrix that adds up what stands at each vertex's corners."""
    from scipy.sparse import csr_matrix

    corner = np.arange(faces.size)
    return csr_matrix((np.ones(faces.size), (faces.reshape(-1), corner)), shape=(vertex_count, faces.size))
