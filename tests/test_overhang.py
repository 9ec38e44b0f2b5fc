from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.overhang import overhang
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.geometry.surface import face_areas
from maquette.shape.place.rotate import rotate
from shapes import box, sphere, together


def finding(mesh: Mesh, **settings):
    (found,) = overhang(Asset(mesh, sized=True), **settings)
    return found


def wedge(angle_deg: float) -> Mesh:
    """A box of 10 whose right side leans out by this angle from the vertical; the floor is 10 wide."""
    out = 10 * np.tan(np.radians(angle_deg))
    mesh = box((10, 10, 10))
    lean = (mesh.vertices[:, 0] == 10) & (mesh.vertices[:, 2] == 10)
    return mesh.with_vertices(mesh.vertices + np.where(lean, out, 0)[:, None] * [1, 0, 0])


def test_a_box_on_the_bed_has_none():
    found = finding(box((10, 10, 10)))
    assert (found.verdict, found.value, found.fix) == ("pass", 0, "rotate")
    assert (found.overlay == 0).all()


def test_a_table_hangs_over_by_what_its_top_sticks_out():
    top, leg = box((10, 10, 1), (0, 0, 10)), box((4, 4, 10), (3, 3, 0))
    found = finding(together(top, leg))
    below = 100
    area = 2 * 100 + 40 + 2 * 16 + 4 * 40
    assert found.value == pytest.approx(100 * below / area)
    assert found.verdict == "warn"
    assert set(found.overlay) == {0.0, 90.0}
    assert len(found.faces) == 2


@pytest.mark.parametrize(("angle", "counts"), [(0, False), (30, False), (45, False), (46, True), (70, True)])
def test_the_angle_is_from_the_vertical_and_the_limit_itself_is_fine(angle, counts):
    found = finding(wedge(angle))
    assert (len(found.faces) > 0) == counts
    assert found.overlay.max() == pytest.approx(angle)


def test_rounding_does_not_push_it_over_the_limit():
    for turn in range(0, 360, 7):
        turned = rotate(Asset(wedge(45)), z_deg=turn).mesh
        assert finding(turned.with_vertices(turned.vertices.astype(np.float32))).value == 0


def test_the_printer_sets_the_limit():
    assert finding(wedge(60), printer="resin-small").value == 0
    assert finding(wedge(75), printer="resin-small").value > 0
    assert finding(wedge(75), printer="sls-bureau").value == 0
    assert "71 deg" in finding(wedge(75), printer="resin-small").source


def test_the_first_layer_rests_on_the_bed():
    mesh = wedge(70)
    sunk = mesh.with_vertices(mesh.vertices * [1, 1, 0.015])  # all of it lies within one layer of 0.2 mm
    assert finding(sunk).value == 0


def test_a_ball_has_its_polar_cap():
    mesh = sphere(50, 5)
    found = finding(mesh)
    cap = (1 - np.cos(np.radians(45))) / 2 - 0.2 / 100  # of height 0.2 lies on the bed
    assert found.value == pytest.approx(100 * cap, rel=0.02)
    normals = mesh.triangles.mean(axis=1)
    expected = normals[:, 2] / np.linalg.norm(normals, axis=1) < -np.sin(np.radians(45.5))
    on_bed = mesh.triangles[:, :, 2].max(axis=1) < -49.8
    assert set(np.flatnonzero(expected)) - set(found.faces) == set(np.flatnonzero(on_bed))


def test_the_share_is_a_setting_and_turning_helps():
    mesh = wedge(60)
    found = finding(mesh, max_share=0.1)
    assert found.verdict == "warn"
    assert found.value == pytest.approx(100 * 200 / face_areas(mesh.vertices, mesh.faces).sum())
    assert finding(mesh, max_share=0.5).verdict == "pass"
    assert finding(rotate(Asset(mesh), up="-Z").mesh, max_share=0.1).value == 0


def test_nothing_hangs_over_nothing():
    assert finding(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "pass"


def test_supports_fill_the_room_down_to_the_bed_or_the_model():
    top, leg = box((10, 10, 1), (0, 0, 10)), box((4, 4, 10), (3, 3, 0))
    assert "supports have 0.84 cm³ below it" in finding(together(top, leg)).message
    assert "supports have 0.36 cm³" in finding(together(top, box((8, 8, 10), (1, 1, 0)))).message
    shelf = together(box((2, 10, 20)), box((10, 10, 2), (2, 0, 0)), box((10, 10, 1), (2, 0, 19)))
    assert "supports have 1.7 cm³" in finding(shelf).message
    assert "supports" not in finding(box((10, 10, 10))).message


def test_the_angle_can_be_set():
    assert finding(wedge(60), angle_deg=65).value == 0
    assert finding(wedge(30), angle_deg=25).value > 0
    assert finding(wedge(60), angle_deg=65).source.startswith("setting")
