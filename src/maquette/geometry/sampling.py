"""Points spread evenly over a surface, the same ones every time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.surface import area_vectors

_PLASTIC = 1.32471795724474602596  # root of x³ = x + 1


@dataclass(frozen=True)
class Samples:
    """N points, each standing for the same area of the surface."""

    points: Floats  # (N, 3)
    normals: Floats  # (N, 3) of their faces, length one
    faces: Ints  # (N,)
    area: float  # that each stands for


def surface_samples(vertices: Floats, faces: Ints, count: int) -> Samples:
    """Evenly spread points. vertices (V, 3), faces (F, 3) -> Samples of ``count`` points, none on a surface of no area.

    One point every ``area / count`` along the faces in their order, its place in the face from the R2 sequence.
    """
    vectors = area_vectors(vertices, faces)
    areas = np.linalg.norm(vectors, axis=1)
    reach = np.cumsum(areas)
    if not len(reach) or not 0 < reach[-1] < np.inf:
        return Samples(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, np.int64), 0.0)
    step = float(reach[-1]) / count
    number = np.arange(count)
    face = np.searchsorted(reach, (number + 0.5) * step, side="right").clip(max=len(faces) - 1)
    share = triangle_shares(number)
    a, b, c = (vertices[faces[face, corner]] for corner in range(3))
    points = a + share[:, :1] * (b - a) + share[:, 1:] * (c - a)
    return Samples(points, vectors[face] / areas[face, None], face, step)


def triangle_shares(number: Ints) -> Floats:
    """Shares (N, 2) of a triangle's second and third corner at these places of the R2 sequence, folded where outside.

    Any run of numbers is even (Roberts 2018, "The unreasonable effectiveness of quasirandom sequences").
    """
    share: Floats = np.stack([number / _PLASTIC + 0.5, number / _PLASTIC**2 + 0.5], axis=1) % 1.0
    outside = share.sum(axis=1) > 1
    share[outside] = 1 - share[outside]
    return share


def sample_weights(count: int) -> Floats:
    """Barycentric place in its face of each of ``count`` points of :func:`surface_samples`, (N, 3)."""
    share = triangle_shares(np.arange(count))
    return np.concatenate([1 - share.sum(axis=1, keepdims=True), share], axis=1)
