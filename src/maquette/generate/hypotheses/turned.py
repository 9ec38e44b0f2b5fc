"""Turned: a surface of revolution from the outline's axis, with handles, spouts and feet attached to it.

Each point of its outline lies on a ring (contour.py); seen from too high, they would not come in the outline's order.
What no ring covers is attached: blown up in the plane that holds the axis. Tried before: the widest ellipse that fits
into the outline around each point of the axis; it makes a long barrel of a ball that is seen from above.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Floats
from maquette.generate.guess.input import Pixels, block_means, enlarge
from maquette.generate.guess.network import Guess
from maquette.generate.guess.volume import Field
from maquette.generate.hypotheses.attached import SLIVER, attachments
from maquette.generate.hypotheses.bands import change_along_rings
from maquette.generate.hypotheses.contour import Axis, close_ends, profile_of
from maquette.generate.hypotheses.joints import without_joints
from maquette.generate.hypotheses.proposal import Proposal, elevation_of, smooth_least
from maquette.generate.hypotheses.rim import Rim, find_rim

_FEWEST = 12  # rows of the outline: lower things have no profile
_SIDE = 192  # pixels of the outline whose profile is taken; the axis is looked for in half of that
_ANGLES = np.array([0, *(sign * a for a in (4, 8, 12, 20, 30, 45, 60, 75) for sign in (1, -1)), 90], float)
_LEAN = 0.06  # coverage that an axis 45 degrees off upright must bring more, for things stand
_LYING = 20.0  # degrees: what leans further shows no rim
_NECK = 0.5  # of the widest radius
_RIM_SLIVER = 0.045  # half windows: what stands over a rim by less is its own inaccuracy
_TRIED = np.radians(np.arange(-50.0, 20.1, 2.5))  # from the network's word
_BELIEVED = np.radians([-10.0, 55.0])
_FAR_OFF, _DOUBT = 0.12, np.radians(8)  # what it costs to be off its word, by how much that is meant
_UNUSUAL, _HELD, _TEN = 0.02, np.radians(15), np.radians(10)  # cost of 10 degrees off how cameras are mostly held
_BANDS = 4.0  # what colors that change along rings cost
_FAR_EYE = 6.0  # half windows, where no camera is known
_WALL, _WALLS = 0.1, (0.05, 0.08)  # thickness of a hollow thing's wall, of its widest radius; half windows
_SMOOTH = 0.03  # half windows: the profile's waves shorter than this are the outline's steps
_CREASE = 0.03  # half windows over which rims are rounded


@dataclass(frozen=True)
class Lathe:
    """An axis in the image turned by ``lean`` degrees, column ``column`` of it, and the profile around it.

    ``height`` (N,) over the axis' point and ``radius`` (N,) there, from bottom to top, in half windows.
    """

    lean: float
    column: float
    axis: Axis
    height: Floats
    radius: Floats
    covered: float  # share of the mask
    rim: Rim | None = None

    @property
    def elevation(self) -> float:
        """Of the camera above the horizon, degrees."""
        return float(np.degrees(self.axis.elevation))

    @property
    def middle(self) -> Floats:
        """The axis' point in the camera's frame (right, down, into the picture), (3,)."""
        lean, deep = np.radians(self.lean), 1 + self.axis.depth / self.axis.eye
        x, y = self.column * deep, self.axis.row * deep
        return np.array([np.cos(lean) * x - np.sin(lean) * y, np.sin(lean) * x + np.cos(lean) * y, self.axis.depth])

    @property
    def up(self) -> Floats:
        """Where the axis points up to in the camera's frame, (3,)."""
        lean, above = np.radians(self.lean), self.axis.elevation
        return np.array([np.sin(lean) * np.cos(above), -np.cos(lean) * np.cos(above), -np.sin(above)])


