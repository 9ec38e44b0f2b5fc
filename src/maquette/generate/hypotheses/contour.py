"""The profile of a turned thing from its outline: which ring each point of the outline lies on.

Where a line of sight touches a surface of revolution, the plane through the eye and the outline's tangent touches it
too, and the normal there meets the axis. So how wide the outline is at a height of the picture, and how fast that
changes, say where on the axis the ring lies and how wide it is (Ponce, Chelberg and Mann 1989, here in perspective). A
ball stays a ball from wherever it is seen, and the arc under a tin becomes one ring: its flat base.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats

_EVEN = 3.0  # rows over which the outline's steps are evened out
_SAMPLES = 256
_EDGE_ON, _ENDING = np.radians(3), 0.08  # radians; of the rows: how much of an outline says how it ends
_FOOT = 0.4  # of the widest radius: round undersides end in such a disc, so that they stand
_MARGIN = 12


@dataclass(frozen=True)
class Axis:
    """An upright axis before a camera: the row of the window at which a point of it is seen, how deep that lies.

    ``elevation`` is in radians, the camera's above the horizon; lengths are in half windows, ``eye`` the distance from
    the eye to depth 0.
    """

    row: float
    depth: float
    elevation: float
    eye: float

    def height_at(self, row: float) -> float:
        """The height over the axis' point of what of the axis is seen in a row."""
        cosine, sine = np.cos(self.elevation), np.sin(self.elevation)
        return float((self.row - row) * (self.eye + self.depth) / (self.eye * cosine - row * sine))


@dataclass(frozen=True)
class Profile:
    """Radius (N,) of a turned thing at even heights (N,) from bottom to top, in half windows.

    ``bends``: how the square of the half width bends at the lower and the upper end of the outline; 1 is a ball's.
    ``backward``: by how much of its height the outline's order is not the rings'; much if taken for seen from too high.
    """

    height: Floats
    radius: Floats
    bends: tuple[float, float]
    backward: float


def profile_of(rows: Floats, half: Floats, axis: Axis) -> Profile:
    """The profile of what is ``half`` (N,) wide to each side of its axis in the rows (N,), evenly spaced downward."""
    square, slope = _even_square(half, rows[1] - rows[0])  # w² / 2 and w w'
    eye, cosine, sine = axis.eye, np.cos(axis.elevation), np.sin(axis.elevation)
    away, down = eye + axis.depth, axis.row * (1 + axis.depth / eye)
    wide = np.maximum(2 * square, 0)
    lift = (rows + slope) * -sine + (eye + (wide - rows * slope) / eye) * cosine
    reach = (away * cosine - down * sine) / np.maximum(lift, 1e-3)  # how far along the line of sight it touches
    y, z = reach * rows - down, reach * eye - away
    height = -y * cosine - z * sine
    radius = np.sqrt(wide * reach**2 + (z * cosine - y * sine) ** 2)
    height, radius = height[::-1], radius[::-1]
    steps = np.diff(height)
    backward = float(-steps[steps < 0].sum() / max(float(np.ptp(height)), 1e-6))
    level = (np.maximum.accumulate(height) + np.minimum.accumulate(height[::-1])[::-1]) / 2
    bends = _bend(slope[::-1], rows[0] - rows[1]), _bend(slope, rows[1] - rows[0])
    return Profile(*_evenly(level, radius), bends, backward)


def _bend(slope: Floats, step: float) -> float:
    """How quickly a slope (N,) falls over its first rows, without those at the very end that were evened out."""
    first = round(_EVEN)
    last = min(first + max(8, round(_ENDING * len(slope))), len(slope) - 1)
    return float((slope[first] - slope[last]) / ((last - first) * step))


def _even_square(half: Floats, step: float) -> tuple[Floats, Floats]:
    """Half the square of half widths (N,) without the outline's steps, and its slope; both run on past the ends."""
    from scipy.ndimage import gaussian_filter1d

    margin = min(_MARGIN, len(half) - 1)
    padded = np.pad(half**2 / 2, margin, mode="reflect", reflect_type="odd")
    inner = slice(margin, margin + len(half))
    return gaussian_filter1d(padded, _EVEN)[inner], gaussian_filter1d(padded, _EVEN, order=1)[inner] / step


def _evenly(level: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """A profile at even heights: the widest where several share one, between them a line. (M,), (M,)"""
    height = np.linspace(level[0], level[-1], _SAMPLES)
    result = np.interp(height, level, radius)
    place = np.searchsorted(height, level).clip(0, _SAMPLES - 1)
    np.maximum.at(result, place, radius)
    return height, result


def close_ends(profile: Profile, axis: Axis, *, rim: float | None) -> tuple[Floats, Floats]:
    """Heights and radii with caps on the ends that are round, which the photo shows within the outline, or hides.

    What has a ``rim``, at that height, ends there, and below with a foot.
    """
    height, radius = profile.height, profile.radius
    if rim is not None:
        below = height < rim if (height < rim).sum() > 2 else height <= height[-1]
        return height[below], radius[below]
    height, radius = _add_cap(height, radius, profile.bends[1], _seen_from(height[-1], axis), 0.0)
    foot = _FOOT * float(radius.max())
    low, wide = _add_cap(-height[::-1], radius[::-1], profile.bends[0], _seen_from(height[0], axis), foot)
    return -low[::-1], wide[::-1]


def _seen_from(height: float, axis: Axis) -> float:
    """From how far off its own level a place of the axis is seen, radians."""
    down = axis.row * (1 + axis.depth / axis.eye) - height * np.cos(axis.elevation)
    away = axis.eye + axis.depth - height * np.sin(axis.elevation)
    return abs(float(axis.elevation + np.arctan2(down, away)))


def _add_cap(height: Floats, radius: Floats, bend: float, above: float, foot: float) -> tuple[Floats, Floats]:
    """A profile with the cap of a ball on its upper end, up to a disc of radius ``foot``, if that end is round.

    Seen from ``above``, radians, the outline of a round end stops where it slopes like the line of sight. Flat ends
    bend as ellipses do, by 1 / sin² of it, and balls by 1: halfway is a matter of taste.
    """
    if above < _EDGE_ON or bend * np.sin(above) > 1:
        return height, radius
    ball = radius[-1] / np.sin(above)
    angles = np.linspace(above, 0.0, 24)[1:]
    angles = angles[ball * np.sin(angles) >= foot]
    top = height[-1] + ball * (np.cos(angles) - np.cos(above))
    return np.append(height, top), np.append(radius, ball * np.sin(angles))
