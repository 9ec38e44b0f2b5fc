"""Mirrored: the network's front, and a back that is its mirror image about the plane through the outline.

Where a thing is its own mirror image and seen from the side (animals, cars, tools), its outline lies in the plane of
symmetry, so the plane is the one through the depths along the outline. Figures seen from the front are no mirror images
front to back, but nearer to it than what the network guesses behind them; small things on the front are left out there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from maquette.core.arrays import Bools, Floats
from maquette.generate.guess.input import NEAREST, Pixels, balloon, enlarge
from maquette.generate.guess.network import Guess
from maquette.generate.guess.plumb import unroll
from maquette.generate.guess.symmetry import Plane
from maquette.generate.guess.volume import Field, distances, round_rim
from maquette.generate.hypotheses.legs import set_apart
from maquette.generate.hypotheses.proposal import Proposal, elevation_of, normals_of, seen_from_the_side
from maquette.geometry.flat.detail import blur_within
from maquette.geometry.flat.outlines import outlines, straight_share

_BAND = 0.08  # half windows from the outline inward in which the plane is looked for
_STEEP = 0.6  # most that the plane may lean away from square to the line of sight
_FINE, _SOFT = 0.02, 0.08  # half windows over which the front is evened out, before and behind
_LEVEL = 15.0  # degrees
_SIDE_ON = 20.0  # degrees: seen from higher above, a thing shows its top or its face, and the far side shows neither
_BLANK = 0.03  # deviation of colors, of 0..1: a silhouette, of whose form the network can say nothing
_SLENDER, _BULKY = 0.3, 0.52  # half windows, of the widest part: horses are seen from the side from higher up too
_THINNEST, _THICKEST = 0.6, 1.15  # balloons
_RIM, _EDGE = 0.12, 0.05  # half windows: nearer to the outline the network's depths, and its normals, say little
_BEVELS, _SHARES = (0.06, 0.12, 0.2), (0.5, 0.75, 1.0)  # half windows that a plate's edges are round; balloons
_SPREAD = 0.4  # of a half window for each into the picture: rays that spread more are a wide lens's guess
_STOUT = 0.5  # of its widest place's half width: a plate that stands is no thinner
_NARROW = 0.7  # width over height below which a side has a face: people and dolls face the camera
_NEARLY = 0.006  # of the cosine with the normals: the network would sooner see a balloon than a plate
_SURELY = 0.05  # ... but where an outline is not mostly straight it must see the plate: it flattens cats too
_RULED, _ON_LINE, _LINE = 0.45, 0.01, 0.2  # share of the outline; of the picture: off a line, and its length


def mirrored_thing(body: Field, guess: Guess) -> Proposal | None:
    """The network's front before the plane of the outline, and an evened copy of it behind.

    Neither lies nearer to the plane than half a balloon over the outline, nor much farther than a whole one: limbs keep
    their thickness, and nothing grows into the depth that only a guess holds up.
    """
    plane_and_misfit = _outline_plane(body, guess)
    if plane_and_misfit is None:
        return None
    plane, misfit = plane_and_misfit
    side = body.resolution
    axis = (np.arange(side) + 0.5) * (2 / side) - 1
    across = axis[None, :] * plane.normal[0] + axis[:, None] * plane.normal[1]
    level = ((plane.offset - across) / (plane.normal[2] + across / body.eye)).astype(np.float32)  # where rays meet it
    plate = flat_profile(body, guess, level)
    ahead, behind = (plate, plate) if plate is not None else _round_profiles(body, guess, level - body.front)
    slope, local = _spread_of_rays(body), _largest_near(body, behind)
    ahead, behind = (slope * local + (1 - slope) * half for half in (ahead, behind))
    waist = _waist(body, level, slope, slope * local)
    values = np.minimum(_before(body, level - ahead), waist)
    soft = replace(body, values=np.minimum(_before(body, level - behind), waist))
    points = body.centers()
    beyond = np.flatnonzero(points @ plane.normal > plane.offset)
    values.reshape(-1)[beyond] = soft.sample(plane.mirror(points[beyond]))
    values = np.minimum(values, body.outline / np.float32(body.cell))
    front = np.where(body.outline > 0, level - ahead, body.front).astype(np.float32)
    field = Field(np.clip(values, -6, 6).astype(np.float32), front, body.outline, body.eye, body.cell)
    legs = 0
    if plate is None and seen_from_the_side(guess):
        values, legs = set_apart(field, level, plane.normal)
        field = replace(field, values=values)
    up = _within(unroll(guess.up), plane.normal)
    middle = np.array([0.0, 0.0, plane.offset / plane.normal[2]])
    flat = plate is not None
    words = "a thing whose back mirrors its front"
    words += ", with level sides" if flat else f", its {legs} visible legs set apart" if legs else ""
    above = elevation_of(guess)
    widest = float(body.outline.max())
    aside = seen_from_the_side(guess) and (widest < _SLENDER or (above < _SIDE_ON and widest < _BULKY))
    numbers = {"misfit": misfit, "flat": float(flat), "legs": float(legs), "above": above, "aside": float(aside),
               "blank": float(_is_blank(guess))}  # fmt: skip
    return Proposal(
        "mirrored", field, up, middle, words, numbers, settles=True,
        own_front=not flat, two_sided=flat or (aside and not _is_tall(body.outline > 0)),
        smoothings=4 if flat else 10,
    )  # fmt: skip


def _is_blank(guess: Guess) -> bool:
    """Whether the subject is of one color all over."""
    inside = guess.mask > 0.95
    return bool(inside.any() and guess.colors[inside].std(axis=0).max() < _BLANK)


def _is_tall(mask: Bools) -> bool:
    """Whether an outline (R, R) is so much taller than wide that it is a figure seen from the front, not the side."""
    high, wide = (np.ptp(np.flatnonzero(mask.any(axis=axis))) + 1 for axis in (1, 0))
    return bool(wide < _NARROW * high)


def _round_profiles(body: Field, guess: Guess, said: Pixels) -> tuple[Pixels, Pixels]:
    """How far a round thing reaches before its plane, in detail and evened out, (R, R) each.

    A balloon times what the network says of it (``said``). Beside the rim its word says nothing, and where it is taken
    all the same front and back meet in an edge: so places count by the square of the balloon.
    """
    side = body.resolution
    swell = round_rim(enlarge(balloon(guess.mask), side), body.outline)
    share = np.clip(said / np.maximum(swell, 1e-3), _THINNEST, _THICKEST).astype(np.float64)
    weight = (body.outline > 0) * swell.astype(np.float64) ** 2 + 1e-9
    soft = blur_within(share, weight, _SOFT * side / 2)
    inward = np.clip(body.outline / _RIM, 0, 1)
    inward *= inward * (3 - 2 * inward)
    fine = soft + inward * (blur_within(share, weight, _FINE * side / 2) - soft)
    return (swell * fine).astype(np.float32), (swell * soft).astype(np.float32)


def flat_profile(body: Field, guess: Guess, level: Pixels) -> Pixels | None:
    """Half thickness (R, R) of a plate with round edges, if the network's normals are rather its than a balloon's.

    Depths are no help: the network swells whatever it sees. Its normals know sides of trucks and cameras for flat.
    """
    inner, rim = body.outline > _RIM, body.outline > _EDGE
    if inner.sum() < 50:
        return None
    swell = round_rim(enlarge(balloon(guess.mask), body.resolution), body.outline)
    rounds = [_agreement(level - share * swell, body, guess, rim) for share in _SHARES]
    said = max(float(np.median((level - body.front)[inner])), _STOUT * float(body.outline.max()))
    plates = []
    for bevel in _BEVELS:
        inward = np.clip(body.outline / bevel, 0, 1)
        plates.append(np.float32(max(said, bevel)) * np.sqrt(np.maximum(1 - (1 - inward) ** 2, 0)))
    flats = [_agreement(level - plate, body, guess, rim) for plate in plates]
    flatter = max(flats) - max(rounds)
    if flatter < -_NEARLY or (flatter < _SURELY and not _is_ruled(guess.mask)):
        return None
    flattest: Pixels = plates[int(np.argmax(flats))].astype(np.float32)
    return flattest


def _is_ruled(mask: Pixels) -> bool:
    """Whether the outline of a mask (S, S) runs mostly along straight lines, as those of trucks and books do."""
    share = straight_share(outlines(mask.astype(np.float64)), _ON_LINE * len(mask), _LINE * len(mask))
    return share > _RULED


def _agreement(depth: Pixels, body: Field, guess: Guess, where: Bools) -> float:
    """Mean cosine between the normals of a surface (R, R) and the network's."""
    said = np.stack([enlarge(guess.normal[..., axis], body.resolution) for axis in range(3)], axis=-1)
    said /= np.maximum(np.linalg.norm(said, axis=-1, keepdims=True), 1e-6)
    return float((normals_of(depth.astype(np.float32), body.eye) * said).sum(axis=-1)[where].mean())


