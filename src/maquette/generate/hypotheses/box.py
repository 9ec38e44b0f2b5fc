"""Box: the cuboid whose outline, seen in perspective, is the photo's.

Both outlines are described by how far they reach in 64 directions (their support function), which for a cuboid is the
farthest of eight corners: a smooth, tiny least-squares problem, started from every plausible turn and elevation. A
thing seen square from the front does not say how deep it is; there the network's thickness is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Floats
from maquette.generate.guess.input import Pixels, enlarge
from maquette.generate.guess.network import Guess
from maquette.generate.guess.volume import Field
from maquette.generate.hypotheses.attached import attachments
from maquette.generate.hypotheses.proposal import Proposal

_DIRECTIONS = 64
_TURNS = np.radians([0, 15, 30, 45, 60, 75])
_ELEVATIONS = np.radians([4, 14, 24, 36])
_SIGNS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
_TRUST = np.array([0.02, 0.02, 0.03])  # half windows of outline that a nepers' worth of doubt in a size may cost
_DOUBT = np.radians(12)  # of the network's elevation
_SIDE, _THIN = 96, (4, 8)  # pixels of the outline that is fitted; what is thinner than twice that is no part of a box
_SLIVER = 0.045  # half windows: what stands over by less is the box's own inaccuracy
_LOST = 0.5  # what losing all of the outline that way would cost
_INNER = 0.05  # half windows: nearer to the outline the network's normals say little
_FINE_TURNS, _FINE_ELEVATIONS = np.radians(np.arange(0, 90, 3.0)), np.radians(np.arange(0, 56, 4.0))
_ANYTHING, _BOXY = 0.92, 0.945  # mean cosine of normals with the nearest of three walls: animals, boxes
_ROUNDS = 40
_FEW, _COPY = 5, np.radians(7)  # fits that are looked at, and by how much they must differ
_LARGEST = np.log(2.2)  # half windows
_ROUNDED = 0.012  # half windows: radius of the edges, so that they print and catch the light
_SQUARE = np.radians(6)  # turned less than this from square on, one face hides its sides


def box(body: Field, guess: Guess, mask: Pixels) -> Proposal | None:
    """The cuboid of the mask's outline; None where there is no mask to speak of. mask (R', R') over the window."""
    best: tuple[float, Floats, float] | None = None
    inside = enlarge(mask, _SIDE) >= 0.5
    for thinner in _THIN:
        fit = _best_fit(inside, guess, thinner)
        if fit is not None and (best is None or fit[0] > best[0]):
            best = fit
    if best is None:
        return None
    _, numbers_of_it, misfit = best
    turn, elevation, *_ = numbers_of_it
    sizes, middle = np.exp(numbers_of_it[2:5]) / 2, numbers_of_it[5:8]
    body = replace(body, eye=float(np.exp(numbers_of_it[8])))
    frame = _frames(np.array([turn]), np.array([elevation]))[0]
    local = np.abs((body.centers() - middle) @ frame.T) - sizes + _ROUNDED
    outside = np.sqrt((np.maximum(local, 0) ** 2).sum(axis=1))
    within = np.minimum(local.max(axis=1), 0)
    away = (_ROUNDED - outside - within).reshape(body.values.shape)
    limbs, share = attachments(body, away.astype(np.float32), middle, -frame[1], _SLIVER)
    values = np.clip(np.maximum(away, limbs) / body.cell, -6, 6).astype(np.float32)
    field = Field(values, body.front, body.outline, body.eye, body.cell)
    wide, high, deep = 2 * sizes
    numbers = {"turn": float(np.degrees(turn)), "elevation": float(np.degrees(elevation)), "wide": wide, "high": high,
               "deep": deep, "misfit": misfit, "attached": share}  # fmt: skip
    words = f"a box turned by {np.degrees(turn):.0f} degrees, seen from {np.degrees(elevation):.0f} above"
    words += ", with parts attached" if share else ""
    return Proposal("box", field, -frame[1], middle, words, numbers, smoothings=3)


def _best_fit(inside: Bools, guess: Guess, thinner: int) -> tuple[float, Floats, float] | None:
    """Worth, nine numbers and misfit of the box that fits a mask (S, S) best, less what is thinner than twice that."""
    thick_part = _without_thin(inside, thinner)
    outline = _corners_of(thick_part)
    if outline is None:
        return None
    angles = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
    ways = np.stack([np.cos(angles), np.sin(angles)])
    reach = (outline @ ways).max(axis=0)
    thick = _thickness(guess)
    some, cost = _fit(reach, ways, guess.eye, thick, square_to(guess))
    lost = 1 - thick_part.sum() / max(int(inside.sum()), 1)
    merits = [_likeness(values, guess, thick_part) for values in some] - 2 * np.sqrt(cost) - _LOST * lost
    first = int(np.argmax(merits))
    return float(merits[first]), some[first], float(np.abs(_reach(some[first][None], ways)[0] - reach).mean())


