"""Charts by cones of normals: faces join while they still look about the same way.

Every patch of faces begins as one face. In rounds, each patch picks the neighbour that it would join at the least cost,
and pairs that picked each other join, so a round is a few passes over arrays whatever the size. The cost is the growth
of the L2,1 error of Cohen-Steiner, Alliez and Desbrun 2004 ("Variational shape approximation"), times how ragged the
joined outline would be. 100,000 faces take some 2 s of processor time; xatlas grows charts face by face and takes
minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.surface import area_vectors
from maquette.geometry.topology import adjacent_faces

_ROUNDS = 200  # a chain of equal costs joins two at a time; real meshes need some fifty
_PLANE = 1e-3  # of the smaller area: what joining costs on a plane, so that crumbs join first


@dataclass(frozen=True)
class _Patches:
    """What is known of K patches and of the borders between them."""

    area: Floats  # (K,)
    vector: Floats  # (K, 3) sum of the faces' area vectors
    around: Floats  # (K,) length of the outline
    pair: Ints  # (B, 2) patches with a common border, low first
    border: Floats  # (B,) its length


def cone_charts(vertices: Floats, faces: Ints, cone_deg: float) -> Ints:
    """A chart for each face, (F,) 0..K-1, hanging together over edges. vertices (V, 3), faces (F, 3).

    No face leans further than ``cone_deg`` from the mean of its chart, so seen along that mean no face is turned over.
    Faces without area go along with a neighbour.
    """
    vectors = area_vectors(vertices, faces)
    area = np.linalg.norm(vectors, axis=1)
    label = np.arange(len(faces))
    state = _first(vertices, faces, vectors, area)
    least = float(np.cos(np.radians(cone_deg)))
    refused = np.zeros(0, np.int64)
    for _ in range(_ROUNDS):
        cost = _costs(state, least)
        if len(refused):
            cost[np.isin(state.pair[:, 0] * len(faces) + state.pair[:, 1], refused)] = np.inf
        chosen = _mutual(state.pair, cost, len(state.area))
        if not len(chosen):
            break
        target = np.arange(len(state.area))
        target[state.pair[chosen, 1]] = state.pair[chosen, 0]
        lean = _leans(target[label], vectors, area, state, target, least)
        broken = lean[state.pair[chosen, 0]]
        keys = state.pair[chosen[broken]] @ np.array([len(faces), 1])
        refused = np.concatenate([refused, keys])
        target[state.pair[chosen[broken], 1]] = state.pair[chosen[broken], 1]
        kept, number = np.unique(target, return_inverse=True)
        refused = _renumber_refused(refused, number, target, len(faces))
        label = number[label]
        state = _join_patches(state, number, len(kept))
    return label


def _first(vertices: Floats, faces: Ints, vectors: Floats, area: Floats) -> _Patches:
    """Every face a patch of its own."""
    pair = np.sort(adjacent_faces(faces), axis=1)
    sides = vertices[np.roll(faces, -1, axis=1)] - vertices[faces]
    length = np.linalg.norm(sides, axis=2)
    border = _shared_lengths(vertices, faces, pair)
    return _merged_borders(area, vectors, length.sum(axis=1), pair, border)


def _shared_lengths(vertices: Floats, faces: Ints, pair: Ints) -> Floats:
    """Length of the edge between two faces (B, 2)."""
    left, right = faces[pair[:, 0]], faces[pair[:, 1]]
    common = (left[:, :, None] == right[:, None, :]).any(axis=2)  # (B, 3)
    apart = (~common).argmax(axis=1)
    ends = np.take_along_axis(left, (apart[:, None] + [1, 2]) % 3, axis=1)
    result: Floats = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    return result


def _costs(state: _Patches, least: float) -> Floats:
    """What joining each pair would cost, (B,); infinite where the mean would lean too far."""
    a, b = state.pair.T
    area, vector = state.area[a] + state.area[b], state.vector[a] + state.vector[b]
    length = np.linalg.norm(vector, axis=1)
    error = state.area - np.linalg.norm(state.vector, axis=1)
    grown = np.maximum(area - length - error[a] - error[b], 0) + _PLANE * np.minimum(state.area[a], state.area[b])
    around = np.maximum(state.around[a] + state.around[b] - 2 * state.border, 0)
    ragged = np.divide(around**2, 4 * np.pi * area, out=np.ones_like(area), where=area > 0)
    cost: Floats = grown * np.maximum(ragged, 1.0) ** 2
    cost[length < least * area] = np.inf  # the mean cosine: a bound before any face is looked at
    return cost


def _mutual(pair: Ints, cost: Floats, count: int) -> Ints:
    """Pairs that are the cheapest for both their patches; the earlier of equals."""
    order = np.argsort(cost, kind="stable")
    order = order[np.isfinite(cost[order])]
    rank = np.arange(len(order))
    best = np.full(count, len(order))
    np.minimum.at(best, pair[order, 0], rank)
    np.minimum.at(best, pair[order, 1], rank)
    both = (best[pair[order, 0]] == rank) & (best[pair[order, 1]] == rank)
    chosen: Ints = order[both]
    return chosen


def _leans(label: Ints, vectors: Floats, area: Floats, state: _Patches, target: Ints, least: float) -> Bools:
    """Patches (K,), by the number they would join under, with a face that leans too far from their mean."""
    mean = np.stack([np.bincount(target, state.vector[:, k], len(target)) for k in range(3)], axis=1)
    length = np.linalg.norm(mean, axis=1)
    along = np.einsum("ij,ij->i", vectors, mean[label])
    wrong = along < least * area * length[label] * (1 - 1e-12)
    result: Bools = np.zeros(len(target), dtype=bool)
    result[label[wrong]] = True
    return result


def _renumber_refused(refused: Ints, number: Ints, target: Ints, base: int) -> Ints:
    """Refused pairs under their patches' new numbers; those that grew since may be tried again."""
    if not len(refused):
        return refused
    grew = np.zeros(len(target), dtype=bool)
    moved = np.flatnonzero(target != np.arange(len(target)))
    grew[moved] = grew[target[moved]] = True
    a, b = refused // base, refused % base
    still = ~grew[a] & ~grew[b]
    a, b = number[a[still]], number[b[still]]
    return np.minimum(a, b) * base + np.maximum(a, b)


def _join_patches(state: _Patches, number: Ints, count: int) -> _Patches:
    """The patches under their new numbers (K,), those of one number as one."""
    area = np.bincount(number, state.area, count).astype(np.float64)
    vector = np.stack([np.bincount(number, state.vector[:, k], count) for k in range(3)], axis=1).astype(np.float64)
    pair = number[state.pair]
    inside = pair[:, 0] == pair[:, 1]
    around = np.bincount(number, state.around, count).astype(np.float64)
    around -= 2 * np.bincount(pair[inside, 0], state.border[inside], count)
    return _merged_borders(area, vector, around, np.sort(pair[~inside], axis=1), state.border[~inside])


def _merged_borders(area: Floats, vector: Floats, around: Floats, pair: Ints, border: Floats) -> _Patches:
    """Patches with the borders between the same two added up."""
    base = max(len(area), 1)
    keys, place = np.unique(pair @ np.array([base, 1]), return_inverse=True)
    merged = np.bincount(place.reshape(-1), border, len(keys)).astype(np.float64)
    return _Patches(area, vector, around, np.stack([keys // base, keys % base], axis=1), merged)
