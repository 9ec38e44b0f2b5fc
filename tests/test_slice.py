"""Slice: the judge we did not write. Skips where PrusaSlicer is not installed."""

from __future__ import annotations

import json
import math

import pytest

import maquette as mq
from maquette.core.errors import CannotDo, Unavailable
from maquette.formats import slice as module
from shapes import box, grid, soup, sphere

needs_slicer = pytest.mark.skipif(bool(module.missing()), reason=module.missing())


def numbers(files: mq.Files) -> dict:
    return json.loads(files.parts["model.slice.json"])


@needs_slicer
def test_a_cube_has_its_layers_and_its_volume():
    made = numbers(mq.slice(mq.Asset(box((20, 20, 20))), infill=100))
    assert made["layers"] == 100
    assert made["manifold"] is True
    assert made["parts"] == 1
    assert made["volume_mm3"] == pytest.approx(8000)
    assert made["filament_cm3"] == pytest.approx(8.0, rel=0.04)
    assert made["filament_g"] == pytest.approx(made["filament_cm3"] * 1.24, abs=0.01)
    assert made["defects"] == {}
    assert made["warnings"] == []


@needs_slicer
def test_same_model_same_bytes():
    asset = mq.Asset(box((10, 10, 5)))
    assert mq.slice(asset) == mq.slice(asset)


@needs_slicer
def test_a_torn_model_is_told_apart_from_a_whole_one():
    whole = sphere(10, 3)
    torn = whole.keep_faces([i for i in range(len(whole.faces)) if i not in (0, 100, 200)])
    assert numbers(mq.slice(mq.Asset(soup(whole))))["defects"] == {}
    made = numbers(mq.slice(mq.Asset(torn)))
    assert made["defects"]["open_edges"] == 9
    assert made["manifold"] is False


@needs_slicer
def test_what_does_not_fit_is_refused_in_the_slicers_words():
    with pytest.raises(CannotDo, match="fit"):
        mq.slice(mq.Asset(grid(400, 400)))


@needs_slicer
def test_more_infill_more_filament():
    asset = mq.Asset(sphere(15, 3))
    sparse, full = (numbers(mq.slice(asset, infill=share))["filament_cm3"] for share in (5, 100))
    assert sparse < 0.6 * full
    assert full == pytest.approx(4 / 3 * math.pi * 3.375, rel=0.06)


def test_resin_printers_and_missing_programs_are_named(monkeypatch):
    with pytest.raises(CannotDo, match="FDM"):
        mq.slice(mq.Asset(box()), printer="resin-small")
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    with pytest.raises(Unavailable, match="apt install prusa-slicer"):
        mq.slice(mq.Asset(box()))
