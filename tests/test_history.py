import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maquette.core.asset import Asset
from maquette.core.history import Step, merge_histories
from maquette.core.subject import Subject
from maquette.registry import stage
from shapes import box

OPEN, CROP, LEFT, RIGHT, JOIN = (Step(name) for name in ("open", "crop", "left", "right", "join"))


def line(*steps: Step) -> tuple[Step, ...]:
    """A history in which each step takes the one before."""
    made: tuple[Step, ...] = ()
    for step in steps:
        made = merge_histories([made], step)
    return made


def test_a_line_of_stages_points_back_one_by_one():
    assert line(OPEN, CROP, LEFT) == (OPEN, CROP.replace(inputs=(0,)), LEFT.replace(inputs=(1,)))


def test_options_are_the_settings():
    assert Step("weld", settings='{"grid_mm":0.5,"how":"x"}').options == {"grid_mm": 0.5, "how": "x"}
    assert Step("weld").options == {}


def test_two_branches_of_one_photo_share_their_beginning():
    joined = merge_histories([line(OPEN, CROP, LEFT), line(OPEN, CROP, RIGHT)], JOIN)
    assert [step.stage for step in joined] == ["open", "crop", "left", "right", "join"]
    assert [step.inputs for step in joined] == [(), (0,), (1,), (1,), (2, 3)]


def test_branches_that_differ_early_share_nothing_later():
    other = OPEN.replace(settings='{"max_px":64}')
    joined = merge_histories([line(OPEN, CROP), line(other, CROP)], JOIN)
    assert [step.stage for step in joined] == ["open", "crop", "open", "crop", "join"]
    assert [step.inputs for step in joined] == [(), (0,), (), (2,), (1, 3)]


def test_the_order_of_inputs_is_kept():
    left, right = line(OPEN, LEFT), line(OPEN, RIGHT)
    assert merge_histories([left, right], JOIN)[-1].inputs == (1, 2)
    assert [step.stage for step in merge_histories([right, left], JOIN)] == ["open", "right", "left", "join"]


def test_one_value_taken_twice_is_one_branch():
    joined = merge_histories([line(OPEN), line(OPEN)], JOIN)
    assert joined == (OPEN, JOIN.replace(inputs=(0, 0)))


def test_an_input_that_is_further_along_the_same_line():
    early, late = line(OPEN), line(OPEN, CROP, LEFT)
    assert merge_histories([late, early], JOIN)[-1].inputs == (2, 0)
    assert merge_histories([early, late], JOIN)[-1].inputs == (0, 2)


def test_inputs_without_a_history_are_the_original():
    assert merge_histories([], OPEN) == (OPEN,)
    assert merge_histories([()], OPEN) == (OPEN,)
    assert merge_histories([(), line(OPEN, CROP)], JOIN)[-1].inputs == (1,)


def test_a_diamond_merged_twice_stays_a_graph():
    once = merge_histories([line(OPEN, LEFT), line(OPEN, RIGHT)], JOIN)
    twice = merge_histories([once, merge_histories([once], CROP)], Step("again"))
    assert [step.stage for step in twice] == ["open", "left", "right", "join", "crop", "again"]
    assert [step.inputs for step in twice] == [(), (0,), (0,), (1, 2), (3,), (3, 4)]


@given(st.recursive(st.just(()), lambda h: st.tuples(st.lists(h, min_size=1, max_size=3), st.sampled_from("abc")).map(
    lambda pair: merge_histories(pair[0], Step(pair[1]))), max_leaves=10))  # fmt: skip
def test_every_history_is_a_graph_that_points_back(history):
    for place, step in enumerate(history):
        assert all(0 <= source < place for source in step.inputs)
    if history:
        used = {source for step in history for source in step.inputs}
        assert used == set(range(len(history) - 1))  # all but the last lead somewhere
        again = merge_histories([history], Step("last"))
        assert again[:-1] == history


@stage
def outline(subject: Subject) -> Asset:
    """Make a box of a picture."""
    return Asset(box((subject.width, 1, subject.height)))


@stage
def darken(subject: Subject) -> Subject:
    """Make a picture darker."""
    return subject.replace(pixels=subject.pixels // 2)


@stage
def engrave(asset: Asset, subject: Subject, *, depth: float = 0.5) -> Asset:
    """Take two values that come from one photo."""
    return asset


def test_stages_write_the_graph():
    photo = Subject(np.full((2, 3, 3), 100, np.uint8))
    made = engrave(outline(darken(photo)), darken(photo), depth=1)
    assert [step.stage for step in made.history] == ["darken", "outline", "engrave"]
    assert made.history[-1].inputs == (1, 0)
    assert made.history[-1].options == {"depth": 1.0}
    assert photo.history == ()


def test_two_photos_through_the_same_stage_stay_two():
    bright, dim = (Subject(np.full((2, 3, 3), level, np.uint8)) for level in (200, 100))
    both = engrave(outline(darken(bright)), darken(dim))
    assert [step.stage for step in both.history] == ["darken", "outline", "darken", "engrave"]
    assert both.history[-1].inputs == (1, 2)
    assert both.history[0].originals == (bright.digest,)
    assert both.history[2].originals == (dim.digest,)
    assert both.history[1].originals == both.history[3].originals == ()
    again = engrave(outline(darken(bright)), darken(dim.replace()))
    assert again.history == both.history
