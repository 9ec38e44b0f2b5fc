"""Superpixels follow colors and not a grid, and what stands out is the thing."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

import maquette as mq
from maquette.flow.report.album import photo_shots
from maquette.photo.color import lab
from maquette.photo.saliency import _regions, saliency


def disc(side: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """A dull red disc on a dull green ground with noise, and where it is."""
    rows, columns = np.mgrid[:side, :side]
    inside = np.hypot(rows - side / 2, columns - side / 2) < side / 4
    rng = np.random.default_rng(1)
    colors = np.where(inside[..., None], [150.0, 100, 90], [90, 130, 100]) + rng.normal(0, 4, (side, side, 3))
    return np.clip(colors, 0, 255).astype(np.uint8), inside


def test_superpixels_end_where_colors_do():
    pixels, inside = disc()
    label = _regions(lab(pixels).astype(np.float32), 300)[0]
    shares = np.bincount(label.ravel(), inside.ravel()) / np.bincount(label.ravel())
    mixed = np.bincount(label.ravel())[(shares > 0.1) & (shares < 0.9)].sum()
    assert mixed < 0.01 * inside.size


def test_what_stands_out_is_the_thing():
    pixels, inside = disc()
    seen = saliency(lab(pixels).astype(np.float32))
    assert seen[inside].mean() > 0.9
    assert seen[~inside].mean() < 0.1


def test_the_reports_panel_hides_what_alpha_hides():
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, :, 0] = 255  # a red that alpha hides
    mask = np.zeros((64, 64), np.float32)
    mask[20:44, 20:44] = 1
    pixels[20:44, 20:44] = (0, 0, 255)
    subject = mq.Subject(pixels, mask)
    address = photo_shots(subject, subject)[1].address
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB")).astype(int)
    edge = shown[:8].reshape(-1, 3)
    assert np.ptp(edge, axis=1).max() < 6  # grey, not reddish
    assert shown[32, 32, 2] > 240
