from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.triangle_count import triangle_count
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from shapes import box, sphere


def finding(mesh: Mesh, **settings):
    (found,) = triangle_count(Asset(mesh, sized=True), **settings)
    return found


@pytest.mark.parametrize(("most", "verdict"), [(512, "pass"), (511, "warn")])
def test_the_limit_itself_is_fine(most, verdict):
    found = finding(sphere(10, 3), max_faces=most)
    assert (found.verdict, found.value, found.fix) == (verdict, 512, "simplify")
    assert found.limit == f"1 to {most}"


def test_it_tells_how_large_they_are_next_to_a_line():
    fine = Mesh([[0, 0, 0], [1, 0, 0], [0.5, 0.75**0.5, 0]], [[0, 1, 2]])
    assert "sides of about 1 mm; a line is 0.4 mm wide" in finding(fine).message
    assert "a line is 0.05 mm wide" in finding(box(), printer="resin-small").message


def test_nothing_fails():
    assert finding(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))).verdict == "fail"
