"""The check that can say no: each cue moves the way it should, given masks are believed, and a wrong cut is named."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import maquette as mq
from maquette.core.history import Step
from maquette.photo import cues as module
from maquette.photo.cues import Cues, cues_of
from maquette.photo.mask_truth import LIMIT, chance_of_truth, mask_truth, was_cut_here
from maquette.photo.seen_by_network import Sight

SIDE = 200
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]
BALL = np.hypot(ROWS - 100, COLUMNS - 100) < 50
GOOD = Cues(0.95, 0.95, 1.0, 0.95, 0.05, 0.98, 0.9, 0.0, 0.4, 0.0, 0.0, 0.2)
BAD = Cues(0.2, 0.3, 0.1, 0.3, 1.0, 0.6, 0.55, 0.3, 2.5, 1.1, 0.2, 0.6)


@pytest.fixture
def network(monkeypatch):
    """A network that sees the ball."""
    rows, columns = np.mgrid[:128, :128] / 128
    odds = np.where(np.hypot(rows - 0.5, columns - 0.5) < 0.25, 6.0, -6.0).astype(np.float32)
    sight = Sight(odds, np.full((128, 128), 0.01, np.float32), 0.95)
    monkeypatch.setattr(module, "see", lambda pixels: sight)
    monkeypatch.setattr(module, "see_ours", lambda pixels: sight)
    monkeypatch.setattr(module, "salient_odds", lambda pixels, box: odds)


def photo() -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 4, (SIDE, SIDE, 3))
    return np.clip(np.where(BALL[..., None], [180, 60, 50], [120, 150, 130]) + noise, 0, 255).astype(np.uint8)


def cut(mask: np.ndarray, *notes: str, stage: str = "matte") -> mq.Subject:
    """The photo with a mask that some step made."""
    return mq.Subject(photo(), mask.astype(np.float32)).replace(history=(Step("open"), Step(stage, notes=notes)))


WRONG = {
    "half of it": BALL & (COLUMNS < 100),
    "it and a piece of ground": BALL | (ROWS > 120),
    "another place": np.hypot(ROWS - 40, COLUMNS - 160) < 35,
    "all but it": ~BALL,
    "crumbs": (ROWS // 20 + COLUMNS // 20) % 2 == 0,
}


def test_the_true_mask_is_believed(network):
    finding = mask_truth(cut(BALL))
    assert finding.verdict == "pass", finding
    assert finding.value >= LIMIT


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_mask_is_named_with_the_ways_out(network, name):
    finding = mask_truth(cut(WRONG[name]))
    assert finding.verdict in ("warn", "fail"), finding
    assert finding.value < LIMIT
    for way in ("point", "plain ground", "use-mask"):
        assert way in finding.message


def test_cues_see_what_they_name(network):
    true, half, torn, cropped = (cues_of(photo(), m.astype(np.float32)) for m in (
        BALL, WRONG["half of it"], WRONG["crumbs"], BALL | (ROWS > 120),
    ))  # fmt: skip
    assert true.agreement > 0.95 > half.agreement
    assert true.parted > 0.97 > torn.parted
    assert true.on_edges > 0.85 > torn.on_edges
    assert true.framed == 0 < cropped.framed
    assert true.pieces == 0 < torn.pieces
    ring = cues_of(photo(), (BALL & (np.hypot(ROWS - 100, COLUMNS - 100) > 25)).astype(np.float32))
    assert ring.daylight == pytest.approx(1 / 3, abs=0.03)
    assert true.daylight == 0
    assert true.area == pytest.approx(np.pi * 50**2 / SIDE**2, abs=0.01)


def test_good_cues_are_likelier_than_bad_and_each_that_matters_moves_the_chance():
    assert chance_of_truth(GOOD) > LIMIT > chance_of_truth(BAD)
    assert chance_of_truth(dataclasses.replace(GOOD, agreement=0.3)) < chance_of_truth(GOOD)


@pytest.mark.parametrize(
    ("subject", "ours"),
    [
        (lambda: cut(BALL), True),
        (lambda: cut(BALL, "kept the mask that came with the photo"), False),
        (lambda: cut(BALL, stage="use-mask"), False),
        (lambda: mq.Subject(photo(), BALL.astype(np.float32)), False),
    ],
)
def test_a_mask_that_somebody_gave_is_not_judged(subject, ours):
    assert was_cut_here(subject()) is ours
    if not ours:
        assert mask_truth(subject()).verdict == "pass"


def test_without_a_network_nobody_knows(monkeypatch):
    monkeypatch.setattr(module, "see", lambda pixels: None)
    assert mask_truth(cut(BALL)).verdict == "unknown"


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_any_mask_has_finite_cues(height, width, seed, share):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    inside = rng.random((height, width)) < share
    shape = module._shape(inside)
    seen = module._on_edges(pixels.astype(np.float32), inside) if min(height, width) > 1 else 0.5
    assert np.isfinite([*shape, seen, module._color_parting(pixels.astype(np.float32), inside)]).all()
