import numpy as np
import pytest

from maquette.core.asset import Asset, Material
from maquette.core.errors import BadSetting
from maquette.core.mesh import Mesh
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import euler_number, is_watertight
from maquette.shape.mend.weld import weld
from shapes import box, grid, soup, sphere, together


@pytest.mark.parametrize("mesh", [box((2, 3, 4)), sphere(5.0, 3)], ids=["box", "sphere"])
def test_soup_becomes_the_solid_it_was(mesh):
    welded = weld(Asset(soup(mesh))).mesh
    assert len(welded.vertices) == len(mesh.vertices)
    assert np.array_equal(welded.triangles, mesh.triangles)  # faces keep order, winding and positions
    assert is_watertight(welded.faces)
    assert euler_number(welded.faces) == 2


def test_uv_stays_on_the_corner_though_vertices_merge():
    sheet = grid(3, 3)
    welded = weld(Asset(soup(sheet))).mesh
    assert np.array_equal(welded.uv, sheet.uv)
    assert len(welded.vertices) == 16


def test_welding_twice_is_welding_once():
    once = weld(Asset(soup(sphere(1.0, 2)))).mesh
    assert weld(Asset(once)).mesh == once


def test_says_how_many_vertices_went():
    assert weld(Asset(soup(box()))).history[-1].notes == ("merged 28 vertices",)
    assert weld(Asset(box())).history[-1].notes == ()


def test_minus_zero_is_zero():
    mesh = Mesh([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [-0.0, 0, 0], [0, 1, 0], [-1, 0, 0]], [[0, 1, 2], [3, 4, 5]])
    assert len(weld(Asset(mesh)).mesh.vertices) == 4


def test_grid_merges_what_all_but_touches_and_drops_what_collapses():
    near = together(box(), box(corner=(1.0 + 1e-5, 0, 0)))
    assert len(weld(Asset(near)).mesh.vertices) == 16
    welded = weld(Asset(near), grid_mm=0.01).mesh
    assert len(welded.vertices) == 12
    assert signed_volume(welded.vertices, welded.faces) == pytest.approx(2, abs=1e-4)
    crumb = weld(Asset(together(box(), box((1e-4, 1e-4, 1e-4), (5, 5, 5)))), grid_mm=0.01).mesh
    assert len(crumb.faces) == 12


def test_everything_that_rides_along_stays_with_its_vertex_or_face():
    mesh = sphere(1.0, 1)
    number = np.arange(len(mesh.faces))
    corner_color = np.repeat((number % 251)[:, None], 3, axis=0).repeat(3, axis=1).astype(np.uint8)
    split = soup(mesh).replace(material=number % 3, part=number % 2, color=corner_color, seen=corner_color[:, 0] / 255)
    materials = tuple(Material(name=str(n)) for n in range(3))
    welded = weld(Asset(split, materials=materials, part_names=("a", "b"), title="ball")).mesh
    assert np.array_equal(welded.material, number % 3)
    assert np.array_equal(welded.part, number % 2)
    first_face = np.array([np.flatnonzero((mesh.faces == v).any(axis=1))[0] for v in range(len(mesh.vertices))])
    order = [np.flatnonzero((welded.vertices == v).all(axis=1))[0] for v in mesh.vertices]
    assert np.array_equal(welded.color[order, 0], first_face % 251)  # the first of each group speaks for it
    assert welded.seen[order] == pytest.approx(first_face / 255)


def test_nothing_in_nothing_out():
    assert len(weld(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int)))).mesh.faces) == 0


def test_refuses_a_negative_grid():
    with pytest.raises(BadSetting, match="grid_mm"):
        weld(Asset(box()), grid_mm=-1)
