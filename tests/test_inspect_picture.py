"""Each fault of a picture is seen to fire and to stay silent, with the size it was made with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import maquette as mq
from maquette.photo.kind_of_picture import kind_of
from maquette.photo.picture_faults import burnt_color, cast_shadow, enlargement, hand_share, noise

IMAGES = Path(__file__).parents[2] / "shared" / "data" / "images"
SIDE = 400
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]
BALL = np.hypot(ROWS - 200, COLUMNS - 200) < 90


def photo(shadow: float = 0.0, grain: float = 1.0, ball=(170, 90, 80)) -> np.ndarray:
    """A speckled ball on a pale table, perhaps with a shadow to its right."""
    rng = np.random.default_rng(5)
    ground = np.broadcast_to(np.array([205.0, 200, 190]), (SIDE, SIDE, 3)).copy()
    shade = np.exp(-(((ROWS - 265) / 30) ** 2 + ((COLUMNS - 265) / 60) ** 2))
    light = 1 - shadow * shade
    ground *= light[..., None] ** (1 / 2.2)
    speckles = rng.normal(0, 12, (SIDE, SIDE, 1))
    shaped = 0.6 + 0.4 * np.sqrt(np.clip(1 - ((ROWS - 200) ** 2 + (COLUMNS - 200) ** 2) / 90**2, 0, 1))
    made = np.where(BALL[..., None], np.array(ball) * shaped[..., None] + speckles, ground)
    return np.clip(made + rng.normal(0, grain, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)


def verdict(pixels: np.ndarray, check: str) -> str:
    mask = BALL.astype(np.float32)
    return next(f.verdict for f in mq.inspect(mq.Subject(pixels, mask)) if f.check == check)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        ("noise", lambda: photo(grain=2), lambda: photo(grain=14)),
        ("saturation", photo, lambda: np.where(BALL[..., None], np.uint8([255, 0, 0]), photo())),
        ("detail", photo, lambda: np.asarray(Image.fromarray(photo()).resize((130, 130)).resize((SIDE, SIDE)))),
        ("shadow", lambda: photo(shadow=0.3), lambda: photo(shadow=0.95)),
    ],
)
def test_each_fault_fires_and_stays_silent(check, good, bad):
    assert verdict(good(), check) == "pass"
    assert verdict(bad(), check) == "warn"


@pytest.mark.parametrize("sigma", [2.0, 5.0, 12.0])
def test_noise_is_the_sigma_that_was_added(sigma):
    grey = np.clip(np.random.default_rng(1).normal(128, sigma, (300, 300)), 0, 255)
    made = np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)
    assert noise(made) == pytest.approx(sigma, rel=0.12)


@pytest.mark.parametrize("factor", [2, 4])
def test_an_enlarged_picture_says_by_how_much(factor):
    side = 600 // factor
    rows, columns = np.mgrid[:side, :side]
    checks = (127 + 90 * np.sin(rows / 1.1) * np.sin(columns / 1.2)).astype(np.uint8)  # waves of 7 px
    image = Image.fromarray(np.repeat(checks[..., None], 3, axis=2))
    large = np.asarray(image.resize((600, 600), Image.Resampling.BICUBIC))
    assert enlargement(np.asarray(image)) == 1
    assert factor / 1.6 <= enlargement(large) <= 1.5 * factor


def test_burnt_color_is_a_share():
    pixels = np.full((10, 10, 3), 128, np.uint8)
    pixels[:3] = (255, 0, 90)
    assert burnt_color(pixels, np.ones((10, 10), bool)) == pytest.approx(0.3)


def test_a_shadow_is_measured_by_the_light_it_takes():
    values = [cast_shadow(photo(shadow=s), BALL) for s in (0.0, 0.3, 0.6, 0.9)]
    assert values == sorted(values)
    assert values[0] < 0.1
    assert np.allclose(values, [0.0, 0.23, 0.45, 0.68], atol=0.04)  # three quarters: the ring ends before the core


def test_another_thing_beside_it_is_no_shadow():
    pixels = photo()
    pixels[150:250, 300:330] = (30, 60, 160)
    assert cast_shadow(pixels, BALL) < 0.1


def test_a_hand_is_skin_that_comes_from_the_frame():
    pixels = photo()
    assert hand_share(pixels, BALL) == 0
    arm = (COLUMNS > 250) & (np.abs(ROWS - 200) < 60) & ~BALL
    pixels[arm] = (205, 150, 120)
    assert hand_share(pixels, BALL) > 0.12
    assert verdict(pixels, "hand") == "warn"
    free = photo()
    free[20:60, 20:60] = (205, 150, 120)
    assert hand_share(free, BALL) == 0


def sketch() -> np.ndarray:
    image = Image.new("RGB", (SIDE, SIDE), "white")
    draw = ImageDraw.Draw(image)
    rng = np.random.default_rng(8)
    for _ in range(14):
        x, y, width, height = rng.integers(30, 170, 4)
        draw.ellipse((x, y, x + width, y + height), outline=(40, 40, 40), width=2)
    return np.asarray(image)


def page() -> np.ndarray:
    image = Image.new("RGB", (SIDE, SIDE), "white")
    draw = ImageDraw.Draw(image)
    for line in range(24):
        draw.text((12, 10 + 16 * line), "The quick brown fox jumps over the lazy dog and runs", fill="black")
    return np.asarray(image)


def screenshot() -> np.ndarray:
    image = Image.new("RGB", (SIDE, SIDE), (245, 245, 248))
    draw = ImageDraw.Draw(image)
    for box, color in (
        ((0, 0, 400, 30), (40, 60, 110)), ((0, 30, 90, 400), (225, 228, 235)), ((110, 60, 380, 160), (255, 255, 255)),
        ((110, 180, 240, 330), (60, 140, 90)), ((260, 180, 380, 330), (190, 120, 60)),
        ((110, 350, 200, 380), (50, 90, 200)),
    ):  # fmt: skip
        draw.rectangle(box, fill=color)
    return np.asarray(image)


def logo() -> np.ndarray:
    image = Image.new("RGB", (SIDE, SIDE), "white")
    ImageDraw.Draw(image).polygon([(200, 40), (360, 340), (40, 340)], fill=(20, 80, 200))
    return np.asarray(image)


@pytest.mark.parametrize(
    ("make", "kind"),
    [(photo, "photo"), (sketch, "sketch"), (page, "text"), (screenshot, "screenshot"), (logo, "logo")],
)
def test_kinds_of_pictures_made_for_it(make, kind):
    assert kind_of(make(), np.ones((SIDE, SIDE), bool))[0] == kind


@pytest.mark.skipif(not IMAGES.is_dir(), reason="needs ../shared/data/images")
def test_kinds_of_pictures_from_elsewhere():
    wanted = {"noto_emoji": {"drawing", "logo"}, "simple_icons": {"logo"}, "game_icons": {"logo"}, "skull": {"photo"},
              "coral_test": {"photo"}, "fluent_emoji_3d": {"render"}, "grocery_store": {"photo"}}  # fmt: skip
    right = total = 0
    for folder, kinds in wanted.items():
        for path in sorted((IMAGES / folder).iterdir())[::8]:
            subject = mq.open(path.read_bytes())
            findings = {f.check: f.message for f in mq.inspect(subject)}
            inside = (
                np.ones(subject.pixels.shape[:2], bool) if subject.mask is None else np.asarray(subject.mask) >= 0.5
            )
            right += kind_of(np.asarray(subject.pixels), inside)[0] in kinds
            total += 1
            assert findings["kind"]
    assert right >= 0.95 * total
