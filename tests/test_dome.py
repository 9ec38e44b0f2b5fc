from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.flat.dome import blown_up, double_sheet
from maquette.geometry.flat.planar import Sheet, triangulate
from maquette.geometry.mend.refinement import ease, ends_of, inner_edges, split_edges, turn_edges
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import edges, euler_number, fan_count, is_watertight
from shapes import grid


def disc(radius: float = 50.0, step: float = 2.0) -> Sheet:
    count = round(2 * np.pi * radius / step)
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    loop = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return triangulate([loop], [np.full(count, step)], coarsest=step)


def solid(sheet: Sheet, height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    faces, over = double_sheet(sheet.faces, len(sheet.rim), len(sheet.points))
    up = np.concatenate([height, -height[len(sheet.rim) :]])
    return np.column_stack([sheet.points[over], up]), faces


def least_angles(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    corner = vertices[faces]
    one, other = np.roll(corner, -1, axis=1) - corner, np.roll(corner, 1, axis=1) - corner
    cosine = (one * other).sum(2) / np.linalg.norm(one, axis=2) / np.linalg.norm(other, axis=2)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1))).min(axis=1)


def test_disc_becomes_a_ball():
    sheet, swell = blown_up(disc())
    vertices, faces = solid(sheet, np.sqrt(swell))
    assert signed_volume(vertices, faces) == pytest.approx(4 / 3 * np.pi * 50**3, rel=5e-3)
    assert np.linalg.norm(vertices, axis=1) == pytest.approx(50, rel=5e-3)
    assert is_watertight(faces)
    assert euler_number(faces) == 2
    assert (fan_count(faces, len(vertices)) == 1).all()


def test_rim_is_as_fine_as_the_rest():
    sheet, swell = blown_up(disc())
    vertices, faces = solid(sheet, np.sqrt(swell))
    ends = edges(faces).ends
    length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    assert np.quantile(length, 0.95) < 1.75 * 2
    assert length.max() < 3 * 2
    assert len(sheet.faces) < 6000  # a half ball of 15,708 in triangles of 3; halving edges in the middle takes 6,175
    angles = least_angles(vertices, faces)
    assert np.quantile(angles, 0.01) > 18
    assert np.median(angles) > 45


def test_sheet_never_folds_and_the_border_stays():
    before = disc()
    sheet, _ = blown_up(before)
    a, b, c = (sheet.points[sheet.faces[:, corner]] for corner in range(3))
    u, v = b - a, c - a
    assert (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).min() > 0
    assert np.array_equal(sheet.points[: len(before.rim)], before.points[: len(before.rim)])


def test_only_the_rim_touches_the_ground():
    hexagon = disc(1.0, 1.05)
    strip = np.array([[0, 0], [1, 0], [2, 0], [3, 0], [3, 1], [2, 1], [1, 1], [0, 1]], float)
    for sheet in (hexagon, triangulate([strip], [np.full(8, 1.0)], coarsest=1.0)):
        risen, swell = blown_up(sheet)
        border = len(risen.rim)
        assert (swell[:border] == 0).all()
        assert swell[border:].min() > 0
        start, end = ends_of(risen.faces, inner_edges(risen.faces)[:, 0])
        assert (np.maximum(start, end) >= border).all()


def test_height_follows_the_lift_that_is_asked_for():
    sheet, swell = blown_up(disc(), lambda u: 0.5 * np.sqrt(u))
    vertices, faces = solid(sheet, 0.5 * np.sqrt(swell))
    assert signed_volume(vertices, faces) == pytest.approx(2 / 3 * np.pi * 50**3, rel=5e-3)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 1.0])
def test_splitting_keeps_area_border_and_sense(share):
    mesh = grid(6, 5)
    pairs = inner_edges(mesh.faces)
    pairs = pairs[np.random.default_rng(1).random(len(pairs)) < share]
    a, b = ends_of(mesh.faces, pairs[:, 0])
    vertices = np.concatenate([mesh.vertices, (mesh.vertices[a] + mesh.vertices[b]) / 2])
    faces = split_edges(mesh.faces, pairs, len(mesh.vertices), vertices)
    u, v = vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]]
    area = np.cross(u, v)[:, 2] / 2
    assert area.min() > 0
    assert area.sum() == pytest.approx(30)
    assert len(faces) == len(mesh.faces) + 2 * len(pairs)
    assert euler_number(faces) == 1
    assert (edges(faces).count == 1).sum() == 22


def test_turning_makes_the_better_diagonal_and_spares_the_border():
    flat = np.array([[0, 0], [4, -1], [8, 0], [4, 1]], float)
    solid_points = np.column_stack([flat, np.zeros(4)])
    long_way = np.array([[0, 1, 2], [0, 2, 3]])
    turned = turn_edges(long_way, flat, solid_points, border=0, rounds=3)
    assert {tuple(sorted(face)) for face in turned.tolist()} == {(0, 1, 3), (1, 2, 3)}
    assert np.array_equal(turn_edges(long_way, flat, solid_points, border=4, rounds=3), long_way)


def test_easing_moves_inner_points_only_and_turns_nothing_over():
    sheet = disc(10.0, 2.0)
    rng = np.random.default_rng(3)
    flat = sheet.points.copy()
    flat[len(sheet.rim) :] += rng.normal(0, 0.25, flat[len(sheet.rim) :].shape)
    made = ease(sheet.faces, flat, np.column_stack([flat, np.zeros(len(flat))]), len(sheet.rim))
    assert np.array_equal(made[: len(sheet.rim)], flat[: len(sheet.rim)])
    before, after = (
        least_angles(np.column_stack([points, np.zeros(len(points))]), sheet.faces) for points in (flat, made)
    )
    assert after.mean() > before.mean() + 1
