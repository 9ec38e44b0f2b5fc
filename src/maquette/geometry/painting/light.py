"""Light on and through stacks of translucent layers: what colour a stack of filaments is.

All light is linear. A layer of thickness d hides what lies below it by 1 - 10 to the power of -k d over the
transmission distance (Beer and Lambert), and shows its own colour instead:

    color after = cover * own color + (1 - cover) * color before

The transmission distance is how thick a filament passes a tenth of the light that falls through it. Light that is seen
from the front goes in, is scattered, and comes back out: it meets far more plastic than d. AutoForge publishes a curve
fitted to prints, opacity(x) = -0.01242 + 0.96408 ln(1 + 34.103 x) - 4.1554 x with x = d over the distance
(github.com/hvoss-techfak/AutoForge, 2026); k = 11.7 follows it within 0.013 up to x = 0.06, where four fifths are
hidden, and unlike there, two layers hide here exactly what one of twice the thickness does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from maquette.core.arrays import Floats, Ints

FRONT = 11.7  # how much more plastic light meets on its way in and back than the layer is thick


def cover(thickness_mm: Any, distance_mm: Any) -> Floats:
    """How much of what lies below a layer is hidden from the front, 0..1."""
    hidden: Floats = 1 - 10.0 ** (-FRONT * np.asarray(thickness_mm, np.float64) / np.asarray(distance_mm, np.float64))
    return hidden


def stack_colors(layers: Ints, colors: Floats, covers: Floats, ground: Any = 0.0) -> Floats:
    """Colours seen from above after each layer: layers (..., L) of filaments, colors (F, 3), covers (F,).

    Gives (..., L + 1, 3), the ground first. A filament of -1 is no layer and changes nothing.
    """
    layers = np.asarray(layers, np.int64)
    seen = np.empty((*layers.shape[:-1], layers.shape[-1] + 1, 3))
    seen[..., 0, :] = ground
    hidden = np.where(layers < 0, 0.0, covers[layers])[..., None]
    own = hidden * colors[layers]
    for number in range(layers.shape[-1]):
        seen[..., number + 1, :] = own[..., number, :] + (1 - hidden[..., number, :]) * seen[..., number, :]
    return seen


def shares_through(colors: Floats, distance_mm: Floats, thickness_mm: float) -> Floats:
    """What share of red, green and blue light one layer of each filament (F,) passes from behind, (F, 3).

    The channel that a filament's colour is brightest in passes a tenth over the transmission distance; the others pass
    less, by the ratio of the colour's channels over that distance. That is an estimate: makers measure white light.
    """
    hue = np.clip(colors, 1e-3, 1) / np.clip(colors.max(axis=1, keepdims=True), 1e-3, 1)
    share: Floats = (0.1 * hue) ** (thickness_mm / distance_mm[:, None])
    return share


def light_through_stacks(layers: Ints, shares: Floats) -> Floats:
    """The light that passes after each layer: layers (..., L), shares (F, 3) -> (..., L + 1, 3), all of it first."""
    layers = np.asarray(layers, np.int64)
    step = np.where((layers < 0)[..., None], 1.0, shares[layers])
    first = np.ones((*layers.shape[:-1], 1, 3))
    light: Floats = np.cumprod(np.concatenate([first, step], axis=-2), axis=-2)
    return light
