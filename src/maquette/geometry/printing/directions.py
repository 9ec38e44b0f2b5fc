"""Which ways could a model be put down? Directions worth trying, the same for the model however it is turned now."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.surface import area_vectors

_APART = np.cos(np.radians(2.0))  # nearer than this to one that stands before it, a direction is no new one
_GOLDEN = (1 + 5**0.5) / 2


def fibonacci(count: int) -> Floats:
    """Directions spread evenly, (8·ceil(count / 8), 3): a spherical Fibonacci set in one octant, and its mirror images.

    González 2010, "Measurement of areas on a sphere using Fibonacci and latitude-longitude lattices". Mirrored, the
    set does not depend on which way an axis is counted.
    """
    per_octant = -(-count // 8)
    number = np.arange(per_octant)
    z = (number + 0.5) / per_octant
    turn = (number / _GOLDEN % 1.0) * np.pi / 2
    ring = np.sqrt(1 - z**2)
    octant = np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=1)
    signs = np.array([[x, y, z] for z in (1, -1) for y in (1, -1) for x in (1, -1)], dtype=np.float64)
    return (octant[:, None] * signs).reshape(-1, 3)


def principal_axes(points: Floats) -> Floats:
    """Directions of largest to least spread of points (N, 3), as rows (3, 3)."""
    centered = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(centered.T @ centered)
    result: Floats = axes.T[::-1]
    return result


def flat_directions(vertices: Floats, faces: Ints, most: int) -> Floats:
    """Outward directions of the largest flat regions, largest first, (D, 3) with D at most ``most``.

    Faces whose normals agree to about a degree count as one region wherever they lie.
    """
    vectors = area_vectors(vertices, faces)
    area = np.linalg.norm(vectors, axis=1)
    vectors, area = vectors[area > 0], area[area > 0]
    if not len(area):
        return np.zeros((0, 3))
    cell = np.round(vectors / area[:, None] * 48).astype(np.int64) + 64
    keys, region = np.unique(cell @ np.array([128 * 128, 128, 1]), return_inverse=True)
    total = np.stack([np.bincount(region, vectors[:, axis], len(keys)) for axis in range(3)], axis=1)
    size = np.linalg.norm(total, axis=1)
    largest = np.argsort(-np.round(size / size.max(), 9), kind="stable")[:most]
    result: Floats = total[largest] / size[largest, None]
    return result


def hull_of(vertices: Floats, faces: Ints) -> tuple[Floats, Ints]:
    """The convex hull as a mesh wound outward, over its own vertices; (0, 3) where the model is flat.

    Of more than 30,000 vertices only those that reach farthest in one of 1200 directions are asked.
    """
    from scipy.spatial import ConvexHull, QhullError

    points = vertices[np.unique(faces)]
    if len(points) > 30_000:
        spread = fibonacci(1200).astype(np.float32).T
        single = (points - points.mean(axis=0)).astype(np.float32)
        farthest = [(single @ spread[:, at : at + 100]).argmax(axis=0) for at in range(0, spread.shape[1], 100)]
        points = points[np.unique(np.concatenate(farthest))]
    try:
        convex_hull = ConvexHull(points)
    except (QhullError, ValueError):
        return points, np.zeros((0, 3), np.int64)
    triangles = convex_hull.simplices.astype(np.int64)
    normals = area_vectors(points, triangles)
    inward = (normals * convex_hull.equations[:, :3]).sum(axis=1) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return points, triangles


def distinct(directions: Floats) -> Floats:
    """The directions (D, 3) without those within two degrees of an earlier one."""
    near = directions @ directions.T > _APART
    kept = np.zeros(len(directions), dtype=bool)
    for row in range(len(directions)):
        kept[row] = not (near[row] & kept).any()
    result: Floats = directions[kept]
    return result
