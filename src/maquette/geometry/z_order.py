"""Cells of a grid in the order of the Z-order curve (Morton 1966): what lies close in space lies close in the order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def z_order(first: NDArray[np.uint64], second: NDArray[np.uint64], third: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Place of each cell on the curve, (N,) below 2^63. Cells by their numbers below 2^21 along three axes, (N,) each.

    The third axis has the highest digits.
    """
    return np.asarray(_spread_bits(first) | _spread_bits(second) << np.uint64(1) | _spread_bits(third) << np.uint64(2))


def _spread_bits(number: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The bits of a number below 2^21, three apart."""
    for shift, mask in (
        (32, 0x1F00000000FFFF),
        (16, 0x1F0000FF0000FF),
        (8, 0x100F00F00F00F00F),
        (4, 0x10C30C30C30C30C3),
        (2, 0x1249249249249249),
    ):
        number = (number | number << np.uint64(shift)) & np.uint64(mask)
    return number
