"""Autofix: each repair moves a spoilt photo toward the good one, and leaves a good one alone."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import maquette as mq
from maquette.photo.autofix import blockiness

OFF = {"exposure": 0, "white_balance": 0, "denoise": 0, "deblock": "off", "upscale_px": 0}


def good(size: int = 256) -> np.ndarray:
    """Smooth grey ramps and a few edges over the whole range."""
    y, x = np.mgrid[0:size, 0:size] / size
    luma = 20 + 200 * x * (0.6 + 0.4 * np.sin(6 * y) ** 2) + 25 * ((x * 5).astype(int) % 2)
    return np.repeat(np.clip(luma, 0, 255)[..., None], 3, axis=2)


def subject(pixels: np.ndarray) -> mq.Subject:
    return mq.Subject(np.clip(np.round(pixels), 0, 255).astype(np.uint8))


def far(a: mq.Subject, b: np.ndarray) -> float:
    return float(np.abs(a.pixels.astype(float) - b).mean())


def test_everything_off_changes_no_pixel():
    made = mq.autofix(subject(good()), **OFF)
    assert np.abs(made.pixels.astype(int) - subject(good()).pixels).max() <= 1


def test_noise_goes_and_edges_stay():
    noisy = subject(good() + np.random.default_rng(0).normal(0, 12, good().shape))
    made = mq.autofix(noisy, **{**OFF, "denoise": 1.0})
    assert far(made, good()) < 0.6 * far(noisy, good())


def test_color_cast_goes():
    cast = subject(good() * [1.0, 0.8, 0.55])
    made = mq.autofix(cast, **{**OFF, "white_balance": 1.0})
    spread = [float(np.ptp(s.pixels.reshape(-1, 3).mean(axis=0))) for s in (cast, made)]
    assert spread[1] < 0.25 * spread[0]


def test_dull_exposure_is_spread():
    dull = subject(70 + good() * 0.2)
    made = mq.autofix(dull, **{**OFF, "exposure": 1.0})
    assert np.ptp(np.percentile(made.pixels, [1, 99])) > 3 * np.ptp(np.percentile(dull.pixels, [1, 99]))


def test_blocks_are_softened():
    stream = io.BytesIO()
    Image.fromarray(subject(good()).pixels).save(stream, "JPEG", quality=12)
    blocky = mq.open(stream.getvalue())
    made = mq.autofix(blocky, **{**OFF, "deblock": "on"})
    grey = [s.pixels.astype(np.float32).mean(axis=2) for s in (blocky, made)]
    assert blockiness(grey[1]) < 0.8 * blockiness(grey[0])
    assert far(made, good()) <= far(blocky, good())


def test_small_photos_grow_with_mask_and_scale():
    small = subject(good(100)).replace(mask=np.ones((100, 100)), mm_per_pixel=2.0)
    made = mq.autofix(small, **{**OFF, "upscale_px": 400})
    assert (made.width, made.height, made.mm_per_pixel) == (400, 400, 0.5)
    assert made.mask.shape == (400, 400)
    assert mq.autofix(small, **{**OFF, "upscale_px": 50}).width == 100


@pytest.mark.parametrize("value", [0, 127, 255])
def test_one_color_stays_one_color(value):
    made = mq.autofix(subject(np.full((40, 40, 3), value)), upscale_px=0)
    assert np.ptp(made.pixels) <= 1


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_any_picture_survives(height, width, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3))
    assert max(mq.autofix(subject(pixels), upscale_px=64).pixels.shape[:2]) == 64
