"""Crop, use-mask and write-cutout: the subject stays what it is, only the frame changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import maquette as mq
from maquette.core.errors import BadInput
from samples import cut_out, png


def rectangle(height=200, width=300, top=50, bottom=150, left=100, right=160) -> mq.Subject:
    mask = np.zeros((height, width), np.float32)
    mask[top:bottom, left:right] = 1
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 2] = 200
    pixels[top:bottom, left:right] = (250, 10, 10)
    return mq.Subject(pixels, mask, mm_per_pixel=0.5)


def test_long_side_fills_its_share_and_sits_in_the_middle():
    made = mq.crop(rectangle(), share=0.8, size_px=500)
    rows, columns = np.flatnonzero(made.mask.max(axis=1) > 0.5), np.flatnonzero(made.mask.max(axis=0) > 0.5)
    assert (made.height, made.width) == (500, 500)
    assert len(rows) == pytest.approx(400, abs=2)
    assert len(columns) == pytest.approx(240, abs=2)
    assert rows[0] + rows[-1] == pytest.approx(499, abs=2)
    assert columns[0] + columns[-1] == pytest.approx(499, abs=2)
    assert made.mask.sum() * made.mm_per_pixel**2 == pytest.approx(100 * 60 * 0.25, rel=0.02)
    assert made.pixels[250, 250].tolist() == [250, 10, 10]


def test_beyond_the_photo_the_border_goes_on_and_the_mask_ends():
    made = mq.crop(rectangle(top=0, left=0, right=60), share=0.5, size_px=256)
    assert made.mask[:60].max() == 0
    assert made.pixels[-1, -1].tolist() == [0, 0, 200]
    assert made.mask.max() == 1


@pytest.mark.parametrize("share", [0.3, 0.85])
@pytest.mark.parametrize("source", [64, 512])  # enlarged, and as it is
def test_cropping_a_crop_changes_nothing(source, share):
    once = mq.crop(cut_out(source), share=share, size_px=512)
    twice = mq.crop(once, share=share, size_px=512)
    assert np.array_equal(once.mask, twice.mask)
    assert np.array_equal(once.pixels, twice.pixels)
    assert not np.array_equal(mq.crop(once, share=share / 2, size_px=512).mask, once.mask)


def test_refuses_what_is_not_cut_out():
    with pytest.raises(BadInput, match="matte"):
        mq.crop(rectangle().replace(mask=None))
    with pytest.raises(BadInput, match="empty"):
        mq.crop(rectangle().replace(mask=np.zeros((200, 300))))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_any_mask_in_any_shape_gives_a_whole_frame(height, width, seed):
    rng = np.random.default_rng(seed)
    mask = (rng.random((height, width)) < rng.random()).astype(np.float32)
    subject = mq.Subject(rng.integers(0, 256, (height, width, 3)).astype(np.uint8), mask)
    if mask.max() < 0.5:
        with pytest.raises(BadInput):
            mq.crop(subject, size_px=32)
    else:
        assert mq.crop(subject, size_px=32).mask.shape == (32, 32)


def test_cutout_comes_back_as_it_was():
    subject = cut_out(96)
    files = mq.write_cutout(subject, stem="ball")
    again = mq.open(files.data)
    assert files.main == "ball.png"
    assert np.array_equal(again.pixels, subject.pixels)
    assert np.abs(again.mask - subject.mask).max() <= 0.5 / 255 + 1e-6
    assert mq.open(mq.write_cutout(subject.replace(mask=None)).data).mask is None


def test_mask_from_a_file_by_brightness_alpha_and_inverted():
    subject = cut_out(96)
    grey = np.repeat((subject.mask[..., None] * 255).astype(np.uint8), 3, axis=2)
    half = grey[::2, ::2]
    rgba = np.dstack([grey * 0 + 9, (subject.mask * 255).astype(np.uint8)])
    bare = subject.replace(mask=None)
    for data, close in ((png(grey), 0.004), (png(half), 0.02), (png(rgba), 0.004)):
        made = mq.use_mask(bare, data)
        assert np.abs(made.mask - subject.mask).mean() < close
    assert np.abs(mq.use_mask(bare, png(255 - grey), subject_is="black").mask - subject.mask).mean() < 0.01


def test_masks_that_do_not_belong_are_refused():
    subject = cut_out(96)
    with pytest.raises(BadInput, match="40 x 96"):
        mq.use_mask(subject, png(np.full((96, 40, 3), 255, np.uint8)))
    with pytest.raises(BadInput, match="nothing"):
        mq.use_mask(subject, png(np.zeros((96, 96, 3), np.uint8)))
