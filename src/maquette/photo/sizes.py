"""Pictures and maps at other sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]


def scale_down(pixels: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    """Pixels at most ``long_side`` wide and high, averaged."""
    from PIL import Image

    scale = long_side / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def resize(values: NDArray[np.generic], shape: tuple[int, int]) -> Singles:
    """A map (H, W) at another size, bilinear."""
    from PIL import Image

    image = Image.fromarray(values.astype(np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR))
