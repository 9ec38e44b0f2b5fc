"""The sRGB curve beside the numbers of the standard."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.look.oklab import light_of, srgb_of
from maquette.geometry.look.srgb import LIGHT_OF_BYTE, to_linear, to_srgb


def test_known_values():
    assert to_linear(np.array([0.0, 0.04, 0.5, 1.0])) == pytest.approx([0, 0.04 / 12.92, 0.21404114, 1], abs=1e-8)
    assert to_srgb(np.array([-1.0, 0.002, 0.5, 1.0, 9.0])) == pytest.approx([0, 0.02584, 0.73535698, 1, 1], abs=1e-8)
    assert LIGHT_OF_BYTE[[0, 10, 11, 188, 255]] == pytest.approx([0, 0.00303527, 0.00334654, 0.50288646, 1], abs=1e-8)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_precision_stays(kind):
    values = np.linspace(0, 1, 1001).astype(kind)
    assert to_linear(values).dtype == to_srgb(values).dtype == kind
    assert to_srgb(to_linear(values)) == pytest.approx(values, abs=2e-6)


def test_every_byte_comes_back():
    assert np.array_equal(srgb_of(light_of(np.arange(256, dtype=np.uint8))), np.arange(256))
