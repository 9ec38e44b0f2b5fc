from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.flat.levels import calm, stretch_levels


def test_tones_fill_the_range_and_the_ends_are_told():
    values = np.linspace(0.2, 0.6, 1001).reshape(7, 143)
    made, ends = stretch_levels(values, np.ones_like(values))
    assert ends == pytest.approx((0.204, 0.596), abs=1e-3)
    assert made.min() == 0
    assert made.max() == 1
    assert made[3, 71] == pytest.approx(0.5)


def test_only_what_has_weight_counts():
    values = np.concatenate([np.linspace(0.4, 0.6, 500), np.zeros(500)]).reshape(10, 100)
    weight = (np.arange(1000) < 500).reshape(10, 100) * 1.0
    _, ends = stretch_levels(values, weight)
    assert ends == pytest.approx((0.402, 0.598), abs=1e-3)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_one_tone_stays_as_it_is(weight):
    values = 0.3 + 0.01 * np.random.default_rng(0).random((20, 20))
    made, ends = stretch_levels(values, np.full((20, 20), weight))
    assert ends is None
    assert made is values


def test_grain_goes_and_the_step_stays():
    rng = np.random.default_rng(0)
    step = np.where(np.arange(80) < 40, 0.2, 0.8) * np.ones((60, 1))
    made = calm(step + rng.normal(0, 0.02, step.shape), radius=3, noise=0.1)
    assert made[:, 10:30].std() < 0.3 * 0.02
    assert (made[:, 40] - made[:, 39]).mean() > 0.5


def test_no_radius_or_no_noise_changes_nothing():
    values = np.random.default_rng(0).random((9, 9))
    assert calm(values, 0, 0.1) is values
    assert calm(values, 3, 0.0) is values
