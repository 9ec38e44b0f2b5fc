"""Texels read between their middles."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.look.texels import bilinear

PICTURE = np.random.default_rng(0).integers(0, 256, (3, 5, 4), dtype=np.uint8)


def middles():
    row, column = (grid.ravel() for grid in np.mgrid[:3, :5])
    return np.stack([(column + 0.5) / 5, (row + 0.5) / 3], axis=1)


def test_a_texels_middle_has_its_own_color_on_every_repeat():
    for shift in ([0, 0], [1, -2], [-7, 3]):
        assert bilinear(PICTURE, middles() + shift) == pytest.approx(PICTURE.reshape(-1, 4), abs=1e-9)


def test_between_two_middles_lies_their_mean_across_the_border_too():
    between = middles() + [0.1, 0]
    expected = (PICTURE + np.roll(PICTURE, -1, axis=1).astype(float)) / 2
    assert bilinear(PICTURE, between) == pytest.approx(expected.reshape(-1, 4), abs=1e-9)
    below = middles() + [0, 1 / 6]
    expected = (PICTURE + np.roll(PICTURE, -1, axis=0).astype(float)) / 2
    assert bilinear(PICTURE, below) == pytest.approx(expected.reshape(-1, 4), abs=1e-9)
