from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.stability import stability
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.geometry.printing.resting import footing, hull, hull_area, margin
from maquette.shape.place.orient import orient
from maquette.shape.place.rotate import rotate
from maquette.shape.place.settle import settle
from shapes import box, soup, sphere, together


def finding(mesh: Mesh, **settings):
    (found,) = stability(Asset(mesh, sized=True), **settings)
    return found


def leaning(offset: float, height: float = 20.0) -> Mesh:
    """A sheared box of 10 x 10: its centre of mass lies half the offset beside the middle of its base."""
    mesh = box((10, 10, height))
    return mesh.with_vertices(mesh.vertices + np.where(mesh.vertices[:, 2] > 0, offset, 0)[:, None] * [1, 0, 0])


def test_a_box_has_half_its_narrower_side():
    found = finding(box((10, 16, 20)))
    assert (found.verdict, found.value, found.unit) == ("pass", pytest.approx(5), "mm")
    assert set(found.faces) == {0, 1}
    assert set(found.overlay) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("offset", "room", "verdict"), [(4, 3, "pass"), (9.2, 0.4, "warn"), (12, -1, "fail"), (30, -10, "fail")]
)
def test_a_leaning_box_has_less_until_it_tips_over(offset, room, verdict):
    found = finding(leaning(offset))
    crossing = 0.2 * offset / 20  # the first layer leans out a little, too
    assert found.value == pytest.approx(room + crossing, abs=1e-9)
    assert found.verdict == verdict
    assert found.fix == ("orient" if room < 0 else "settle")
    assert ("tips over" in found.message) == (room < 0)


def test_a_tall_one_wants_more_of_it():
    assert finding(box((4, 4, 60))).verdict == "pass"
    assert finding(box((4, 4, 100))).verdict == "warn"


def test_feet_count_by_the_hull_between_them():
    feet = [box((2, 2, 10), (x, y, 0)) for x in (0, 18) for y in (0, 18)]
    table = together(box((20, 20, 2), (0, 0, 10)), *feet)
    assert finding(table).value == pytest.approx(10)
    assert finding(together(box((20, 20, 2), (0, 0, 10)), *feet[:2])).verdict == "fail"


def test_a_ball_stands_on_a_point_until_it_is_settled():
    ball = Asset(sphere(50, 5))
    (before,) = stability(ball)
    assert before.verdict == "warn"
    assert before.fix == "settle"
    (after,) = stability(settle(ball))
    assert after.verdict == "pass"
    assert after.value > before.value + 2


def test_an_edge_is_nothing_to_stand_on():
    on_edge = rotate(Asset(box((10, 10, 10))), x_deg=45).mesh
    found = finding(on_edge)
    assert found.verdict == "warn"
    assert found.value == pytest.approx(0.2)
    assert finding(rotate(Asset(box((10, 10, 30))), x_deg=30).mesh).verdict == "fail"


def test_the_layer_is_the_printers():
    on_edge = rotate(Asset(box((10, 10, 10))), x_deg=45).mesh
    assert finding(on_edge, printer="resin-small").value == pytest.approx(0.05)


def test_where_it_lies_and_how_it_is_stored_do_not_matter():
    mesh = leaning(4)
    assert finding(soup(mesh.with_vertices(mesh.vertices + [100, -50, 30]))).value == pytest.approx(finding(mesh).value)


def test_no_faces_no_answer():
    assert finding(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "unknown"


def test_margin_is_signed_distance_to_the_hull():
    square = hull(np.array([[0, 0], [4, 0], [4, 4], [0, 4], [2, 2], [2, 0]], float))
    assert len(square) == 4
    assert hull_area(square) == pytest.approx(16)
    assert margin(np.array([1, 2.0]), square) == pytest.approx(1)
    assert margin(np.array([4, 4.0]), square) == pytest.approx(0)
    assert margin(np.array([7, 8.0]), square) == pytest.approx(-5)
    line = hull(np.array([[0, 0], [1, 1], [2, 2]], float))
    assert margin(np.array([1, 1.0]), line) == pytest.approx(0)
    assert margin(np.array([2, 0.0]), line) == pytest.approx(-np.sqrt(2))
    assert margin(np.array([3, 3.0]), line) == pytest.approx(-np.sqrt(2))
    assert margin(np.zeros(2), np.zeros((0, 2))) == -np.inf


def test_footing_takes_in_where_the_sides_leave_the_layer():
    tip = Mesh([[0, 0, 0], [8, 0, 8], [0, 8, 8], [-8, -8, 8]], [[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]])
    places = footing(tip.vertices, tip.faces, 2.0)
    assert {tuple(p) for p in places} == {(0, 0), (2, 0), (0, 2), (-2, -2)}


def test_what_tips_over_fails_where_it_must_stand_while_it_prints():
    assert finding(leaning(30)).fix == "orient"
    assert finding(leaning(30), printer="resin-small").verdict == "warn"
    turned = orient(Asset(leaning(30), sized=True), when="never")
    (found,) = stability(turned)
    assert (found.verdict, found.fix) == ("fail", "plinth")  # a better side was asked for already
