"""Mirrored: the network's front, and a back that is its mirror image about the plane through the outline.

Where a thing is its own mirror image and seen from the side (animals, cars, tools), its outline lies in the plane of
symmetry, so the plane is the one through the depths along the outline. Figures seen from the front are no mirror images
front to back, but nearer to it than what the network guesses behind them; small things on the front are left out there.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats
from maquette.generate.guess.ground import unroll
from maquette.generate.guess.input import NEAREST, Pixels, balloon, enlarge
from maquette.generate.guess.network import Guess
from maquette.generate.guess.symmetry import Plane
from maquette.generate.guess.volume import Field, distances, round_rim
from maquette.generate.hypotheses.proposal import Proposal
from maquette.geometry.flat.detail import blur_within

_BAND = 0.08  # half windows from the outline inward in which the plane is looked for
_STEEP = 0.6  # most that the plane may lean away from square to the line of sight
_FINE, _SOFT = 0.02, 0.08  # half windows over which the front is evened out, before and behind
_LEVEL = 15.0  # degrees
_THINNEST, _THICKEST = 0.6, 1.15  # balloons


def mirrored_thing(body: Field, guess: Guess) -> Proposal | None:
    """The network's front before the plane of the outline, and an evened copy of it behind.

    Neither lies nearer to the plane than half a balloon over the outline, nor much farther than a whole one: limbs keep
    their thickness, and nothing grows into the depth that only a guess holds up.
    """
    found = _outline_plane(body, guess)
    if found is None:
        return None
    plane, misfit = found
    side = body.resolution
    axis = (np.arange(side) + 0.5) * (2 / side) - 1
    across = axis[None, :] * plane.normal[0] + axis[:, None] * plane.normal[1]
    level = ((plane.offset - across) / (plane.normal[2] + across / body.eye)).astype(np.float32)  # where rays meet it
    swell = round_rim(enlarge(balloon(guess.mask), side), body.outline)
    share = np.clip((level - body.front) / np.maximum(swell, 1e-3), _THINNEST, _THICKEST).astype(np.float64)
    inside = (body.outline > 0).astype(np.float64)
    ahead = (swell * blur_within(share, inside, _FINE * side / 2)).astype(np.float32)
    behind = swell * blur_within(share, inside, _SOFT * side / 2)
    values = _before(body, level - ahead)
    soft = Field(_before(body, level - behind.astype(np.float32)), body.front, body.outline, body.eye, body.cell)
    points = body.centers()
    beyond = np.flatnonzero(points @ plane.normal > plane.offset)
    values.reshape(-1)[beyond] = soft.sample(plane.mirror(points[beyond]))
    values = np.minimum(values, body.outline / np.float32(body.cell))
    front = np.where(body.outline > 0, level - ahead, body.front).astype(np.float32)
    field = Field(np.clip(values, -6, 6).astype(np.float32), front, body.outline, body.eye, body.cell)
    up = _within(unroll(guess.up), plane.normal)
    middle = np.array([0.0, 0.0, plane.offset / plane.normal[2]])
    words = "a thing whose back mirrors its front"
    return Proposal(
        "mirrored", field, up, middle, words, {"misfit": misfit}, settles=True, own_front=True, two_sided=True
    )


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
    made = up - (up @ normal) * normal
    length = float(np.linalg.norm(made))
    return made / length if length > 0.3 else up
