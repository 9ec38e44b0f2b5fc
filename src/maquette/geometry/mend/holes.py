"""Triangles that close a loop of edges without new vertices: least bent, then least area.

Dynamic programming over the chords of the loop after Barequet and Sharir 1995, with the dihedral angle first as in
Liepa 2003 ("Filling holes in meshes", section 3): of all triangulations the one whose sharpest fold is flattest, and
of these the smallest. Loops of one length are solved together. Long loops are solved coarsely on every n-th vertex
first, then each coarse edge is filled up to the true border; the cost stays near N·LONG².
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

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
        key: Ints = np.minimum(a, b) * self._count + np.maximum(a, b)
        return key

    def holds(self, a: Ints, b: Ints) -> Bools:
        """Whether each edge a-b is in the set; a and b of any one shape."""
        key = self._key(a, b)
        if not len(self._keys):
            return np.zeros(key.shape, dtype=bool)
        place = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        mask: Bools = self._keys[place] == key
        return mask


def patches(vertices: Floats, loops: list[Ints], outer: list[Floats], used: EdgeSet) -> list[Ints | None]:
    """Triangles (N-2, 3) of places in each loop (N,), wound along it; ``None`` where every triangulation is taken.

    ``outer`` (N, 3) are the unit normals of the faces beyond each loop edge (place n to n+1), zero where unknown.
    """
    result: list[Ints | None] = [None] * len(loops)
    lengths = np.array([len(loop) for loop in loops], dtype=np.int64)
    for length in np.unique(lengths).tolist():
        which = np.flatnonzero(lengths == length)
        if length > LONG:
            for index in which.tolist():
                result[index] = _long_patch(vertices, loops[index], outer[index], used)
            continue
        for some in np.array_split(which, len(which) * length * length // _CELLS + 1):
            ring = np.stack([loops[i] for i in some])
            taken = used.holds(ring[:, :, None], ring[:, None])
            for index, local in zip(
                some, _solve(vertices[ring], np.stack([outer[i] for i in some]), taken), strict=True
            ):
                result[index] = local
    return result


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


def clashing(loops: list[Ints], patches: list[Ints | None]) -> Ints:
    """Loops whose patch shares an edge across the opening with an earlier loop's patch; they need another one."""
    solved = [index for index, local in enumerate(patches) if local is not None and len(local) > 1]
    if not solved:
        return np.zeros(0, np.int64)
    pieces = [loops[index][patches[index]] for index in solved]
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
    fold, area, known = (np.zeros((batch, size, size)) for _ in range(3))
    split = np.zeros((batch, size, size), dtype=np.int64)
    normal = np.zeros((3, batch, size, size))  # of the triangle on the inner side of chord i-k, if it is known
    each = np.arange(size - 1)
    normal[:, :, each, each + 1] = np.moveaxis(outer[:, :-1], 2, 0)
    known[:, each, each + 1] = (outer[:, :-1] != 0).any(axis=2)
    last = np.moveaxis(outer[:, -1], 1, 0)[:, :, None, None], (outer[:, -1] != 0).any(axis=1)[:, None, None]
    place = np.ascontiguousarray(np.moveaxis(points, 2, 0))  # (3, B, N)
    for span in range(2, size):
        vector = _span_areas(place, span)
        length = np.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)
        unit = vector / np.where(length > 0, length, 1)
        bend = _fold(unit, _before(normal, span), _before(known, span))
        bend = np.maximum(bend, _fold(unit, _after(normal, span), _after(known, span)))
        if span == size - 1:
            bend = np.maximum(bend, _fold(unit, last[0], last[1]))
        worst = np.maximum(np.maximum(_before(fold, span), _after(fold, span)), np.floor(bend / _FOLD_STEP))
        total = _before(area, span) + _after(area, span) + length / 2
        best = _least(worst, total)
        j = np.arange(size - span)
        split[:, j, j + span] = best + j + 1
        row = best[..., None]
        area[:, j, j + span] = np.take_along_axis(total, row, axis=2)[..., 0]
        fold[:, j, j + span] = np.take_along_axis(worst, row, axis=2)[..., 0]
        chosen = np.take_along_axis(unit, row[None], axis=3)[..., 0]
        normal[:, :, j, j + span] = chosen
        known[:, j, j + span] = (chosen != 0).any(axis=0)
        if span < size - 1:
            fold[:, j, j + span] = np.where(taken[:, j, j + span], np.inf, fold[:, j, j + span])
    return [_trace(split[b]) if np.isfinite(fold[b, 0, -1]) else None for b in range(batch)]


def _span_areas(place: Floats, span: int) -> Floats:
    """Twice the areas of the triangles i, m, i + span as vectors (3, B, N - span, span - 1). place (3, B, N)."""
    start = place[:, :, :-span, None]
    between = sliding_window_view(place, span - 1, axis=2)[:, :, 1 : place.shape[2] - span + 1] - start
    chord = place[:, :, span:, None] - start
    crossed = np.empty(between.shape)
    for axis in range(3):
        one, other = (axis + 1) % 3, (axis + 2) % 3
        np.subtract(between[one] * chord[other], between[other] * chord[one], out=crossed[axis])
    return crossed


def _before(table: Floats, span: int) -> Floats:
    """A view on the chords i-m of tables (..., N, N): (..., N - span, span - 1), m from i + 1 to i + span - 1."""
    *many, size, _ = table.shape
    *deep, down, along = table.strides
    shape, steps = (*many, size - span, span - 1), (*deep, down + along, along)
    return as_strided(table[..., 1:], shape, steps, writeable=False)


def _after(table: Floats, span: int) -> Floats:
    """A view on the chords m-k of tables (..., N, N): (..., N - span, span - 1), k = i + span and m as before."""
    *many, size, _ = table.shape
    *deep, down, along = table.strides
    shape, steps = (*many, size - span, span - 1), (*deep, down + along, down)
    return as_strided(table[..., 1:, span:], shape, steps, writeable=False)


def _fold(unit: Floats, neighbour: Floats, known: Floats | Bools) -> Floats:
    """1 - cos of the angle between normals: 0 flat, 2 folded back; 0 where the neighbour is unknown."""
    fold: Floats = 1 - (unit[0] * neighbour[0] + unit[1] * neighbour[1] + unit[2] * neighbour[2])
    return fold * known


def _least(first: Floats, second: Floats) -> Ints:
    """Along the last axis the place of the least ``first``, of these the least ``second``."""
    candidates = first == first.min(axis=-1, keepdims=True)
    result: Ints = np.where(candidates, second, np.inf).argmin(axis=-1)
    return result


def _trace(split: Ints) -> Ints:
    """Triangles of the solved table."""
    triangles: list[tuple[int, int, int]] = []
    waiting = [(0, len(split) - 1)]
    while waiting:
        i, k = waiting.pop()
        if k - i < 2:
            continue
        m = int(split[i, k])
        triangles.append((i, m, k))
        waiting += [(i, m), (m, k)]
    return np.array(triangles, dtype=np.int64)
