"""Folds of a surface eased: no face cuts another, and nothing else moves."""

import numpy as np
import pytest

from maquette.core.mesh import Mesh
from maquette.geometry.inside.filled import rounding
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.remake.uncrossing import ease_crossings
from shapes import sphere, together, torus


def crossing(mesh: Mesh) -> int:
    return len(intersecting_pairs(mesh.vertices, mesh.faces, tolerance=rounding(mesh.vertices)).pairs)


def fold(mesh: Mesh, count: int) -> tuple[Mesh, np.ndarray]:
    """The mesh with some vertices far apart pushed past their neighbours."""
    vertices = mesh.vertices.copy()
    pushed = np.linspace(0, len(vertices) - 1, count).astype(int)
    span = np.median(np.linalg.norm(mesh.triangles[:, 0] - mesh.triangles[:, 1], axis=1))
    vertices[pushed] += np.random.default_rng(count).normal(size=(count, 3)) * 2 * span
    return mesh.with_vertices(vertices), pushed


@pytest.mark.parametrize("mesh", [torus(10.0, 4.0, 96, 48), torus(10.0, 8.0, 128, 64)], ids=["ring", "thick ring"])
@pytest.mark.parametrize("count", [3, 6])
def test_folds_go_and_the_rest_stays(mesh, count):
    bad, pushed = fold(mesh, count)
    before = crossing(bad)
    assert before > 0
    vertices, folds = ease_crossings(bad.vertices, bad.faces)
    assert folds == before
    assert crossing(bad.with_vertices(vertices)) == 0
    moved = (vertices != bad.vertices).any(axis=1)
    assert moved[pushed].any()
    assert moved.mean() <= 0.02
    assert np.abs(np.linalg.norm(vertices - mesh.vertices, axis=1)[moved]).max() < 0.5 * mesh.diagonal


def test_what_crosses_nothing_comes_back_itself():
    mesh = sphere(10.0, 3)
    assert ease_crossings(mesh.vertices, mesh.faces) == (mesh.vertices, 0)


def test_two_balls_that_cross_stay_two_balls():
    """No fold: eight rounds pull nothing apart that was meant, and nothing moves."""
    ball = sphere(10.0, 4)
    pair = together(ball, ball.with_vertices(ball.vertices + [9.0, 1, 2]))
    vertices, folds = ease_crossings(pair.vertices, pair.faces)
    assert folds == 0
    assert vertices is pair.vertices
