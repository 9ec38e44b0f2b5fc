"""Box: the cuboid whose outline, seen in perspective, is the photo's.

Both outlines are described by how far they reach in 64 directions (their support function), which for a cuboid is the
farthest of eight corners: a smooth, tiny least-squares problem, started from every plausible turn and elevation. A
thing seen square from the front does not say how deep it is; there the network's thickness is asked.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from maquette.generate.hypotheses.proposal import Proposal
from maquette.generate.sculpt_input import Pixels, enlarged
from maquette.generate.sculpt_network import Guess
from maquette.generate.sculpt_volume import Field

Floats = NDArray[np.float64]

_DIRECTIONS = 64
_TURNS = np.radians([0, 15, 30, 45, 60, 75])
_ELEVATIONS = np.radians([4, 14, 24, 36])
_SIGNS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
_TRUST = np.array([0.02, 0.02, 0.03])  # half windows of outline that a nepers' worth of doubt in a size may cost
_DOUBT = np.radians(12)  # of the network's elevation
_SIDE, _THIN = 96, 4  # pixels of the outline that is fitted; what is thinner than twice that is no part of a box
_ROUNDS = 40
_LARGEST = np.log(2.2)  # half windows
_ROUNDED = 0.012  # half windows: radius of the edges, so that they print and catch the light
_SQUARE = np.radians(6)  # turned less than this from square on, one face hides its sides


def box(body: Field, guess: Guess, mask: Pixels) -> Proposal | None:
    """The cuboid of the mask's outline; None where there is no mask to speak of. mask (R', R') over the window."""
    from scipy.ndimage import binary_opening

    whole = enlarged(mask, _SIDE) >= 0.5
    outline = _corners_of(binary_opening(whole, iterations=_THIN))
    if outline is None:
        return None
    angles = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
    ways = np.stack([np.cos(angles), np.sin(angles)])
    reach = (outline @ ways).max(axis=0)
    thick = _thickness(guess)
    said = float(np.clip(np.arcsin(np.clip(-guess.up[2] / max(float(np.linalg.norm(guess.up)), 1e-9), -1, 1)), 0, 1))
    found = _fitted(reach, ways, guess.eye, thick, said)
    turn, elevation, sizes, middle = found[0], found[1], np.exp(found[2:5]) / 2, found[5:8]
    body = replace(body, eye=float(np.exp(found[8])))
    frame = _frames(np.array([turn]), np.array([elevation]))[0]
    local = np.abs((body.centres() - middle) @ frame.T) - sizes + _ROUNDED
    outside = np.sqrt((np.maximum(local, 0) ** 2).sum(axis=1))
    inside = np.minimum(local.max(axis=1), 0)
    away = (_ROUNDED - outside - inside).reshape(body.values.shape)
    values = np.clip(away / body.cell, -6, 6).astype(np.float32)
    made = Field(values, body.front, body.outline, body.eye, body.cell)
    wide, high, deep = 2 * sizes
    numbers = {"turn": float(np.degrees(turn)), "elevation": float(np.degrees(elevation)), "wide": wide, "high": high,
               "deep": deep, "misfit": float(np.abs(_reach(found[None], ways)[0] - reach).mean())}  # fmt: skip
    words = f"a box turned by {np.degrees(turn):.0f} degrees, seen from {np.degrees(elevation):.0f} above"
    return Proposal("box", made, -frame[1], middle, words, numbers, sharp=True)


def _corners_of(inside: NDArray[np.bool_]) -> Floats | None:
    """Corners of the mask's convex hull in half windows, (N, 2); None where it has no area."""
    from scipy.spatial import ConvexHull, QhullError

    rows, columns = np.nonzero(inside)
    if len(rows) < 16:
        return None
    points = (np.stack([columns, rows], axis=1) + 0.5) * 2 / len(inside) - 1
    try:
        made: Floats = points[ConvexHull(points).vertices]
    except QhullError:
        return None
    return made


def _thickness(guess: Guess) -> float:
    """How thick the network takes the thing to be in the middle of the mask, half windows."""
    inside = guess.mask >= 0.5
    if not inside.any():
        return 0.5
    return float(np.clip(np.median((guess.back - guess.front)[inside]), 0.05, 1.6))


