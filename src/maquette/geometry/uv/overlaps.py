"""Where a flat layout covers a place more than once, found by looking at it from above and from below."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.rays import Tracer

_RIM = 1e-3  # barycentric: a ray as near to a face's edge as this may meet either neighbour


def stack_at(corners: Floats, places: Floats) -> tuple[Ints, Ints]:
    """The uppermost and the lowest face at places (N, 2) of triangles (F, 3, 2) lying at heights of their own.

    Both are -1 where nothing lies or where a face's edge is too near to tell; where they differ, faces overlap.
    """
    count = max(len(corners), 1)
    height = np.repeat(np.arange(count) / count, 3)[: 3 * len(corners)]
    low = corners.reshape(-1, 2).min(axis=0) if len(corners) else np.zeros(2)
    size = max(float(np.ptp(corners.reshape(-1, 2), axis=0).max()), 1e-300) if len(corners) else 1.0
    points = np.concatenate([(corners.reshape(-1, 2) - low) / size, height[:, None]], axis=1)
    tracer = Tracer(points, np.arange(3 * len(corners)).reshape(-1, 3))
    flat = (places - low) / size
    seen = []
    for start, way in ((2.0, -1.0), (-1.0, 1.0)):
        origins = np.concatenate([flat, np.full((len(flat), 1), start)], axis=1)
        hits = tracer.first(origins, np.broadcast_to([0.0, 0.0, way], origins.shape))
        inside = np.minimum(np.minimum(hits.u, hits.v), 1 - hits.u - hits.v) > _RIM
        seen.append(np.where(inside, hits.face, -1))
    top, bottom = seen
    known = (top >= 0) & (bottom >= 0)
    return np.where(known, top, -1), np.where(known, bottom, -1)


def folded_charts(corners: Floats, label: Ints) -> Ints:
    """Charts that lie over themselves, by number. corners (F, 3, 2), label (F,); seen at every face's middle."""
    if not len(label):
        return np.zeros(0, np.int64)
    count = int(label.max()) + 1
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(low, label, corners.min(axis=1))
    np.maximum.at(high, label, corners.max(axis=1))
    across = int(np.ceil(np.sqrt(count)))
    cell = np.stack([label % across, label // across], axis=1) * 1.25
    size = np.maximum((high - low).max(axis=1), 1e-300)[label]
    apart = (corners - low[label][:, None]) / size[:, None, None] + cell[:, None]
    top, bottom = stack_at(apart, apart.mean(axis=1))
    return np.unique(label[top[top != bottom]])
