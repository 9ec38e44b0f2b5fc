from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.flat.planar import triangulate
from maquette.geometry.flat.poisson import membrane


def rectangle(width: float, height: float, step: float) -> np.ndarray:
    x, y = np.arange(0, width, step), np.arange(0, height, step)
    sides = [(x, 0 * x), (0 * y + width, y), (width - x, 0 * x + height), (0 * y, height - y)]
    return np.concatenate([np.stack(side, axis=1) for side in sides])


def test_disc_gives_r_squared_minus_d_squared():
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    loop = 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    sheet = triangulate([loop], [np.full(200, 0.095)], coarsest=0.095)
    swell = membrane(sheet.points, sheet.faces, len(sheet.rim))
    assert np.abs(swell - (9 - (sheet.points**2).sum(axis=1))).max() < 9e-3
    assert (swell[: len(sheet.rim)] == 0).all()


def test_long_strip_gives_twice_the_square_of_its_half_width():
    loop = rectangle(20, 2, 0.1)
    sheet = triangulate([loop], [np.full(len(loop), 0.1)], coarsest=0.1)
    swell = membrane(sheet.points, sheet.faces, len(sheet.rim))
    middle = np.abs(sheet.points[:, 0] - 10) < 5
    exact = 2 * (1 - (sheet.points[:, 1] - 1) ** 2)
    assert swell[middle] == pytest.approx(exact[middle], abs=0.01)


def test_load_scales_the_answer():
    loop = rectangle(4, 3, 0.5)
    sheet = triangulate([loop], [np.full(len(loop), 0.5)], coarsest=0.5)
    one, four = (membrane(sheet.points, sheet.faces, len(sheet.rim), load) for load in (1.0, 4.0))
    assert four == pytest.approx(4 * one)
    assert one[len(sheet.rim) :].min() > 0


def test_sheet_of_border_alone_stays_flat():
    assert (membrane(np.array([[0.0, 0], [1, 0], [0, 1]]), np.array([[0, 1, 2]]), 3) == 0).all()
