from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.specks import specks
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.shape.mend.drop_specks import drop_specks
from shapes import box, grid, soup, sphere, together


def finding(mesh: Mesh, **settings):
    (found,) = specks(Asset(mesh), **settings)
    return found


SMALL = (box((0.1, 0.1, 0.1), (20, 0, 0)), box((0.2, 0.1, 0.1), (0, 20, 0)), box(corner=(0, 0, 20)))
CRUMBS = together(sphere(10), *SMALL)


@pytest.mark.parametrize(
    "mesh", [box(), soup(sphere()), together(sphere(10), box((2, 2, 2), (20, 0, 0))), Mesh(np.eye(3), np.zeros((0, 3)))]
)
def test_parts_of_weight_pass(mesh):
    assert (finding(mesh).verdict, finding(mesh).value) == ("pass", 0)


def test_crumbs_are_counted_where_they_lie():
    found = finding(soup(CRUMBS))
    assert (found.verdict, found.value, found.fix) == ("warn", 2, "drop-specks")
    assert found.message.startswith("2 of 4 parts are specks")
    assert found.faces.tolist() == list(range(512, 536))


def test_the_share_is_a_setting():
    assert [finding(CRUMBS, min_share=share).value for share in (0, 7e-5, 1e-3, 1e-2)] == [0, 1, 2, 3]


def test_the_stage_it_names_mends_it_and_agrees_on_what_a_speck_is():
    for share in (7e-5, 1e-3, 0.1):
        kept = drop_specks(Asset(CRUMBS), min_share=share).mesh
        assert len(CRUMBS.faces) - len(kept.faces) == 12 * finding(CRUMBS, min_share=share).value
        assert finding(kept, min_share=share).verdict == "pass"


def test_a_large_sheet_is_no_speck():
    assert finding(together(box((2, 2, 2)), grid())).value == 0
    assert finding(together(box((2, 2, 2)), grid(20, 20)), min_share=0.1).value == 0
