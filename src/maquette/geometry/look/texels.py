"""Pictures on surfaces, read between their texels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats


def bilinear(texels: NDArray[Any], uv: Floats) -> Floats:
    """Four neighbours mixed at uv (N, 2), (0, 0) the top left. texels (H, W, C) -> (N, C).

    Beyond 0..1 the picture repeats, glTF 2.0's default.
    """
    height, width = texels.shape[:2]
    x, y = np.mod(uv[:, 0], 1.0) * width - 0.5, np.mod(uv[:, 1], 1.0) * height - 0.5
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    across, down = (x - left)[:, None], (y - top)[:, None]
    flat = texels.reshape(height * width, -1)
    rows, columns = (top % height * width, (top + 1) % height * width), (left % width, (left + 1) % width)
    upper = flat[rows[0] + columns[0]] * (1 - across) + flat[rows[0] + columns[1]] * across
    lower = flat[rows[1] + columns[0]] * (1 - across) + flat[rows[1] + columns[1]] * across
    result: Floats = upper * (1 - down) + lower * down
    return result
