"""A few folds of a closed surface eased until no face cuts another: what smoothing and lifting leave here and there."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.inside.filled import rounding
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.inside.near_boxes import faces_near

_MOST = 2000  # pairs: more are no folds but another solid
_ROUNDS = 8
_SHARE = 0.02  # of the vertices: where more would move, solids overlap
_WIDER = 3  # rounds after which the neighbours move as well


def ease_crossings(vertices: Floats, faces: Ints) -> tuple[Floats, int]:
    """Vertices (V, 3) of crossing faces moved to the middle of their neighbours, and how many pairs crossed.

    Where they still cross the step is made again, later with the vertices around. All others stay where they are, bit
    for bit; where eight rounds do not do, or more than 2 % of the vertices would have to move, all do.
    """
    tolerance = rounding(vertices)
    crossings = intersecting_pairs(vertices, faces, tolerance=tolerance, limit=_MOST)
    if not len(crossings.pairs) or not crossings.complete:
        return vertices, 0
    result, pairs = vertices.copy(), crossings.pairs
    touched = np.zeros(len(vertices), dtype=bool)
    for number in range(_ROUNDS):
        touched[faces[pairs.reshape(-1)]] = True
        if number >= _WIDER:
            touched[faces[touched[faces].any(axis=1)]] = True
        if touched.mean() > _SHARE:
            break
        _relax(result, faces, touched)
        near = faces_near(result, faces, np.asarray(touched[faces].any(axis=1)))
        pairs = near[intersecting_pairs(result, faces[near], tolerance=tolerance, limit=_MOST).pairs]
        if not len(pairs):
            return result, len(crossings.pairs)
    return vertices, 0


def _relax(vertices: Floats, faces: Ints, moving: np.ndarray) -> None:
    """The vertices ``moving`` (V,) put into the middle of their neighbours, in place."""
    about = faces[moving[faces].any(axis=1)]
    start = np.concatenate([about, about]).reshape(-1)
    end = np.concatenate([np.roll(about, -1, axis=1), np.roll(about, 1, axis=1)]).reshape(-1)
    kept = moving[start]
    total, number = np.zeros_like(vertices), np.zeros(len(vertices))
    np.add.at(total, start[kept], vertices[end[kept]])
    np.add.at(number, start[kept], 1)
    vertices[moving] = total[moving] / number[moving][:, None]
