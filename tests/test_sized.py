from __future__ import annotations

import pytest

from maquette.checks.sized import sized
from maquette.core.asset import Asset
from maquette.shape.place.scale_to import scale_to
from shapes import box


def finding(asset: Asset):
    (found,) = sized(asset)
    return found


def test_a_known_size_passes():
    found = finding(Asset(box((20, 30, 40)), sized=True))
    assert (found.verdict, found.value, found.unit) == ("pass", 40, "mm")
    assert found.message == "20 x 30 x 40 mm (wide, deep, high)"


def test_a_guess_is_called_a_guess():
    found = finding(Asset(box((20, 30, 40))))
    assert (found.verdict, found.fix) == ("warn", "scale-to")
    assert found.message == "20 x 30 x 40 mm (wide, deep, high) is a guess"
    assert finding(scale_to(Asset(box((20, 30, 40))), height_mm=80)).verdict == "pass"


@pytest.mark.parametrize(("scale", "verdict"), [(0.1, "warn"), (1, "pass"), (10_000, "pass"), (20_000, "warn")])
def test_mixed_up_units_show(scale, verdict):
    found = finding(Asset(box((scale, scale / 2, scale / 3)), sized=True))
    assert found.verdict == verdict
    assert ("units are likely mixed up" in found.message) == (verdict == "warn")
