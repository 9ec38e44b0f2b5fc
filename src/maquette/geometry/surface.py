"""Sizes of a triangle surface: normals, areas, volume, centre of mass. positions (V, 3), faces (F, 3)."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints


def area_vectors(vertices: Floats, faces: Ints) -> Floats:
    """Half the cross product of two edges: outward normal times area, (F, 3)."""
    a, b, c = vertices[faces[:, 0]], vertices[faces[:, 1]], vertices[faces[:, 2]]
    result: Floats = np.cross(b - a, c - a) * 0.5
    return result


def face_areas(vertices: Floats, faces: Ints) -> Floats:
    """Area of each face, (F,)."""
    result: Floats = np.linalg.norm(area_vectors(vertices, faces), axis=1)
    return result


def face_normals(vertices: Floats, faces: Ints) -> Floats:
    """Unit normal of each face, (F, 3); zero where the face has no area."""
    return _unit(area_vectors(vertices, faces))


def vertex_normals(vertices: Floats, faces: Ints) -> Floats:
    """Unit normal of each vertex, (V, 3): the area-weighted sum of its faces, zero for unused vertices."""
    vectors = area_vectors(vertices, faces)
    total = np.empty_like(vertices)
    corner = faces.reshape(-1)
    for axis in range(3):
        total[:, axis] = np.bincount(corner, weights=np.repeat(vectors[:, axis], 3), minlength=len(vertices))
    return _unit(total)


def signed_volume(vertices: Floats, faces: Ints) -> float:
    """Volume enclosed by a closed surface, negative when it is inside out: sum of det(a, b, c) / 6.

    Taken about the box centre, so that a part far from the origin keeps its digits.
    """
    if not len(faces):
        return 0.0
    center = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    a, b, c = (vertices[faces[:, corner]] - center for corner in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def center_of_mass(vertices: Floats, faces: Ints) -> Floats:
    """Centre of the enclosed solid, (3,); the mean of the vertices where nothing is enclosed."""
    middle = vertices.mean(axis=0) if len(vertices) else np.zeros(3)
    a, b, c = (vertices[faces[:, corner]] - middle for corner in range(3))
    six_volumes = np.einsum("ij,ij->i", a, np.cross(b, c))
    total = six_volumes.sum()
    if abs(total) < 1e-300:
        return np.asarray(middle)
    result: Floats = middle + ((a + b + c) * six_volumes[:, None]).sum(axis=0) / (4 * total)
    return result


def _unit(vectors: Floats) -> Floats:
    """Rows scaled to length one, zero rows left alone."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    return unit
