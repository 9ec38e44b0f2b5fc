"""A proposal: one explanation of a photo as a closed field, with what it says about up and about itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats
from maquette.generate.guess.input import NEAREST, Pixels
from maquette.generate.guess.network import Guess
from maquette.generate.guess.volume import Field

_ALIKE, _SURELY_ALIKE = 0.72, 0.85  # of an outline's two halves: from the side less than this, from the front more
_PAINTED_ALIKE = 0.1  # correlation of the colors left and right, between the two


@dataclass(frozen=True)
class Thing:
    """What must be known of a shape to place and color it: its kind, up (3,), middle (3,).

    ``two_sided``: its back looks like its front. ``facing`` (3,) points out of its front where that is not the photo's.
    """

    name: str
    up: Floats
    middle: Floats
    two_sided: bool = False
    facing: Floats | None = None


@dataclass(frozen=True)
class Proposal:
    """A shape that would look like the photo, in the camera's frame and in half windows.

    ``up`` (3,) is where it stands up to; ``axis`` the middle that it turns about (3,), where it has one. ``numbers``
    are its own measures, in half windows and degrees. ``words`` says in a few what it is.
    """

    name: str
    field: Field
    up: Floats
    middle: Floats
    words: str
    numbers: Mapping[str, float] = dataclasses.field(default_factory=dict)
    settles: bool = False  # whether its underside is a guess that may be drawn down to the ground
    own_front: bool = False  # whether its front lies where the network says
    two_sided: bool = False  # whether its back looks like its front
    smoothings: int = 10  # rounds that even the grid's steps out; few where edges are meant
    facing: Floats | None = None  # out of its front, (3,), where that is not the way to the viewer

    @property
    def thing(self) -> Thing:
        """What must be known to place and color it."""
        return Thing(self.name, self.up, self.middle, self.two_sided, self.facing)


def visible_surface(shape: Field) -> tuple[Bools, Pixels]:
    """Where a ray of each pixel meets the field's solid, and at which depth; (R, R) each, depth 0 where it does not."""
    inside = shape.values > 0
    hit: Bools = np.logical_or.reduce(inside, axis=0)
    first = inside.argmax(axis=0)
    before = np.maximum(first - 1, 0)
    inner = np.take_along_axis(shape.values, first[None], axis=0)[0]
    outer = np.take_along_axis(shape.values, before[None], axis=0)[0]
    part = np.where(first > 0, inner / np.maximum(inner - outer, 1e-6), 0)
    depth = (first + 0.5 - part) * (2 / shape.resolution) + NEAREST
    return hit, np.where(hit, depth, 0).astype(np.float32)


def normals_of(depth: Pixels, eye: float) -> Pixels:
    """Normals (R, R, 3) toward the viewer of the surface at these depths (R, R) along the rays."""
    side = len(depth)
    axis = (np.arange(side) + 0.5) * (2 / side) - 1
    deep = 1 + depth / eye
    points = np.stack([axis[None, :] * deep, axis[:, None] * deep, depth], axis=-1)
    down, right = np.gradient(points, axis=(0, 1))
    normals = np.cross(down, right)
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    normals[normals[..., 2] > 0] *= -1
    return normals.astype(np.float32)


def smooth_least(a: Pixels, b: Pixels, reach: float) -> Pixels:
    """The lesser of two fields with the crease between them rounded over ``reach`` (Quílez's quadratic blend)."""
    if reach <= 0:
        return np.minimum(a, b)
    share = np.maximum(reach - np.abs(a - b), 0) / reach
    result: Pixels = np.minimum(a, b) - share * share * (reach / 4)
    return result


def seen_from_the_side(guess: Guess) -> bool:
    """Whether the photo shows one of two alike sides: neither outline nor colors are alike left and right.

    Faces and figures seen from the front are; what a mirror makes of them stands on no back.
    """
    box, colors = _in_box(guess)
    outlines = alike_outline(guess)
    if outlines < _ALIKE:
        return True
    both = box & box[:, ::-1]
    weight = both[..., None].astype(np.float64)
    rows = (colors * weight).sum(axis=1, keepdims=True) / np.maximum(weight.sum(axis=1, keepdims=True), 1)
    off = (colors - rows) * weight  # light from above is alike left and right in everything
    alike = (off * off[:, ::-1]).sum() / max(float((off * off).sum()), 1e-9)
    return bool(outlines < _SURELY_ALIKE and alike < _PAINTED_ALIKE)


def alike_outline(guess: Guess) -> float:
    """How far the outline is its own mirror image left and right: intersection over union, 0..1."""
    box, _ = _in_box(guess)
    return float((box & box[:, ::-1]).sum() / max(int((box | box[:, ::-1]).sum()), 1))


def _in_box(guess: Guess) -> tuple[Bools, Pixels]:
    """Mask (S, W) and colors (S, W, 3) between the mask's first and last column."""
    inside = guess.mask >= 0.5
    columns = np.flatnonzero(inside.any(axis=0))
    return inside[:, columns[0] : columns[-1] + 1], guess.colors[:, columns[0] : columns[-1] + 1]


def elevation_of(guess: Guess) -> float:
    """Degrees that the network takes the camera to look down."""
    up = guess.up / max(float(np.linalg.norm(guess.up)), 1e-9)
    return float(np.degrees(np.arcsin(np.clip(-up[2], -1, 1))))
