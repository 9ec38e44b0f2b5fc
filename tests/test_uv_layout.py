"""Uv stretch and overlap: numbers of layouts whose every number is known."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.looks.uv_overlap import uv_overlap
from maquette.checks.looks.uv_stretch import uv_stretch
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.geometry.uv.cones import cone_charts
from maquette.geometry.uv.flatten import flatten_charts, signed_areas
from maquette.geometry.uv.overlaps import folded_charts
from maquette.geometry.uv.scores import cover, stretch
from shapes import box, grid, sphere


def finding(check, mesh):
    (found,) = check(Asset(mesh))
    return found


def test_an_isometry_has_stretch_one_and_twice_as_wide_has_its_known_number():
    sheet = grid(4, 4)
    assert stretch(sheet.vertices, sheet.faces, sheet.uv).mean == pytest.approx(1)
    wide = sheet.with_vertices(sheet.vertices * [4, 1, 1])
    found = stretch(wide.vertices, wide.faces, wide.uv)
    assert found.worst == pytest.approx(2)  # singular values 4 and 1, scaled by the root of the area, 2
    assert found.mean == pytest.approx(np.sqrt((16 + 1) / 2) / 2)


def test_a_smeared_sheet_is_warned_of_and_a_true_one_passes():
    sheet = grid(4, 4)
    assert finding(uv_stretch, sheet).verdict == "pass"
    assert finding(uv_stretch, sheet.with_vertices(sheet.vertices * [9, 1, 1])).verdict == "warn"
    assert list(uv_stretch(Asset(box()))) == []


def test_sheets_on_the_same_texels_are_warned_of_as_are_those_a_whole_tile_apart():
    sheet = grid(4, 4)
    assert finding(uv_overlap, sheet).verdict == "pass"
    assert cover(sheet.uv).fill == pytest.approx(1, abs=0.05)
    twice = Mesh(
        np.concatenate([sheet.vertices, sheet.vertices + [0, 0, 5]]),
        np.concatenate([sheet.faces, sheet.faces + len(sheet.vertices)]),
        uv=np.concatenate([sheet.uv, sheet.uv + np.float32(3)]),
    )
    found = finding(uv_overlap, twice)
    assert (found.verdict, found.value) == ("warn", pytest.approx(100))
    assert len(found.faces) == len(twice.faces)


def test_a_box_falls_into_its_six_sides_and_they_lie_true():
    shape = box((10, 20, 30))
    label = cone_charts(shape.vertices, shape.faces, 30.0)
    assert label.max() + 1 == 6
    flat = flatten_charts(shape.vertices, shape.faces, label)
    area = np.linalg.norm(np.cross(*(shape.triangles[:, k] - shape.triangles[:, 0] for k in (1, 2))), axis=1) / 2
    assert signed_areas(flat) == pytest.approx(area)


def test_no_face_of_a_ball_is_turned_over_and_none_leans_beyond_the_cone():
    ball = sphere(1, 4)
    label = cone_charts(ball.vertices, ball.faces, 60.0)
    assert label.max() + 1 <= 12
    assert (signed_areas(flatten_charts(ball.vertices, ball.faces, label)) > 0).all()
    normals = ball.triangles.mean(axis=1)
    for chart in range(label.max() + 1):
        mean = normals[label == chart].mean(axis=0)
        lean = normals[label == chart] @ mean / np.linalg.norm(normals[label == chart], axis=1) / np.linalg.norm(mean)
        assert lean.min() >= np.cos(np.radians(61))


def test_a_chart_that_lies_over_itself_is_found():
    flat = np.array([[[0, 0], [1, 0], [0, 1]], [[0.1, 0.1], [0.9, 0.1], [0.1, 0.9]], [[0, 0], [1, 0], [0, 1]]], float)
    assert folded_charts(flat, np.array([0, 0, 1])).tolist() == [0]
