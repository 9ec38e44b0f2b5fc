"""Triangles that close a loop of edges without new vertices: least bent, then least area.

Dynamic programming over the chords of the loop after Barequet and Sharir 1995, with the dihedral angle first as in
Liepa 2003 ("Filling holes in meshes", section 3): of all triangulations the one whose sharpest fold is flattest, and
of these the smallest. Loops of one length are solved together. Long loops are solved coarsely on every n-th vertex
first, then each coarse edge is filled up to the true border; the cost stays near N·LONG².
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints

LONG = 100  # edges up to which a loop is solved in one piece: 50 ms
_FOLD_STEP = 0.125  # folds are told apart in steps of this 1 - cos; finer steps chase noise along ragged borders
_CELLS = 400_000  # chords solved at once: 100 MB


class EdgeSet:
    """Edges a patch must not use because faces already meet there."""

    def __init__(self, ends: Ints, vertex_count: int) -> None:
        self._count = vertex_count
        self._keys = np.sort(self._key(ends[:, 0], ends[:, 1]))

    def _key(self, a: Ints, b: Ints) -> Ints:
        made: Ints = np.minimum(a, b) * self._count + np.maximum(a, b)
        return made

    def holds(self, a: Ints, b: Ints) -> Bools:
        """Whether each edge a-b is in the set; a and b of any one shape."""
        key = self._key(a, b)
        if not len(self._keys):
            return np.zeros(key.shape, dtype=bool)
        place = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        made: Bools = self._keys[place] == key
        return made


def patches(vertices: Floats, loops: list[Ints], outer: list[Floats], used: EdgeSet) -> list[Ints | None]:
    """Triangles (N-2, 3) of places in each loop (N,), wound along it; ``None`` where every triangulation is taken.

    ``outer`` (N, 3) are the unit normals of the faces beyond each loop edge (place n to n+1), zero where unknown.
    """
    made: list[Ints | None] = [None] * len(loops)
    lengths = np.array([len(loop) for loop in loops], dtype=np.int64)
    for length in np.unique(lengths).tolist():
        which = np.flatnonzero(lengths == length)
        if length > LONG:
            for index in which.tolist():
                made[index] = _long_patch(vertices, loops[index], outer[index], used)
            continue
        for some in np.array_split(which, len(which) * length * length // _CELLS + 1):
            ring = np.stack([loops[i] for i in some])
            taken = used.holds(ring[:, :, None], ring[:, None])
            for index, local in zip(
                some, _solve(vertices[ring], np.stack([outer[i] for i in some]), taken), strict=True
            ):
                made[index] = local
    return made


def _long_patch(vertices: Floats, loop: Ints, outer: Floats, used: EdgeSet) -> Ints | None:
    """A coarse patch over evenly spaced loop vertices, and a strip between each coarse edge and the loop."""
    size = len(loop)
    corner = np.unique(np.linspace(0, size, LONG, endpoint=False).astype(np.int64))
    stop = np.append(corner[1:], size)
    rings = [corner] + [np.arange(a, b + 1) % size for a, b in zip(corner, stop, strict=True) if b - a > 1]
    normals = [np.where((stop - corner == 1)[:, None], outer[corner], 0.0)]
    normals += [np.concatenate([outer[ring[:-1]], np.zeros((1, 3))]) for ring in rings[1:]]
    bridge = loop[np.array([[ring[0], ring[-1]] for ring in rings[1:]], dtype=np.int64)]
    if used.holds(bridge[:, 0], bridge[:, 1]).any():
        return None
    pieces = patches(vertices, [loop[ring] for ring in rings], normals, used)
    whole = [ring[piece] for ring, piece in zip(rings, pieces, strict=True) if piece is not None]
    return np.concatenate(whole) if len(whole) == len(rings) else None


def clashing(loops: list[Ints], made: list[Ints | None]) -> Ints:
    """Loops whose patch shares an edge across the opening with an earlier loop's patch; they need another one."""
    solved = [index for index, local in enumerate(made) if local is not None and len(local) > 1]
    if not solved:
        return np.zeros(0, np.int64)
    pieces = [loops[index][made[index]] for index in solved]
    triangles, hole = np.concatenate(pieces), np.repeat(np.array(solved), [3 * len(piece) for piece in pieces])
    ends = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=-1).reshape(-1, 2)
    keys = np.column_stack([ends.min(axis=1), ends.max(axis=1), hole])
    rows, count = np.unique(keys, axis=0, return_counts=True)
    chord = rows[count == 2]  # an edge of the loop itself has one triangle of the patch
    again = (chord[1:, :2] == chord[:-1, :2]).all(axis=1)
    made_twice: Ints = np.unique(chord[1:][again, 2])
    return made_twice


