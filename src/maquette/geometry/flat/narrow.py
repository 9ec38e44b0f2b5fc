"""What a nozzle loses of heights: ridges and grooves that are narrower than a line."""

from __future__ import annotations

from typing import Literal

import numpy as np

from maquette.core.arrays import Bools, Floats, Singles


def narrow_parts(
    heights: Floats | Singles, pitch: float, line: float, layer: float, pose: Literal["lying", "standing"] = "lying"
) -> tuple[Bools, Bools]:
    """Ridges and grooves (H, W): what a line cannot reach from below, or from above, by a layer or more.

    Lying, a line is a disc (morphological opening and closing). Standing, every row of the picture is layers of its
    own, and a line is as wide along it alone.
    """
    from scipy.ndimage import grey_closing, grey_opening

    shape = disc(line / 2 / pitch)
    if pose == "standing":
        shape = shape[len(shape) // 2][None]
    ridge: Bools = heights - grey_opening(heights, footprint=shape) > layer
    groove: Bools = grey_closing(heights, footprint=shape) - heights > layer
    return ridge, groove


def disc(radius: float) -> Bools:
    """A disc of cells, three across at least."""
    reach = max(1, int(np.ceil(radius)))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    inside: Bools = np.hypot(x, y) <= max(radius, 1.0) + 1e-9
    return inside
