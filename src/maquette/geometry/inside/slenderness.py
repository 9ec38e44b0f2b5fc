"""Which walls are columns? A wall is thin one way, a column two ways, and stays so along its third.

From the middle of the ball under a sample, chords in the plane of the wall: the shortest is the column's other width,
square to it runs its axis. Chords beside it, up and down the axis, tell how far it stands free. Chords just below the
surface tell what is narrow only there, a raised detail. Turned inside out the same finds holes and engraved detail.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.inside.thickness import Walls
from maquette.geometry.rays import Hits

_TURNS = 12  # directions in the plane, 15 degrees apart: a width is read up to 1 % too long
_FIRST = (0, 3, 6, 9)  # of them: a width is read up to 8 % too long
_TAPER = 0.125  # tangent of half the angle between its sides at which a column is a tip (as for walls)
_OPPOSED = 0.577  # the same for the sides of a detail: 60 degrees
_SKIN, _DEEP = 0.25, 2.0  # of the width looked for: how far below the surface it must be narrow, and no longer be so
_ENOUGH = 1.2  # of the width looked for: half a chord that reaches farther is too long, whatever the rounding
_SAME = 1.3  # ratio up to which the next chord still belongs to the column
_ALONG = (-1.5, -0.75, 0.75, 1.5)  # places on the axis, in widths
_FREE = ((0, 1), (1, 2), (2, 3))  # pairs of them: with the middle they are one and a half widths of column


class Chords:
    """A surface to be measured through: its walls, with vertices, faces wound outward and samples."""

    def __init__(self, walls: Walls) -> None:
        self._walls, self._tracer, corners = walls, walls.tracer, walls.corners
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        self._normals: Floats = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)

    def through(self, centers: Floats, directions: Floats) -> tuple[Floats, Floats]:
        """Chords both ways from the centres (M, 3): length (M,), inf where one end is open; and how the ends lean.

        That is the tangent of half the angle between the surfaces at the two ends, (M,): 0 where they are parallel.
        """
        ahead, back = self._tracer.first(centers, directions), self._tracer.first(centers, -directions)
        lean = np.linalg.norm(self._normal(ahead) + self._normal(back), axis=1)
        apart = np.linalg.norm(self._normal(ahead) - self._normal(back), axis=1)
        return ahead.distance + back.distance, np.divide(lean, apart, out=np.full_like(lean, np.inf), where=apart > 0)

    def _normal(self, hits: Hits) -> Floats:
        """Normals of the faces that were hit, (M, 3)."""
        return self._normals[hits.face]

    def columns(self, diameter: Floats, most: float, *, free: bool) -> Floats:
        """Larger width, up to ``most``, of the column under each sample (N,), inf where there is none.

        ``diameter`` (N,) of the balls under the samples, NaN where there is none. ``free``: only columns that run on
        for one and a half widths.
        """
        samples = self._walls.samples
        result = np.full(len(diameter), np.inf)
        which = np.flatnonzero(diameter <= most)
        centers = samples.points[which] - diameter[which, None] / 2 * samples.normals[which]
        width, across = self._narrowest(centers, samples.normals[which], most, _TAPER)
        slim = np.flatnonzero(width <= most)
        which, centers, width, across = which[slim], centers[slim], width[slim], across[slim]
        if free:
            axis = np.cross(samples.normals[which], across)
            goes_on = np.stack([self._goes_on(centers + at * width[:, None] * axis, across, width) for at in _ALONG])
            slim = np.flatnonzero(np.any([goes_on[a] & goes_on[b] for a, b in _FREE], axis=0))
            which, width = which[slim], width[slim]
        result[which] = np.maximum(width, diameter[which])
        result[result > most] = np.inf
        return result

    def details(self, most: float) -> Floats:
        """Width, up to ``most``, of the raised detail that each sample (N,) lies on, inf where it lies on none.

        A quarter of ``most`` below the surface it is that narrow, between sides that face each other; twice ``most``
        below it is not, else it is a wall or a pin.
        """
        samples, bare = self._walls.samples, self._walls.bare
        result = np.full(len(samples.points), np.inf)
        points, normals = samples.points[bare], samples.normals[bare]
        width, across = self._narrowest(points - _SKIN * most * normals, normals, most, _OPPOSED)
        which = np.flatnonzero(width <= most)
        points, normals, width, across = points[which], normals[which], width[which], across[which]
        under = self._tracer.first(points - self._tracer.step * normals, -normals).distance
        deep, _ = self.through(points - np.minimum(_DEEP * most, 0.9 * under)[:, None] * normals, across)
        raised = (under > _SAME * width) & (deep > _SAME * width)
        result[bare[which[raised]]] = width[raised]
        return result

    def _narrowest(self, centers: Floats, normals: Floats, most: float, taper: float) -> tuple[Floats, Floats]:
        """The shortest chord square to the normals, (M,), inf where it tapers or is too long, and its direction."""
        aside = np.eye(3)[np.abs(normals).argmin(axis=1)]
        right = np.cross(normals, aside)
        right /= np.linalg.norm(right, axis=1, keepdims=True)
        ahead = np.cross(normals, right)
        width, across = np.full(len(centers), np.inf), right.copy()
        rest = np.arange(len(centers))
        for turns in (_FIRST, [turn for turn in range(_TURNS) if turn not in _FIRST]):
            for turn in turns:
                angle = turn * np.pi / _TURNS
                direction = np.cos(angle) * right[rest] + np.sin(angle) * ahead[rest]
                near = self._between(centers[rest], direction, _ENOUGH * most)
                length, _ = self.through(centers[rest[near]], direction[near])
                nearer = length < width[rest[near]]
                near, length = near[nearer], length[nearer]
                across[rest[near]], width[rest[near]] = direction[near], length
            rest = np.flatnonzero(width <= 1.1 * most)
        _, lean = self.through(centers[rest], across[rest])
        narrowest = np.full(len(centers), np.inf)
        narrowest[rest] = np.where(lean > taper, np.inf, width[rest])
        return narrowest, across

    def _between(self, centers: Floats, directions: Floats, reach: float) -> Ints:
        """Which centres (M, 3) have something within reach both ways: short rays, for most samples lie in the wide."""
        ahead = np.flatnonzero(self._tracer.is_blocked(centers, directions, reach))
        return ahead[self._tracer.is_blocked(centers[ahead], -directions[ahead], reach)]

    def _goes_on(self, centers: Floats, across: Floats, width: Floats) -> Bools:
        """Whether the column is still there."""
        length, _ = self.through(centers, across)
        goes_on: Bools = length <= _SAME * width
        return goes_on
