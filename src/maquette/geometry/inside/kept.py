"""What a surface fills, remembered at some points, so that a mended surface can be asked what it lost.

Lines straight up through random places of every part meet the surface; halfway, somewhere, between two crossings that
follow each other stands a point, which counts for the stretch between them. So every wall that a line pierces is asked,
however thin, and every body several times, however small. Whether a point is filled is the winding number's answer and
not that of whatever kernel mended the surface (Jacobson et al. 2013, "Robust inside-outside segmentation").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.inside.vertical_crossings import Crossings, crossings
from maquette.geometry.inside.winding_number import winding_numbers
from maquette.geometry.surface import area_vectors
from maquette.geometry.topology import edges, face_components

_LINES = 600  # through the whole
_EACH = 6  # through every part, of the largest ones
_PARTS = 1500
_POINTS = 60_000  # that a soup of thousands of walls may ask for
_SHORT = 1e-7  # of the diagonal: a shorter stretch is rounding
_CLEARLY = 0.9  # of a turn: beside an opening nobody knows
_HALF = 0.5
_LEAST = 4  # points that make a part worth an opinion of its own
_SEEN = 1e-3  # of the whole: a part that fills less may go with the rest


@dataclass(frozen=True)
class Loss:
    """What a surface does not fill any more: the share of the whole, and how many whole parts."""

    share: float
    parts: int


@dataclass(frozen=True)
class Probes:
    """Points that a surface fills, each standing for so much of its volume."""

    points: Floats  # (N, 3)
    volume: Floats  # (N,)
    part: Ints  # (N,) the closed part of the surface that a point lies above, -1 above an open one

    def missed(self, vertices: Floats, faces: Ints) -> Bools:
        """Which points another surface does not fill, (N,)."""
        if not len(faces):
            return np.ones(len(self.points), dtype=bool)
        mask: Bools = np.abs(winding_numbers(vertices, faces, self.points)) < _HALF
        return mask

    def loss(self, missed: Bools, at_least: float = 0.0) -> Loss:
        """How much is missed, and how many parts lost more than half of what they filled.

        The whole is what the points stand for, or ``at_least`` where an open surface leaves most of it unknown.
        """
        whole = max(float(self.volume.sum()), at_least)
        if not self.volume.sum() > 0:
            return Loss(0.0, 0)
        each = np.bincount(self.part + 1, weights=self.volume)[1:]
        lost = np.bincount(self.part + 1, weights=self.volume * missed)[1:]
        known = (np.bincount(self.part + 1)[1:] >= _LEAST) & (each > _SEEN * whole)
        share = float(self.volume[missed].sum()) / whole
        return Loss(share, int((known & (lost > _HALF * each)).sum()))


def probes(vertices: Floats, faces: Ints) -> Probes:
    """Points within what the surface fills, whichever way round it is wound. vertices (V, 3), faces (F, 3)."""
    count, part = face_components(faces)
    nothing = Probes(np.zeros((0, 3)), np.zeros(0), np.zeros(0, np.int64))
    flat = np.abs(area_vectors(vertices, faces)[:, 2])
    if not flat.sum() > 0:
        return nothing
    dice = np.random.default_rng(3)
    lines, asked = _lines(vertices, faces, flat, part, count, dice)
    met = crossings(vertices, faces, lines)
    least = _SHORT * float(np.linalg.norm(np.ptp(vertices, axis=0)))
    gap = np.flatnonzero((met.line[1:] == met.line[:-1]) & (met.height[1:] - met.height[:-1] > least))
    if not len(gap):
        return nothing
    long = met.height[gap + 1] - met.height[gap]
    per_line = _density(met, part, asked, flat, len(lines), count)
    volume = long / per_line[met.line[gap]]
    points = np.column_stack([lines[met.line[gap]], met.height[gap] + long * dice.uniform(0.2, 0.8, len(gap))])
    some = np.arange(0, len(gap), len(gap) // _POINTS + 1)
    filled = some[np.abs(winding_numbers(vertices, faces, points[some])) > _CLEARLY]
    of = part[met.face[gap[filled]]]
    return Probes(points[filled], volume[filled], np.where(_torn_parts(faces, part, count)[of], -1, of))


def _torn_parts(faces: Ints, part: Ints, count: int) -> Bools:
    """Parts with an edge along which more faces run one way than back, (count,): they are no bodies."""
    mask = np.zeros(count, dtype=bool)
    edge_table = edges(faces)
    mask[part[np.flatnonzero((edge_table.balance != 0)[edge_table.of_half]) // 3]] = True
    return mask


def _lines(
    vertices: Floats, faces: Ints, flat: Floats, part: Ints, count: int, dice: np.random.Generator
) -> tuple[Floats, Floats]:
    """Places (M, 2) of lines, and how many go through each part, (count,); by the faces' areas seen from above."""
    shadow = np.bincount(part, weights=flat, minlength=count)
    asked = np.floor(_LINES * shadow / shadow.sum())
    largest = np.argsort(-shadow, kind="stable")[:_PARTS]
    asked[largest] += _EACH * (shadow[largest] > 0)
    order = np.argsort(part, kind="stable")
    running = np.cumsum(flat[order])
    end = np.cumsum(shadow)
    of = np.repeat(np.arange(count), asked.astype(np.int64))
    wanted = end[of] - shadow[of] * dice.uniform(0, 1, len(of))
    face = order[np.searchsorted(running, wanted).clip(0, len(order) - 1)]
    weights = dice.dirichlet(np.ones(3), len(face))
    return np.einsum("nk,nkd->nd", weights, vertices[faces[face], :2]), asked


def _density(met: Crossings, part: Ints, asked: Floats, flat: Floats, lines: int, count: int) -> Floats:
    """How many lines stand on a unit of the plan where each line stands, (M,)."""
    shadow = np.bincount(part, weights=flat, minlength=count)
    rate = np.divide(asked, shadow, out=np.zeros(count), where=shadow > 0)
    density = np.bincount(met.line, weights=rate[part[met.face]] * np.abs(met.up), minlength=lines)
    return np.maximum(density, 1e-300)
