"""Solids of steps: closed, wound outward, exactly as large as their columns."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.painting.steps import place_corners, step_solid, without_corners
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import edges

rng = np.random.default_rng(3)


def solid_of(heights):
    vertices, faces = step_solid(heights)
    return place_corners(vertices, heights.shape, 1.0, np.arange(heights.max() + 1.0)), faces


def test_one_column_is_a_box_of_twelve_triangles():
    vertices, faces = solid_of(np.array([[3]]))
    assert len(vertices) == 8
    assert len(faces) == 12
    assert signed_volume(vertices, faces) == pytest.approx(3)


@pytest.mark.parametrize("shape", [(1, 5), (6, 1), (9, 13), (40, 31)])
@pytest.mark.parametrize("lowest", [0, 1])
def test_any_heights_make_a_closed_solid_of_their_own_volume(shape, lowest):
    heights = without_corners(rng.integers(lowest, 5, shape))
    if not heights.any():
        heights[0, 0] = 1
    vertices, faces = solid_of(heights)
    assert (edges(faces).count == 2).all()
    assert signed_volume(vertices, faces) == pytest.approx(heights.sum())
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    assert (np.linalg.norm(np.cross(b - a, c - a), axis=1) > 0.5).all()  # no sliver


def test_corners_are_cut_and_nothing_is_raised():
    heights = np.array([[4, 1], [1, 3]])
    assert without_corners(heights).tolist() == [[4, 1], [1, 1]]
    wild = rng.integers(0, 4, (50, 60))
    calm = without_corners(wild)
    assert (calm <= wild).all()
    assert (calm[:1] == without_corners(calm)[:1]).all()


def test_the_picture_s_top_lies_toward_plus_y():
    heights = np.ones((3, 4), int)
    heights[0, 3] = 5
    vertices, _ = solid_of(heights)
    assert vertices[vertices[:, 2].argmax()].tolist() in (
        [1.0, 0.5, 5.0],
        [2.0, 0.5, 5.0],
        [1.0, 1.5, 5.0],
        [2.0, 1.5, 5.0],
    )
