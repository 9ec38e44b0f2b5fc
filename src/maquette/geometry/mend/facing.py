"""Which side of a patch of faces is outside: the one from which more of the sky is seen."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.rays import Tracer
from maquette.geometry.sampling import surface_samples
from maquette.geometry.surface import face_areas, face_normals

_SAMPLES = 30_000
_RAYS = 8  # from each sample, to either side
_DIRECTIONS = 61  # that the samples take turns with
_CLEARLY = 0.05  # share of the sky by which the back must win


def looking_inward(vertices: Floats, faces: Ints, patch: Ints, count: int) -> Bools:
    """Patches whose back sees clearly more sky than their front, (P,). patch (F,) numbers below ``count``.

    A patch votes as a whole, for its faces agree already (see ``orientation``). A sheet that sees as much on either
    side, and what lies inside something else, stay as they are.
    """
    turn = np.zeros(count, dtype=bool)
    area = face_areas(vertices, faces)
    if not area.sum() > 0:
        return turn
    spread = surface_samples(vertices, faces, _SAMPLES)
    largest = np.zeros(count, np.int64)
    order = np.argsort(area, kind="stable")
    largest[patch[order]] = order
    face = np.concatenate([spread.faces, largest])
    points = np.concatenate([spread.points, vertices[faces[largest]].mean(axis=1)])
    normals = face_normals(vertices, faces)[face]
    tracer = Tracer(vertices, faces)
    seen = np.zeros((2, count))
    tried = np.zeros((2, count))
    sky = _directions()
    for ray in range(_RAYS):
        direction = sky[(np.arange(len(face)) * _RAYS + ray) % len(sky)]
        slant = np.einsum("ij,ij->i", direction, normals)
        lifted = points + np.sign(slant)[:, None] * normals * tracer.step
        free = ~tracer.is_blocked(lifted, direction, np.inf)
        for side, mine in enumerate((slant > 0, slant < 0)):
            weight = np.abs(slant) * mine
            tried[side] += np.bincount(patch[face], weights=weight, minlength=count)
            seen[side] += np.bincount(patch[face], weights=weight * free, minlength=count)
    share = seen / np.maximum(tried, 1e-300)
    mask: Bools = share[1] > share[0] + _CLEARLY
    return mask


def _directions() -> Floats:
    """Directions evenly over the sphere, on a Fibonacci spiral."""
    number = np.arange(_DIRECTIONS) + 0.5
    z = 1 - 2 * number / _DIRECTIONS
    turn = np.pi * (1 + np.sqrt(5)) * number
    ring = np.sqrt(1 - z * z)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=1)
