"""Winding numbers against the full sum over all triangles, and crossings of closed surfaces."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.inside.solid_angles import winding_by_angles
from maquette.geometry.inside.vertical_crossings import crossings, winding_by_crossings
from maquette.geometry.inside.winding_number import cones_over_openings, winding_numbers
from shapes import box, grid, soup, sphere, tetrahedron, together, torus

RNG = np.random.default_rng(0)


def full_sum(vertices, faces, points):
    """The definition, triangle by triangle (van Oosterom & Strackee 1983), written apart from the kernel."""
    total = np.zeros(len(points))
    for corners in vertices[faces]:
        a, b, c = (corner - points for corner in corners)
        la, lb, lc = (np.linalg.norm(x, axis=1) for x in (a, b, c))
        top = (a * np.cross(b, c)).sum(1)
        low = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
        total += np.arctan2(top, low) / (2 * np.pi)
    return total


def around(mesh, count=1500, reach=1.3):
    low, high = mesh.bounds
    return (low + high) / 2 + RNG.uniform(-reach / 2, reach / 2, (count, 3)) * np.maximum(high - low, 1)


@pytest.mark.parametrize(
    "mesh",
    [
        torus(20, 7, 60, 30),
        torus(20, 7, 60, 30).keep_faces(np.arange(3600) % 37 > 0),
        torus(20, 7, 60, 30).keep_faces(np.arange(400, 3600)),
        torus(20, 7, 60, 30).flipped(np.arange(0, 3600, 5)),
        together(sphere(10, 3), box((12, 12, 12), (2, 2, 2)), sphere(4, 2).flipped()),
        soup(sphere(10, 3)),
        grid(9, 9),
    ],
    ids=["closed", "small holes", "large hole", "flipped faces", "overlapping", "soup", "sheet"],
)
def test_equals_the_full_sum(mesh):
    points = around(mesh)
    made = winding_numbers(mesh.vertices, mesh.faces, points)
    assert made.dtype == np.float64
    assert np.abs(made - full_sum(mesh.vertices, mesh.faces, points)).max() < 0.01


def test_is_whole_around_closed_surfaces_even_on_grid_lines():
    ball = together(box((3.5, 3.5, 3.5), (-1.75, -1.75, -1.75)), sphere(1.0, 3), torus(8, 1, 32, 16))
    axis = np.arange(-10, 11) * 0.5
    points = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3) + [1e-9, 0, 3e-9]
    made = winding_numbers(ball.vertices, ball.faces, points)
    assert np.array_equal(made, np.round(made))
    assert np.abs(made - full_sum(ball.vertices, ball.faces, points)).max() < 1e-6
    assert (made == 2).sum() == (np.linalg.norm(points, axis=1) < 1).sum()


def test_solid_angles_alone_agree_far_and_near():
    mesh = sphere(10, 5)
    far = around(mesh, 4000, 6.0)
    near = mesh.vertices[::7] * (1 + RNG.normal(size=(len(mesh.vertices[::7]), 1)) * 0.01)
    points = np.concatenate([far, near])
    made = winding_by_angles(mesh.triangles, points)
    assert np.abs(made - winding_by_crossings(mesh.vertices, mesh.faces, points)).max() < 0.01


def test_lines_through_vertices_and_edges_go_out_as_often_as_in():
    mesh = together(box((2, 2, 2)), sphere(1, 2), tetrahedron())
    x, y = np.meshgrid(np.arange(-4, 9) / 4, np.arange(-4, 9) / 4)
    lines = np.stack([x.ravel(), y.ravel()], axis=1)
    met = crossings(mesh.vertices, mesh.faces, lines)
    assert np.array_equal(np.bincount(met.line, weights=met.up, minlength=len(lines)), np.zeros(len(lines)))
    assert (np.diff(met.line * 1000 + met.height) >= 0).all()
    middle = np.flatnonzero((lines == [0.5, 0.5]).all(axis=1))[0]
    assert {0.0, 2.0} <= set(met.height[met.line == middle].round(12))


def test_cones_close_what_is_open_and_only_that():
    closed = torus(20, 7, 60, 30)
    assert len(cones_over_openings(closed.vertices, closed.faces)[1]) == 0
    holed = closed.keep_faces(np.arange(3600) % 600 > 0)
    apexes, cones = cones_over_openings(holed.vertices, holed.faces)
    assert (len(apexes), len(cones)) == (3, 12)
    whole = np.concatenate([holed.vertices, apexes])
    assert len(cones_over_openings(whole, np.concatenate([holed.faces, cones]))[1]) == 0


def test_does_not_mind_where_it_lies_how_large_it_is_nor_empty_and_flat_faces():
    mesh = sphere(10, 3).keep_faces(np.arange(5, 512))
    points = around(mesh, 300)
    want = winding_numbers(mesh.vertices, mesh.faces, points)
    again = winding_numbers(mesh.vertices * 1e-6 + 3, mesh.faces, points * 1e-6 + 3)
    assert np.abs(again - want).max() < 1e-3
    flat = np.concatenate([mesh.faces, [[0, 0, 1], [2, 2, 2]]])
    assert np.abs(winding_numbers(mesh.vertices, flat, points) - want).max() < 1e-6
    assert np.array_equal(winding_numbers(mesh.vertices, mesh.faces[:0], points), np.zeros(300))
    assert winding_numbers(mesh.vertices, mesh.faces, points[:0]).shape == (0,)


def test_same_bits_twice():
    mesh = torus(20, 7, 60, 30).keep_faces(np.arange(400, 3600))
    points = around(mesh)
    first = winding_numbers(mesh.vertices, mesh.faces, points)
    assert np.array_equal(first, winding_numbers(mesh.vertices, mesh.faces, points))