def _spread_of_rays(body: Field) -> Pixels:
    """By how much a ray through each pixel moves outward for each half window into the picture, (R, R)."""
    axis = (np.arange(body.resolution, dtype=np.float32) + 0.5) * (2 / body.resolution) - 1
    spread: Pixels = np.minimum(np.hypot(axis[None, :], axis[:, None]) / np.float32(body.eye), _SPREAD)
    return spread


def _largest_near(body: Field, half: Pixels) -> Pixels:
    """About the largest half thickness near each pixel, (R, R)."""
    weight = (body.outline > 0) * half.astype(np.float64) ** 2 + 1e-9
    return blur_within(half.astype(np.float64), weight, _SOFT * body.resolution / 2).astype(np.float32)


def _waist(body: Field, level: Pixels, slope: Pixels, lift: Pixels) -> Pixels:
    """Values (D, R, R) that round the solid off where it meets its mirror image at the depths ``level`` (R, R).

    Rays spread, so what follows them to the plane and back again has a seam there. A round thing touches its outline's
    rays before the plane, by ``lift``, and at the plane runs square to it: a parabola between.
    """
    depth = ((np.arange(len(body.values), dtype=np.float32) + 0.5) * (2 / body.resolution) + NEAREST)[:, None, None]
    short = np.maximum(lift - np.abs(depth - level), 0)
    waist: Pixels = (body.outline - slope * short * short / (2 * np.maximum(lift, 1e-4))) / np.float32(body.cell)
    return waist


