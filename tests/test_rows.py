"""Row by row, as numpy says it one at a time."""

from __future__ import annotations

import numpy as np

from maquette.geometry.rows import cross, dot, flat_cross, runs, square

A, B = (np.random.default_rng(seed).normal(0, 10, (50, 3)) for seed in (1, 2))


def test_products_are_numpys():
    assert np.array_equal(cross(A, B), np.cross(A, B))
    assert np.allclose(dot(A, B), [p @ q for p, q in zip(A, B, strict=True)], rtol=1e-14, atol=1e-12)
    assert np.allclose(square(A), np.linalg.norm(A, axis=1) ** 2)
    assert np.allclose(flat_cross(A[:, :2], B[:, :2]), cross(A * [1, 1, 0], B * [1, 1, 0])[:, 2])
    assert flat_cross(np.array([1, 0]), np.array([0, 1])) == 1


def test_runs_lie_end_to_end():
    owner, number = runs(np.array([5, 0, 9]), np.array([2, 0, 3]))
    assert owner.tolist() == [0, 0, 2, 2, 2]
    assert number.tolist() == [5, 6, 9, 10, 11]
    assert runs(np.zeros(0, np.int64), np.zeros(0, np.int64))[0].size == 0
