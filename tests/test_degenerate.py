from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.degenerate import degenerate
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.shape.mend.weld import weld
from shapes import box, grid, sphere, together, torus


def finding(mesh: Mesh):
    (found,) = degenerate(Asset(mesh))
    return found


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("mesh", [box((1, 1, 1e-4)), sphere(1, 5), torus(), grid()])
def test_faces_with_an_area_pass_at_any_size(mesh, scale):
    assert (finding(mesh.with_vertices(mesh.vertices * scale)).verdict) == "pass"


def test_corners_in_one_place_are_for_weld():
    mesh = Mesh(np.concatenate([box().vertices, [[0, 0, 0]]]), np.concatenate([[[0, 8, 1]], box().faces, [[3, 3, 5]]]))
    found = finding(mesh)
    assert (found.verdict, found.value, found.fix, found.faces.tolist()) == ("warn", 2, "weld", [0, 13])
    assert finding(weld(Asset(mesh)).mesh).verdict == "pass"


@pytest.mark.parametrize("turn", [0.0, 0.7])
def test_corners_on_a_line_are_found_as_a_file_rounds_them(turn):
    needle = Mesh(np.array([[0, 0, 0], [1, 0, 0], [3, 0, 0]]), [[0, 1, 2]])
    mesh = together(box((9, 9, 9)), needle)
    spin = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    turned = (mesh.vertices @ spin.T).astype(np.float32)  # as a file stores it
    found = finding(mesh.with_vertices(turned))
    assert (found.value, found.fix, found.faces.tolist()) == (1, None, [12])
    collapsed = mesh.replace(faces=np.concatenate([mesh.faces, [[4, 4, 5]]]))
    assert (finding(collapsed).value, finding(collapsed).fix) == (2, "weld")
    assert finding(weld(Asset(collapsed)).mesh).value == 1


def test_thin_is_measured_against_the_models_size():
    thin = Mesh([[0, 0, 0], [1, 0, 0], [0.5, 1e-5, 0]], [[0, 1, 2]])
    assert finding(thin).verdict == "pass"
    assert finding(together(thin, box((1000, 1000, 1000)))).value == 1


def test_no_faces():
    assert finding(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "pass"
