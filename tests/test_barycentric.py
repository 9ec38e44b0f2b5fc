"""Shares of corners, where the usual formula has no digits left."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.barycentric import shares


@pytest.mark.parametrize(("width", "off"), [(1.0, 1e-13), (1e-4, 1e-8), (1e-8, 1e-5)])
def test_slivers_lead_back_to_the_point(width, off):
    dice = np.random.default_rng(0)
    triangles = dice.normal(size=(500, 3, 3))
    along = triangles[:, 1] - triangles[:, 0]
    triangles[:, 2] = triangles[:, 0] + dice.random((500, 1)) * along + width * dice.normal(size=(500, 3))
    points = np.einsum("fnk,fkd->fnd", dice.dirichlet(np.ones(3), (500, 4)), triangles)
    found = shares(points, triangles)
    assert np.abs(np.einsum("fnk,fkd->fnd", found, triangles) - points).max() < off
    assert found.min() >= 0
    assert np.abs(found.sum(axis=2) - 1).max() < 1e-12


def test_beside_the_triangle_the_nearest_point_counts():
    triangle = np.array([[[0.0, 0, 0], [4, 0, 0], [0, 4, 0]]])
    beside = np.array([[[-1.0, -1, 0], [1, -2, 5], [3, 3, 0], [1, 1, 7]]])
    expected = [[1, 0, 0], [0.75, 0.25, 0], [0, 0.5, 0.5], [0.5, 0.25, 0.25]]
    assert shares(beside, triangle)[0] == pytest.approx(np.array(expected), abs=1e-15)


def test_nothing_gives_nothing():
    assert shares(np.zeros((0, 3, 3)), np.zeros((0, 3, 3))).shape == (0, 3, 3)
