"""Turned: a surface of revolution from the outline's axis, with handles, spouts and feet attached to it.

Seen from ``elevation`` above, such a thing covers the union of ellipses, one for each of its rings. Stretched along the
axis by 1 / sin(elevation) they are discs, so the widest ring that fits around each point of the axis is the distance
to the stretched outline's edge: one distance transform finds the profile, and how well its discs fill the outline says
which elevations are possible. What no ring covers is attached: blown up in the plane that holds the axis.
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
from maquette.generate.hypotheses.proposal import Proposal, elevation_of, smooth_least
from maquette.generate.hypotheses.rim import Rim, find_rim

_FEWEST = 12  # rows of the outline: lower things have no profile
_SIDE = 192  # pixels of the outline whose profile is taken; the axis is looked for in half of that
_ANGLES = np.array([0, *(sign * a for a in (4, 8, 12, 20, 30, 45, 60, 75) for sign in (1, -1)), 90], float)
_LEAN = 0.06  # coverage that an axis 45 degrees off upright must bring more, for things stand
_HIGHEST, _STEP, _LEAST = 50.0, 5.0, 3.0  # degrees above that are tried, from what the network says downward
_LYING = 20.0  # degrees: what leans further shows no rim
_NECK, _RIM_COVER = 0.5, 0.88  # of the widest radius; of the mask: a rim's rings cover no less, but for a handle
_RIM_SLIVER = 0.045  # half windows: what stands over a rim by less is its own inaccuracy
_TRIED, _FAR_OFF = (-10.0, 55.0), 0.01  # degrees; coverage that being 10 degrees off the network's word costs
_FLATTEST, _EDGE_ON = 8.0, 0.05  # degrees, radians: rings seen from less above are taken for lines
_POLE, _EVEN = 0.75, 2.0  # a cone along the line of sight narrows as fast as it goes on; rows that are evened out
_WALL, _WALLS = 0.1, (0.05, 0.08)  # thickness of a hollow thing's wall, of its widest radius; half windows
_LOSS = 0.02  # of the mask: coverage that an elevation may cost
_SMOOTH = 0.03  # half windows: the profile's waves shorter than this are the outline's steps
_CREASE = 0.03  # half windows over which rims are rounded


@dataclass(frozen=True)
class Lathe:
    """Axis in the image turned by ``lean`` degrees, column ``column`` of it; the profile there in half windows.

    ``rows`` (N,) go from top to bottom along the projected axis, ``radius`` (N,) of the ring around each, 0: none.
    """

    lean: float
    column: float
    elevation: float
    rows: Floats
    radius: Floats
    covered: float  # share of the mask
    rim: Rim | None = None
    stands: bool = False  # its profile was taken in perspective


def turned_thing(body: Field, guess: Guess, mask: Pixels) -> Proposal | None:
    """The outline as something turned on a lathe; None where no axis is found. mask (R', R') over the window."""
    small = block_means(mask, len(mask) // _SIDE) if len(mask) % _SIDE == 0 else enlarge(mask, _SIDE)
    lathe = find_lathe(small >= 0.5, elevation_of(guess), guess)
    if lathe is None:
        return None
    up = _upward(lathe)
    middle, height, radius = _measure(lathe, guess.eye, up)
    if len(height) < 4:
        return None
    hollow = lathe.rim is not None and lathe.rim.hollow
    rings = _rings(body, middle, up, height, radius, hollow=hollow)
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
    straight = _profile(picture, column, lean, said)
    if straight is None or guess is None or abs(lean) > _LYING:
        return straight
    return _in_perspective(picture, column, straight, guess, said)


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


def _profile(picture: Bools, column: int, lean: float, said: float) -> Lathe | None:
    """The profile at the elevation that the outline allows and the network finds likely."""
    total = max(int(picture.sum()), 1)
    half = np.minimum(_run(picture), _run(picture[:, ::-1])[:, ::-1])[:, column] - 0.5
    half = np.where(picture[:, column], half, 0.0)
    straight = half, half
    wanted = float(np.clip(said, 0, _HIGHEST))
    for elevation in np.arange(wanted, -_STEP, -_STEP):
        stretch = np.full(len(picture), 1 / np.sin(np.radians(max(elevation, _LEAST))))
        radius, reach = straight if elevation < _LEAST else _widest_rings(picture, column, stretch)
        covered = float(2 * reach.sum() / total)
        if elevation < _LEAST or covered >= 2 * straight[1].sum() / total - _LOSS:
            break
    elevation = 0.0 if elevation < _LEAST else float(elevation)
    if (radius > 0).sum() < _FEWEST:
        return None
    side = len(picture)
    rows = (np.arange(side) + 0.5) * 2 / side - 1
    middle = (column + 0.5) * 2 / side - 1
    return Lathe(lean, middle, elevation, rows, radius * 2 / side, covered)


def _in_perspective(picture: Bools, column: int, straight: Lathe, guess: Guess, said: float) -> Lathe:
    """The profile of what stands, each row seen from a little higher above than the one over it.

    The elevation is the rim's where one is seen, else that near the network's under which rings cover the outline best.
    ``straight`` where they cover too little.
    """
    rim = find_rim(picture, column, guess, np.radians(said), np.radians(straight.lean))
    if rim is not None and rim.radius < _NECK * straight.radius.max():
        rim = None  # a bottle's cap is too small to be measured
    if rim is None:
        coarse = picture[::2, ::2]
        tried = np.clip(said, *_TRIED) + np.arange(-4, 4) * _STEP
        worths = [_cover(coarse, column // 2, e, guess.eye)[1] - _FAR_OFF * ((e - said) / 10) ** 2 for e in tried]
        elevation = float(tried[int(np.argmax(worths))])
    else:
        elevation = float(np.degrees(rim.elevation))
    radius, covered = _cover(picture, column, elevation, guess.eye)
    half = np.minimum(_run(picture), _run(picture[:, ::-1])[:, ::-1])[:, column] - 0.5
    level = 2 * float(half[picture[:, column]].sum()) / max(int(picture.sum()), 1)
    if covered < level - _LOSS if rim is None else covered < _RIM_COVER:
        return straight  # drawings know no perspective: their feet are level lines
    first, last = _flat_ends(picture, column, radius, elevation, guess.eye, rim)
    place = np.arange(len(picture))
    radius = np.where((place >= first) & (place <= last), radius * 2 / len(picture), 0)
    if (radius > 0).sum() < _FEWEST:
        return straight
    return replace(straight, elevation=elevation, radius=radius, covered=covered, rim=rim, stands=True)


def _cover(picture: Bools, column: int, elevation: float, eye: float) -> tuple[Floats, float]:
    """Widest rings in perspective, in pixels, and the share of the mask that they cover."""
    radius, reach = _widest_rings(picture, column, _stretch(len(picture), elevation, eye))
    return radius, float(2 * reach.sum() / max(int(picture.sum()), 1))


def _stretch(side: int, elevation: float, eye: float) -> Floats:
    """By how much each row of a picture must be drawn out for rings to become discs, (S,)."""
    seen = np.radians(elevation) + np.arctan2((np.arange(side) + 0.5) * 2 / side - 1, eye)
    stretch: Floats = 1 / np.sin(np.maximum(np.abs(seen), np.radians(_FLATTEST)))
    return stretch


def _flat_ends(
    picture: Bools, column: int, radius: Floats, elevation: float, eye: float, rim: Rim | None
) -> tuple[int, int]:
    """First and last row of the profile: the rim, and no rings that touch the outline at their pole alone.

    Those narrow as fast as they go on. They end what stands below, and above what is seen from below there.
    """
    from scipy.ndimage import gaussian_filter1d

    side = len(picture)
    inside = np.flatnonzero(picture[:, column])
    first, last = int(inside[0]), int(inside[-1])
    widening = np.gradient(gaussian_filter1d(radius, _EVEN), np.cumsum(_stretch(side, elevation, eye)))
    margin = round(2 * _EVEN)
    seen = np.radians(elevation) + np.arctan2((np.arange(side) + 0.5) * 2 / side - 1, eye)
    if seen[last] > np.radians(_FLATTEST):
        wide = np.flatnonzero(widening[: last - margin] > -_POLE)
        last = int(wide[-1]) if len(wide) else last
    if rim is not None:
        first = int(np.ceil((rim.row + 1) * side / 2 - 0.5))
    elif seen[first] < -np.radians(_FLATTEST):
        wide = np.flatnonzero(widening[first + margin :] < _POLE)
        first += margin + int(wide[0]) if len(wide) else 0
    return first, last


def _widest_rings(picture: Bools, column: int, stretch: Floats) -> tuple[Floats, Floats]:
    """Widest ring around each row of the axis, and how far the rings reach to either side in each row, in pixels.

    ``stretch`` (S,): by how much each row must be drawn out along the axis for rings to become discs.
    """
    from scipy.ndimage import distance_transform_edt

    half = np.minimum(_run(picture), _run(picture[:, ::-1])[:, ::-1])[:, column] - 0.5
    half = np.where(picture[:, column], half, 0.0)
    spread = np.zeros_like(picture)
    place = np.arange(picture.shape[1])[None, :]
    spread |= np.abs(place - column) < (half + 0.5)[:, None]  # only what is alike on both sides can be a ring
    ends = np.concatenate([[0.0], np.cumsum(stretch)])
    place = (ends[1:] + ends[:-1]) / 2  # of each row in the drawn out picture
    centers = np.arange(int(np.ceil(ends[-1]))) + 0.5
    source = np.interp(centers, place, np.arange(len(picture)))
    above = np.minimum(source.astype(np.int64), len(picture) - 2)
    part = (source - above)[:, None]
    tall = (1 - part) * spread[above] + part * spread[above + 1] >= 0.5
    far = distance_transform_edt(np.pad(tall, 1))[1:-1, 1:-1][:, column]
    radius = np.interp(place, centers, np.maximum(far - 0.5, 0))
    squared = far[None, :] ** 2 - (place[:, None] - centers[None, :]) ** 2
    reach = np.sqrt(np.maximum(squared.max(axis=1), 0))
    return np.where(half > 0, radius, 0), np.minimum(np.maximum(reach - 0.5, 0), np.maximum(half, 0))


def _upward(lathe: Lathe) -> Floats:
    """Where the axis points up to in the camera's frame (right, down, into the picture), (3,)."""
    lean, above = np.radians(lathe.lean), np.radians(lathe.elevation)
    across, along = np.sin(lean) * np.cos(above), np.cos(lean) * np.cos(above)
    return np.array([across, -along, -np.sin(above)])


