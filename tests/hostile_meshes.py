"""Small meshes with everything wrong that can be, by number, and a judge of solids that shares no code with solidify.

``hostile(n)`` is the same mesh for the same number: soups, slivers, huge and tiny coordinates, coplanar overlaps,
doubled faces, nested shells, solids that touch at an edge or a vertex, flipped and missing faces.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from maquette.core.mesh import Mesh
from maquette.geometry.inside.filled import manifold_status, rounding
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.topology import edges
from shapes import box, soup, sphere, tetrahedron, together, torus


def hostile(number: int) -> Mesh:
    """One small bad mesh."""
    dice = np.random.default_rng([7, number])
    mesh = together(*(_solid(dice) for _ in range(dice.integers(1, 4))))
    kinds = [_scramble, _tear, _flip_faces, _double_faces, _add_sliver, _nest, _touching, _jitter, _to_soup, _overlay]
    for which in dice.choice(len(kinds), dice.integers(1, 4), replace=False):
        mesh = kinds[which](mesh, dice)
    scale = 10.0 ** dice.choice([0, 0, 0, -4, 4, 7])
    shift = dice.uniform(-1, 1, 3) * dice.choice([0, 0, 1, 100])
    return Mesh((mesh.vertices + shift) * scale, mesh.faces)


def _solid(dice: np.random.Generator) -> Mesh:
    made = [box(), tetrahedron(), sphere(1.0, 1), sphere(1.0, 2), torus(1.0, 0.4, 8, 6)][dice.integers(5)]
    if dice.random() < 0.5:  # on a grid, so that faces come to lie on each other
        return made.with_vertices(made.vertices * dice.integers(1, 3) + dice.integers(-1, 2, 3) * 0.5)
    return made.with_vertices(made.vertices * dice.uniform(0.5, 2, 3) + dice.uniform(-1, 1, 3))


def _scramble(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    loose = dice.uniform(-1, 1, (dice.integers(4, 12), 3))
    faces = np.array([dice.choice(len(loose), 3, replace=False) for _ in range(dice.integers(1, 10))])
    return together(mesh, Mesh(loose, faces))


def _tear(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    keep = dice.random(len(mesh.faces)) > dice.choice([0.05, 0.3])
    return mesh.keep_faces(keep if keep.any() else slice(None))


def _flip_faces(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    return mesh.flipped(dice.random(len(mesh.faces)) < dice.choice([0.1, 0.5, 1.0]))


def _double_faces(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    return mesh.keep_faces(np.concatenate([np.arange(len(mesh.faces)), dice.integers(0, len(mesh.faces), 5)]))


def _add_sliver(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    thin = np.array([[0, 0, 0], [1, 0, 0], [0.5, 10.0 ** -dice.integers(3, 16), 0], [0.5, 0, 1e-9]])
    return together(mesh, tetrahedron().with_vertices(thin + dice.uniform(-1, 1, 3)))


def _nest(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    middle = mesh.bounds.mean(axis=0)
    inner = mesh.with_vertices(middle + (mesh.vertices - middle) * dice.choice([0.5, 0.9, 0.999]))
    return together(mesh, inner if dice.random() < 0.5 else inner.flipped())


def _touching(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    step = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1]])[dice.integers(3)]
    return together(mesh, mesh.with_vertices(mesh.vertices + step * np.ptp(mesh.bounds, axis=0)))


def _jitter(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    return mesh.with_vertices(mesh.vertices + dice.normal(0, 10.0 ** -dice.integers(1, 8), mesh.vertices.shape))


def _to_soup(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    del dice
    return soup(mesh)


def _overlay(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    axis = np.eye(3)[dice.integers(3)]
    return together(mesh, mesh.with_vertices(mesh.vertices + axis * dice.choice([0.0, 0.25, 0.5])))


def complaints(mesh: Mesh, work: int = 2_000_000) -> list[str]:
    """Why a mesh that is called solid is none: half-edges counted one by one, manifold3d, crossing faces, what 32 bits
    leave of it, and the full sum of solid angles at points all about and on both sides of faces; 500 points or fewer.
    """
    made = [_torn_edges(mesh.faces, "")]
    if manifold_status(mesh.vertices, mesh.faces) != "NoError":
        made.append("manifold3d refuses it")
    found = intersecting_pairs(mesh.vertices, mesh.faces, tolerance=rounding(mesh.vertices))
    if not found.lying.all():
        made.append(f"{(~found.lying).sum()} pairs of faces cross")
    _, place = np.unique((mesh.vertices - mesh.bounds[0]).astype(np.float32), axis=0, return_inverse=True)
    kept = place.reshape(-1)[mesh.faces]
    kept = kept[(kept != np.roll(kept, 1, axis=1)).all(axis=1)]
    made.append(_torn_edges(kept, " in a 32-bit file"))
    dice = np.random.default_rng(0)
    count = int(np.clip(work // len(mesh.faces), 20, 500))
    normal = np.cross(mesh.triangles[:, 1] - mesh.triangles[:, 0], mesh.triangles[:, 2] - mesh.triangles[:, 0])
    double = np.linalg.norm(normal, axis=1)
    wide = np.flatnonzero(double > 1e-12 * mesh.diagonal**2)  # a face on edge has no sides to look at
    chosen = dice.choice(wide, count)
    some, normal = mesh.triangles[chosen], normal[chosen] / double[chosen, None]
    beside = some.mean(axis=1) + normal * dice.choice([-1e-4, 1e-4], count)[:, None] * mesh.diagonal
    around = summed_angles(mesh.triangles, np.concatenate([dice.uniform(*mesh.bounds, (count, 3)), beside]))
    whole = np.abs(around - np.round(around)) < 1e-6
    if not np.isin(np.round(around[whole]), (0, 1)).all() or whole.mean() < 0.95:
        made.append(f"winding numbers {np.unique(np.round(around[whole]))}, {int((~whole).sum())} of them broken")
    return [words for words in made if words]


def _torn_edges(faces: np.ndarray, where: str) -> str:
    """How many half-edges do not run back exactly once."""
    half = Counter((a, b) for face in faces.tolist() for a, b in zip(face, face[1:] + face[:1], strict=True))
    torn = sum(count != 1 or half[b, a] != 1 for (a, b), count in list(half.items()))
    return f"{torn} half-edges without their like{where}" if torn else ""


def summed_angles(triangles: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Winding numbers by the solid angle of every triangle, none left out (van Oosterom and Strackee 1983)."""
    made = np.empty(len(points))
    for number, point in enumerate(points):
        a, b, c = (triangles[:, corner] - point for corner in range(3))
        la, lb, lc = (np.sqrt((arm * arm).sum(axis=1)) for arm in (a, b, c))
        over = (a * np.cross(b, c)).sum(axis=1)
        under = la * lb * lc + (a * b).sum(axis=1) * lc + (b * c).sum(axis=1) * la + (c * a).sum(axis=1) * lb
        made[number] = np.arctan2(over, under).sum() / (2 * np.pi)
    return made


def crumple_ball(gap):
    """A ball of 100 mm with ten vertices pulled so near to a neighbour that 32 bits cannot part them."""
    mesh = sphere(50.0, 3)
    vertices = mesh.vertices.copy()
    first = edges(mesh.faces).ends[::80]
    vertices[first[:, 1]] = vertices[first[:, 0]] + [gap, 0, 0]
    return mesh.with_vertices(vertices)