def _before(body: Field, front: Pixels) -> Pixels:
    """Values (D, R, R) of all that lies behind a surface at these depths (R, R) and within the outline."""
    depth = ((np.arange(len(body.values), dtype=np.float32) + 0.5) * (2 / body.resolution) + NEAREST)[:, None, None]
    away = distances(front, np.full_like(front, 9.0), depth)
    return (np.minimum(away, body.outline) / np.float32(body.cell)).astype(np.float32, copy=False)


def _outline_plane(body: Field, guess: Guess) -> tuple[Plane, float] | None:
    """The plane through the middles between front and back along the outline, and how far they lie off it."""
    side = body.resolution
    middle: Pixels = enlarge((guess.front + guess.back) / np.float32(2), side)
    rows, columns = np.nonzero((body.outline > 0) & (body.outline < _BAND))
    if len(rows) < 20:
        return None
    axis = (np.arange(side) + 0.5) * (2 / side) - 1
    depth = middle[rows, columns].astype(np.float64)
    deep = 1 + depth / body.eye
    points = np.stack([axis[columns] * deep, axis[rows] * deep, depth], axis=1)
    weight = np.ones(len(points))
    slopes = np.zeros(3)
    for _ in range(6):
        a = np.column_stack([points[:, :2], np.ones(len(points))])
        square = (a * weight[:, None]).T @ a + np.diag([0.05, 0.05, 0.0]) * len(points)
        slopes = np.linalg.solve(square, (a * weight[:, None]).T @ points[:, 2])
        off = points[:, 2] - a @ slopes
        weight = 1 / (1 + (off / 0.08) ** 2)
    above = abs(np.degrees(np.arctan2(-guess.up[2], -guess.up[1])))
    slopes[1] *= np.clip((above - _LEVEL) / _LEVEL, 0, 1)  # a thing seen from a little above stands upright anyway
    lean = np.clip(slopes[:2], -_STEEP, _STEEP)
    normal = np.array([-lean[0], -lean[1], 1.0])
    length = float(np.linalg.norm(normal))
    return Plane(normal / length, float(slopes[2] / length), 0.0), float(np.abs(off).mean())


def _within(up: Floats, normal: Floats) -> Floats:
    """The direction ``up`` laid into the plane, for things stand on their plane of symmetry's edge. (3,)"""
    direction = up - (up @ normal) * normal
    length = float(np.linalg.norm(direction))
    return direction / length if length > 0.3 else up