def _solve(points: Floats, outer: Floats, taken: Bools) -> list[Ints | None]:
    """The best triangulation of B loops (B, N, 3), as (N-2, 3) places in the loop. outer (B, N, 3), taken (B, N, N)."""
    batch, size, _ = points.shape
    if size == 3:
        return [np.array([[0, 1, 2]]) for _ in range(batch)]
    fold = np.zeros((batch, size, size))
    area = np.zeros((batch, size, size))
    split = np.zeros((batch, size, size), dtype=np.int64)
    normal = np.zeros((batch, size, size, 3))  # of the triangle on the inner side of chord i-k
    each = np.arange(size - 1)
    normal[:, each, each + 1] = outer[:, :-1]
    for span in range(2, size):
        i = np.arange(size - span)[:, None]
        k, m = i + span, i + np.arange(1, span)[None]
        vector = np.cross(points[:, m] - points[:, i], points[:, k] - points[:, i])  # (B, I, M, 3)
        length = np.linalg.norm(vector, axis=-1)
        unit = vector / np.where(length > 0, length, 1)[..., None]
        bend = np.maximum(_fold(unit, normal[:, i, m]), _fold(unit, normal[:, m, k]))
        if span == size - 1:
            bend = np.maximum(bend, _fold(unit, outer[:, -1][:, None, None]))
        worst = np.maximum(np.maximum(fold[:, i, m], fold[:, m, k]), np.floor(bend / _FOLD_STEP))
        total = area[:, i, m] + area[:, m, k] + length / 2
        best = _least(worst, total)[..., None]
        j = i[:, 0]
        split[:, j, j + span] = np.take_along_axis(np.broadcast_to(m, worst.shape), best, axis=2)[..., 0]
        area[:, j, j + span] = np.take_along_axis(total, best, axis=2)[..., 0]
        fold[:, j, j + span] = np.take_along_axis(worst, best, axis=2)[..., 0]
        normal[:, j, j + span] = np.take_along_axis(unit, best[..., None], axis=2)[:, :, 0]
        if span < size - 1:
            fold[:, j, j + span] = np.where(taken[:, j, j + span], np.inf, fold[:, j, j + span])
    return [_trace(split[b]) if np.isfinite(fold[b, 0, -1]) else None for b in range(batch)]


def _fold(unit: Floats, neighbour: Floats) -> Floats:
    """1 - cos of the angle between normals: 0 flat, 2 folded back; 0 where the neighbour is unknown."""
    dot = (unit * neighbour).sum(axis=-1)
    made: Floats = np.where((neighbour != 0).any(axis=-1), 1 - dot, 0.0)
    return made


def _least(first: Floats, second: Floats) -> Ints:
    """Along the last axis the place of the least ``first``, of these the least ``second``."""
    candidates = first == first.min(axis=-1, keepdims=True)
    made: Ints = np.where(candidates, second, np.inf).argmin(axis=-1)
    return made


def _trace(split: Ints) -> Ints:
    """Triangles of the solved table."""
    found: list[tuple[int, int, int]] = []
    waiting = [(0, len(split) - 1)]
    while waiting:
        i, k = waiting.pop()
        if k - i < 2:
            continue
        m = int(split[i, k])
        found.append((i, m, k))
        waiting += [(i, m), (m, k)]
    return np.array(found, dtype=np.int64)