def _without_thin(inside: Bools, radius: float) -> Bools:
    """A mask (S, S) without what a disc of this radius does not fit into; corners, which it does not either, stay."""
    from scipy.ndimage import distance_transform_edt

    core: Bools = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1] > radius
    if not core.any():
        return core
    result: Bools = inside & (distance_transform_edt(~core) <= 1.5 * radius)
    return result


def _corners_of(inside: NDArray[np.bool_]) -> Floats | None:
    """Corners of the mask's convex hull in half windows, (N, 2); None where it has no area."""
    from scipy.spatial import ConvexHull, QhullError

    rows, columns = np.nonzero(inside)
    if len(rows) < 16:
        return None
    points = (np.stack([columns, rows], axis=1) + 0.5) * 2 / len(inside) - 1
    try:
        corners_of: Floats = points[ConvexHull(points).vertices]
    except QhullError:
        return None
    return corners_of


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
    result: Floats = (flat @ ways).max(axis=1)
    return result


@dataclass(frozen=True)
class Attitude:
    """How a box seems to stand, radians, and how far the network's normals are a box's, 0..1."""

    turn: float
    elevation: float
    sure: float


def square_to(guess: Guess) -> Attitude:
    """The turn and elevation whose three walls the network's normals come nearest to, and its word for the camera.

    A box's normals lie along three axes, wherever its outline ends: that tells its attitude where outlines allow many.
    """
    from scipy.ndimage import distance_transform_edt

    up = guess.up / max(float(np.linalg.norm(guess.up)), 1e-9)
    said = float(np.clip(np.arcsin(np.clip(-up[2], -1, 1)), 0, 1))
    inner = distance_transform_edt(guess.mask >= 0.5) * (2 / len(guess.mask)) > _INNER
    if inner.sum() < 50:
        return Attitude(0.0, said, 0.0)
    turns, elevations = (angles.ravel() for angles in np.meshgrid(_FINE_TURNS, _FINE_ELEVATIONS, indexing="ij"))
    cosines = np.abs(guess.normal[inner][::2].astype(np.float64) @ _frames(turns, elevations).swapaxes(1, 2))
    nearest = cosines.max(axis=2).mean(axis=1)
    best = int(nearest.argmax())
    sure = float(np.clip((nearest[best] - _ANYTHING) / (_BOXY - _ANYTHING), 0, 1))
    return Attitude(float(turns[best]), float(sure * elevations[best] + (1 - sure) * said), sure)


