"""Contours of a height map: where steps and lines lie."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import maquette as mq
from maquette.core.errors import CannotDo
from maquette.core.heightmap import Heightmap
from maquette.core.progress import noting
from maquette.flow.engine.run import run
from maquette.flow.recipes.load import load_recipe
from maquette.geometry.topology import is_watertight


def cone(pitch: float = 0.25) -> Heightmap:
    """A cone that rises by 1 mm a mm, from 2 mm to 12 mm in its middle."""
    y, x = (np.mgrid[:121, :121] - 60) * pitch
    return Heightmap(np.maximum(12 - np.hypot(x, y), 2).astype(np.float32), pitch)


def test_steps_lie_where_the_ground_passes_whole_intervals():
    with noting() as notes:
        steps = mq.contour_heights(cone(), interval_mm=2.5, smooth_mm=0)
    assert np.unique(steps.heights).tolist() == [2.0, 4.5, 7.0, 9.5, 12.0]
    row = steps.heights[60]
    for level, radius in ((4.5, 7.5), (7.0, 5.0), (9.5, 2.5)):  # the cone is so wide where it is so high
        assert (row >= level).sum() * 0.25 == pytest.approx(2 * radius, abs=0.51)
    assert "4 contours, 2.5 mm apart from 4.5 mm up" in notes[0]
    assert mq.contour_heights(steps, interval_mm=2.5, smooth_mm=0).heights == pytest.approx(steps.heights)
    mesh = mq.plate(steps, bound_mm=0.05).mesh
    assert is_watertight(mesh.faces)


@pytest.mark.parametrize(("style", "sign"), [("engraved", -1), ("raised", 1)])
def test_lines_are_as_wide_and_as_deep_as_asked_for(style, sign):
    ground = cone(0.1)
    lined = mq.contour_heights(ground, interval_mm=2, style=style, line_mm=0.6, depth_mm=0.5, bold=0, smooth_mm=0)
    moved = lined.heights - ground.heights
    assert np.unique(np.round(moved, 4)).tolist() == sorted([0.0, 0.5 * sign])
    low = float(ground.heights.min())
    crossed = sum(6 < level < 12 for level in low + 2 * np.arange(1, 6))  # of the 6 mm to the middle
    assert crossed == 3
    assert (moved[60, 60:] != 0).sum() * 0.1 == pytest.approx(crossed * 0.6, abs=0.35)


def test_every_fifth_line_is_bold():
    ground = cone(0.1)
    lined = mq.contour_heights(ground, interval_mm=1, style="engraved", line_mm=0.4, depth_mm=0.5, bold=5, smooth_mm=0)
    row = (lined.heights - ground.heights)[60, 60:] != 0
    starts = np.flatnonzero(np.diff(row.astype(int)) == 1)
    ends = np.flatnonzero(np.diff(row.astype(int)) == -1)
    widths = [(ends[ends > start][0] - start) * 0.1 for start in starts if (ends > start).any()]
    assert max(widths) == pytest.approx(0.8, abs=0.2)
    assert sorted(widths)[len(widths) // 2] == pytest.approx(0.4, abs=0.2)


def test_what_makes_no_contour_is_refused_with_what_would():
    with pytest.raises(CannotDo, match="take an interval_mm from"):
        mq.contour_heights(Heightmap(np.ones((9, 9), np.float32), 1.0))
    with pytest.raises(CannotDo, match="make 0 contours"):
        mq.contour_heights(cone(), interval_mm=50)
    with pytest.raises(CannotDo, match="contours;"):
        mq.contour_heights(cone(), interval_mm=1e-4)
    with pytest.raises(CannotDo, match="raise the base"):
        mq.contour_heights(cone(), style="engraved", depth_mm=3)


def test_a_map_of_an_elevation_model(tmp_path):
    y, x = np.mgrid[:90, :120]
    dem = (400 + 300 * np.exp(-((x - 60.0) ** 2 + (y - 45.0) ** 2) / 900)).astype(np.float32)
    Image.fromarray(dem).save(tmp_path / "dem.tif")
    done = run(
        load_recipe("contour-map"), {"heights": (tmp_path / "dem.tif").read_bytes()}, {"width_mm": 60, "interval_mm": 2}
    )
    assert done.result.size == pytest.approx((60, 44.9, 10.0), abs=0.1)  # the top is blunted below 12
    assert is_watertight(done.result.mesh.faces)
