"""What stands behind the model, and how the frame is laid over it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Singles
from maquette.render.color import hex_color, to_srgb
from maquette.render.drawing import Drawing

Background = Literal["studio", "white", "dark", "transparent"]

# Centre and corner of a soft spot; plain where the two are the same. None: nothing, alpha stays.
_TONES: dict[str, tuple[str, str] | None] = {
    "studio": ("f0efed", "cdcfd3"),
    "white": ("ffffff", "ffffff"),
    "dark": ("3a3d44", "17181c"),
    "transparent": None,
}


def compose(drawing: Drawing, shadow: Singles, background: Background) -> NDArray[np.uint8]:
    """Model over shadow over background, mixed in sRGB as browsers do it: (H, W, 4) uint8 with straight alpha."""
    color, alpha = to_srgb(drawing.color), drawing.alpha[..., None]
    dark = shadow[..., None] * (1 - alpha)
    tones = _TONES[background]
    if tones is None:
        total = alpha + dark
        over = np.divide(color * alpha, total, out=np.zeros_like(color), where=total > 0)
    else:
        height, width = drawing.alpha.shape
        behind = backdrop(height, width, *tones)
        over, total = color * alpha + behind * (1 - alpha - dark), np.ones_like(alpha)
    return np.round(np.concatenate([over, total], axis=2).clip(0, 1) * 255).astype(np.uint8)


def backdrop(height: int, width: int, center: str, corner: str) -> Singles:
    """A soft spot of light on a wall, (H, W, 3) sRGB, without visible bands."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    side = max(height, width)
    away = np.hypot((x + 0.5 - width / 2) / side, (y + 0.5 - height * 0.46) / side)
    part = np.clip(away / 0.75, 0, 1)[..., None] ** 1.6
    # ordered noise of one step (Jimenez 2014, interleaved gradient noise): a gradient over few steps shows bands
    noise = np.mod(52.9829189 * np.mod(0.06711056 * x + 0.00583715 * y, 1.0), 1.0)[..., None] - 0.5
    plain = center == corner
    blend: Singles = hex_color(center) * (1 - part) + hex_color(corner) * part + (0.0 if plain else noise / 255)
    return blend
