from __future__ import annotations

import numpy as np
import pytest

from maquette.checks.material_budget import material_budget
from maquette.core.asset import Asset, Material
from maquette.core.profiles import Target
from shapes import sphere


def finding(worn: int | None, owned: int, limit: int = 4):
    index = None if worn is None else np.arange(512) % worn
    asset = Asset(sphere().replace(material=index), tuple(Material(name=str(n)) for n in range(owned)))
    (found,) = material_budget(asset, target=Target.named("three").replace(max_materials=limit))
    return found


@pytest.mark.parametrize(
    ("worn", "owned", "value", "verdict"),
    [(None, 0, 0, "pass"), (None, 3, 1, "pass"), (4, 4, 4, "pass"), (5, 5, 5, "warn"), (4, 9, 4, "pass")],
)
def test_materials_in_use_count(worn, owned, value, verdict):
    found = finding(worn, owned)
    assert (found.value, found.verdict) == (value, verdict)


def test_idle_materials_are_named():
    assert "5 in no use" in finding(4, 9).message
    assert "no use" not in finding(4, 4).message
