from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.triangle_budget import triangle_budget
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.profiles import Target
from maquette.shape.surface.simplify import simplify
from shapes import sphere


def finding(mesh: Mesh, limit: int):
    (found,) = triangle_budget(Asset(mesh), target=Target.named("three").replace(max_faces=limit))
    return found


@pytest.mark.parametrize(("limit", "verdict"), [(511, "fail"), (512, "pass"), (513, "pass")])
def test_the_limit_itself_is_within(limit, verdict):
    found = finding(sphere(), limit)
    assert (found.verdict, found.value, found.fix) == (verdict, 512, "simplify")


def test_simplify_mends_it():
    assert finding(simplify(Asset(sphere()), max_faces=200).mesh, 200).verdict == "pass"


def test_nothing_to_draw_fails():
    assert finding(Mesh(np.zeros((0, 3)), np.zeros((0, 3))), 10).verdict == "fail"


def test_each_target_has_its_own():
    asset = Asset(sphere(1, 6))  # 32,768 faces
    verdicts = {name: next(iter(triangle_budget(asset, target=name))).verdict for name in Target.names()}
    assert {name for name, verdict in verdicts.items() if verdict == "fail"} == {"commerce-banner"}
