from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.flat.planar import Sheet, fill, triangulate
from maquette.geometry.topology import border_loops, edges, euler_number


def circle(radius: float, count: int, *, center=(0.0, 0.0), sense: int = 1) -> np.ndarray:
    angle = sense * np.linspace(0, 2 * np.pi, count, endpoint=False)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1) + center


def areas(sheet: Sheet) -> np.ndarray:
    a, b, c = (sheet.points[sheet.faces[:, corner]] for corner in range(3))
    return ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2


def least_angles(sheet: Sheet) -> np.ndarray:
    corner = sheet.points[sheet.faces]
    one, other = np.roll(corner, -1, axis=1) - corner, np.roll(corner, 1, axis=1) - corner
    cosine = (one * other).sum(2) / np.linalg.norm(one, axis=2) / np.linalg.norm(other, axis=2)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1))).min(axis=1)


def polygon_area(loop: np.ndarray) -> float:
    x, y = loop.T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def ring() -> tuple[list[np.ndarray], list[np.ndarray]]:
    loops = [circle(10, 60), circle(4, 30, sense=-1)]
    return loops, [np.full(60, 1.05), np.full(30, 0.84)]


def test_ring_is_filled_exactly_with_good_triangles():
    loops, spacing = ring()
    sheet = triangulate(loops, spacing, coarsest=1.05)
    assert areas(sheet).min() > 0
    assert areas(sheet).sum() == pytest.approx(sum(map(polygon_area, loops)), rel=1e-12)
    assert euler_number(sheet.faces) == 0
    assert len(border_loops(sheet.faces)) == 2
    assert least_angles(sheet).min() > 15


def test_border_points_come_first_and_unmoved():
    loops, spacing = ring()
    sheet = triangulate(loops, spacing, coarsest=1.05)
    assert np.array_equal(sheet.points[:90], np.concatenate(loops))
    found = edges(sheet.faces)
    border = {tuple(pair) for pair in found.ends[found.count == 1]}
    assert border == {tuple(sorted(pair)) for pair in sheet.rim.tolist()}


def test_triangles_grow_inward_up_to_the_coarsest():
    loop = circle(10, 600)
    fine = triangulate([loop], [np.full(600, 0.1)], coarsest=2.0)
    even = triangulate([loop], [np.full(600, 0.1)], coarsest=0.3)
    assert len(fine.faces) < 0.6 * len(even.faces)
    near_middle = np.linalg.norm(fine.points[fine.faces].mean(axis=1), axis=1) < 3
    assert np.sqrt(areas(fine)[near_middle].mean() * 4 / np.sqrt(3)) == pytest.approx(2, rel=0.4)


def test_edge_that_delaunay_leaves_out_is_halved():
    border = np.array([[0, 0], [10, 0], [10, 1], [5, 0.2], [0, 1]], float)
    edges_in = np.stack([np.arange(5), (np.arange(5) + 1) % 5], axis=1)
    sheet = fill(border, edges_in, np.full(5, 10.0), coarsest=10.0)
    assert len(sheet.rim) > 5
    assert areas(sheet).sum() == pytest.approx(polygon_area(border), rel=1e-12)
    assert np.array_equal(sheet.points[:5], border)


def test_several_islands_stay_apart():
    loops = [circle(3, 20), circle(3, 20, center=(6.2, 0))]
    sheet = triangulate(loops, [np.full(20, 0.9)] * 2, coarsest=0.9)
    assert euler_number(sheet.faces) == 2
    assert areas(sheet).sum() == pytest.approx(2 * polygon_area(loops[0]), rel=1e-12)


def test_loops_that_cross_are_no_domain():
    eight = np.array([[0, 0], [2, 2], [2, 0], [0, 2]], float)
    assert triangulate([eight], [np.full(4, 1.0)], coarsest=1.0) is None


def test_island_within_an_island_is_no_domain():
    loops = [circle(10, 60), circle(4, 30)]
    assert triangulate(loops, [np.full(60, 1.05), np.full(30, 0.84)], coarsest=1.05) is None


def test_same_loops_same_triangles():
    loops, spacing = ring()
    one, other = (triangulate(loops, spacing, coarsest=1.05) for _ in range(2))
    assert np.array_equal(one.points, other.points)
    assert np.array_equal(one.faces, other.faces)
