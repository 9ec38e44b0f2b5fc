"""How far a mended surface lies from the given one: asked only where it is another. vertices (V, 3), faces (F, 3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.nearest import Surface
from maquette.geometry.sampling import surface_samples
from maquette.geometry.surface import face_areas
from maquette.geometry.welding import twins

_SAMPLES = 2000  # points on the faces that are new


@dataclass(frozen=True)
class Displacement:
    """Distances of a surface to the one it was made from, over its whole area."""

    mean: float
    max: float
    fresh: float  # share of the area that is new


class Origin:
    """The given surface, made ready for the question once."""

    def __init__(self, vertices: Floats, faces: Ints) -> None:
        self._triangles = _canonical(vertices, faces)
        self._vertices, self._faces = vertices, faces
        self._surface: Surface | None = None

    def displacement(self, vertices: Floats, faces: Ints) -> Displacement:
        """Mean and largest distance to the given surface; faces that it has, whichever way round, lie at none."""
        new = self.fresh(vertices, faces)
        area = face_areas(vertices, faces)
        share = float(area[new].sum() / max(area.sum(), 1e-300))
        if not share > 0:
            return Displacement(0.0, 0.0, 0.0)
        if self._surface is None:
            self._surface = Surface(self._vertices, self._faces)
        points = surface_samples(vertices, faces[new], _SAMPLES).points
        distance = self._surface.nearest(points).distance
        return Displacement(share * float(distance.mean()), float(distance.max()), share)

    def fresh(self, vertices: Floats, faces: Ints) -> Bools:
        """Faces that the given surface does not have, (F,) bool."""
        both = np.concatenate([self._triangles, _canonical(vertices, faces)])
        _, twin = twins(both)
        old = np.zeros(int(twin.max(initial=-1)) + 1, dtype=bool)
        old[twin[: len(self._triangles)]] = True
        mask: Bools = ~old[twin[len(self._triangles) :]]
        return mask


def _canonical(vertices: Floats, faces: Ints) -> Floats:
    """Each triangle as nine numbers that tell neither its first corner nor its winding, (F, 9)."""
    corners = vertices[faces]
    order = np.lexsort((corners[:, :, 2], corners[:, :, 1], corners[:, :, 0]), axis=1)
    canonical: Floats = np.take_along_axis(corners, order[:, :, None], axis=1).reshape(-1, 9)
    return canonical
