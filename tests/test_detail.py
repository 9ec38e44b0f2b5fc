from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.flat.detail import blur_within, brightness, detail, reduce_blocks, sample


def test_brightness_of_black_white_and_the_primaries():
    pixels = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert brightness(pixels)[0] == pytest.approx([0, 1, 0.2126, 0.7152, 0.0722])


def test_blur_takes_nothing_from_beyond_the_mask():
    light = np.where(np.arange(60) < 30, 0.25, 1.0) * np.ones((40, 1))
    mask = (np.arange(60) < 30) * np.ones((40, 1))
    assert blur_within(light, mask, 4)[:, :30] == pytest.approx(0.25)


def test_bright_spot_stands_out_and_dark_one_sinks():
    y, x = np.mgrid[:80, :80]
    spot = np.exp(-((x - 25) ** 2 + (y - 40) ** 2) / 18) - np.exp(-((x - 55) ** 2 + (y - 40) ** 2) / 18)
    found = detail(0.5 + 0.4 * spot, np.ones((80, 80)), 1.0, 8.0)
    assert found[40, 25] > 0.5
    assert found[40, 55] == pytest.approx(-found[40, 25], abs=1e-6)
    assert np.abs(found).max() <= 1


def test_slow_change_and_faint_noise_are_no_detail():
    ramp = np.linspace(0, 1, 100) * np.ones((100, 1))
    assert np.abs(detail(ramp, np.ones((100, 100)), 1.0, 6.0))[:, 20:80].max() < 1e-6
    noise = 0.5 + 0.003 * np.random.default_rng(0).standard_normal((100, 100))
    assert np.abs(detail(noise, np.ones((100, 100)), 1.0, 6.0)).max() < 0.1


def test_no_mask_no_detail():
    assert (detail(np.random.default_rng(0).random((9, 9)), np.zeros((9, 9)), 1.0, 3.0) == 0).all()


def test_reduced_takes_means_and_counts_zeros_beyond_the_edge():
    made = reduce_blocks(np.arange(12.0).reshape(3, 4), 2)
    assert made == pytest.approx(np.array([[2.5, 4.5], [(8 + 9) / 4, (10 + 11) / 4]]))


def test_sampling_is_bilinear_between_pixel_centers():
    grid = np.array([[0.0, 2.0], [4.0, 6.0]])
    places = np.array([[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [1.5, 1.5], [9.0, 9.0]])
    assert sample(grid, places) == pytest.approx([0, 1, 3, 6, 6])
