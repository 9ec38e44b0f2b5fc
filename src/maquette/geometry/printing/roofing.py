"""A ceiling that needs no support: a cavity narrowed from above until every layer rests on the one below."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools


def roof_cavity(cavity: Bools) -> Bools:
    """The part of a cavity (X, Y, Z) that can be printed without support at 45 degrees, z upward, cubes for cells.

    From the top layer down, what overhangs is carried one cell nearer to the wall in each layer, so that each cell lies
    over solid or beside a cell that does. Nearness is counted with and without diagonal steps by turns, which is an
    octagon's and keeps round things round. Flat ceilings become hip roofs. What lies outside the cavity
    counts as solid.
    """
    from scipy.ndimage import distance_transform_cdt

    mask = cavity.copy()
    above = ~cavity[:, :, -1]
    for level in range(cavity.shape[2] - 2, -1, -1):
        empty = cavity[:, :, level]
        hanging = above & empty
        if hanging.any():
            metric = "chessboard" if level % 2 else "taxicab"
            steps = distance_transform_cdt(np.pad(empty, 1), metric=metric)[1:-1, 1:-1].astype(np.int64)
            around = _AROUND if level % 2 else _AROUND[:4]
            mask[:, :, level] &= ~(_toward_wall(hanging, steps, around) & empty)
        above = ~mask[:, :, level]
    return mask


_AROUND = ((0, 1), (2, 1), (1, 0), (1, 2), (0, 0), (0, 2), (2, 0), (2, 2))


def _toward_wall(hanging: Bools, steps: NDArray[np.int64], around: tuple[tuple[int, int], ...]) -> Bools:
    """Cells (X, Y) from which one step away from the wall leads under a hanging cell."""
    far = np.where(np.pad(hanging, 1), np.pad(steps, 1), -1)
    mask = np.zeros_like(hanging)
    x, y = hanging.shape
    for i, j in around:
        mask |= far[i : i + x, j : j + y] == steps + 1
    return mask
