"""Closed shells inside a model: do they cut through others, and how thick is the wall around them?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maquette.geometry.inside.filled import Nesting, rounding
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.rays import Tracer
from maquette.geometry.surface import area_vectors

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_SAMPLES = 2000  # faces of a shell at which the wall around it is measured
_MOSTLY = 0.8  # of the samples: the wall is thin there
_SMALL = 0.04  # of the diagonal: on a model that small so many millimetres are a thick wall


def thin_wall(diagonal: float, share: float, wall_mm: float) -> float:
    """Up to which length a wall around a cavity is the double skin that nobody meant."""
    return max(share * diagonal, min(wall_mm, _SMALL * diagonal))


@dataclass(frozen=True)
class Shells:
    """Closed parts, asked about what lies around them."""

    vertices: Floats
    faces: Ints
    nesting: Nesting

    def crossing(self) -> Bools:
        """Parts that cut through other parts, (P,) bool: a few points tell nothing about these."""
        part = self.nesting.part
        crossing_pairs = intersecting_pairs(self.vertices, self.faces, tolerance=rounding(self.vertices))
        both = part[crossing_pairs.pairs[~crossing_pairs.lying]]
        mask = np.zeros(len(self.nesting.volume), dtype=bool)
        mask[both[both[:, 0] != both[:, 1]].reshape(-1)] = True
        return mask

    def behind_thin_walls(self, which: Bools, limit: float) -> Bools:
        """Of these parts (P,) those from most of whose surface another one lies nearer than ``limit``, behind them."""
        part = self.nesting.part
        tracer = Tracer(self.vertices, self.faces)
        mask = np.zeros(len(which), dtype=bool)
        order = np.argsort(part, kind="stable")
        start = np.searchsorted(part[order], np.arange(len(which) + 1))
        for number in np.flatnonzero(which).tolist():
            own = order[start[number] : start[number + 1]]
            area = area_vectors(self.vertices, self.faces[own])
            size = np.linalg.norm(area, axis=1)
            place = (np.arange(_SAMPLES) + 0.5) / _SAMPLES * size.sum()
            face = np.minimum(np.searchsorted(np.cumsum(size), place), len(own) - 1)
            normal = area[face] / np.maximum(size[face], 1e-300)[:, None]
            middle = self.vertices[self.faces[own[face]]].mean(axis=1)
            hit = tracer.first(middle - normal * tracer.step, -normal)
            wall = (hit.face >= 0) & (hit.distance <= limit) & (part[hit.face] != number)
            mask[number] = wall.mean() >= _MOSTLY
        return mask
