"""Beauty: the stage that photographs a model."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset, Material
from maquette.core.errors import BadInput, CannotDo
from samples import ball
from shapes import box, sphere

QUICK = {"size_px": 48, "rays": 4}


def frame(asset: Asset, **settings) -> np.ndarray:
    return mq.beauty(asset, **(QUICK | settings)).frames[0]


def red_ball() -> Asset:
    return Asset(sphere(10.0, 3), (Material(base_color=(0.8, 0.02, 0.02, 1), roughness=0.5),))


def test_the_model_has_its_color_and_white_stays_white():
    pixels = frame(red_ball(), background="white")
    assert (pixels[..., 3] == 255).all()
    assert (pixels[0, 0, :3] == 255).all()
    middle = pixels[24, 24].astype(int)
    assert middle[0] > 2 * middle[1]


def test_transparent_keeps_the_shadow_and_cutout_does_not():
    shadow, plain = (frame(red_ball(), background=name)[..., 3] for name in ("transparent", "cutout"))
    assert plain[24, 24] == shadow[24, 24] == 255
    assert plain[0, 0] == shadow[0, 0] == 0
    below = slice(40, 48)
    assert (shadow[below] > 20).sum() > (plain[below] > 20).sum() + 10
    assert mq.beauty(red_ball(), view="front", background="transparent", **QUICK).frames[0][-1, :, 3].max() < 10


def test_a_lit_side_is_brighter_than_the_one_away_from_the_lamp():
    """All our rigs but the sky have their strongest lamp on the viewer's left."""
    pixels = frame(Asset(sphere(10.0, 3)), light="three-point", background="cutout", view="front").astype(float)
    left, right = pixels[16:32, 10:20, :3].mean(), pixels[16:32, 28:38, :3].mean()
    assert left > 1.2 * right


def test_same_settings_same_bytes_and_lights_differ():
    one, two = frame(ball()), frame(ball())
    assert (one == two).all()
    means = {name: frame(red_ball(), light=name)[20:28, 20:28].mean() for name in ("studio", "overcast", "night-neon")}
    assert len(set(means.values())) == 3


def test_refusals():
    with pytest.raises(CannotDo, match="no photo camera"):
        mq.beauty(Asset(box()), view="photo", **QUICK)
    with pytest.raises(BadInput, match="no such file"):
        mq.beauty(Asset(box()), environment="/nowhere/sky.hdr", **QUICK)
    empty = Asset(box().keep_faces(np.zeros(12, bool)))
    with pytest.raises(BadInput, match="no faces"):
        mq.beauty(empty, **QUICK)
