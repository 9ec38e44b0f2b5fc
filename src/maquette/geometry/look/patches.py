"""A texture in which every face has a patch of its own: half a square, two faces to a square.

Neighbouring patches share no texel that linear filtering reads, so any triangles can be baked, whatever their shape
or topology, in no time. Faces are laid out along a Morton curve: where a far-off viewer's mipmaps mix neighbours, they
mix neighbours in space.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.octree import octree

LEAST = 4  # texels along a square: fewer hold no triangle
MOST = 32


@dataclass(frozen=True)
class Patches:
    """A square texture of ``side`` texels and what its T used texels show."""

    side: int
    uv: Floats  # (P, 3, 2)
    texel: Ints  # (T,) row by row
    face: Ints  # (T,)
    weights: Floats  # (T, 3) barycentric; a little outside the face along its rim


def patches(triangles: Floats, square: int) -> Patches:
    """Lay out faces (P, 3, 3), ``square`` texels (4 to 32) to a pair of them."""
    count = len(triangles)
    order = octree(triangles.mean(axis=1), 1).order
    cell = np.empty(count, np.int64)
    cell[order] = np.arange(count) // 2
    upper = np.empty(count, dtype=bool)
    upper[order] = np.arange(count) % 2 == 1
    across = int(np.ceil(np.sqrt((count + 1) // 2)))
    side = across * square
    corner = np.stack([cell % across, cell // across], axis=1) * square
    leg = square - 3.0
    local = np.array([[0.5, 0.5], [0.5 + leg, 0.5], [0.5, 0.5 + leg]])
    place = np.where(upper[:, None, None], square - local, local)
    uv = (corner[:, None] + place) / side
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(square), np.arange(square)))
    shares = []
    for keep, u, v in (
        (x + y < square, x / leg, y / leg),
        (x + y >= square, (square - 1 - x) / leg, (square - 1 - y) / leg),
    ):
        shares.append((np.flatnonzero(keep), np.stack([1 - u - v, u, v], axis=1)[keep]))
    parts = []
    for which, (inside, weights) in zip((~upper, upper), shares, strict=True):
        face = np.flatnonzero(which)
        texel = (corner[face, 1, None] + y[inside]) * side + corner[face, 0, None] + x[inside]
        parts.append((texel.ravel(), np.repeat(face, len(inside)), np.tile(weights, (len(face), 1))))
    texel, face, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Patches(side, uv, texel, face, np.clip(weights, -0.5, 1.5))
