"""Bands: what is turned is mostly painted and glazed in rings, and how those bow in the photo says how high it is seen.

A burger's layers, a label's edge, the line where ice cream meets its cone: at the right elevation each follows one of
the ellipses that the outline allows, so along these the colors change least.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats
from maquette.generate.guess.network import Guess

_FRONT = np.radians(np.linspace(35, 145, 23))  # of each ring, from its right end: its ends are the outline's
_INSET = 0.96  # of the radius
_THINNEST = 0.25  # of the widest ring: what is thinner shows no bow


def change_along_rings(guess: Guess, lean: float, column: float, rows: Floats, half: Floats, elevation: float) -> float:
    """Share of the colors' variance that lies along rings and not between them, 0..1; the light from aside left out.

    The axis is turned by ``lean`` radians in the picture, ``column`` is where it lies in the turned one. Rings are
    ``half`` (N,) wide in its rows (N,), half windows, and seen from ``elevation``, radians, through the guess's lens.
    """
    from scipy.ndimage import map_coordinates

    bow = np.sin(elevation + np.arctan2(rows, guess.eye))
    x = column + _INSET * half[:, None] * np.cos(_FRONT)
    y = rows[:, None] + _INSET * (half * bow)[:, None] * np.sin(_FRONT)
    turned = np.stack([np.sin(lean) * x + np.cos(lean) * y, np.cos(lean) * x - np.sin(lean) * y])
    at = (turned + 1) * len(guess.mask) / 2 - 0.5
    counts = (map_coordinates(guess.mask, at, order=1) > 0.9) & (half > _THINNEST * half.max())[:, None]
    colors = np.stack([map_coordinates(guess.colors[..., k], at, order=1) for k in range(3)], axis=-1)
    weight = counts[..., None].astype(np.float64)
    colors = (colors - _mean(colors, weight, 0)) * weight
    along = ((colors - _mean(colors, weight, 1)) * weight) ** 2
    return float(along.sum() / max(float((colors**2).sum()), 1e-9))


def _mean(colors: Floats, weight: Floats, axis: int) -> Floats:
    """Means of colors (N, M, 3) along an axis where they count, that axis kept."""
    mean: Floats = (colors * weight).sum(axis, keepdims=True) / np.maximum(weight.sum(axis, keepdims=True), 1)
    return mean
