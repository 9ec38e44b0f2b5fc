"""A sheet made finer and evener in place: edges split, edges turned, points eased. Its topology and its border stay.

A sheet lies over the plane without folds; ``flat`` (V, 2) are its points there and ``solid`` (V, 3) the lifted ones
that angles and lengths are measured on.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints


def inner_edges(faces: Ints) -> Ints:
    """The two half-edges of every edge between two faces, (E, 2); half-edge 3·f + c runs from corner c to c + 1."""
    start, end = faces.reshape(-1), np.roll(faces, -1, axis=1).reshape(-1)
    key = np.minimum(start, end) * (int(faces.max()) + 1) + np.maximum(start, end)
    order = np.argsort(key, kind="stable")
    key = key[order]
    twin = np.flatnonzero(key[:-1] == key[1:])
    return np.stack([order[twin], order[twin + 1]], axis=1)


def ends_of(faces: Ints, half: Ints) -> tuple[Ints, Ints]:
    """Start and end vertex of half-edges. (E,) -> (E,), (E,)."""
    return faces.reshape(-1)[half], np.roll(faces, -1, axis=1).reshape(-1)[half]


def longest_of_both(length: Floats, pairs: Ints, face_count: int) -> Bools:
    """Edges that are the longest inner one of both their faces, (E,): cutting these makes no slivers (Rivara 1984)."""
    of_half = np.full(3 * face_count, 0.0)
    of_half[pairs.reshape(-1)] = np.repeat(length, 2)
    most = of_half.reshape(-1, 3).max(axis=1)
    mask: Bools = (length >= most[pairs[:, 0] // 3]) & (length >= most[pairs[:, 1] // 3])
    return mask


def split_edges(faces: Ints, pairs: Ints, vertex_count: int, solid: Floats) -> Ints:
    """Faces with a new vertex on each of the edges ``pairs`` (E, 2), numbered from ``vertex_count`` in that order.

    ``solid`` holds old and new points; a face with two cut edges leaves a quad, which its shorter diagonal parts.
    """
    middle = np.full(faces.shape, -1, np.int64)  # new vertex on the edge from corner c to c + 1, or -1
    middle.reshape(-1)[pairs] = (vertex_count + np.arange(len(pairs)))[:, None]
    cuts = (middle >= 0).sum(axis=1)
    pieces = [faces[cuts == 0]]
    pieces += _one_cut(*_roll_corners(faces[cuts == 1], middle[cuts == 1], first=0, cut=True))
    pieces += _two_cuts(*_roll_corners(faces[cuts == 2], middle[cuts == 2], first=2, cut=False), solid)
    whole, m = faces[cuts == 3], middle[cuts == 3]
    pieces += [np.stack([whole[:, c], m[:, c], m[:, c - 1]], axis=1) for c in range(3)] + [m]
    return np.concatenate(pieces)


def turn_edges(faces: Ints, flat: Floats, solid: Floats, border: int, rounds: int) -> Ints:
    """Faces with inner edges turned where that makes the smaller angle of the two triangles larger. -> (F, 3)

    An edge turns only where both new triangles stay face up in the plane, so that the sheet never folds, and never so
    that it joins two of the first ``border`` points: there the lifted sheet would touch the ground.
    """
    result = faces.copy()
    for _ in range(rounds):
        quad, pair = _doubtful(result, solid)
        a, b, c, d = quad.T  # edge a-b; faces (a, b, c) and (b, a, d)
        old = np.minimum(_least_angle(solid, a, b, c), _least_angle(solid, b, a, d))
        new = np.minimum(_least_angle(solid, c, d, b), _least_angle(solid, d, c, a))
        size = np.minimum(_area(flat, a, b, c), _area(flat, b, a, d))
        upright = np.minimum(_area(flat, c, d, b), _area(flat, d, c, a)) > 0.1 * size
        upright &= np.maximum(c, d) >= border
        gain = np.where(upright & (new > old + 0.01), new - old, 0.0)
        best = np.zeros(len(result))
        np.maximum.at(best, pair.reshape(-1), np.repeat(gain, 2))
        chosen = np.flatnonzero((gain > 0) & (gain >= best[pair[:, 0]]) & (gain >= best[pair[:, 1]]))
        chosen = _apart(chosen, pair, len(result))
        if not len(chosen):
            break
        result[pair[chosen, 0]] = np.stack([c, d, b], axis=1)[chosen]
        result[pair[chosen, 1]] = np.stack([d, c, a], axis=1)[chosen]
    return result


def ease(faces: Ints, flat: Floats, solid: Floats, fixed: int) -> Floats:
    """Plane points moved toward the middle of their neighbours along the lifted surface, the first ``fixed`` kept.

    A point whose move would turn a face over stays where it was. -> (V, 2)
    """
    from maquette.geometry.surface import vertex_normals

    count = len(flat)
    start, end = faces.reshape(-1), np.roll(faces, -1, axis=1).reshape(-1)
    number = np.bincount(start, minlength=count)  # inside, every neighbour is the end of one half-edge
    middle = np.stack([np.bincount(start, weights=solid[end, k], minlength=count) for k in range(3)], axis=1)
    pull = middle / np.maximum(number, 1)[:, None] - solid
    normal = vertex_normals(solid, faces)
    pull -= normal * (normal * pull).sum(axis=1, keepdims=True)
    step = 0.6 * pull[:, :2]
    step[:fixed] = 0.0
    least = 0.1 * _area(flat, *faces.T)
    for _ in range(20):
        result = flat + step
        turned = _area(result, *faces.T) <= least
        if not turned.any():
            return result
        step[faces[turned].reshape(-1)] = 0.0
    return flat


def _roll_corners(faces: Ints, middle: Ints, *, first: int, cut: bool) -> tuple[Ints, Ints]:
    """Corners rolled so that the one edge whose being cut equals ``cut`` is edge ``first``."""
    shift = ((middle >= 0) == cut).argmax(axis=1) - first
    order = (np.arange(3) + shift[:, None]) % 3
    return np.take_along_axis(faces, order, axis=1), np.take_along_axis(middle, order, axis=1)


def _one_cut(faces: Ints, middle: Ints) -> list[Ints]:
    """Edge 0 is cut: two triangles."""
    a, b, c = faces.T
    m = middle[:, 0]
    return [np.stack([a, m, c], axis=1), np.stack([m, b, c], axis=1)]


def _two_cuts(faces: Ints, middle: Ints, solid: Floats) -> list[Ints]:
    """Edges 0 and 1 are cut: the tip at corner 1, and a quad parted by its shorter diagonal."""
    a, b, c = faces.T
    m, n = middle[:, 0], middle[:, 1]
    short = np.linalg.norm(solid[a] - solid[n], axis=1) <= np.linalg.norm(solid[m] - solid[c], axis=1)
    lower = np.where(short[:, None], np.stack([a, m, n], axis=1), np.stack([a, m, c], axis=1))
    upper = np.where(short[:, None], np.stack([a, n, c], axis=1), np.stack([m, n, c], axis=1))
    return [np.stack([m, b, n], axis=1), lower, upper]


def _doubtful(faces: Ints, solid: Floats) -> tuple[Ints, Ints]:
    """Edges whose two opposite angles exceed 180° together: corners a, b, c, d as (Q, 4), and their faces (Q, 2)."""
    pairs = inner_edges(faces)
    cosine, sine = _corner_angle(faces, solid)
    across = pairs - pairs % 3 + (pairs + 2) % 3  # the corner opposite each half-edge
    left, right = across.T
    doubtful = cosine[left] * sine[right] + cosine[right] * sine[left] < 0  # sin(left + right) < 0
    pairs, across = pairs[doubtful], across[doubtful]
    start, end = ends_of(faces, pairs[:, 0])
    corner = faces.reshape(-1)
    return np.stack([start, end, corner[across[:, 0]], corner[across[:, 1]]], axis=1), pairs // 3


def _corner_angle(faces: Ints, solid: Floats) -> tuple[Floats, Floats]:
    """Cosine and sine of every corner's angle times the lengths of its two edges, (3F,) each."""
    side = np.empty((3, len(faces)))
    for corner in range(3):
        gap = solid[faces[:, (corner + 2) % 3]] - solid[faces[:, (corner + 1) % 3]]
        side[corner] = np.einsum("ij,ij->i", gap, gap)  # squared length of the edge across from the corner
    a, b, c = side
    cosine = np.stack([b + c - a, c + a - b, a + b - c], axis=1) / 2
    area = np.maximum(2 * (a * b + b * c + c * a) - a * a - b * b - c * c, 0.0)
    return cosine.reshape(-1), np.repeat(np.sqrt(area) / 2, 3)


