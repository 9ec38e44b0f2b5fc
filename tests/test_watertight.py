from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.watertight import watertight
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.shape.mend.fill_holes import fill_holes
from maquette.shape.mend.weld import weld
from shapes import box, grid, soup, sphere, together, torus


def finding(mesh: Mesh, **settings):
    (found,) = watertight(Asset(mesh), **settings)
    return found


@pytest.mark.parametrize("mesh", [box(), sphere(), torus(), soup(sphere()), together(box(), box(corner=(5, 0, 0)))])
def test_closed_surfaces_pass_welded_or_not(mesh):
    found = finding(mesh)
    assert (found.verdict, found.value, found.faces) == ("pass", 0, None)


def test_a_missing_face_is_three_open_edges_around_one_hole():
    mesh = box((2, 3, 5)).keep_faces(np.arange(1, 12))
    found = finding(soup(mesh))
    assert (found.verdict, found.value, found.unit, found.fix) == ("fail", 3, "open edges", "fill-holes")
    assert found.message == f"3 open edges around one hole, {2 + 3 + 13**0.5:.3g} mm around"
    corners = {tuple(point) for point in box((2, 3, 5)).triangles[0]}
    touching = [len({tuple(p) for p in triangle} & corners) == 2 for triangle in mesh.triangles]
    assert set(found.faces) == set(np.flatnonzero(touching))
    assert finding(fill_holes(weld(Asset(soup(mesh)))).mesh).verdict == "pass"


def test_holes_are_counted_and_the_longest_is_named():
    mesh = sphere(10, 3)
    height = mesh.triangles[:, :, 2].sum(axis=1)
    far = [height.argmin(), height.argmax()]
    found = finding(mesh.keep_faces(np.delete(np.arange(len(mesh.faces)), far)))
    assert found.value == 6
    assert "around 2 holes, the longest" in found.message
    both = together(mesh.keep_faces(np.arange(1, 512)), box((9, 9, 9), (30, 0, 0)).keep_faces(np.arange(1, 12)))
    assert f"the longest {9 * (2 + 2**0.5):.3g} mm" in finding(both).message


def test_an_open_sheet_has_its_rim():
    found = finding(grid(4, 3))
    assert found.value == 14
    assert "14 mm around" in found.message


def test_a_model_is_only_warned():
    mesh = box().keep_faces(np.arange(1, 12))
    assert finding(mesh, destination="model").verdict == "warn"
    assert finding(mesh, destination="print").verdict == "fail"


def test_cracks_are_for_weld_and_its_grid_closes_them():
    mesh = soup(sphere(50, 3))
    shaken = mesh.with_vertices(mesh.vertices + np.random.default_rng(0).uniform(-2e-4, 2e-4, mesh.vertices.shape))
    found = finding(shaken)
    assert (found.verdict, found.fix) == ("fail", "weld")
    size = float(found.message.partition("grid_mm ")[2].split()[0])
    assert 2 * finding(weld(Asset(shaken), grid_mm=size).mesh).value <= found.value


def test_a_real_hole_is_not_called_a_crack():
    assert finding(sphere(50, 5).keep_faces(np.arange(7, 8192))).fix == "fill-holes"


def test_edges_with_four_faces_are_the_business_of_edge_manifold():
    assert finding(together(box(), box(corner=(1, 1, 0)))).verdict == "pass"


def test_nothing_is_not_watertight():
    assert finding(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "fail"


def test_faces_that_collapse_when_welded_leave_no_edges():
    pinched = Mesh(np.concatenate([box().vertices, [[0, 0, 0]]]), np.concatenate([box().faces, [[0, 8, 1]]]))
    assert finding(pinched).verdict == "pass"
