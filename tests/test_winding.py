from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.winding import winding
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.shape.mend.fix_winding import fix_winding
from shapes import box, grid, soup, sphere, together, torus


def findings(mesh: Mesh, **settings):
    alike, outward = winding(Asset(mesh), **settings)
    return alike, outward


@pytest.mark.parametrize("mesh", [box(), sphere(), soup(torus()), grid(), Mesh(np.eye(3), np.zeros((0, 3)))])
def test_well_wound_surfaces_pass(mesh):
    assert [(f.verdict, f.value, f.faces) for f in findings(mesh)] == [("pass", 0, None)] * 2


def test_one_face_turned_disagrees_at_three_edges():
    alike, outward = findings(soup(sphere(5).flipped(np.array([17]))))
    assert (alike.verdict, alike.value, alike.unit, alike.fix) == ("fail", 3, "edges", "fix-winding")
    assert alike.faces.tolist() == [17]
    assert outward.verdict == "pass"


def test_a_turned_face_of_a_model_is_a_warning():
    assert findings(sphere().flipped(np.array([17])), destination="model")[0].verdict == "warn"


@pytest.mark.parametrize("destination", ["print", "model"])
def test_inside_out_fails_everywhere(destination):
    alike, outward = findings(sphere().flipped(), destination=destination)
    assert alike.verdict == "pass"
    assert (outward.verdict, outward.value, outward.unit) == ("fail", 1, "parts")
    assert len(outward.faces) == 512
    assert "1 of 1 part inside out, 100% of the surface" in outward.message


def test_a_small_part_inside_out_only_warns_of_a_model():
    mesh = together(sphere(10), box(corner=(20, 0, 0)).flipped())
    assert findings(mesh, destination="model")[1].verdict == "warn"
    found = findings(mesh)[1]
    assert (found.verdict, found.value) == ("fail", 1)
    assert found.faces.tolist() == list(range(512, 524))


def test_a_cavity_is_no_mistake():
    hollow = together(sphere(10), sphere(8).flipped())
    assert findings(hollow)[1].verdict == "pass"
    assert findings(hollow.flipped())[1].value == 2


def test_an_open_bowl_is_judged_and_a_sheet_is_not():
    bowl = sphere(10, 4)
    bowl = bowl.keep_faces(bowl.triangles[:, :, 2].max(axis=1) < 3)
    assert findings(bowl)[1].verdict == "pass"
    assert findings(bowl.flipped())[1].verdict == "fail"
    waves = grid(20, 20).with_vertices(grid(20, 20).vertices + np.array([0, 0, 0.01]) * np.arange(441)[:, None] % 0.05)
    for sheet in (grid(), waves):
        assert findings(sheet)[1].verdict == findings(sheet.flipped())[1].verdict == "pass"


def test_a_part_wound_both_ways_is_judged_as_it_will_be():
    """Two narrow sides and the ends hold two thirds of the volume and a third of the surface; they must turn."""
    mesh = box((1, 2, 100))
    wide = np.abs(np.cross(*(mesh.triangles[:, k] - mesh.triangles[:, 0] for k in (1, 2)))).argmax(axis=1) == 0
    alike, outward = findings(mesh.flipped(~wide))
    assert sorted(alike.faces) == np.flatnonzero(~wide).tolist()
    assert outward.verdict == "pass"


def test_a_moebius_strip_has_no_outside():
    turns = np.arange(40) * 2 * np.pi / 40
    arm = np.array([np.cos(turns / 2) * np.cos(turns), np.cos(turns / 2) * np.sin(turns), np.sin(turns / 2)]).T
    ring = 5 * np.stack([np.cos(turns), np.sin(turns), 0 * turns], axis=1)
    here, there = np.arange(40), 40 + np.arange(40)
    following, beyond = np.append(here[1:], 40), np.append(there[1:], 0)  # the strip closes with its sides swapped
    faces = np.concatenate([np.stack([here, following, beyond], 1), np.stack([here, beyond, there], 1)])
    strip = Mesh(np.concatenate([ring + arm, ring - arm]), faces)
    for lifted in (strip, strip.flipped()):
        alike, outward = findings(lifted)
        assert alike.verdict == "fail"
        assert "1 part is one-sided" in alike.message
        assert outward.value == 0


def test_a_part_that_is_mostly_inside_out_is_called_so():
    mesh = sphere().flipped(np.arange(5, 512))
    alike, outward = findings(mesh)
    assert (alike.value, alike.faces.tolist()) == (15, [0, 1, 2, 3, 4])
    assert (outward.verdict, outward.value, len(outward.faces)) == ("fail", 1, 512)


@pytest.mark.parametrize(
    "mesh", [sphere().flipped(), sphere().flipped(np.arange(0, 512, 5)), together(sphere(10), sphere(8)).flipped()]
)
def test_the_stage_it_names_mends_it(mesh):
    assert any(f.verdict == "fail" for f in findings(mesh))
    assert all(f.verdict == "pass" for f in findings(fix_winding(Asset(mesh)).mesh))