def _frames(turn: Floats, elevation: Floats) -> Floats:
    """Rows are the boxes' axes in the camera's frame: to their right, down, and into the picture. (B,) -> (B, 3, 3)"""
    a, b, c, d = np.sin(turn), np.cos(turn), np.sin(elevation), np.cos(elevation)
    none = np.zeros_like(a)
    right = np.stack([b, -a * c, a * d], axis=-1)
    down = np.stack([none, d, c], axis=-1)
    into = np.stack([-a, -b * c, b * d], axis=-1)
    return np.stack([right, down, into], axis=-2)


def _reach(values: Floats, ways: Floats) -> Floats:
    """How far the boxes' pictures reach in each direction (2, K), from their nine numbers (B, 9). (B, K)

    The numbers: turn, elevation, log of width, height and depth, middle (3,), log of the eye's distance.
    """
    frames = _frames(values[:, 0], values[:, 1])
    corners = values[:, None, 5:8] + (_SIGNS * (np.exp(values[:, None, 2:5]) / 2)) @ frames
    flat = corners[..., :2] / np.maximum(1 + corners[..., 2:] / np.exp(values[:, 8])[:, None, None], 0.1)
    made: Floats = (flat @ ways).max(axis=1)
    return made


def _fitted(reach: Floats, ways: Floats, eye: float, thick: float, said: float) -> Floats:
    """The nine numbers of the box that fits best, of all starts. Levenberg and Marquardt's method, all at once. (9,)"""
    count = ways.shape[1]
    wide, high = reach[0] + reach[count // 2], reach[count // 4] + reach[3 * count // 4]
    centre = np.array([reach[0] - reach[count // 2], reach[count // 4] - reach[3 * count // 4]]) / 2
    likely = np.log([wide, high, max(thick, 0.2)])

    def misfit(values: Floats) -> Floats:
        doubt = _TRUST * (values[:, 2:5] - likely) * [0.3, 0.3, 1]
        above = 0.03 * (values[:, 1] - said) / _DOUBT
        lens = 0.3 * (values[:, 7] - 0.5 * np.exp(values[:, 4]))
        over = [*(values[:, 2:5] - _LARGEST).T, -values[:, 1], values[:, 1] - 1.1, values[:, 8] - 2.5]
        eyes = 0.02 * (values[:, 8] - np.log(eye))
        more = np.stack([above, lens, eyes, *(4 * np.maximum(row, 0) for row in over)], axis=1)
        return np.concatenate([_reach(values, ways) - reach, doubt, more], axis=1)

    values = _starts(wide, high, thick, centre, eye)
    damping = np.full(len(values), 1e-2)
    off = misfit(values)
    for _ in range(_ROUNDS):
        moved = (values[:, None, :] + 1e-5 * np.eye(9)).reshape(-1, 9)
        slopes = ((misfit(moved).reshape(len(values), 9, -1) - off[:, None]) / 1e-5).swapaxes(1, 2)  # (B, K, 9)
        square = slopes.swapaxes(1, 2) @ slopes
        pull = (slopes.swapaxes(1, 2) @ off[..., None])[..., 0]
        steps = np.linalg.solve(square + damping[:, None, None] * (np.eye(9) * (square + 1e-4)), -pull[..., None])[..., 0]
        tried = values + np.clip(steps, -0.3, 0.3)
        after = misfit(tried)
        better = (after**2).sum(axis=1) < (off**2).sum(axis=1)
        values = np.where(better[:, None], tried, values)
        off = np.where(better[:, None], after, off)
        damping = np.clip(np.where(better, damping / 3, damping * 4), 1e-8, 1e6)
    made: Floats = values[(off**2).sum(axis=1).argmin()]
    return made


def _starts(wide: float, high: float, thick: float, centre: Floats, eye: float) -> Floats:
    """Nine numbers for every turn and elevation that is tried, (B, 9)."""
    made = []
    for turn in _TURNS:
        for elevation in _ELEVATIONS:
            spread = abs(np.cos(turn)) + abs(np.sin(turn))
            deep = max(thick, 0.3 * wide) if turn == 0 else wide / spread
            sizes = np.log([wide / spread, 0.8 * high, deep])
            made.append([turn, elevation, *sizes, *centre, 0.4, np.log(eye)])
    return np.array(made)
