from __future__ import annotations

import numpy as np

from maquette.geometry.look.bleed import bleed


def test_background_goes_and_the_inside_stays():
    rng = np.random.default_rng(0)
    pixels = np.zeros((60, 60, 3), np.uint8)
    pixels[..., 1] = 255
    pixels[15:45, 15:45] = rng.integers(60, 255, (30, 30, 1)) * np.array([1, 0, 0])
    mask = np.zeros((60, 60), np.float32)
    mask[15:45, 15:45] = 1
    made = bleed(pixels, mask)
    assert (made[..., 1] == 0).all()
    assert np.array_equal(made[17:43, 17:43], pixels[17:43, 17:43])


def test_mixed_colors_on_the_edge_are_painted_over():
    share = np.clip((20 - np.abs(np.arange(60) - 30.0)) / 6, 0, 1) * np.ones((60, 1))
    pixels = (share[..., None] * [200, 0, 0] + (1 - share[..., None]) * [0, 0, 255]).astype(np.uint8)
    assert bleed(pixels, share.astype(np.float32))[..., 2].max() < 8


def test_rim_that_the_background_shines_into_is_painted_over():
    mask = np.zeros((40, 40), np.float32)
    mask[10:30, 10:30] = 1
    pixels = np.full((40, 40, 3), [0, 0, 255], np.uint8)
    pixels[11:29, 11:29] = [200, 0, 0]  # one pixel less than the mask says
    assert (bleed(pixels, mask) == [200, 0, 0]).all()


def test_hairline_keeps_its_own_color():
    pixels = np.full((20, 20, 3), 9, np.uint8)
    pixels[:, 10] = [250, 10, 10]
    mask = np.zeros((20, 20), np.float32)
    mask[:, 10] = 1
    assert (bleed(pixels, mask) == [250, 10, 10]).all()


def test_empty_mask_changes_nothing():
    pixels = np.random.default_rng(0).integers(0, 255, (5, 6, 3)).astype(np.uint8)
    assert np.array_equal(bleed(pixels, np.zeros((5, 6), np.float32)), pixels)
