"""Relief from the network's normals: folds, curls and lips that its depths, made smooth for the whole, leave out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.generate.guess.network import Guess
from maquette.geometry.flat.bas_relief import integrate_slopes
from maquette.geometry.flat.detail import blur_within

Floats = NDArray[np.float64]

_STEEPEST = 0.3  # of a normal's length toward the viewer: steeper places are the outline's, not relief
_BAND = 0.06  # of the window: waves longer than this are shape, not relief
_MOST = 0.05  # half windows: what stands out further is no relief


def normal_relief(guess: Guess, *, own_front: bool) -> Floats:
    """How far the surface stands out toward the viewer beyond its smooth shape, half windows, (S, S).

    The slopes that the normals stand for are integrated in the least-squares sense (Frankot & Chellappa 1988, with
    cosines for a free border); of the result only what changes quickly is kept. ``own_front``: the shape follows the
    network's depths already, so what they have of it is taken off.
    """
    inside = guess.mask >= 0.5
    toward = np.maximum(-guess.normal[..., 2], _STEEPEST).astype(np.float64)
    step = 2 / len(inside)
    right = guess.normal[..., 0] / toward * inside * step
    down = guess.normal[..., 1] / toward * inside * step
    depth = integrate_slopes(right, down)
    weight = inside.astype(np.float64)
    spread = _BAND * len(inside)
    relief = depth - blur_within(depth, weight, spread)
    if own_front:
        front = guess.front.astype(np.float64)
        relief = relief - (front - blur_within(front, weight, spread))
    return -np.clip(relief, -_MOST, _MOST) * inside