def turned_thing(body: Field, guess: Guess, mask: Pixels) -> Proposal | None:
    """The outline as something turned on a lathe; None where no axis is found. mask (R', R') over the window."""
    small = block_means(mask, len(mask) // _SIDE) if len(mask) % _SIDE == 0 else enlarge(mask, _SIDE)
    lathe = find_lathe(small >= 0.5, elevation_of(guess), guess)
    if lathe is None:
        return None
    up, middle = lathe.up, lathe.middle
    hollow = lathe.rim is not None and lathe.rim.hollow
    rings = _rings(body, middle, up, lathe.height, lathe.radius, hollow=hollow)
    limbs, share = attachments(body, rings, middle, up, SLIVER if lathe.rim is None else _RIM_SLIVER)
    values = np.clip(np.maximum(rings, limbs) / body.cell, -6, 6).astype(np.float32)
    field = Field(values, body.front, body.outline, guess.eye, body.cell)
    words = f"a {'hollow, ' if hollow else ''}turned thing seen from {lathe.elevation:.0f} degrees above"
    words += ", with parts attached" if share else ""
    numbers = {"elevation": lathe.elevation, "lean": lathe.lean, "covered": lathe.covered, "attached": share,
               "rim": float(lathe.rim is not None), "hollow": float(hollow)}  # fmt: skip
    return Proposal("turned", field, up, middle, words, numbers)


def find_lathe(inside: Bools, said: float, guess: Guess | None = None) -> Lathe | None:
    """The axis around which the largest part of the mask (S, S) could turn. ``said``: the network's elevation.

    With a ``guess`` a rim is looked for, which says the elevation better.
    """
    best: tuple[float, float, int, Bools] | None = None
    step = max(len(inside) // 96, 1)
    coarse = inside[::step, ::step]
    total = max(int(coarse.sum()), 1)
    for lean in _ANGLES:
        picture = _turn_picture(coarse, lean)
        half = np.minimum(_run(picture), _run(picture[:, ::-1])[:, ::-1])
        covered = (2 * half - 1).clip(0).sum(axis=0) / total
        column = int(covered.argmax())
        merit = covered[column] - _LEAN * min(abs(lean), 45) / 45
        if best is None or merit > best[0]:
            best = (float(merit), float(lean), column, picture)
    assert best is not None
    _, lean, column, _ = best
    picture = _turn_picture(inside, lean)
    middle = step * column + step // 2
    near = np.arange(max(middle - 2 * step, 0), min(middle + 2 * step + 1, len(inside)))
    half = np.minimum(_run(picture), _run(picture[:, ::-1])[:, ::-1])
    column = int(near[half[:, near].sum(axis=0).argmax()])
    return _profile(picture, column, lean, guess, said)


def _turn_picture(inside: Bools, lean: float) -> Bools:
    """The mask turned by ``lean`` degrees against the clock, as it is seen."""
    from scipy.ndimage import rotate

    if lean == 0:
        return inside
    result: Bools = rotate(inside.astype(np.float32), lean, reshape=False, order=1) >= 0.5
    return result


def _run(inside: Bools) -> NDArray[np.int64]:
    """How many pixels to the left of each, itself included, are inside without a gap, (S, S)."""
    place = np.arange(inside.shape[1])[None, :]
    last_out = np.maximum.accumulate(np.where(inside, -1, place), axis=1)
    return np.where(inside, place - last_out, 0)


def _profile(picture: Bools, column: int, lean: float, guess: Guess | None, said: float) -> Lathe | None:
    """The profile about a column of a mask (S, S), as seen from the elevation that its outline and the guess allow."""
    centers, half = _centers(len(picture)), _half_widths(picture, column)
    used = np.flatnonzero(half > 0)
    if len(used) < _FEWEST:
        return None
    rows, wide = centers[used[0] : used[-1] + 1], half[used[0] : used[-1] + 1]
    eye = guess.eye if guess is not None else _FAR_EYE
    depth = 0.8 * float((wide * wide).sum() / max(wide.sum(), 1e-9))
    axis = Axis(float((rows * wide).sum() / wide.sum()), depth, 0.0, eye)
    rim = None
    if guess is not None and abs(lean) <= _LYING:
        rim = find_rim(picture, column, guess, np.radians(said), np.radians(lean))
    if rim is not None and rim.radius < _NECK * wide.max():
        rim = None  # a bottle's cap is too small to be measured
    place = np.radians(lean), float(centers[column])
    elevation = likely_elevation(rows, wide, axis, np.radians(said), guess, place) if rim is None else rim.elevation
    axis = replace(axis, elevation=elevation)
    profile = profile_of(rows, wide, axis)
    height, radius = close_ends(profile, axis, rim=None if rim is None else axis.height_at(rim.row))
    covered = 2 * float(wide.sum()) / (2 / len(picture)) / max(int(picture.sum()), 1)
    return Lathe(lean, float(centers[column]), axis, height, radius, covered, rim)


def _centers(side: int) -> Floats:
    """Middles of the pixels along the side of a window, in half windows, (S,)."""
    centers: Floats = (np.arange(side) + 0.5) * 2 / side - 1
    return centers


def _half_widths(picture: Bools, column: int) -> Floats:
    """How far each row of a mask (S, S) reaches to both sides of a column alike, half windows; 0 beside it. (S,)"""
    left, right = (
        (run[:, column] - 0.5) * 2 / len(picture) for run in (_run(picture), _run(picture[:, ::-1])[:, ::-1])
    )
    half_widths: Floats = np.where(picture[:, column], without_joints(left, right), 0.0)
    return half_widths


def likely_elevation(
    rows: Floats, half: Floats, axis: Axis, said: float, guess: Guess | None, place: tuple[float, float]
) -> float:
    """The elevation that outline, colors, the network's word and habit agree on best, radians.

    Seen from too high, an outline's points are not in the order of their rings; from a wrong height, colors change
    along them. The network is mostly right, and far off where it errs: so how far matters little. ``place``: the
    axis' lean and column.
    """
    tried = np.unique(np.clip(said + _TRIED, *_BELIEVED))
    costs = [
        profile_of(rows, half, replace(axis, elevation=float(angle))).backward
        + (_BANDS * change_along_rings(guess, *place, rows, half, float(angle)) if guess is not None else 0.0)
        + _FAR_OFF * np.log(1 + ((angle - said) / _DOUBT) ** 2)
        + _UNUSUAL * ((angle - _HELD) / _TEN) ** 2
        for angle in tried
    ]
    return float(tried[int(np.argmin(costs))])


def _rings(body: Field, middle: Floats, up: Floats, height: Floats, radius: Floats, *, hollow: bool) -> Pixels:
    """About the distance inside the turned solid at the cells of a field (D, R, R), in half windows.

    ``hollow``: open above, with walls and a floor of even thickness.
    """
    from scipy.ndimage import gaussian_filter1d

    even = np.linspace(height[0], height[-1], 256)
    wide = gaussian_filter1d(np.interp(even, height, radius), _SMOOTH / max(even[1] - even[0], 1e-6), mode="nearest")
    slope = np.gradient(wide, even)
    points = body.centers() - middle
    along = points @ up
    across = np.sqrt(np.maximum((points * points).sum(axis=1) - along * along, 0))
    at = np.clip(along, even[0], even[-1])
    away = (np.interp(at, even, wide) - across) / np.sqrt(1 + np.interp(at, even, np.clip(slope, -4, 4)) ** 2)
    wall = float(np.clip(_WALL * wide.max(), *_WALLS))
    cavity = smooth_least(away - wall, along - even[0] - wall, _CREASE)
    away = smooth_least(away, along - even[0], _CREASE)
    away = smooth_least(away, even[-1] - along, _CREASE)
    if hollow:
        away = smooth_least(away, -cavity, _CREASE)
    return away.reshape(body.values.shape).astype(np.float32)
