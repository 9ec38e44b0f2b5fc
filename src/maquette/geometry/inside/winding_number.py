"""How often a surface winds around a point, also where it has holes: 1 inside, 0 outside, between near an opening.

A surface with holes is closed with cones over its openings; around the closed surface the number is whole and comes
from counting crossings, and the cones' share, by solid angles, is taken off again. So a mesh with few open edges costs
hardly more than a closed one, and a soup of loose triangles falls back to solid angles altogether. Measured with
300,000 points near a mesh of 131,000 faces, CPU seconds: closed 1.5, with a hole 1.3, all by solid angles 5.3 (libigl's
compiled tree: 1.6, with an error of 1e-3 where this one is whole).
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.inside.solid_angles import winding_by_angles
from maquette.geometry.inside.vertical_crossings import winding_by_crossings
from maquette.geometry.welding import twins

_CONES = 0.3  # more cones than this share of the faces are no shorter way


def winding_numbers(vertices: Floats, faces: Ints, points: Floats) -> Floats:
    """Generalised winding number (Jacobson et al. 2013). vertices (V, 3), faces (F, 3), points (N, 3) -> (N,) float64.

    Each face adds its solid angle / 4 pi, positive seen from behind. Vertices need not be welded, faces may cut through
    each other and lie doubled; flipped faces count against the others, so wind them first. Whole where the surface is
    closed, within 0.01 of the full sum elsewhere (Barill et al. 2018). Points on the surface get one side or the other.
    """
    points = np.asarray(points, np.float64)
    if not len(faces) or not len(points):
        return np.zeros(len(points))
    keep, twin = twins(vertices)
    vertices, faces = np.asarray(vertices, np.float64)[keep], twin[faces]
    apexes, cones = cones_over_openings(vertices, faces)
    if len(cones) > _CONES * len(faces):
        return winding_by_angles(vertices[faces], points)
    everything = np.concatenate([vertices, apexes])
    whole = winding_by_crossings(everything, np.concatenate([faces, cones]), points).astype(np.float64)
    return whole - winding_by_angles(everything[cones], points) if len(cones) else whole


def cones_over_openings(vertices: Floats, faces: Ints) -> tuple[Floats, Ints]:
    """Faces that close a welded surface: apexes (A, 3), numbered after the vertices, and cones (C, 3).

    An edge that more faces run along than back needs so many faces that run back. Edges that hang together share an
    apex in the middle of their vertices. Flipped and crowded faces get theirs too, whatever they look like.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    start, end, surplus = _unbalanced_edges(faces)
    if not len(start):
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    used, place = np.unique(np.concatenate([start, end]), return_inverse=True)
    row, column = place.reshape(2, -1)
    graph = coo_matrix((np.ones(len(row), np.int8), (row, column)), shape=(len(used), len(used)))
    count, label = connected_components(graph, directed=False)
    number = np.bincount(label, minlength=count)[:, None]
    total = np.stack([np.bincount(label, weights=vertices[used, axis], minlength=count) for axis in range(3)], axis=1)
    cones = np.stack([end, start, len(vertices) + label[row]], axis=1)
    return total / number, np.repeat(cones, surplus, axis=0)


def _unbalanced_edges(faces: Ints) -> tuple[Ints, Ints, Ints]:
    """Edges along which more faces run one way than back: start, end, how many more."""
    start, end = faces.reshape(-1), np.roll(faces, -1, axis=1).reshape(-1)
    size = int(faces.max()) + 1
    key = np.minimum(start, end) * size + np.maximum(start, end)
    order = np.argsort(key)
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    balance = np.add.reduceat(np.sign(end - start)[order], first)
    odd = np.flatnonzero(balance)
    low, high = key[first[odd]] // size, key[first[odd]] % size
    forward = balance[odd] > 0
    return np.where(forward, low, high), np.where(forward, high, low), np.abs(balance[odd])
