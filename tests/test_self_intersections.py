from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import maquette.checks.self_intersections as check
from maquette.checks.self_intersections import self_intersections
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.progress import watching
from maquette.geometry.inside.intersections import FacePairs
from maquette.shape.mend.solidify import solidify
from shapes import box, grid, soup, sphere, together, torus


def finding(mesh: Mesh):
    (found,) = self_intersections(Asset(mesh))
    return found


@pytest.mark.parametrize("mesh", [box(), soup(sphere()), torus(), grid(), Mesh(np.eye(3), np.zeros((0, 3)))])
def test_clean_surfaces_pass(mesh):
    assert (finding(mesh).verdict, finding(mesh).value) == ("pass", 0)


def test_overlapping_solids_warn_and_are_shown():
    mesh = together(box((4, 4, 4)), box((9, 1, 1), (-2, 1.1, 1.3)))
    found = finding(mesh)
    assert (found.verdict, found.value, found.unit, found.fix) == ("warn", 20, "pairs", "unite")
    assert found.faces.tolist() == list(range(8, 20))
    assert found.message == "20 pairs of faces cut through each other"


def test_doubled_faces_lie_on_each_other_and_solidify_takes_them():
    mesh = together(sphere(), sphere().keep_faces(np.array([4, 9])))
    found = finding(mesh)
    assert (found.value, found.fix) == (2, "solidify")
    assert found.message == "2 pairs of faces lie on each other"
    assert finding(solidify(Asset(mesh)).mesh).verdict == "pass"


def test_boxes_that_stand_on_each_other_turned_and_rounded_by_a_file():
    """Half a floor lies on half a roof: coplanar, whatever 32-bit numbers make of it. Nothing cuts."""
    mesh = together(box((3, 3, 1)), box((1, 1, 1), (1.2, 1.1, 1)))
    for turn in Rotation.random(6, rng=3).as_matrix():
        rounded = mesh.with_vertices((mesh.vertices @ turn.T * 37).astype(np.float32))
        assert finding(rounded).message == "3 pairs of faces lie on each other"
        assert finding(rounded).fix == "unite"


def test_a_stopped_search_says_so(monkeypatch):
    none = FacePairs(np.zeros((0, 2), np.int64), np.zeros(0, bool), False)
    monkeypatch.setattr(check, "intersecting_pairs", lambda *_, **__: none)
    assert (finding(box()).verdict, finding(box()).value) == ("unknown", None)
    some = FacePairs(np.array([[0, 1]]), np.zeros(1, bool), False)
    monkeypatch.setattr(check, "intersecting_pairs", lambda *_, **__: some)
    assert finding(box()).verdict == "warn"
    assert finding(box()).message.startswith("at least 1 pair of")


def test_it_reports_how_far_it_is():
    heard: list[float] = []
    with watching(lambda share, _: heard.append(share)):
        finding(sphere(1, 5))
    assert heard[-1] == 1.0


def test_the_fix_fits_the_trouble():
    pair = together(box((4, 4, 4)), box((9, 1, 1), (-2, 1.1, 1.3)))
    assert finding(pair).fix == "unite"
    spike = sphere(5.0, 3)
    vertices = spike.vertices.copy()
    vertices[0] = [-9, 0.1, 0.2]
    assert finding(spike.with_vertices(vertices)).fix == "untangle"
    assert finding(pair.keep_faces(np.arange(1, 24))).fix == "solidify"
