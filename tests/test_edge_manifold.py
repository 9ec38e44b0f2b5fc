from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.edge_manifold import edge_manifold
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.shape.mend.solidify import solidify
from shapes import box, grid, soup, sphere, together, torus


def finding(mesh: Mesh, **settings):
    (found,) = edge_manifold(Asset(mesh), **settings)
    return found


@pytest.mark.parametrize("mesh", [box(), sphere(), torus(), grid(), soup(torus())])
def test_manifolds_pass_open_ones_too(mesh):
    assert (finding(mesh).verdict, finding(mesh).value) == ("pass", 0)


def test_two_boxes_along_one_edge():
    mesh = together(box(), box(corner=(1, 1, 0)))
    found = finding(mesh)
    assert (found.verdict, found.value, found.fix) == ("fail", 1, "solidify")
    assert "1 edge with up to 4 faces" in found.message
    on_edge = (mesh.triangles[:, :, :2] == 1).all(axis=2).sum(axis=1) == 2
    assert found.faces.tolist() == np.flatnonzero(on_edge).tolist()
    assert finding(solidify(Asset(mesh)).mesh).verdict == "pass"


def test_a_doubled_face_crowds_three_edges():
    for again in (sphere(), sphere().flipped(), sphere().replace(faces=np.roll(sphere().faces, 1, axis=1))):
        found = finding(together(sphere(), again.keep_faces(np.array([4]))))
        assert found.value == 3
        assert "1 of the faces lie on another" in found.message


def test_a_fin_makes_an_edge_of_three_faces():
    mesh = Mesh(np.concatenate([box().vertices, [[0.5, -1, 0.5]]]), np.concatenate([box().faces, [[0, 1, 8]]]))
    assert finding(mesh).value == 1
    assert finding(mesh, destination="model").verdict == "warn"


def test_no_faces_have_no_crowded_edges():
    assert finding(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "pass"
