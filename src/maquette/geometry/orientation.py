"""Which way round the faces run: neighbours made to agree, then patches turned outward. faces (F, 3), patch (F,).

A patch is what hangs together over regular edges (exactly two faces). Agreement is found without walking: every face
is doubled into "as it is" and "turned over", each regular edge joins the copies that agree, and connected components
of that double cover are the consistent windings. A one-sided patch (Moebius strip) joins a face to its own reverse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.surface import face_areas
from maquette.geometry.topology import Edges, edges


@dataclass(frozen=True)
class Agreement:
    """Patches of faces and which faces to turn over so that each patch is wound alike."""

    patch: Ints  # (F,) numbered by first face
    count: int  # P
    turn: Bools  # (F,) the smaller side of each patch by area
    one_sided: Bools  # (P,) no winding can agree; nothing is turned there


def regular_halves(faces: Ints, joined: Edges) -> tuple[Ints, Ints, Bools]:
    """Half-edges (3·f + c) that meet in a regular edge: left (A,), right (A,), and whether both run the same way."""
    halves = np.arange(faces.size)
    first, last = np.zeros((2, len(joined.ends)), dtype=np.int64)
    first[joined.of_half[::-1]], last[joined.of_half] = halves[::-1], halves
    left, right = first[joined.count == 2], last[joined.count == 2]
    return left, right, joined.forward[left] == joined.forward[right]


def agreement(vertices: Floats, faces: Ints) -> Agreement:
    """Patches, and the faces to turn over. Of the two ways to agree, the one that turns less area."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    size = len(faces)
    left, right, alike = regular_halves(faces, edges(faces))
    f, g = left // 3, right // 3
    if not alike.any():  # wound alike already
        graph = coo_matrix((np.ones(len(f), np.int8), (f, g)), shape=(size, size))
        patch, count = _by_first_face(connected_components(graph, directed=False)[1])
        return Agreement(patch, count, np.zeros(size, dtype=bool), np.zeros(count, dtype=bool))
    swap = np.where(alike, size, 0)
    rows, columns = np.concatenate([f, f + size]), np.concatenate([g + swap, g + size - swap])
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(2 * size, 2 * size))
    _, label = connected_components(graph, directed=False)
    as_is, turned = label[:size], label[size:]
    patch, count = _by_first_face(np.minimum(as_is, turned))
    one_sided = np.zeros(count, dtype=bool)
    one_sided[patch] = as_is == turned
    second = as_is > turned  # the side that the patch's lower label does not hold
    area = face_areas(vertices, faces)
    weight = np.bincount(patch, weights=np.where(second, area, -area), minlength=count)
    return Agreement(patch, count, (second ^ (weight > 0)[patch]), one_sided)


def _by_first_face(label: Ints) -> tuple[Ints, int]:
    """Labels renumbered by where they first occur, and how many there are."""
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse.reshape(-1)], len(first)


def capped_volumes(vertices: Floats, faces: Ints, patch: Ints, count: int) -> Floats:
    """Signed volume of each patch with every opening closed by a cone to the opening's middle, (P,).

    For a closed patch that is its signed volume. The cones make the number independent of where the patch lies, so
    its sign tells whether a bowl or a shirt is inside out.
    """
    middle = _mean_by(patch, vertices[faces].mean(axis=1), count)
    a, b, c = (vertices[faces[:, corner]] - middle[patch] for corner in range(3))
    six = np.bincount(patch, weights=np.einsum("ij,ij->i", a, np.cross(b, c)), minlength=count)
    edge_table = edges(faces)
    half = np.flatnonzero(edge_table.count[edge_table.of_half] != 2)
    if len(half):
        face, corner = half // 3, half % 3
        start, end, of = faces[face, corner], faces[face, (corner + 1) % 3], patch[face]
        p, q = vertices[start] - middle[of], vertices[end] - middle[of]
        opening, openings = _openings(start, end, of, len(vertices))
        apex = _mean_by(opening, (p + q) / 2, openings)[opening]
        six += np.bincount(of, weights=np.einsum("ij,ij->i", q, np.cross(p, apex)), minlength=count)
    result: Floats = six / 6
    return result


def _openings(start: Ints, end: Ints, patch: Ints, vertex_count: int) -> tuple[Ints, int]:
    """Border half-edges of one patch that hang together over vertices: opening of each (B,), and how many."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    keys = np.concatenate([patch * vertex_count + start, patch * vertex_count + end])
    _, node = np.unique(keys, return_inverse=True)
    node = node.reshape(-1)
    rows, columns = node[: len(start)], node[len(start) :]
    size = int(node.max()) + 1
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(size, size))
    count, label = connected_components(graph, directed=False)
    return label[rows].astype(np.int64), int(count)


def _mean_by(label: Ints, points: Floats, count: int) -> Floats:
    """Mean of the points of each label, (count, 3)."""
    total = np.stack([np.bincount(label, weights=points[:, axis], minlength=count) for axis in range(3)], axis=1)
    mean_by: Floats = total / np.maximum(np.bincount(label, minlength=count), 1)[:, None]
    return mean_by
