"""Bust: a box as a figure, so that what is cut and what is added is known."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset, Material
from maquette.core.errors import CannotDo
from maquette.geometry.cut.clipping import level_area
from maquette.geometry.topology import euler_number
from shapes import box


def figure() -> Asset:
    return Asset(box((60.0, 40.0, 100.0)), (Material(name="stone"),))


def areas(asset: Asset, *heights: float) -> list[float]:
    return level_area(asset.mesh.vertices, asset.mesh.faces, np.array(heights)).tolist()


def test_the_upper_half_stands_on_a_round_foot():
    whole = figure()
    low, high = whole.mesh.bounds
    half = mq.bust(whole, keep_share=0.5, chest="level", foot_share=0.4)
    foot = 0.4 * 50
    level = high[2] - 50
    assert half.mesh.bounds[0, 2] == pytest.approx(level - foot)
    assert half.mesh.bounds[1, 2] == pytest.approx(high[2])
    edge = 2.3 * 0.2 * 60  # the neck is a fifth of the chest's width
    ring = 96 / 2 * np.sin(2 * np.pi / 96)  # area of a 96-cornered ring over that of its radius squared
    above, base = areas(half, level + 20, level - foot + 1)
    assert above == pytest.approx(60 * 40)
    assert base == pytest.approx(ring * edge**2, rel=1e-6)
    assert [material.name for material in half.materials] == ["stone", "foot"]
    assert euler_number(half.mesh.faces) == 2
    assert low[2] == 0


def test_a_round_chest_rises_to_the_shoulders():
    round_, level = (mq.bust(figure(), keep_share=0.5, chest=chest) for chest in ("round", "level"))
    middle = 50 + 0.45 * 30 / 4  # half-way out to the shoulders the curve has risen by a quarter
    assert areas(round_, middle) == pytest.approx([40 * 30], rel=0.02)  # half the width is left there
    assert areas(level, middle) == pytest.approx([40 * 60])
    assert areas(round_, 50 + 0.45 * 30 + 1) == pytest.approx([40 * 60])


def test_refuses_what_is_open_or_too_slim():
    with pytest.raises(CannotDo, match="solidify it first"):
        mq.bust(figure().with_mesh(figure().mesh.keep_faces(np.arange(12) > 0)))
    with pytest.raises(CannotDo, match="too narrow; raise keep_share"):
        mq.bust(Asset(box((4.0, 4.0, 200.0))))
