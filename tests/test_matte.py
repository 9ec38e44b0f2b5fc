"""Matte: a thing on a plain or shaded ground is cut out nearly to the pixel; what cannot be told apart is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import maquette as mq
from maquette.core.errors import BadInput, BadSetting, CannotDo, MaquetteError
from samples import cut_out


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    a, b = mask > 0.5, truth > 0.5
    return float((a & b).sum() / (a | b).sum())


def scene(ground: str, size: int = 240) -> tuple[mq.Subject, np.ndarray]:
    """A mug seen from the side: a body, and a handle with ground showing through."""
    y, x = np.mgrid[0:size, 0:size] / size
    body = (np.abs(x - 0.42) < 0.2) & (np.abs(y - 0.5) < 0.26)
    ring = np.hypot(x - 0.64, y - 0.5)
    truth = body | ((ring < 0.15) & (ring > 0.09))
    rng = np.random.default_rng(3)
    behind = {
        "plain": np.full((size, size, 3), 210.0),
        "gradient": np.stack([90 + 120 * x, 140 + 60 * y, 200 - 60 * x], axis=-1),
        "dark": np.full((size, size, 3), 30.0),
    }[ground] + rng.normal(0, 2, (size, size, 3))
    color = np.array([190.0, 60, 40]) * (0.6 + 0.5 * (1 - np.abs(x - 0.4)))[..., None] + rng.normal(
        0, 2, (size, size, 3)
    )
    return mq.Subject(np.clip(np.where(truth[..., None], color, behind), 0, 255).astype(np.uint8)), truth


@pytest.mark.parametrize("ground", ["plain", "gradient", "dark"])
def test_cuts_out_to_the_pixel_and_keeps_the_handles_hole(ground):
    subject, truth = scene(ground)
    made = mq.matte(subject)
    assert overlap(made.mask, truth) > 0.96
    middle = int(0.64 * 240)
    assert made.mask[115:125, middle - 4 : middle + 4].max() < 0.2
    assert np.array_equal(made.pixels, subject.pixels)


def test_edges_are_soft_only_at_the_edge():
    subject, truth = scene("plain")
    mask = mq.matte(subject).mask
    soft = (mask > 0.02) & (mask < 0.98)
    assert soft.mean() < 0.06
    assert mask[~truth].mean() < 0.03


def test_a_mask_that_came_along_is_kept():
    assert np.array_equal(mq.matte(cut_out(96)).mask, cut_out(96).mask)
    assert np.array_equal(mq.matte(cut_out(96), method="alpha").mask, cut_out(96).mask)
    fresh = mq.matte(cut_out(240), method="border")
    assert overlap(fresh.mask, cut_out(240).mask) > 0.95


def test_dust_in_a_mask_goes():
    mask = np.array(cut_out(96).mask)
    mask[2:4, 2:4] = 1
    made = mq.matte(cut_out(96).replace(mask=mask))
    assert made.mask[:6, :6].max() == 0
    assert overlap(made.mask, cut_out(96).mask) > 0.999


@pytest.mark.parametrize("value", [0, 128, 255])
def test_nothing_to_see_is_refused_with_advice(value):
    with pytest.raises(CannotDo, match="use-mask"):
        mq.matte(mq.Subject(np.full((120, 120, 3), value, np.uint8)))


def test_refusals_of_settings_and_models(tmp_path):
    bare = cut_out(96).replace(mask=None)
    with pytest.raises(BadSetting, match="alpha"):
        mq.matte(bare, method="alpha")
    with pytest.raises(BadSetting, match="weights"):
        mq.matte(bare, method="onnx")
    with pytest.raises(BadInput, match="no file"):
        mq.matte(bare, method="onnx", weights=str(tmp_path / "none.onnx"))
    (tmp_path / "bad.onnx").write_bytes(b"not a model")
    with pytest.raises(BadInput, match="no ONNX model"):
        mq.matte(bare, method="onnx", weights=str(tmp_path / "bad.onnx"))


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_any_picture_gets_a_mask_or_a_reason(height, width, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    try:
        made = mq.matte(mq.Subject(pixels))
    except MaquetteError:
        return
    assert made.mask.shape == (height, width)
    assert 0 < made.mask.mean() < 1
