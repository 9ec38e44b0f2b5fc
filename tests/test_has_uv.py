from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.has_uv import has_uv
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.profiles import Target
from maquette.texture.unwrap import unwrap
from shapes import box, grid


def finding(mesh: Mesh, **settings):
    (found,) = has_uv(Asset(mesh), **settings)
    return found


def test_a_sheet_with_uv_passes():
    assert (finding(grid()).verdict, finding(grid()).value) == ("pass", 100)


def test_without_uv_it_fails_and_unwrap_mends_it():
    found = finding(box())
    assert (found.verdict, found.value, found.fix) == ("fail", 0, "unwrap")
    assert finding(unwrap(Asset(box())).mesh).verdict == "pass"


def test_colors_at_the_vertices_make_it_a_warning():
    assert finding(box().replace(color=np.zeros((8, 3)))).verdict == "warn"


def test_a_target_that_needs_none():
    assert finding(box(), target=Target.named("three").replace(needs_uv=False)).verdict == "pass"


@pytest.mark.parametrize("spot", [[[0.5, 0.5]] * 3, [[0, 0], [0.25, 0.25], [1, 1]]])
def test_faces_smeared_from_a_point_or_a_line_are_shown(spot):
    mesh = grid(4, 4)
    uv = mesh.uv.copy()
    uv[[3, 5, 7, 11]] = spot
    found = finding(mesh.replace(uv=uv))
    assert (found.verdict, found.value, found.faces.tolist()) == ("warn", 87.5, [3, 5, 7, 11])


def test_no_faces_have_nothing_to_lose():
    empty = Mesh(np.zeros((0, 3)), np.zeros((0, 3)), uv=np.zeros((0, 3, 2)))
    assert finding(empty).verdict == "pass"
