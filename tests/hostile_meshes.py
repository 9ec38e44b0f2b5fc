"""Small meshes with everything wrong that can be, by number, and a judge of solids that shares no code with solidify.

``hostile(n)`` is the same mesh for the same number: soups, slivers, huge and tiny coordinates, coplanar overlaps,
doubled faces, nested shells, solids that touch at an edge or a vertex, flipped and missing faces.
"""

from __future__ import annotations

import numpy as np

from maquette.core.mesh import Mesh
from maquette.geometry.filled import manifold_status, rounding
from maquette.geometry.intersections import intersecting_pairs
from maquette.geometry.solid_angles import winding_by_angles
from shapes import box, soup, sphere, tetrahedron, together, torus


def hostile(number: int) -> Mesh:
    """One small bad mesh."""
    dice = np.random.default_rng([7, number])
    mesh = together(*(_solid(dice) for _ in range(dice.integers(1, 4))))
    kinds = [_scrambled, _torn, _flipped, _doubled, _slivered, _nested, _touching, _jittered, _souped, _overlaid]
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


def _scrambled(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    loose = dice.uniform(-1, 1, (dice.integers(4, 12), 3))
    faces = np.array([dice.choice(len(loose), 3, replace=False) for _ in range(dice.integers(1, 10))])
    return together(mesh, Mesh(loose, faces))


def _torn(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    keep = dice.random(len(mesh.faces)) > dice.choice([0.05, 0.3])
    return mesh.keep_faces(keep if keep.any() else slice(None))


def _flipped(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    return mesh.flipped(dice.random(len(mesh.faces)) < dice.choice([0.1, 0.5, 1.0]))


def _doubled(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    return mesh.keep_faces(np.concatenate([np.arange(len(mesh.faces)), dice.integers(0, len(mesh.faces), 5)]))


def _slivered(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    thin = np.array([[0, 0, 0], [1, 0, 0], [0.5, 10.0 ** -dice.integers(3, 16), 0], [0.5, 0, 1e-9]])
    return together(mesh, tetrahedron().with_vertices(thin + dice.uniform(-1, 1, 3)))


def _nested(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    middle = mesh.bounds.mean(axis=0)
    inner = mesh.with_vertices(middle + (mesh.vertices - middle) * dice.choice([0.5, 0.9, 0.999]))
    return together(mesh, inner if dice.random() < 0.5 else inner.flipped())


def _touching(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    step = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1]])[dice.integers(3)]
    return together(mesh, mesh.with_vertices(mesh.vertices + step * np.ptp(mesh.bounds, axis=0)))


def _jittered(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    return mesh.with_vertices(mesh.vertices + dice.normal(0, 10.0 ** -dice.integers(1, 8), mesh.vertices.shape))


def _souped(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    del dice
    return soup(mesh)


def _overlaid(mesh: Mesh, dice: np.random.Generator) -> Mesh:
    axis = np.eye(3)[dice.integers(3)]
    return together(mesh, mesh.with_vertices(mesh.vertices + axis * dice.choice([0.0, 0.25, 0.5])))


def complaints(mesh: Mesh, points: int = 500) -> list[str]:
    """Why a mesh that is called solid is none: manifold3d, crossing faces, winding numbers at random points."""
    made = []
    if manifold_status(mesh.vertices, mesh.faces) != "NoError":
        made.append("manifold3d refuses it")
    found = intersecting_pairs(mesh.vertices, mesh.faces, tolerance=rounding(mesh.vertices))
    if not found.lying.all():
        made.append(f"{(~found.lying).sum()} pairs of faces cross")
    dice = np.random.default_rng(0)
    low, high = mesh.bounds
    asked = dice.uniform(low, high, (points, 3))
    around = winding_by_angles(mesh.triangles, asked)
    off = np.abs(around - np.round(around)) < 0.01  # the far field of solid angles is approximate
    wrong = off & ~np.isin(np.round(around), (0, 1))
    if wrong.any() or not off.mean() > 0.9:
        made.append(f"winding numbers {np.unique(np.round(around[off]))}, {int((~off).sum())} of them broken")
    return made
