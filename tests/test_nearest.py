"""Nearest points against every triangle measured by itself."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry import nearest as room
from maquette.geometry.nearest import Surface, feet
from shapes import box, grid, sphere, together

RNG = np.random.default_rng(1)


def by_hand(mesh, points):
    """Squared distance to the nearest of dense points on every triangle, weighed by hand."""
    n = 60
    i, j = np.meshgrid(np.arange(n + 1), np.arange(n + 1))
    keep = i + j <= n
    weights = np.stack([i[keep], j[keep], n - i[keep] - j[keep]], axis=1) / n
    dense = np.einsum("wk,fkd->fwd", weights, mesh.triangles).reshape(-1, 3)
    return np.linalg.norm(points[:, None] - dense[None], axis=2).min(axis=1)


def test_feet_of_one_triangle_over_face_edge_and_corner():
    triangle = np.array([[[0.0, 0, 0], [4, 0, 0], [0, 4, 0]]]).repeat(5, axis=0)
    points = np.array([[1.0, 1, 3], [2, -3, 4], [3, 3, 0], [-3, -4, 0], [9, -1, 0]])
    weights, square = feet(triangle, points)
    assert np.allclose(square, [9, 25, 2, 25, 26])
    foot = np.einsum("nk,nkd->nd", weights, triangle)
    assert np.allclose(foot, [[1, 1, 0], [2, 0, 0], [2, 2, 0], [0, 0, 0], [4, 0, 0]])


def test_triangles_without_area_are_their_edges():
    flat = np.array([[[0.0, 0, 0], [2, 0, 0], [4, 0, 0]], [[1.0, 1, 1]] * 3])
    weights, square = feet(flat, np.array([[3.0, 2, 0], [1, 1, 3]]))
    assert np.allclose(square, [4, 4])
    assert np.allclose(weights.sum(axis=1), 1)


def test_corners_in_a_row_in_any_direction_are_a_line():
    rng = np.random.default_rng(4)
    count = 20_000
    start, way = rng.normal(size=(2, count, 3)) * 30
    stops = np.stack([start, start + way, start + rng.random((count, 1)) * way], axis=1)
    points = start + rng.uniform(-1, 2, (count, 1)) * way  # on the line itself: rounding alone says where
    weights, square = feet(stops, points)
    foot = np.einsum("nk,nkc->nc", weights, stops)
    share = np.clip(((points - start) * way).sum(1) / (way**2).sum(1), 0, 1)
    true = np.linalg.norm(points - start - share[:, None] * way, axis=1)
    assert np.abs(np.sqrt(square) - true).max() < 1e-6
    assert np.abs(np.linalg.norm(points - foot, axis=1) - true).max() < 1e-6


def test_agrees_with_dense_points_on_large_and_small_faces_together():
    mesh = together(box((20, 20, 1)), sphere(1, 2))
    points = RNG.uniform(-5, 25, (60, 3))
    made = Surface(mesh.vertices, mesh.faces).nearest(points)
    want = by_hand(mesh, points)
    assert (made.distance <= want + 1e-9).all()
    assert (want - made.distance).max() < 0.3
    foot = np.einsum("nk,nkd->nd", made.weights, mesh.triangles[made.face])
    assert np.allclose(np.linalg.norm(foot - points, axis=1), made.distance)


def test_equals_all_triangles_measured():
    mesh = sphere(10, 3)
    points = np.concatenate([RNG.uniform(-15, 15, (300, 3)), np.zeros((3, 3))])
    made = Surface(mesh.vertices, mesh.faces).nearest(points)
    each = [feet(mesh.triangles, np.broadcast_to(p, (len(mesh.faces), 3)))[1] for p in points]
    assert np.allclose(made.distance, np.sqrt([square.min() for square in each]), atol=1e-12)


def test_crowds_are_asked_in_halves_with_the_same_answer(monkeypatch):
    mesh = sphere(10, 3)
    points = RNG.normal(size=(200, 3)) * 0.01
    whole = Surface(mesh.vertices, mesh.faces).nearest(points)
    monkeypatch.setattr(room, "_PAIRS", 500)
    halves = Surface(mesh.vertices, mesh.faces).nearest(points)
    assert np.array_equal(whole.face, halves.face)
    assert np.array_equal(whole.distance, halves.distance)


def test_a_thin_wall_keeps_its_sides_apart():
    plate = box((40, 40, 0.2))
    points = np.stack([RNG.uniform(2, 38, 50), RNG.uniform(2, 38, 50), np.full(50, 0.05)], axis=1)
    up = np.tile([0.0, 0, 1], (50, 1))
    surface = Surface(plate.vertices, plate.faces)
    below, above = surface.nearest(points), surface.nearest(points, up, 0.5)
    assert np.allclose(below.distance, 0.05)
    assert (surface.normals[below.face, 2] == -1).all()
    assert np.allclose(above.distance, 0.15)
    assert (surface.normals[above.face, 2] == 1).all()


def test_where_nothing_looks_the_right_way_any_face_will_do():
    sheet = grid(4, 4)
    points = np.array([[1.3, 1.2, 0.5]])
    made = Surface(sheet.vertices, sheet.faces).nearest(points, np.array([[0.0, 0, -1]]), 0.5)
    assert made.distance == pytest.approx([0.5])


def test_a_place_near_by_lies_on_the_surface_and_hardly_further_off_than_the_nearest():
    mesh = sphere(10.0, 4)
    surface = Surface(mesh.vertices, mesh.faces)
    points = np.random.default_rng(4).normal(size=(2000, 3))
    points *= 10.3 / np.linalg.norm(points, axis=1, keepdims=True)
    close, nearest = surface.near(points), surface.nearest(points)
    feet_at = np.einsum("nk,nkd->nd", close.weights, surface.corners[close.face])
    assert np.linalg.norm(points - feet_at, axis=1) == pytest.approx(close.distance, abs=1e-9)
    assert close.weights.min() >= 0
    assert (close.distance >= nearest.distance - 1e-12).all()
    assert (close.distance <= surface._seeds.query(points)[0] + 1e-12).all(), "no further off than the nearest sample"
    assert (close.distance - nearest.distance).max() < np.sqrt(4 * np.pi * 100 / 20_000), "how far samples lie apart"
