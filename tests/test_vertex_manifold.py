from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.vertex_manifold import vertex_manifold
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.shape.mend.solidify import solidify
from shapes import box, grid, soup, sphere, together, torus


def finding(mesh: Mesh):
    (found,) = vertex_manifold(Asset(mesh))
    return found


@pytest.mark.parametrize("mesh", [box(), sphere(), torus(), grid(), soup(torus()), Mesh(np.eye(3), np.zeros((0, 3)))])
def test_whole_surfaces_pass(mesh):
    assert (finding(mesh).verdict, finding(mesh).value) == ("pass", 0)


def test_two_boxes_corner_to_corner():
    mesh = soup(together(box(), box(corner=(1, 1, 1))))
    found = finding(mesh)
    assert (found.verdict, found.value, found.fix) == ("warn", 1, "solidify")
    assert "pinched in 1 vertex" in found.message
    assert found.faces.tolist() == np.flatnonzero((mesh.triangles == 1).all(axis=2).any(axis=1)).tolist()
    assert finding(solidify(Asset(mesh)).mesh).verdict == "pass"


def test_a_bow_tie_of_two_faces():
    mesh = Mesh([[0, 0, 0], [1, 1, 0], [1, -1, 0], [-1, 1, 0], [-1, -1, 0]], [[0, 2, 1], [0, 3, 4]])
    assert finding(mesh).value == 1


def test_boxes_along_an_edge_are_the_business_of_edge_manifold():
    assert finding(together(box(), box(corner=(1, 1, 0)))).verdict == "pass"