def _measure(lathe: Lathe, eye: float, up: Floats) -> tuple[Floats, Floats, Floats]:
    """A point of the axis (3,), and heights above it with the radius there, from bottom to top; the lower end cut flat.

    A ring that touches the outline only at its pole is the tip of a cone along the line of sight: things stand on a
    flat end, and the other one is a dome.
    """
    used = np.flatnonzero(lathe.radius > 0)
    used = used[(used >= used[0]) & (used <= used[-1])]
    rows, width = lathe.rows[used], lathe.radius[used]
    above = np.full(len(rows), np.radians(lathe.elevation))
    if lathe.stands:  # discs in perspective: each is seen from its own elevation, its middle above its ellipse's
        above = above + np.arctan2(rows, eye)
        rows = rows - width * width * np.sin(above) * np.cos(above) / eye
    sine, cosine = np.sin(np.radians(lathe.elevation)), np.cos(np.radians(lathe.elevation))
    depth = 0.8 * float((width * width).sum() / max(width.sum(), 1e-9))
    center_row = float((rows * width).sum() / max(width.sum(), 1e-9))
    turn = np.radians(lathe.lean)
    flat = np.array([lathe.column, center_row]) * (1 + depth / eye)
    level = np.full(len(rows), eye) if lathe.stands else np.hypot(rows, eye)
    middle = np.array(
        [np.cos(turn) * flat[0] - np.sin(turn) * flat[1], np.sin(turn) * flat[0] + np.cos(turn) * flat[1]]
    )
    height = (flat[1] - rows * (eye + depth) / level) / np.maximum(cosine - rows * sine / eye, 0.2)
    radius = width * (eye + depth - height * sine) / np.hypot(eye, width)  # the line of sight touches before the axis
    order = np.argsort(height)
    height, radius = height[order], radius[order]
    if above[0] > _EDGE_ON and lathe.rim is None:
        slope = np.gradient(radius, height)
        steep = np.abs(slope) > 0.8 / np.tan(np.maximum(above[order], _EDGE_ON))
        low = int(np.argmin(steep)) if steep[0] and not lathe.stands else 0
        high = len(steep) - (int(np.argmin(steep[::-1])) if steep[-1] else 0)
        height, radius = _dome(height[low:], radius[low:], high - low)
    return np.array([middle[0], middle[1], depth]), height, radius


def _dome(height: Floats, radius: Floats, end: int) -> tuple[Floats, Floats]:
    """The profile with what lies above sample ``end`` made a parabola that begins as steeply: half a cone's height."""
    if not 1 <= end < len(height):
        return height, radius
    start, wide = height[end - 1], radius[end - 1]
    share = np.linspace(0.0, 1.0, 24)[1:]
    top = (height[-1] - start) / 2
    return np.append(height[:end], start + top * share), np.append(radius[:end], wide * np.sqrt(1 - share))


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
