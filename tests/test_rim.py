"""Cups and tins from above: the rim says how high the camera is, and whether one looks into the thing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from maquette.core.subject import Subject
from maquette.generate.guess.network import infer
from maquette.generate.guess.volume import field_of
from maquette.generate.hypotheses.turned import find_lathe, turned_thing
from maquette.geometry.printing.resting import hull

pytest.importorskip("onnxruntime")

SIDE, EYE = 192, 3.0


def ring(height: float, radius: float, above: float) -> np.ndarray:
    """A level circle seen in perspective, (N, 2) in half windows, right and down."""
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    x, ahead = radius * np.cos(angle), radius * np.sin(angle)
    y = -height * np.cos(above) + ahead * np.sin(above)
    z = -height * np.sin(above) - ahead * np.cos(above)
    return np.stack([x, y], axis=1) / (1 + z / EYE)[:, None]


def polygon_mask(corners: np.ndarray) -> np.ndarray:
    """Which pixels (SIDE, SIDE) a convex outline of half windows covers."""
    picture = Image.new("L", (SIDE, SIDE))
    outline = (hull(corners) + 1) * SIDE / 2 - 0.5
    ImageDraw.Draw(picture).polygon([(float(x), float(y)) for x, y in outline], fill=255)
    return np.asarray(picture) > 0


def cup(degrees: float, *, dark: bool):
    """Guess and mask of a cylinder 0.9 high and 0.8 wide, its top darker or lighter than its wall."""
    above = np.radians(degrees)
    top = ring(0.45, 0.4, above)
    mask, opening = polygon_mask(np.concatenate([top, ring(-0.45, 0.4, above)])), polygon_mask(top)
    color = np.where(opening, 60 if dark else 230, 160)[..., None] * np.ones(3)
    subject = Subject(color.astype(np.uint8), mask=mask.astype(np.float32))
    guess = replace(infer(subject, "test"), eye=EYE, up=np.array([0, -np.cos(above), -np.sin(above)]))
    inner = guess.window.crop(opening.astype(np.float32), 64) > 0.5
    normal = np.where(inner[..., None], [0, -np.cos(above), -np.sin(above)], [0, np.sin(above), -np.cos(above)])
    front = guess.front + np.float32(0.4) * inner
    return replace(guess, normal=normal.astype(np.float32), front=front), mask


@pytest.mark.parametrize("degrees", [20, 35, 50])
def test_the_rim_tells_the_elevation_whatever_the_network_says(degrees):
    guess, mask = cup(degrees, dark=True)
    window = guess.window.crop(mask.astype(np.float32), SIDE) > 0.5
    lathe = find_lathe(window, degrees - 8.0, guess)
    assert lathe is not None
    assert lathe.rim is not None
    assert lathe.elevation == pytest.approx(degrees, abs=6)
    width = lathe.radius[lathe.radius > 0]
    assert width[-1] > 0.7 * width[0]  # a flat foot, not the tip of a cone


def test_a_cup_is_hollow_and_a_tin_is_not():
    for dark in (True, False):
        guess, mask = cup(35, dark=dark)
        window = np.clip(guess.window.crop(mask.astype(np.float32), 256), 0, 1)
        body = field_of(guess, window, 0)
        thing = turned_thing(body, guess, window)
        assert thing is not None
        assert thing.numbers["hollow"] == dark
        assert thing.numbers["attached"] < 0.02
        points = thing.field.unproject(np.argwhere(thing.field.values > 0).astype(float)) - thing.middle
        along = points @ thing.up
        across = np.linalg.norm(points - np.outer(along, thing.up), axis=1)
        low, high = np.quantile(along, [0.002, 0.998])
        upper = along > (low + high) / 2
        assert (across[upper] < 0.5 * across.max()).any() != dark
        assert (high - low) / (2 * np.quantile(across, 0.99)) == pytest.approx(0.9 / 0.8, rel=0.2)
        assert across[along < low + 0.1].max() > 0.85 * across.max()  # it stands on a level foot


def test_a_ball_has_no_rim():
    row, column = np.mgrid[:SIDE, :SIDE] - SIDE / 2 + 0.5
    mask = np.hypot(row, column) < 0.8 * SIDE / 2
    guess = infer(Subject(np.full((SIDE, SIDE, 3), 150, np.uint8), mask=mask.astype(np.float32)), "test")
    lathe = find_lathe(guess.window.crop(mask.astype(np.float32), SIDE) > 0.5, 30.0, guess)
    assert lathe is not None
    assert lathe.rim is None
