"""Bodies that do not hang together: which lie so near each other that they may be one part."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.segmenting.merging import Borders

_NEIGHBOURS = 8  # places of other bodies looked at from each face
_NEAR = 0.02  # of the model's size: what lies farther apart only meets where nothing nearer does


def links(middles: Floats, areas: Floats, body: Ints) -> Borders:
    """Borders between faces of different bodies. middles (F, 3), areas (F,), body (F,) -> Borders of faces.

    Each body is linked to those that it touches or nearly does, and bodies that touch nothing to the nearest. The
    length is what the rim of so much touching surface would be; all of it counts as folded, for it is a gap.
    """
    count = int(body.max()) + 1 if len(body) else 0
    if count < 2:
        return Borders(np.zeros((0, 2), np.int64), np.zeros(0), np.zeros(0))
    first, second, apart = _nearest_of_others(middles, body, count)
    size = float(np.sqrt(areas.sum()))
    near = apart < np.maximum(_NEAR * size, np.sqrt(areas[first]))
    low, high = np.minimum(body[first], body[second]), np.maximum(body[first], body[second])
    key = low * count + high
    order = np.lexsort((apart, key))
    keys, start = np.unique(key[order], return_index=True)
    closest = order[start]  # one pair of faces for each pair of bodies
    touching = np.bincount(np.searchsorted(keys, key), weights=np.where(near, areas[first], 0.0), minlength=len(keys))
    useful = (touching > 0) | _spanning(keys // count, keys % count, apart[closest], count)
    closest, touching = closest[useful], touching[useful]
    of_body = np.bincount(body, weights=areas, minlength=count)
    least = np.minimum(of_body[body[first[closest]]], of_body[body[second[closest]]])
    length = np.sqrt(4 * np.pi * np.maximum(np.minimum(touching, least / 2), 1e-3 * least))
    pair = np.stack([first[closest], second[closest]], axis=1)
    return Borders(pair, length, np.ones(len(closest)))


def _nearest_of_others(middles: Floats, body: Ints, count: int) -> tuple[Ints, Ints, Floats]:
    """For faces the nearest faces of other bodies: face (N,), other (N,), distance (N,)."""
    from scipy.spatial import cKDTree

    reach = min(_NEIGHBOURS + 1, len(middles))
    distance, near = cKDTree(middles).query(middles, k=reach)
    row, slot = np.nonzero(body[near] != body[:, None])
    first, second, apart = row, near[row, slot], distance[row, slot]
    seen = np.zeros(count, bool)
    seen[body[first]] = True
    lonely = np.flatnonzero(~seen)[:2000]  # all its near faces are its own: ask from a few of them
    if not len(lonely):
        return first, second, apart
    more = [_from_afar(middles, body, number) for number in lonely.tolist()]
    return tuple(np.concatenate(rows) for rows in zip((first, second, apart), *more, strict=True))  # type: ignore[return-value]


def _from_afar(middles: Floats, body: Ints, number: int) -> tuple[Ints, Ints, Floats]:
    """The shortest way from one body to any other, as arrays of one."""
    from scipy.spatial import cKDTree

    own, others = np.flatnonzero(body == number), np.flatnonzero(body != number)
    own = own[:: len(own) // 200 + 1]
    distance, near = cKDTree(middles[others]).query(middles[own])
    best = int(distance.argmin())
    return own[best : best + 1], others[near[best : best + 1]], distance[best : best + 1]


def _spanning(one: Ints, two: Ints, apart: Floats, count: int) -> Bools:
    """Which links are needed to hold everything together, shortest first, (L,)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import minimum_spanning_tree

    tree = minimum_spanning_tree(coo_matrix((apart + 1e-9, (one, two)), shape=(count, count)).tocsr()).tocoo()
    needed: Bools = np.isin(one * count + two, tree.row.astype(np.int64) * count + tree.col)
    return needed
