"""Colours for objects: their own, or stripes, checks, clouds and labels: a network must not read paint as relief."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.thing import Floats

Rng = np.random.Generator
Colors = NDArray[np.float32]


def paint_points(
    front: Colors | None, back: Colors | None, at_front: Floats, at_back: Floats, rng: Rng, *, repaint: bool = True
) -> tuple[Colors, Colors]:
    """sRGB colours at points of the front and of the back: own colours (40 % of the time) or made-up ones, (N, 3) each.

    front and back: the object's own colours, None where it has none.
    """
    if front is not None and back is not None and (not repaint or rng.random() < 0.6):
        if repaint and rng.random() < 0.3:
            gain, shift = rng.uniform(0.5, 1.2, 3), rng.uniform(-0.1, 0.25, 3)
            return tuple(np.clip(c * gain + shift, 0, 1).astype(np.float32) for c in (front, back))  # type: ignore[return-value]
        return front, back
    both = np.concatenate([at_front, at_back])
    palette = rng.beta(0.9, 0.9, (6, 3))
    palette = palette.mean(axis=1, keepdims=True) + (palette - palette.mean(axis=1, keepdims=True)) * rng.uniform(
        0.1, 1
    )
    made = palette[_pattern(both, rng)]
    if rng.random() < 0.5:
        made = made * (1 + 0.25 * _waves(both, rng, 12.0)[:, None])
    made = np.clip(made, 0, 1).astype(np.float32)
    return made[: len(at_front)], made[len(at_front) :]


def _pattern(points: Floats, rng: Rng) -> NDArray[np.int64]:
    """Which of six palette colours each point gets, (N,)."""
    kind = rng.integers(6)
    if kind <= 1:
        made = np.zeros(len(points), np.int64)
    elif kind == 2:
        way = rng.normal(size=3)
        made = np.floor(points @ (way / np.linalg.norm(way)) * rng.uniform(2, 25)).astype(np.int64) % 2
    elif kind == 3:
        made = np.floor(points * rng.uniform(2, 14, 3)).astype(np.int64).sum(axis=1) % 2
    elif kind == 4:
        made = np.floor((_waves(points, rng, 5.0) + 1) * rng.uniform(1, 3)).astype(np.int64) % 6
    else:
        made = np.zeros(len(points), np.int64)
        for label in range(1, 6):  # boxes of paint: labels, prints, eyes
            low = rng.uniform(-0.5, 0.4, 3)
            made[np.all((points > low) & (points < low + rng.uniform(0.03, 0.6, 3)), axis=1)] = label
    return made


def _waves(points: Floats, rng: Rng, pitch: float) -> Floats:
    """A smooth random field -1..1 at points, (N,)."""
    ways, phase = rng.normal(0, pitch, (4, 3)), rng.uniform(0, 7, 4)
    made: Floats = np.sin(points @ ways.T + phase).mean(axis=1)
    return made
