"""The profile of a turned thing from its outline: a ball stays a ball, and outlines say what is too high."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.generate.guess.network import Guess, Window
from maquette.generate.hypotheses.bands import change_along_rings
from maquette.generate.hypotheses.contour import Axis, Profile, close_ends, profile_of

EYE, DEPTH = 2.5, 0.2
ROWS = (np.arange(192) + 0.5) * 2 / 192 - 1


def half_widths(radius_at, low: float, high: float, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows and half widths of the outline of rings ``radius_at(height)``, seen from above through a lens."""
    above = np.radians(degrees)
    height = np.linspace(low, high, 1500)[:, None]
    angle = np.linspace(0, np.pi, 181)[None, :]
    across, ahead = radius_at(height) * np.sin(angle), radius_at(height) * np.cos(angle)
    y = -height * np.cos(above) + ahead * np.sin(above)
    deep = 1 + (DEPTH - height * np.sin(above) - ahead * np.cos(above)) / EYE
    row = np.floor((y / deep + 1) * 96).astype(int)
    half = np.zeros(192)
    np.maximum.at(half, row.ravel(), (across / deep).ravel())
    used = np.flatnonzero(half)
    rows = np.arange(used[0], used[-1] + 1)
    return ROWS[rows], half[rows]


def outline_of(radius_at, low: float, high: float, degrees: float, *, seen: float) -> tuple[Profile, Axis]:
    """The profile that such an outline has if it is taken for seen from ``seen`` degrees."""
    axis = Axis(0.0, DEPTH, np.radians(seen), EYE)
    return profile_of(*half_widths(radius_at, low, high, degrees), axis), axis


def tin(height: np.ndarray) -> np.ndarray:
    """Radius of a tin."""
    return np.full_like(height, 0.4)


def ball(height: np.ndarray) -> np.ndarray:
    """Radius of a ball."""
    return np.sqrt(np.maximum(0.36 - height**2, 0))


@pytest.mark.parametrize("seen", [0, 15, 30, 45])
def test_a_ball_is_a_ball_from_wherever_it_is_seen(seen):
    profile, axis = outline_of(ball, -0.6, 0.6, 0, seen=seen)
    height, radius = close_ends(profile, axis, rim=None)
    assert np.hypot(height, radius) == pytest.approx(0.6, abs=0.035)
    assert height[-1] > 0.55  # capped above, where the outline does not reach
    assert radius[0] < 0.3  # and below down to a foot
    assert profile.backward < 0.02


@pytest.mark.parametrize("degrees", [10, 25, 40])
def test_the_arc_under_a_tin_is_one_ring(degrees):
    profile, axis = outline_of(tin, -0.5, 0.5, degrees, seen=degrees)
    height, radius = close_ends(profile, axis, rim=axis.height_at(axis.row - 0.3))
    assert height[0] == pytest.approx(-0.5, abs=0.1)
    assert radius[len(radius) // 10 :] == pytest.approx(0.4, abs=0.03)
    assert radius[0] > 0.25
    assert height[-1] == pytest.approx(0.3 * (EYE + DEPTH) / EYE / np.cos(np.radians(degrees)), rel=0.15)


def test_a_tin_cannot_be_seen_from_higher_than_its_arcs_are_bent():
    right, _ = outline_of(tin, -0.5, 0.5, 15, seen=15)
    wrong, _ = outline_of(tin, -0.5, 0.5, 15, seen=40)
    assert right.backward < 0.05
    assert wrong.backward > 0.3


@pytest.mark.parametrize("degrees", [5, 25, 45])
def test_stripes_around_a_thing_say_from_how_high_it_is_seen(degrees):
    side = 64
    axis = (np.arange(side) + 0.5) * 2 / side - 1
    x, y = np.meshgrid(axis, axis)
    level = y.copy()
    for _ in range(20):  # of the ring that is seen here, on a pipe 0.5 wide
        level = y - np.sin(np.radians(degrees) + np.arctan2(level, EYE)) * np.sqrt(np.maximum(0.25 - x**2, 0))
    stripes = 0.5 + 0.3 * np.sin(14 * level)[..., None] * [1, 0.5, 0] + 0.2 * x[..., None]  # and a lamp from aside
    blank = np.zeros((side, side, 3), np.float32)
    guess = Guess(
        Window(0, 0, side), stripes.astype(np.float32), (np.abs(x) < 0.5).astype(np.float32), blank[..., 0],
        blank[..., 0], blank[..., :2].transpose(2, 0, 1), blank, blank, blank, blank, np.array([0, -1.0, 0]), EYE,
    )  # fmt: skip
    rows = np.linspace(-0.5, 0.5, 60)
    tried = np.arange(-5, 61, 5.0)
    change = [change_along_rings(guess, 0.0, 0.0, rows, np.full(60, 0.5), np.radians(angle)) for angle in tried]
    assert tried[int(np.argmin(change))] == pytest.approx(degrees, abs=5)
    assert min(change) < 0.1 * max(change)
