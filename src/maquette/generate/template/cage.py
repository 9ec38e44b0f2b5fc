"""Cage: a lattice over the picture that bends a posed model until its outline is the photo's."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats

_CELLS = 8  # of the lattice along each side
_SMOOTH = 0.6  # what a bend of the lattice costs beside a mismatch as large
_ROUNDS = 6
_FAR = 0.35  # half windows: outlines further apart than this do not belong together


def bend_points(flat: Floats, shown: Floats, wanted: Floats) -> tuple[Floats, Floats]:
    """Points moved by the lattice that takes one outline to another: places (N, 2), outlines (K, 2), (L, 2) -> both.

    Places are in half windows. Every point of either outline pulls toward the nearest of the other; the lattice stays
    as even as it can.
    """
    from scipy.spatial import cKDTree

    for _ in range(_ROUNDS):
        if not len(shown) or not len(wanted):
            break
        away, nearest = cKDTree(wanted).query(shown)
        back, other = cKDTree(shown).query(wanted)
        at = np.vstack([shown[away < _FAR], shown[other][back < _FAR]])
        to = np.vstack([wanted[nearest][away < _FAR], wanted[back < _FAR]])
        if len(at) < 8:
            break
        knots = _lattice(at, to - at)
        flat, shown = flat + _weights(flat) @ knots, shown + _weights(shown) @ knots
    return flat, shown


def _lattice(at: Floats, pull: Floats) -> Floats:
    """Shifts of the lattice's knots ((C + 1)², 2) that follow pulls (N, 2) at places (N, 2) and bend little."""
    weights = _weights(at)
    count = _CELLS + 1
    numbers = np.arange(count * count).reshape(count, count)
    rows = []
    for a, b, c in (
        (numbers[:, :-2], numbers[:, 1:-1], numbers[:, 2:]),
        (numbers[:-2], numbers[1:-1], numbers[2:]),
    ):
        bend = np.zeros((a.size, count * count))
        place = np.arange(a.size)
        bend[place, a.ravel()], bend[place, b.ravel()], bend[place, c.ravel()] = 1, -2, 1
        rows.append(bend)
    rigid = np.concatenate(rows)
    share = len(at) / (count * count)
    square = weights.T @ weights + _SMOOTH * share * rigid.T @ rigid + 1e-3 * share * np.eye(count * count)
    knots: Floats = np.asarray(np.linalg.solve(square, weights.T @ pull), np.float64)
    return knots


def _weights(places: Floats) -> Floats:
    """Bilinear weights (N, (C + 1)²) of the knots over -1..1 at places (N, 2)."""
    at = np.clip((places + 1) * _CELLS / 2, 0, _CELLS - 1e-9)
    low = at.astype(np.int64)
    part = at - low
    weights = np.zeros((len(places), (_CELLS + 1) ** 2))
    row = np.arange(len(places))
    for right in (0, 1):
        for down in (0, 1):
            knot = (low[:, 1] + down) * (_CELLS + 1) + low[:, 0] + right
            share = (part[:, 0] if right else 1 - part[:, 0]) * (part[:, 1] if down else 1 - part[:, 1])
            weights[row, knot] += share
    return weights


def outline_of(mask: Bools) -> Floats:
    """Middles of the outermost pixels of a mask (S, S), in half windows, (K, 2)."""
    from scipy.ndimage import binary_erosion, binary_fill_holes

    whole = binary_fill_holes(mask)
    row, column = np.nonzero(whole & ~binary_erosion(whole))
    return (np.stack([column, row], axis=1) + 0.5) * 2 / len(mask) - 1
