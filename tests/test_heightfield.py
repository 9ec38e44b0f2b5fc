from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.flat.heightfield import plate, standing
from maquette.geometry.flat.planar import triangulate
from maquette.geometry.surface import face_normals, signed_volume
from maquette.geometry.topology import euler_number, fan_count, is_watertight


def test_even_plate_is_a_box():
    vertices, faces = standing(*plate(np.full((5, 8), 3.0), 70, 40))
    assert signed_volume(vertices, faces) == pytest.approx(70 * 40 * 3, rel=1e-12)
    assert is_watertight(faces)
    assert euler_number(faces) == 2
    assert (fan_count(faces, len(vertices)) == 1).all()
    assert np.array_equal(np.ptp(vertices, axis=0), [70, 40, 3])


def test_volume_of_a_slope_and_a_flat_bottom():
    heights = np.linspace(1, 5, 9) * np.ones((6, 1))
    vertices, faces = standing(*plate(heights, 16, 10))
    assert signed_volume(vertices, faces) == pytest.approx(16 * 10 * 3, rel=1e-12)
    normals = face_normals(vertices, faces)
    bottom = (vertices[faces][:, :, 2] == 0).all(axis=1)
    assert normals[bottom] == pytest.approx(np.tile([0.0, 0, -1], (bottom.sum(), 1)))
    assert (normals[~bottom, 2] > -1e-12).all()


def test_first_row_lies_far_and_first_column_left():
    heights = np.arange(1.0, 13).reshape(3, 4)
    sheet, level = plate(heights, 3, 2)
    place = {tuple(point): value for point, value in zip(sheet.points.tolist(), level, strict=True)}
    assert place[(-1.5, 1.0)] == 1
    assert place[(1.5, 1.0)] == 4
    assert place[(-1.5, -1.0)] == 9
    assert place[(1.5, -1.0)] == 12


def test_diagonals_follow_a_slanting_step():
    y, x = np.mgrid[:12, :12]
    sheet, level = plate((x + y < 11) * 1.0 + 1, 11, 11)
    steep = np.ptp(level[sheet.faces], axis=1) > 0
    corner = np.column_stack([sheet.points, level])[sheet.faces[steep]]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    assert np.allclose(normal[:, 0], -normal[:, 1])  # one straight ramp, no sawtooth


def test_bottom_spends_few_triangles():
    vertices, faces = standing(*plate(np.ones((101, 101)), 100, 100))
    bottom = (vertices[faces][:, :, 2] == 0).all(axis=1).sum()
    assert bottom < 0.2 * 2 * 100 * 100


def test_plate_with_a_hole_stands_too():
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    sheet = triangulate([10 * ring, 4 * ring[::-1]], [np.full(48, 1.3), np.full(48, 0.6)], coarsest=1.3)
    vertices, faces = standing(sheet, np.full(len(sheet.points), 2.0))
    area = 24 * np.sin(2 * np.pi / 48) * (100 - 16)
    assert signed_volume(vertices, faces) == pytest.approx(2 * area, rel=1e-12)
    assert euler_number(faces) == 0
    assert is_watertight(faces)
