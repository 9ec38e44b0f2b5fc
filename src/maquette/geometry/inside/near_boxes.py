"""Which faces lie where some faces were moved: the only ones worth asking for crossings again."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints

_COMPARED = 300_000_000  # pairs of boxes compared one by one; above that the search for crossings is as fast


def faces_near(vertices: Floats, faces: Ints, moved: Bools) -> Ints:
    """Faces whose box overlaps that of a moved one: no other can cross something now that did not before.

    vertices (V, 3), faces (F, 3), moved (F,) -> indices (N,); all of them where the search costs more than it saves.
    """
    corners = vertices[faces]
    low, high = corners.min(axis=1), corners.max(axis=1)
    some = np.flatnonzero(moved)
    if not len(some):
        return some
    if len(some) * len(faces) > _COMPARED:
        return np.arange(len(faces))
    nearest_face = moved.copy()
    for chunk in np.array_split(some, len(some) * len(faces) // 2_000_000 + 1):
        reach = (low <= high[chunk][:, None].max(axis=0)) & (high >= low[chunk][:, None].min(axis=0))
        rest = np.flatnonzero(reach.all(axis=1) & ~nearest_face)
        apart = np.zeros((len(chunk), len(rest)), dtype=bool)
        for axis in range(3):
            apart |= low[chunk, axis][:, None] > high[rest, axis]
            apart |= high[chunk, axis][:, None] < low[rest, axis]
        nearest_face[rest[(~apart).any(axis=0)]] = True
    return np.flatnonzero(nearest_face)
