from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shapes
from maquette.geometry import welding
from maquette.geometry.welding import twins


def by_dictionary(points, grid=0.0):
    """The contract, word for word, without arithmetic tricks."""
    seen: dict[tuple[float, ...], int] = {}
    keep, twin = [], []
    for number, point in enumerate(points):
        cell = tuple(float(x) for x in (np.round(point / grid) if grid else point))
        if cell not in seen:
            seen[cell] = len(keep)
            keep.append(number)
        twin.append(seen[cell])
    return keep, twin


def agrees(points, grid=0.0):
    keep, twin = twins(points, grid)
    expected_keep, expected_twin = by_dictionary(points, grid)
    return keep.tolist() == expected_keep and twin.tolist() == expected_twin


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("columns", [1, 2, 3, 5])
def test_groups_are_numbered_by_their_first_point(dtype, columns):
    points = np.random.default_rng(3).integers(-2, 3, (400, columns)).astype(dtype) / 3
    assert agrees(points)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from([0.0, -0.0, 1e-320, 1.0, 1.0 + 2**-52, -1e300])] * 3), max_size=30))
def test_every_bit_counts_but_the_sign_of_zero(points):
    assert agrees(np.array(points, float).reshape(-1, 3))


def test_a_soup_welds_back_to_its_solid():
    solid = shapes.torus()
    loose = shapes.soup(solid)
    keep, twin = twins(loose.vertices)
    assert len(keep) == len(solid.vertices) == 48 * 24
    assert np.array_equal(loose.vertices[keep][twin], loose.vertices)


def test_welding_a_welded_mesh_changes_nothing():
    keep, twin = twins(shapes.sphere().vertices)
    assert np.array_equal(keep, np.arange(len(keep)))
    assert np.array_equal(twin, np.arange(len(keep)))


@pytest.mark.parametrize("mixers", [(0, 0, 0), (1, 1, 1)])
def test_colliding_hashes_are_told_apart(monkeypatch, mixers):
    points = np.random.default_rng(5).integers(0, 6, (300, 3)).astype(float)
    monkeypatch.setattr(welding, "_MIXERS", mixers)
    assert agrees(points)


def test_nan_has_no_twin_and_infinity_has():
    points = np.array([[np.nan, 0, 0], [np.inf, 0, 0], [np.nan, 0, 0], [np.inf, 0, 0]])
    keep, twin = twins(points)
    assert keep.tolist() == [0, 1, 2]
    assert twin.tolist() == [0, 1, 2, 1]


def test_cells_of_a_grid():
    points = np.random.default_rng(9).random((10_000, 3)) - 0.5
    assert agrees(points[:500], 0.25)
    keep, _ = twins(points, 0.25)
    assert len(keep) == 125  # cells are centred on multiples of a quarter: -0.5 … 0.5


def test_a_grid_below_the_last_digit_asks_for_exact_twins():
    points = np.array([[1.0, 2.0, 3.0], [1.0 + 2**-52, 2.0, 3.0], [1.0, 2.0, 3.0]])
    for grid in (5e-324, 1e-300, 1e-18):
        assert twins(points, grid)[1].tolist() == [0, 1, 0]


def test_no_points():
    keep, twin = twins(np.zeros((0, 3)))
    assert len(keep) == len(twin) == 0


def test_the_points_given_stay_as_they_are():
    points = np.array([[-0.0, 1.0, 2.0], [0.0, 1.0, 2.0]])
    points.flags.writeable = False
    assert twins(points)[1].tolist() == [0, 0]
    assert np.signbit(points[0, 0])