def _fit(reach: Floats, ways: Floats, eye: float, thick: float, stands: Attitude) -> tuple[Floats, Floats]:
    """The nine numbers of the boxes that fit best, (N, 9), and their costs: Levenberg and Marquardt from all starts."""
    count = ways.shape[1]
    wide, high = reach[0] + reach[count // 2], reach[count // 4] + reach[3 * count // 4]
    center = np.array([reach[0] - reach[count // 2], reach[count // 4] - reach[3 * count // 4]]) / 2
    likely = np.log([wide, high, max(thick, 0.2)])

    def misfit(values: Floats) -> Floats:
        doubt = _TRUST * (values[:, 2:5] - likely) * [0.3, 0.3, 1]
        above = 0.03 * (values[:, 1] - stands.elevation) / _DOUBT
        aside = 0.03 * stands.sure * np.sin(4 * (values[:, 0] - stands.turn)) / 4 / _DOUBT
        lens = 0.3 * (values[:, 7] - 0.5 * np.exp(values[:, 4]))
        over = [*(values[:, 2:5] - _LARGEST).T, -values[:, 1], values[:, 1] - 1.1, values[:, 8] - 2.5]
        eyes = 0.02 * (values[:, 8] - np.log(eye))
        more = np.stack([above, aside, lens, eyes, *(4 * np.maximum(row, 0) for row in over)], axis=1)
        return np.concatenate([_reach(values, ways) - reach, doubt, more], axis=1)

    values = _starts(wide, high, thick, center, eye, [*_TURNS, stands.turn] if stands.sure else _TURNS)
    damping = np.full(len(values), 1e-2)
    off = misfit(values)
    for _ in range(_ROUNDS):
        moved = (values[:, None, :] + 1e-5 * np.eye(9)).reshape(-1, 9)
        slopes = ((misfit(moved).reshape(len(values), 9, -1) - off[:, None]) / 1e-5).swapaxes(1, 2)  # (B, K, 9)
        square = slopes.swapaxes(1, 2) @ slopes
        pull = (slopes.swapaxes(1, 2) @ off[..., None])[..., 0]
        steps = np.linalg.solve(square + damping[:, None, None] * (np.eye(9) * (square + 1e-4)), -pull[..., None])[
            ..., 0
        ]
        tried = values + np.clip(steps, -0.3, 0.3)
        after = misfit(tried)
        better = (after**2).sum(axis=1) < (off**2).sum(axis=1)
        values = np.where(better[:, None], tried, values)
        off = np.where(better[:, None], after, off)
        damping = np.clip(np.where(better, damping / 3, damping * 4), 1e-8, 1e6)
    return _drop_copies(values, (off**2).sum(axis=1))


def _drop_copies(values: Floats, cost: Floats) -> tuple[Floats, Floats]:
    """The best few that are no copies of each other, best first, (N, 9), and what they cost (N,)."""
    kept: list[Floats] = []
    costs: list[float] = []
    for place in np.argsort(cost, kind="stable")[: len(cost) // 2]:
        row = values[place]
        turns = [abs((row[0] - other[0] + np.pi / 4) % (np.pi / 2) - np.pi / 4) for other in kept]
        if all(turn > _COPY or abs(row[1] - other[1]) > _COPY for turn, other in zip(turns, kept, strict=True)):
            kept.append(row)
            costs.append(float(cost[place]))
    return np.array(kept[:_FEW]), np.array(costs[:_FEW])


def _likeness(values: Floats, guess: Guess, inside: NDArray[np.bool_]) -> float:
    """How well a box (9,) explains the picture: outline, the network's normals, edges between faces. inside (S, S)"""
    face, normals = _faces_seen(values, len(inside))
    shown = face >= 0
    both = shown & inside
    if both.sum() < 20:
        return -1.0
    iou = both.sum() / (shown | inside).sum()
    cosine = (normals * _resize(guess.normal, len(inside))).sum(axis=-1)[both].mean()
    return float(iou + 0.5 * cosine + 0.15 * _crease(face, guess, inside))


def _faces_seen(values: Floats, side: int) -> tuple[NDArray[np.int64], Floats]:
    """Which face each pixel's ray meets first (side, side), -1 none: axis, + 3 for the far end; and its normal."""
    frame, eye = _frames(values[:1], values[1:2])[0], float(np.exp(values[8]))
    half = np.exp(values[2:5]) / 2
    axis = (np.arange(side) + 0.5) * (2 / side) - 1
    ways = np.stack([*np.meshgrid(axis, axis), np.full((side, side), eye)], axis=-1) @ frame.T
    start = frame @ (np.array([0.0, 0.0, -eye]) - values[5:8])
    ways = np.where(np.abs(ways) < 1e-9, 1e-9, ways)
    enter = (-np.sign(ways) * half - start) / ways
    leave = (np.sign(ways) * half - start) / ways
    first = enter.argmax(axis=-1)
    sign = -np.sign(np.take_along_axis(ways, first[..., None], axis=-1))
    hit = enter.max(axis=-1) < leave.min(axis=-1)
    return np.where(hit, first + 3 * (sign[..., 0] > 0), -1), sign * frame[first]


def _crease(face: NDArray[np.int64], guess: Guess, inside: NDArray[np.bool_]) -> float:
    """How much stronger the picture's edges are along the creases between faces than elsewhere, 0 .. 2."""
    from scipy.ndimage import binary_dilation, binary_erosion

    core = binary_erosion(inside & (face >= 0), iterations=3)
    step = np.zeros_like(core)
    step[:, 1:] |= face[:, 1:] != face[:, :-1]
    step[1:] |= face[1:] != face[:-1]
    line = binary_dilation(step) & core
    if line.sum() < 4:
        return 0.0
    down, right = np.gradient(_resize(guess.colors, len(inside)), axis=(0, 1))
    strength = np.sqrt((down**2 + right**2).sum(axis=-1))
    return float(np.clip(strength[line].mean() / max(float(strength[core].mean()), 1e-4) - 1, 0, 2))


def _resize(planes: Pixels, side: int) -> Pixels:
    """Planes (S, S, C) at (side, side, C)."""
    return np.stack([enlarge(planes[..., channel], side) for channel in range(planes.shape[-1])], axis=-1)


def _starts(wide: float, high: float, thick: float, center: Floats, eye: float, turns: Iterable[float]) -> Floats:
    """Nine numbers for every turn and elevation that is tried, (B, 9)."""
    starts = []
    for turn in turns:
        for elevation in _ELEVATIONS:
            spread = abs(np.cos(turn)) + abs(np.sin(turn))
            deep = max(thick, 0.3 * wide) if turn == 0 else wide / spread
            sizes = np.log([wide / spread, 0.8 * high, deep])
            starts.append([turn, elevation, *sizes, *center, 0.4, np.log(eye)])
    return np.array(starts)
