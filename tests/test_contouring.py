"""Closed surfaces around what soups enclose: always a manifold, sharp where the model is sharp."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.core.mesh import Mesh
from maquette.geometry.inside.winding_number import winding_numbers
from maquette.geometry.remake.deviation import deviation
from maquette.geometry.remake.dual_contouring import _loops, contour
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import edges, euler_number, fan_count, is_watertight
from shapes import box, sphere, together, torus

RNG = np.random.default_rng(3)


def remade(mesh, pitch, most=6_000_000):
    return contour(mesh.vertices, mesh.faces, pitch, lambda at: winding_numbers(mesh.vertices, mesh.faces, at), most)


def assert_manifold(vertices, faces):
    found = edges(faces)
    assert (found.count == 2).all()
    assert (found.balance == 0).all()
    assert (fan_count(faces, len(vertices)) == 1).all()
    assert len(np.unique(vertices, axis=0)) == len(vertices)


def test_a_box_keeps_edges_and_corners_to_the_last_digit():
    vertices, faces = remade(box((20, 13, 7)), 1.0)
    assert_manifold(vertices, faces)
    assert signed_volume(vertices, faces) == pytest.approx(20 * 13 * 7, rel=1e-12)
    assert vertices.min(axis=0) == pytest.approx([0, 0, 0], abs=1e-12)
    assert vertices.max(axis=0) == pytest.approx([20, 13, 7], abs=1e-12)
    for corner in box((20, 13, 7)).vertices:
        assert np.linalg.norm(vertices - corner, axis=1).min() < 1e-9


@pytest.mark.parametrize(("mesh", "euler"), [(sphere(20, 4), 2), (torus(20, 7, 100, 50), 0)], ids=["ball", "torus"])
def test_round_things_keep_volume_and_lie_on_the_old_surface(mesh, euler):
    vertices, faces = remade(mesh, 0.8)
    assert_manifold(vertices, faces)
    assert euler_number(faces) == euler
    assert signed_volume(vertices, faces) == pytest.approx(signed_volume(mesh.vertices, mesh.faces), rel=2e-3)
    assert deviation(vertices, faces, mesh.vertices, mesh.faces, 5000).mean < 0.01


def test_overlapping_boxes_become_one_with_the_volume_of_the_union():
    vertices, faces = remade(together(box((20, 20, 20)), box((20, 20, 20), (10, 7, 4))), 1.0)
    assert_manifold(vertices, faces)
    assert signed_volume(vertices, faces) == pytest.approx(16_000 - 10 * 13 * 16, rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_in_a_closed_manifold_comes_out(seed):
    rng = np.random.default_rng(seed)
    soup = Mesh(rng.uniform(0, 10, (60, 3)), np.sort(rng.integers(0, 60, (120, 3)), axis=1))
    boxes = together(*[box(tuple(rng.uniform(0.2, 3, 3)), tuple(rng.uniform(0, 9, 3))) for _ in range(60)])
    for mesh in (soup, boxes):
        vertices, faces = remade(mesh, 0.45)
        assert len(faces) > 100
        assert_manifold(vertices, faces)


def test_checkerboards_of_cells_stay_manifold():
    """Every ambiguous side and every pair of loops at once: noise for a field, with no face to go by."""
    cube = box((9, 9, 9))
    for seed in range(4):
        noise = np.random.default_rng(seed)
        vertices, faces = contour(cube.vertices, cube.faces, 1.0, lambda at, noise=noise: noise.random(len(at)))
        assert_manifold(vertices, faces)


def test_loops_are_consistent_with_their_corners():
    label, count = _loops()
    for case in range(256):
        crossed = 0
        for axis in range(3):
            b, c = list(((1, 2), (2, 0), (0, 1))[axis])
            for edge in range(4):
                place = np.zeros(3, int)
                place[b], place[c] = edge & 1, edge >> 1
                low = place @ [4, 2, 1]
                high = low + [4, 2, 1][axis]
                changes = (case >> low & 1) != (case >> high & 1)
                assert (label[case, 4 * axis + edge] >= 0) == changes
                crossed += changes
        assert count[case] == len(set(label[case]) - {-1})
        assert count[case] * 3 <= crossed
    assert count.max() == 4


def test_a_hole_is_spanned_and_a_shell_without_inside_gives_nothing():
    ball = sphere(20, 4)
    holed = ball.keep_faces(ball.triangles[:, :, 2].mean(axis=1) < 18)
    vertices, faces = remade(holed, 1.0)
    assert_manifold(vertices, faces)
    cap = np.pi * 2**2 * (60 - 2) / 3
    whole = signed_volume(ball.vertices, ball.faces)
    assert whole - 1.2 * cap < signed_volume(vertices, faces) < whole
    sheet = box((20, 20, 20)).keep_faces([0, 1])
    assert len(remade(sheet, 1.0)[1]) == 0


def test_stops_at_the_cells_it_may_make():
    assert len(remade(sphere(20, 3), 0.5, most=100)[1]) == 0
    assert is_watertight(remade(sphere(20, 3), 2.0, most=10_000)[1])
