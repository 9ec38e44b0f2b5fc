"""The curve between sRGB and linear light (IEC 61966-2-1), in the precision of what is given."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Real = TypeVar("Real", bound=np.floating)


def to_linear(srgb: NDArray[Real]) -> NDArray[Real]:
    """Linear light 0..1 of sRGB values 0..1, any shape."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def to_srgb(light: NDArray[Real]) -> NDArray[Real]:
    """sRGB values 0..1 of linear light, any shape; what lies outside 0..1 is clipped."""
    held = np.clip(light, 0.0, 1.0)
    return np.asarray(np.where(held <= 0.0031308, held * 12.92, 1.055 * held ** (1 / 2.4) - 0.055))


LIGHT_OF_BYTE: NDArray[np.float64] = to_linear(np.arange(256) / 255)
LIGHT_OF_BYTE.flags.writeable = False
