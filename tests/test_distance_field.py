import numpy as np
import pytest

from maquette.core.errors import CannotDo
from maquette.geometry.inside import distance_field
from maquette.geometry.inside.distance_field import Lattice, Surface, inside, nearest_on_triangles
from maquette.geometry.remake.level_surface import cells_with_surface, level_surface
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import euler_number, fan_count, is_watertight
from shapes import box, sphere, together, torus


@pytest.mark.parametrize(("mesh", "pitch"), [(sphere(20.0, 5), 0.5), (torus(20.0, 6.0, 200, 100), 0.4)])
def test_points_inside_add_up_to_the_volume(mesh, pitch):
    lattice = Lattice.around(*mesh.bounds, pitch)
    volume = inside(mesh.vertices, mesh.faces, lattice).sum() * pitch**3
    assert volume == pytest.approx(signed_volume(mesh.vertices, mesh.faces), rel=0.01)


def test_every_point_of_a_tidy_box_has_its_side():
    mesh = box((10, 10, 10), (0.25, 0.25, 0.25))
    lattice = Lattice(np.array([-1.0, -1.0, -1.0]), 0.5, (26, 26, 26))
    found = inside(mesh.vertices, mesh.faces, lattice)
    assert found.sum() == 20**3
    assert found[3, 3, 3]
    assert not found[2].any()


def test_overlaps_are_inside_and_cavities_are_not():
    a, b = box((10, 10, 10)), box((10, 10, 10), (5, 5, 5))
    lattice = Lattice.around(np.zeros(3), np.full(3, 15.0), 0.5)
    pair = together(a, b)
    both = inside(pair.vertices, pair.faces, lattice)
    either = inside(a.vertices, a.faces, lattice) | inside(b.vertices, b.faces, lattice)
    assert np.array_equal(both, either)
    shell = together(box((12, 12, 12)), box((6, 6, 6), (3, 3, 3)).flipped())
    lattice = Lattice.around(np.zeros(3), np.full(3, 12.0), 0.5)
    solid = inside(shell.vertices, shell.faces, lattice)
    assert not solid[lattice.shape[0] // 2, lattice.shape[1] // 2, lattice.shape[2] // 2]


def test_distance_to_a_ball():
    ball = sphere(20.0, 5)
    points = np.random.default_rng(0).normal(size=(3000, 3))
    points *= 18 / np.linalg.norm(points, axis=1, keepdims=True)
    distance, face, share = Surface(ball.vertices, ball.faces, 0.25).nearest(points)
    assert np.abs(distance - 2).max() < 0.03
    foot = (share[:, :, None] * ball.triangles[face]).sum(axis=1)
    assert np.allclose(np.linalg.norm(foot - points, axis=1), distance)


def test_nearest_on_a_triangle_is_the_least_of_many():
    dice = np.random.default_rng(1)
    triangles, points = dice.normal(size=(50, 3, 3)), dice.normal(size=(50, 3)) * 2
    share, distance = nearest_on_triangles(points, triangles)
    weights = dice.dirichlet(np.full(3, 0.6), size=20_000)
    tried = np.linalg.norm(np.einsum("wk,nkd->nwd", weights, triangles) - points[:, None], axis=2).min(axis=1)
    assert (distance <= tried + 1e-12).all()
    assert (tried - distance).max() < 0.02
    assert (share >= 0).all()
    flat = np.zeros((1, 3, 3))
    assert nearest_on_triangles(np.array([[3.0, 4.0, 0.0]]), flat)[1][0] == pytest.approx(5)


def lattice_of(function, size=24):
    points = np.argwhere(np.ones((size, size, size), dtype=bool))
    return points, function(points - (size - 1) / 2)


def test_a_ball_comes_out_round_and_closed():
    points, values = lattice_of(lambda p: 8 - np.linalg.norm(p, axis=1))
    near = np.abs(values) < 1.8
    vertices, faces = level_surface(points[near], values[near])
    assert is_watertight(faces)
    assert euler_number(faces) == 2
    assert signed_volume(vertices, faces) == pytest.approx(4 / 3 * np.pi * 8**3, rel=0.01)
    assert np.abs(np.linalg.norm(vertices - 11.5, axis=1) - 8).max() < 0.04


def test_any_numbers_give_a_closed_surface():
    points, values = lattice_of(lambda p: np.random.default_rng(2).normal(size=len(p)), 10)
    border = ((points == 0) | (points == 9)).any(axis=1)
    vertices, faces = level_surface(points, np.where(border, -1, values))
    assert is_watertight(faces)
    assert (fan_count(faces, len(vertices)) <= 1).all()
    whole = level_surface(points, np.where(border, -1, np.round(values)))[1]
    assert is_watertight(whole)


def test_cells_with_a_surface_are_those_with_two_signs():
    solid = np.zeros((5, 5, 5), dtype=bool)
    solid[2, 2, 2] = True
    assert len(cells_with_surface(solid)) == 8


def test_nothing_gives_nothing():
    assert level_surface(np.zeros((0, 3), np.int64), np.zeros(0))[1].shape == (0, 3)


def test_a_tangle_that_would_take_minutes_is_refused(monkeypatch):
    monkeypatch.setattr(distance_field, "_MOST_PAIRS", 1000)
    mesh = box((10, 10, 10))
    with pytest.raises(CannotDo, match="deep over each other"):
        inside(mesh.vertices, mesh.faces, Lattice.around(*mesh.bounds, 0.25))
