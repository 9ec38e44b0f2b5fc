"""Inspect: each finding is seen to pass and to complain, and the route fits what is in the picture."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

import maquette as mq
from maquette.photo.inspect import recommended_route
from samples import cut_out

IMAGES = Path(__file__).parents[2] / "shared" / "data" / "images"


def of(subject: mq.Subject, check: str) -> mq.Finding:
    return next(finding for finding in mq.inspect(subject) if finding.check == check)


def scene(
    size: int = 1600, busy: bool = False, shift: float = 0.0, second: bool = False, radius: float = 0.3
) -> mq.Subject:
    """A textured ball on a plain or busy ground, cut out."""
    y, x = np.mgrid[0:size, 0:size]
    rng = np.random.default_rng(1)
    distance = np.hypot(x - size * (0.5 + shift), y - size / 2)
    mask = (distance < radius * size).astype(np.float32)
    if second:
        mask[: size // 6, : size // 6] = 1
    ground = (
        rng.integers(0, 255, (size // 4, size // 4)).repeat(4, 0).repeat(4, 1) if busy else np.full((size, size), 230)
    )
    ball = 60 + 120 * np.clip(1 - distance / (0.4 * size), 0, 1) + rng.normal(0, 3, (size, size))
    ball += 40 * ((x // 43 + y // 43) % 2)
    grey = np.where(mask > 0.5, ball, ground)
    return mq.Subject(np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2), mask)


def blur(subject: mq.Subject, radius: float) -> mq.Subject:
    image = Image.fromarray(subject.pixels).filter(ImageFilter.GaussianBlur(radius))
    return subject.replace(pixels=np.asarray(image))


def squeeze(subject: mq.Subject) -> mq.Subject:
    stream = io.BytesIO()
    Image.fromarray(subject.pixels).save(stream, "JPEG", quality=4)
    return subject.replace(pixels=np.asarray(Image.open(stream)))


@pytest.mark.parametrize(
    ("check", "bad"),
    [
        ("resolution", lambda: scene(400)),
        ("relief-resolution", lambda: scene(1024)),
        ("one-subject", lambda: scene(second=True)),
        ("centred", lambda: scene(shift=0.32)),
        ("whole", lambda: scene(shift=0.32)),
        ("background", lambda: scene(busy=True)),
        ("sharp", lambda: blur(scene(), 30)),
        ("light", lambda: scene().replace(pixels=np.full((1600, 1600, 3), 255, np.uint8))),
        ("contrast", lambda: scene().replace(pixels=np.full((1600, 1600, 3), 90, np.uint8))),
        ("compression", lambda: squeeze(blur(scene(), 3))),
        ("outline", lambda: scene().replace(mask=np.full((1600, 1600), 0.5))),
    ],
)
def test_good_passes_and_bad_is_named(check, bad):
    good = of(scene(), check)
    assert good.verdict == "pass", good
    worse = of(bad(), check)
    assert worse.verdict in ("warn", "fail"), worse
    assert worse.limit


def test_without_a_mask_says_so_and_speaks_for_a_relief():
    findings = mq.inspect(scene().replace(mask=None))
    assert {f.check for f in findings if f.verdict == "unknown"} == {
        *("one-subject", "centred", "whole", "outline", "mask")
    }
    assert recommended_route(findings) == "relief"


def test_routes_by_kind_of_picture():
    assert recommended_route(mq.inspect(scene())) == "full"
    drawing = np.full((600, 600, 3), 255, np.uint8)
    mask = np.zeros((600, 600), np.float32)
    mask[100:500, 100:500] = 1
    drawing[100:500, 100:500] = (200, 30, 30)
    drawing[200:400, 200:400] = (20, 20, 120)
    assert recommended_route(mq.inspect(mq.Subject(drawing, mask))) == "relief"
    assert recommended_route(mq.inspect(scene().replace(mask=np.ones((1600, 1600))))) == "relief"
    assert recommended_route([]) == "full"


@pytest.mark.parametrize(
    ("how", "reason"),
    [({"radius": 0.12}, "a scene"), ({"shift": 0.32}, "runs out of the frame")],
)
def test_what_is_small_or_cut_off_before_a_busy_ground_is_a_scene(how, reason):
    busy = of(scene(800, busy=True, **how), "route")
    assert reason in busy.message
    assert recommended_route([busy]) == "relief"
    assert recommended_route([of(scene(800, **how), "route")]) == "full"
    assert recommended_route([of(scene(800, busy=True), "route")]) == "full"


def test_a_tile_shows_no_side():
    tile = scene(800)
    mask = np.zeros((800, 800), np.float32)
    mask[150:650, 150:650] = 1
    mask[150:160, 150:160] = 0  # round corners do not matter
    route = of(tile.replace(mask=mask), "route")
    assert "a tile" in route.message
    assert recommended_route([route]) == "relief"


def test_several_pieces_ask_for_a_plate():
    apart = scene()
    mask = np.array(apart.mask)
    mask[:, 780:820] = 0
    mask[780:820] = 0
    assert recommended_route(mq.inspect(apart.replace(mask=mask))) == "relief"


def test_a_speck_is_no_thing_and_a_bust_stands_on_the_lower_edge():
    speck = of(scene(800, radius=0.1), "route")
    assert recommended_route([speck]) == "relief"
    assert "speck" in speck.message
    busy = scene(800, busy=True, radius=0.28)
    bust = busy.replace(pixels=busy.pixels[:600], mask=busy.mask[:600])  # cut off below, along a tenth of the border
    assert recommended_route([of(bust, "route")]) == "full"
    aside = busy.replace(pixels=busy.pixels[:, :600], mask=busy.mask[:, :600])
    assert "runs out of the frame" in of(aside, "route").message


def test_shading_and_gradients_tell_a_thing_from_its_drawing():
    """A ball with light on it against a disc of an upright gradient, both without grain, inside the same outline."""
    y, x = np.mgrid[-1:1:400j, -1:1:400j]
    mask = (np.hypot(x, y) < 0.7).astype(np.float32)
    lit = np.clip(40 + 200 * np.sqrt(np.maximum(0.49 - (x + 0.1) ** 2 - (y + 0.1) ** 2, 0)), 0, 255)
    bars = np.where(np.sin(12 * x) > 0, 250, 60) + 20 * y
    ball, sign = (
        np.where(mask[..., None] > 0, np.stack([one, 0.6 * one, 0.4 * one], axis=2), 255).astype(np.uint8)
        for one in (lit, bars)
    )
    assert recommended_route(mq.inspect(mq.Subject(ball, mask))) == "full"
    route = of(mq.Subject(sign, mask), "route")
    assert "flat art" in route.message
    assert recommended_route([route]) == "relief"


@pytest.mark.skipif(not IMAGES.is_dir(), reason="needs ../shared/data/images")
def test_routes_of_drawn_and_rendered_emoji():
    right = 0
    places = [(p, "full") for p in sorted((IMAGES / "fluent_emoji_3d").iterdir())[::4]]
    places += [(p, "relief") for p in sorted((IMAGES / "noto_emoji").iterdir())[::2]]
    for place, route in places:
        right += recommended_route(mq.inspect(mq.open(place.read_bytes()))) == route
    assert right == len(places)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 2**32 - 1), st.booleans())
def test_any_picture_gets_an_answer(height, width, seed, masked):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    mask = (rng.random((height, width)) < rng.random()).astype(np.float32) if masked else None
    findings = mq.inspect(mq.Subject(pixels, mask))
    assert len({f.check for f in findings}) == 18 + 1


def test_nothing_is_changed():
    subject = cut_out(96)
    before = subject.digest
    mq.inspect(subject)
    assert mq.Subject(subject.pixels, subject.mask, title="ball").digest == before


@pytest.mark.parametrize(("busy", "route"), [(True, "relief"), (False, "full")])
def test_a_doubtful_cut_from_a_busy_ground_is_a_scene(monkeypatch, busy, route):
    from maquette.core.report import Finding

    doubt = Finding("mask", "fail", "what was cut out is likely not the thing", value=0.05)
    monkeypatch.setattr("maquette.photo.inspect.mask_truth", lambda subject: doubt)
    assert recommended_route(mq.inspect(scene(busy=busy))) == route
