"""Plain words for colors, as people say them: the eleven basic terms of Berlin and Kay, and a few between them."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats
from maquette.geometry.look.oklab import light_of_oklab, nearest, oklab_of
from maquette.geometry.look.srgb import to_linear, to_srgb

_GRAY = 0.035  # OKLab chroma below which nobody names a hue
_WORDS = {  # sRGB examples; several a word where it covers much
    "red": ("c01818", "e03030", "901818"),
    "orange": ("f08010", "e06818"),
    "yellow": ("f0d020", "f8e860", "c8a810"),
    "green": ("208030", "50b040", "90c860", "405818"),
    "teal": ("108080", "30b0a8"),
    "blue": ("1840c0", "3080e0", "70b0e8", "202870"),
    "purple": ("702090", "9050c0", "b090d8"),
    "pink": ("f070a0", "f0b0c0", "e850a8"),
    "brown": ("6a4020", "905830", "402818"),
    "beige": ("d8c098", "b89868", "ecdcc0"),
}
_NAMES = [word for word, some in _WORDS.items() for _ in some]
_PALETTE = np.array([[int(code[k : k + 2], 16) for k in (0, 2, 4)] for some in _WORDS.values() for code in some]) / 255
_LAB = oklab_of(to_linear(_PALETTE))


def name_colors(lab: Floats) -> list[str]:
    """A word for each OKLab color (N, 3): black, grays and white by lightness, others by the nearest example."""
    which, _ = nearest(lab, _LAB)
    grays = np.array(["black", "dark gray", "gray", "light gray", "white"])
    steps = np.digitize(lab[:, 0], [0.28, 0.48, 0.72, 0.9])
    gray = np.hypot(lab[:, 1], lab[:, 2]) < _GRAY
    return [str(grays[steps[n]]) if gray[n] else _NAMES[which[n]] for n in range(len(lab))]


def hex_codes(lab: Floats) -> list[str]:
    """sRGB of OKLab colors (N, 3) as ``#RRGGBB``."""
    codes = np.round(to_srgb(light_of_oklab(lab)) * 255).astype(np.int64)
    return [f"#{red:02X}{green:02X}{blue:02X}" for red, green, blue in codes]
