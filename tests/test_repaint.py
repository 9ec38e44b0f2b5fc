"""Repaint: other filaments, the same regions."""

from __future__ import annotations

import numpy as np
import pytest

import maquette as mq
from samples import ball
from shapes import box

HALVES = box().replace(material=np.arange(len(box().faces)) % 2)
LOOKS = (
    mq.Material("red", base_color=(1, 0, 0, 1), roughness=0.3),
    mq.Material("glass", base_color=(0, 0, 1, 0.5), alpha_mode="blend"),
)


def test_each_color_becomes_the_one_that_was_given_for_it():
    painted = mq.repaint(mq.Asset(HALVES, LOOKS), filaments="Leaf=#00FF00, white")
    assert painted.mesh == HALVES
    leaf, white = painted.materials
    assert (leaf.name, leaf.base_color, leaf.roughness) == ("Leaf", (0, 1, 0, 1), 0.3)
    assert white.base_color[3] == 0.5
    assert white.alpha_mode == "blend"
    assert min(white.base_color[:3]) > 0.8
    again = mq.repaint(painted, filaments="Leaf=#00FF00, white")
    assert again.materials == painted.materials


def test_another_number_and_other_looks_are_refused():
    with pytest.raises(mq.BadSetting, match="1 filaments for 2 colours"):
        mq.repaint(mq.Asset(HALVES, LOOKS), filaments="#00FF00")
    with pytest.raises(mq.BadSetting, match="repaint: no filament 'nocolor'"):
        mq.repaint(mq.Asset(HALVES, LOOKS), filaments="nocolor, white")
    with pytest.raises(mq.BadInput, match="no colours; run quantize-colors"):
        mq.repaint(mq.Asset(box()), filaments="white")
    with pytest.raises(mq.BadInput, match="texture"):
        mq.repaint(ball(), filaments="white")
