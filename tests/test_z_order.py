"""Cells along the Z-order curve, beside the digits written out one by one."""

from __future__ import annotations

import numpy as np

from maquette.geometry.z_order import z_order


def test_binary_digits_of_three_numbers_take_turns():
    cells = np.random.default_rng(0).integers(0, 2**21, (200, 3), dtype=np.uint64)
    cells[:4] = [[0, 0, 0], [2**21 - 1, 0, 0], [0, 2**21 - 1, 0], [2**21 - 1] * 3]
    digits = [f"{x:021b}{y:021b}{z:021b}" for x, y, z in cells.tolist()]
    expected = [
        int("".join(text[21 * axis + place] for place in range(21) for axis in (2, 1, 0)), 2) for text in digits
    ]
    assert z_order(*cells.T).tolist() == expected


def test_every_cell_of_a_cube_has_a_place_of_its_own():
    x, y, z = (grid.ravel() for grid in np.mgrid[:16, :16, :16].astype(np.uint64))
    assert sorted(z_order(x, y, z).tolist()) == list(range(16**3))
