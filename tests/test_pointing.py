"""Which thing is meant: words for places, a choice among several things, and what pointing does to a cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import maquette as mq
from maquette.core.errors import BadSetting, CannotDo
from maquette.photo.choose import choose, things
from maquette.photo.pointing import NOWHERE, Pointing, read_pointing


def three_discs() -> tuple[mq.Subject, np.ndarray]:
    """A small, a large and a middling disc from left to right on grey, and which pixel is whose (0 none)."""
    rows, columns = np.mgrid[:120, :300]
    owner = np.zeros((120, 300), int)
    for number, (x, radius) in enumerate(((50, 22), (150, 40), (250, 30)), start=1):
        owner[np.hypot(rows - 60, columns - x) < radius] = number
    palette = np.array([[150, 150, 150], [200, 30, 30], [30, 160, 40], [40, 60, 200]])
    noise = np.random.default_rng(2).normal(0, 2, (120, 300, 3))
    return mq.Subject(np.clip(palette[owner] + noise, 0, 255).astype(np.uint8)), owner


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    return float(((mask > 0.5) & truth).sum() / ((mask > 0.5) | truth).sum())


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [("all", {1, 2, 3}), ("left", {1}), ("1", {1}), ("largest", {2}), ("2", {2}), ("right", {3}), ("3", {3})],
)
def test_a_choice_keeps_exactly_the_things_it_names(choice, wanted):
    subject, owner = three_discs()
    made = mq.matte(subject, method="border", choice=choice)
    assert overlap(made.mask, np.isin(owner, list(wanted))) > 0.97


def test_a_point_keeps_what_it_lies_on():
    subject, owner = three_discs()
    assert overlap(mq.matte(subject, method="border", point="250,60").mask, owner == 3) > 0.97
    both = mq.matte(subject, method="border", point="50,60 250,60").mask
    assert overlap(both, (owner == 1) | (owner == 3)) > 0.97


def test_a_point_beside_and_a_box_take_things_away():
    subject, owner = three_discs()
    assert overlap(mq.matte(subject, method="border", box="34%,0%,66%,100%").mask, owner == 2) > 0.95
    less = mq.matte(subject, method="border", box="95,0,300,120").mask
    assert overlap(less, owner >= 2) > 0.95


def test_a_choice_of_what_is_not_there_says_how_many_are():
    subject, _ = three_discs()
    with pytest.raises(CannotDo, match="3 things"):
        mq.matte(subject, method="border", choice="4")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"point": "12"}, "no place"),
        ({"point": "12,x"}, "no place"),
        ({"point": "301,5"}, "outside"),
        ({"point": "-1,5"}, "outside"),
        ({"point": "nan,5"}, "outside"),
        ({"box": "1,2,3"}, "3 numbers"),
        ({"box": "50,5,10,60"}, "holds nothing"),
        ({"choice": "biggest"}, "choice"),
    ],
)
def test_words_that_are_no_place_are_refused(setting, words):
    with pytest.raises(BadSetting, match=words):
        mq.matte(three_discs()[0], **setting)


def test_percent_and_pixels_are_the_same_place():
    assert read_pointing("75,30 !50%,50%", "", 300, 120) == Pointing(((0.25, 0.25),), ((0.5, 0.5),))
    assert read_pointing("", "10%,0%,100%,50%", 300, 120).box == read_pointing("", "30,0,300,60", 300, 120).box


def test_the_plane_says_one_zero_or_minus_one_where_it_should():
    plane = Pointing(((0.5, 0.5),), ((0.9, 0.9),), (0.25, 0.0, 1.0, 1.0)).plane((100, 100))
    assert plane[50, 50] == 1
    assert plane[90, 90] == -1
    assert plane[50, 10] == -1
    assert plane[20, 60] == 0
    assert (NOWHERE.plane((40, 60)) == 0).all()


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_choosing_only_ever_takes_away_and_choices_share_nothing(count, seed):
    rng = np.random.default_rng(seed)
    mask = np.zeros((40, 40), np.float32)
    for _ in range(count):
        row, column = rng.integers(0, 36, 2)
        mask[row : row + 4, column : column + 4] = rng.uniform(0.5, 1)
    total = len(things(mask)[1])
    parts = [choose(mask, str(number), NOWHERE)[0] for number in range(1, total + 1)]
    assert all((part <= mask).all() for part in parts)
    assert (np.sum([part >= 0.5 for part in parts], axis=0) <= 1).all()
