"""Textures as pixels, and what is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from maquette.core import texture_pixels
from maquette.core.asset import Texture
from maquette.core.errors import BadInput
from maquette.core.texture_pixels import open_texture, pixels

CHECKS = np.random.default_rng(0).integers(0, 256, (3, 5, 4), dtype=np.uint8)


def texture(kind="PNG", **options) -> Texture:
    out = io.BytesIO()
    Image.fromarray(CHECKS).save(out, kind, **options)
    return Texture(out.getvalue())


def test_pixels_come_in_the_mode_asked_for():
    assert np.array_equal(pixels(texture(), "RGBA"), CHECKS)
    assert np.array_equal(pixels(texture("WEBP", lossless=True, exact=True), "RGBA"), CHECKS)
    assert np.array_equal(pixels(texture()), CHECKS[:, :, :3])
    with open_texture(texture()) as picture:
        assert picture.size == (5, 3)


def test_damaged_and_oversized_ones_are_refused_by_name(monkeypatch):
    cut = Texture(texture().data[:40])
    with pytest.raises(BadInput, match=r"^smooth: texture of bark cannot be decoded \(\w+: .+\); replace it$"):
        pixels(cut, "RGB", "smooth: texture of bark")
    with (
        pytest.raises(BadInput, match=r"^texture: a picture cannot be decoded"),
        open_texture(Texture(b"\xff\xd8\xff")),
    ):
        pass
    monkeypatch.setattr(texture_pixels, "MOST_PIXELS", 14)
    with pytest.raises(BadInput, match=r"^texture: a picture has 5 x 3 pixels, more than 14; shrink it first$"):
        pixels(texture())


def test_a_header_that_promises_a_bomb_is_refused():
    data = bytearray(texture().data)
    data[16:24] = (100_000).to_bytes(4, "big") * 2
    with pytest.raises(BadInput, match="cannot be decoded"):
        pixels(Texture(bytes(data)))
