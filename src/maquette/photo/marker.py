"""Our printed marker: a black square of six by six cells around sixteen bits that nothing else in a room shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats
from maquette.geometry.flat.homography import map_points
from maquette.photo.flat_things import Photo
from maquette.photo.rectangles import Found, recognize

CELLS = 6
# white cells inside the black ring; no turn of it is like another (they differ in eight bits or more)
PATTERN = np.array([[1, 1, 0, 1], [0, 1, 0, 0], [1, 0, 0, 1], [1, 1, 1, 0]], bool)
_CONTRAST = 35.0  # grey levels between the darkest white and the lightest black cell


def grid() -> NDArray[np.bool_]:
    """The whole marker, (6, 6), True where it is white."""
    result = np.zeros((CELLS, CELLS), bool)
    result[1:-1, 1:-1] = PATTERN
    return result


def read(photo: Photo, corners: Floats, error_px: float) -> Found | None:
    """The marker at four corners, its sides one millimetre long, or None where the cells say something else."""
    result = recognize(photo, corners, error_px, (1.0, 1.0))
    if result is None:
        return None
    share = (np.arange(CELLS) + 0.5) / CELLS
    spots = [0.0, -0.25 / CELLS, 0.25 / CELLS]
    x, y = np.meshgrid(share, share)
    cells = [np.stack([x + a, y + b], -1).reshape(-1, 2) for a in spots for b in spots]
    seen = [_grey(photo, map_points(result.matrix, cell)) for cell in cells]
    value = np.median(seen, axis=0).reshape(CELLS, CELLS)
    for turn in range(4):
        white = np.rot90(grid(), turn)
        if value[white].min() - value[~white].max() > _CONTRAST:
            return result
        mirrored = white[:, ::-1]
        if value[mirrored].min() - value[~mirrored].max() > _CONTRAST:
            return result  # a photo may be mirrored; its scale is not
    return None


def _grey(photo: Photo, points: Floats) -> Floats:
    """Brightness at fine pixels (N, 2)."""
    from scipy.ndimage import map_coordinates

    grey = photo.fine.mean(axis=2)
    result: Floats = map_coordinates(grey, [points[:, 1], points[:, 0]], order=1, mode="nearest")
    return result
