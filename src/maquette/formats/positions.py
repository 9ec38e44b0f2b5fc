"""Positions as files hold them, checked before anything is built on them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadInput

FARTHEST = 1e30  # squares fit a 32-bit file's range, cubes (volumes) a double


def usable(points: NDArray[Any], stage: str) -> NDArray[Any]:
    """The points (V, 3) themselves; ``BadInput`` with the count when some are infinite, no number or absurdly far."""
    good = np.abs(points) <= FARTHEST
    if not good.all():
        count = int((~good.all(axis=1)).sum())
        raise BadInput(
            f"{stage}: {count} of {len(points)} points are infinite, not a number or beyond 1e30; export the file again"
        )
    return points