def _apart(chosen: Ints, pair: Ints, face_count: int) -> Ints:
    """Of the chosen edges those that share no face with an earlier one."""
    owner = np.full(face_count, len(chosen))
    rank = np.arange(len(chosen))
    np.minimum.at(owner, pair[chosen].reshape(-1), np.repeat(rank, 2))
    apart: Ints = chosen[(owner[pair[chosen, 0]] == rank) & (owner[pair[chosen, 1]] == rank)]
    return apart


def _least_angle(points: Floats, a: Ints, b: Ints, c: Ints) -> Floats:
    """Smallest angle of each triangle in radians, (N,): the one across from its shortest edge."""
    p, q, r = points[a], points[b], points[c]
    sides = np.sort(np.stack([((q - p) ** 2).sum(1), ((r - q) ** 2).sum(1), ((p - r) ** 2).sum(1)], axis=1), axis=1)
    short, mid, long = sides.T
    cosine = (mid + long - short) / np.maximum(2 * np.sqrt(mid * long), 1e-300)
    least_angle: Floats = np.arccos(np.clip(cosine, -1, 1))
    return least_angle


def _area(points: Floats, a: Ints, b: Ints, c: Ints) -> Floats:
    """Twice the signed area of each plane triangle, (N,)."""
    x, y = points[:, 0], points[:, 1]
    result: Floats = (x[b] - x[a]) * (y[c] - y[a]) - (y[b] - y[a]) * (x[c] - x[a])
    return result
