from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.contact import contact
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.geometry.printing.resting import section
from maquette.shape.place.settle import settle
from shapes import box, grid, soup, sphere, together, torus


def finding(mesh: Mesh, **settings):
    (found,) = contact(Asset(mesh, sized=True), **settings)
    return found


def test_a_box_rests_on_all_of_its_base():
    found = finding(box((10, 20, 30)))
    assert (found.verdict, found.value, found.unit) == ("pass", pytest.approx(200), "mm²")
    assert "1 island touch" in found.message
    assert "100.00%" in found.message
    assert set(found.faces) == {0, 1}


def test_four_feet_are_four_islands():
    feet = [box((3, 3, 10), (x, y, 0)) for x in (0, 17) for y in (0, 17)]
    found = finding(together(box((20, 20, 2), (0, 0, 10)), *feet))
    assert found.value == pytest.approx(36)
    assert "4 islands" in found.message
    assert "9.00%" in found.message
    assert found.verdict == "pass"


def test_a_hole_is_no_island_and_takes_area_away():
    pipe = together(box((10, 10, 10)), box((4, 4, 10), (3, 3, 0)).flipped())
    cut = section(pipe.vertices, pipe.faces, 0.1)
    assert (cut.islands, cut.closed) == (1, True)
    assert cut.area == pytest.approx(84)
    ring = torus(10, 3, 64, 32)
    cut = section(ring.vertices, ring.faces, 0.01)
    assert cut.islands == 1
    assert cut.area == pytest.approx(np.pi * (13**2 - 7**2), rel=0.01)
    on_edge = section(ring.vertices[:, [2, 0, 1]], ring.faces, 0.01)
    assert on_edge.islands == 2
    assert on_edge.area == pytest.approx(2 * np.pi * 9, rel=0.02)


def test_a_ball_is_a_warning_until_it_is_settled():
    ball = Asset(sphere(20, 5))
    (before,) = contact(ball)
    assert before.verdict == "warn"
    assert before.value == pytest.approx(np.pi * 2 * 20 * 0.1, rel=0.1)
    (after,) = contact(settle(ball))
    assert after.verdict == "pass"
    assert after.value > 50


def test_a_share_too_small_is_a_warning_however_many_square_millimetres():
    mushroom = together(box((80, 80, 2), (0, 0, 10)), box((6, 6, 10), (37, 37, 0)))
    found = finding(mushroom)
    assert (found.verdict, found.value, found.limit) == ("warn", pytest.approx(36), "at least 64")
    assert finding(mushroom, min_share=0.005).verdict == "pass"


def test_a_small_model_need_not_have_what_it_cannot():
    assert finding(box((3, 3, 3))).verdict == "pass"
    assert finding(together(box((3, 3, 3)), box((10, 10, 1), (0, 0, 3)))).verdict == "warn"


def test_the_layer_is_the_printers():
    ball = sphere(20, 5)
    assert finding(ball, printer="resin-small").value < 0.5 * finding(ball).value


def test_an_open_first_layer_has_no_answer():
    found = finding(box((10, 10, 10)).keep_faces(np.r_[0:4, 5:12]))
    assert (found.verdict, found.value, found.fix) == ("unknown", None, "solidify")
    lidless = box((10, 10, 10)).keep_faces(np.r_[0:2, 4:12])
    assert finding(lidless).value == pytest.approx(100)


def test_split_vertices_and_place_do_not_matter():
    mesh = box((10, 10, 10), (100, 5, -7))
    assert finding(soup(mesh)).value == pytest.approx(100)


def test_a_sheet_and_nothing_hold_on_to_nothing():
    assert finding(grid(10, 10)).verdict == "fail"
    assert finding(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "unknown"


def test_a_point_to_stand_on_fails_where_it_must_hold_while_it_prints():
    cube = box((30, 30, 30))
    low = cube.vertices[:, 2:] == 0
    cone = cube.with_vertices(np.where(low, 15.0 + 0.02 * (cube.vertices - [15, 15, 0]) - [0, 0, 15], cube.vertices))
    found = finding(cone)
    assert (found.verdict, found.fix) == ("fail", "orient")
    assert finding(cone, printer="resin-small").verdict == "warn"
