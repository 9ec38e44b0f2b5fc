"""Line drawings: what a hand draws on paper becomes the outline it meant."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, label

import maquette as mq
from maquette.core.progress import noting
from maquette.core.subject import Subject
from maquette.flow.engine.run import run
from maquette.flow.recipes.load import load_recipe
from samples import png

SIDE = 320
Y, X = np.mgrid[:SIDE, :SIDE] + 0.5


def sheet(draw, light: bool = True) -> Subject:
    """A drawing on unevenly lit, slightly grainy paper."""
    picture = Image.new("RGB", (SIDE, SIDE), "white")
    draw(ImageDraw.Draw(picture))
    pixels = gaussian_filter(np.asarray(picture, float), (0.7, 0.7, 0))
    if light:
        pixels = pixels * (0.6 + 0.4 * X / SIDE)[..., None] * [1, 0.97, 0.9]
    pixels = pixels + np.random.default_rng(1).normal(0, 3, pixels.shape)
    return Subject(np.clip(pixels, 0, 255).astype(np.uint8))


def likeness(subject: Subject, truth: np.ndarray) -> float:
    """Intersection over union of the mask with what was meant."""
    assert subject.mask is not None
    inside = subject.mask >= 0.5
    return float((inside & truth).sum() / (inside | truth).sum())


def open_ring(pen: ImageDraw.ImageDraw) -> None:
    pen.arc((60, 60, 260, 260), 10, 360, fill=(40, 40, 60), width=4)  # 10 degrees short
    pen.line((20, 300, 26, 304), fill=(40, 40, 60), width=2)  # dust


def test_an_open_ring_encloses_a_disc():
    with noting() as notes:
        drawn = mq.clean_sketch(sheet(open_ring))
    assert likeness(drawn, np.hypot(X - 160, Y - 160) < 100) > 0.96
    assert "gaps between strokes joined" in notes[0]
    inner = drawn.pixels[140:180, 140:180].reshape(-1, 3)
    assert inner.std(axis=0).max() < 3  # neither the paper's light nor its grain is left


def test_chalk_on_a_board_is_ink_on_paper():
    ink = sheet(open_ring, light=False)
    chalk = ink.replace(pixels=255 - ink.pixels)
    assert likeness(mq.clean_sketch(chalk), np.hypot(X - 160, Y - 160) < 100) > 0.96


def test_half_a_profile_is_doubled_about_its_straight_side():
    def half(pen: ImageDraw.ImageDraw) -> None:
        pen.line([(160, 40), (100, 60), (60, 160), (100, 260), (160, 280), (160, 40)], fill=(30, 30, 40), width=3)

    drawn = mq.clean_sketch(sheet(half), complete="half")
    assert drawn.mask is not None
    inside = drawn.mask >= 0.5
    columns = np.flatnonzero(inside.any(axis=0))
    assert np.array_equal(inside[:, columns[0] : columns[-1] + 1], inside[:, columns[0] : columns[-1] + 1][:, ::-1])
    assert np.ptp(columns) == pytest.approx(200, abs=14)
    assert inside[60:250].sum(axis=1).min() > 60  # no slit where the axis was drawn


def test_nearly_alike_halves_become_alike_and_off_leaves_them():
    def egg(pen: ImageDraw.ImageDraw) -> None:
        pen.polygon([(160, 40), (250, 150), (230, 280), (95, 280), (72, 160)], outline=(30, 30, 40), width=4)

    even, left = mq.clean_sketch(sheet(egg)), mq.clean_sketch(sheet(egg), complete="off")
    for subject, alike in ((even, True), (left, False)):
        assert subject.mask is not None
        inside = subject.mask >= 0.5
        columns = np.flatnonzero(inside.any(axis=0))
        part = inside[:, columns[0] : columns[-1] + 1]
        assert bool((part & part[:, ::-1]).sum() > 0.98 * (part | part[:, ::-1]).sum()) == alike


def test_limbs_of_single_strokes_stay_and_colors_do():
    def figure(pen: ImageDraw.ImageDraw) -> None:
        pen.ellipse((120, 20, 200, 100), outline=(30, 30, 40), fill=(230, 140, 40), width=6)
        pen.line((160, 100, 160, 220), fill=(30, 30, 40), width=6)
        for foot in (100, 220):
            pen.line((160, 220, foot, 310), fill=(30, 30, 40), width=6)

    drawn = mq.clean_sketch(sheet(figure))
    assert drawn.mask is not None
    rows = np.flatnonzero((drawn.mask >= 0.5).any(axis=1))
    assert rows[-1] > 300
    red, green, blue = drawn.pixels[60, 160].astype(int)
    assert red > 200 > green > 100 > blue


def test_parts_that_nearly_touch_are_one():
    def cup(pen: ImageDraw.ImageDraw) -> None:
        pen.rectangle((60, 60, 200, 280), outline=(30, 30, 40), width=4)
        pen.arc((170, 110, 290, 230), -60, 60, fill=(30, 30, 40), width=4)
        pen.arc((190, 135, 260, 205), -60, 60, fill=(30, 30, 40), width=4)

    drawn = mq.clean_sketch(sheet(cup))
    assert drawn.mask is not None
    assert label(drawn.mask >= 0.5)[1] == 1


def test_an_empty_sheet_is_refused():
    with pytest.raises(mq.CannotDo, match="no lines on this sheet"):
        mq.clean_sketch(Subject(np.full((64, 64, 3), 250, np.uint8)))


def test_an_outline_alike_left_and_right_is_turned_and_another_round():
    pytest.importorskip("onnxruntime")

    def skittle(pen: ImageDraw.ImageDraw) -> None:
        pen.polygon(
            [(140, 40), (180, 40), (225, 200), (200, 300), (120, 300), (95, 200)], outline=(30, 30, 40), width=4
        )

    def fish(pen: ImageDraw.ImageDraw) -> None:
        pen.ellipse((30, 110, 220, 210), outline=(30, 30, 40), width=4)
        pen.polygon([(218, 160), (290, 100), (290, 220)], outline=(30, 30, 40), width=4)

    drawn = [mq.crop(mq.clean_sketch(sheet(draw))) for draw in (skittle, fish)]
    with noting() as notes:
        turned, swollen = (mq.raise_drawing(subject) for subject in drawn)
    assert [line.split(";")[0].rsplit(": ", 1)[1] for line in notes if "--form" in line] == [
        "taken for a turned thing",
        "taken for a round thing",
    ]
    width, depth, _ = turned.size
    assert depth == pytest.approx(width, rel=0.05)
    flat = mq.raise_drawing(drawn[1], form="flat")
    assert flat.size[1] < 0.5 * swollen.size[1]


def test_the_recipe_makes_a_solid_that_stands():
    picture = png(np.asarray(sheet(open_ring).pixels))
    asset = run(load_recipe("hand-drawing"), {"photo": picture}, {"height_mm": 40, "form": "round"}).result
    assert asset.size[2] == pytest.approx(40, abs=0.5)
    assert asset.mesh.bounds[0][2] == pytest.approx(0, abs=1e-9)


def test_half_a_drawing_without_a_profile_is_refused():
    def axis(pen: ImageDraw.ImageDraw) -> None:
        pen.line((4, 20, 4, 300), fill=(30, 30, 40), width=6)

    with pytest.raises(mq.CannotDo, match="beside its axis"):
        mq.clean_sketch(sheet(axis), complete="half")
