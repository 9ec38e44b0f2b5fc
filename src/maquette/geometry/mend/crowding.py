"""Where more than two faces meet: doubled faces, crowded edges and pinched vertices, found and taken apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.orientation import regular_halves
from maquette.geometry.surface import vertex_normals
from maquette.geometry.topology import Edges, edges, face_components


def undoubled_faces(faces: Ints) -> Bools:
    """Faces to keep so that no three vertices carry more than one, (F,).

    Two faces back to back are a wall of no thickness between two solids: both go, which joins the solids and leaves
    every opening as it was. Faces laid twice the same way become one. A part of which more than half would go that way,
    and nothing closed remain, is a skin with two sides; there one face of each pair stays.
    """
    ordered = np.sort(faces, axis=1)
    order = np.lexsort((ordered[:, 2], ordered[:, 1], ordered[:, 0]))
    same = (ordered[order][1:] == ordered[order][:-1]).all(axis=1)
    if not same.any():
        return np.ones(len(faces), dtype=bool)
    group = np.empty(len(faces), dtype=np.int64)
    group[order] = np.concatenate([[0], np.cumsum(~same)])
    size = int(group.max()) + 1
    forward = (np.roll(faces, -1, axis=1) > faces).sum(axis=1) == 2  # an even turn of the ordered corners
    balance = np.bincount(group, weights=np.where(forward, 1, -1), minlength=size)
    count = np.bincount(group, minlength=size)
    first = np.full(size, len(faces))
    np.minimum.at(first, group, np.arange(len(faces)))
    leader = first[group] == np.arange(len(faces))
    parts, part = face_components(faces)
    gone = np.bincount(part, weights=(count[group] > 1) & (balance[group] == 0), minlength=parts)
    skin = 2 * gone > np.bincount(part, minlength=parts)
    skin &= ~_closes(faces[count[group] == 1], part[count[group] == 1], parts)
    skin = skin[part]
    major = np.full(size, len(faces))  # the first face that runs as the majority does
    runs_along = forward == (balance[group] > 0)
    np.minimum.at(major, group[runs_along], np.flatnonzero(runs_along))
    chosen = (major[group] == np.arange(len(faces))) & (balance[group] != 0)
    keep: Bools = np.where(count[group] == 1, True, np.where(skin, leader, chosen))
    return keep


def _closes(faces: Ints, part: Ints, count: int) -> Bools:
    """Parts that have faces here, every edge of which has as many that run one way as back, (count,)."""
    closes = np.bincount(part, minlength=count) > 3
    if len(faces):
        edge_table = edges(faces)
        closes[part[np.flatnonzero((edge_table.balance != 0)[edge_table.of_half]) // 3]] = False
    return closes


def pair_half_edges(vertices: Floats, faces: Ints) -> Ints:
    """The half-edge that each half-edge 3·f + c continues across its edge, (3F,); -1 where there is none.

    At a crowded edge two faces that run against each other and hang together elsewhere, as no others there do, belong
    together: two boxes stay two, however they lie. The rest are sorted by angle about the edge, and each is joined to
    the one with which it encloses material. Of two faces in one plane the forward one comes first: two
    solids that lie against each other, not two folds without a thickness.
    """
    edge_table = edges(faces)
    twin = np.full(faces.size, -1, dtype=np.int64)
    left, right, alike = regular_halves(faces, edge_table)
    left, right = left[~alike], right[~alike]
    twin[left], twin[right] = right, left
    half = np.flatnonzero(edge_table.count[edge_table.of_half] > 2)
    left, right = _of_one_patch(half, edge_table, regular_patches(faces)) if len(half) else (half, half)
    twin[left], twin[right] = right, left
    half = half[twin[half] < 0]
    turn = angles_around(vertices, faces, edge_table, half)
    half = half[np.lexsort((~edge_table.forward[half], turn, edge_table.of_half[half]))]
    while len(half):
        edge, forward = edge_table.of_half[half], edge_table.forward[half]
        after = next_around(edge)
        opens = ~forward & forward[after]  # material lies between a backward face and the next forward one
        if not opens.any():
            break
        left, right = half[opens], half[after[opens]]
        twin[left], twin[right] = right, left
        half = half[twin[half] < 0]
    return twin


def regular_patches(faces: Ints) -> Ints:
    """What hangs together over edges with two faces: a number for each face, (F,)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    left, right, _ = regular_halves(faces, edges(faces))
    count = len(faces)
    graph = coo_matrix((np.ones(len(left), np.int8), (left // 3, right // 3)), shape=(count, count))
    patches: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return patches


def _of_one_patch(half: Ints, edge_table: Edges, patch: Ints) -> tuple[Ints, Ints]:
    """Pairs of crowded half-edges (N,) that are the only two of their patch at their edge, one each way."""
    key = edge_table.of_half[half] * (int(patch.max()) + 1) + patch[half // 3]
    _, group, size = np.unique(key, return_inverse=True, return_counts=True)
    group = group.reshape(-1)
    forward = np.bincount(group, weights=edge_table.forward[half], minlength=len(size))
    order = np.argsort(group, kind="stable")
    start = (np.cumsum(size) - size)[(size == 2) & (forward == 1)]
    return half[order[start]], half[order[start + 1]]


def angles_around(vertices: Floats, faces: Ints, joined: Edges, half: Ints) -> Floats:
    """Direction of each half-edge's face about the edge's axis, counter-clockwise seen from its high end, (N,)."""
    low, high = joined.ends[joined.of_half[half]].T
    third = faces[half // 3, (half % 3 + 2) % 3]
    axis = vertices[high] - vertices[low]
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-300)
    across = np.eye(3)[np.abs(axis).argmin(axis=1)]
    x = np.cross(axis, across)
    y = np.cross(axis, x)
    arm = vertices[third] - vertices[low]
    turn: Floats = np.round(np.arctan2((arm * y).sum(axis=1), (arm * x).sum(axis=1)), 6)
    turn[turn <= -np.round(np.pi, 6)] *= -1  # the same direction
    return turn


def next_around(edge: Ints) -> Ints:
    """For entries sorted by edge, the place of the next entry of the same edge, cyclic."""
    starts = np.concatenate([[True], edge[1:] != edge[:-1]])
    first = np.flatnonzero(starts)[np.cumsum(starts) - 1]
    after = np.arange(1, len(edge) + 1)
    last = np.append(starts[1:], True)
    result: Ints = np.where(last, first, after)
    return result


def part_vertices(faces: Ints, twin: Ints, vertex_count: int) -> tuple[Ints, Ints]:
    """Vertices doubled so that only paired half-edges share them: faces (F, 3), old vertex of each vertex (V',).

    The first fan at a vertex keeps its number, further ones are appended. Nothing changes on a manifold.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    half = np.flatnonzero(twin >= 0)
    other = twin[half]
    rows = np.concatenate([half, _following(half)])
    columns = np.concatenate([_following(other), other])
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(faces.size, faces.size))
    count, fan = connected_components(graph, directed=False)
    corner = faces.reshape(-1)
    vertex_of_fan = np.empty(count, dtype=np.int64)
    vertex_of_fan[fan] = corner
    _, first = np.unique(vertex_of_fan, return_index=True)
    number = np.full(count, -1, dtype=np.int64)
    number[first] = vertex_of_fan[first]
    extra = np.flatnonzero(number < 0)
    number[extra] = vertex_count + np.arange(len(extra))
    return number[fan].reshape(-1, 3), np.concatenate([np.arange(vertex_count), vertex_of_fan[extra]])


@dataclass(frozen=True)
class Halving:
    """Faces of which some are cut in two at the middle of an edge; whatever rides on corners can follow.

    Corner c of face f is halfway between the corners ``first[f, c]`` and ``second[f, c]`` of the old face
    ``parent[f]``, which are the same one where nothing was cut.
    """

    faces: Ints  # (F', 3)
    parent: Ints  # (F',)
    first: Ints  # (F', 3)
    second: Ints  # (F', 3)
    ends: Ints  # (M, 2) the old vertices between which each new vertex lies


def halve_edges(faces: Ints, twin: Ints, vertex_count: int) -> Halving | None:
    """Edges that several pairs of faces share to both ends cut in the middle for all pairs but one; None: no such edge.

    A face is cut once in a call, so call again until nothing is left. ``twin`` (3F,) as from :func:`pair_half_edges`.
    """
    edge_table = edges(faces)
    half = np.flatnonzero(edge_table.count[edge_table.of_half] > 2)
    if not len(half):
        return None
    leader = np.where(twin[half] < 0, half, np.minimum(half, twin[half]))  # one name for both halves of a pair
    leader, edge = np.unique(leader), edge_table.of_half[np.unique(leader)]
    order = np.lexsort((leader, edge))
    leader, edge = leader[order], edge[order]
    leader = leader[np.concatenate([[False], edge[1:] == edge[:-1]])]  # the first pair keeps the edge
    mate = np.where(twin[leader] < 0, leader, twin[leader])
    rank = np.full(len(faces), len(leader))
    for side in (leader, mate):
        np.minimum.at(rank, side // 3, np.arange(len(leader)))
    chosen = (rank[leader // 3] == np.arange(len(leader))) & (rank[mate // 3] == np.arange(len(leader)))
    leader, mate = leader[chosen], mate[chosen]
    middle = vertex_count + np.arange(len(leader))
    paired_up = mate != leader
    cut, new = np.concatenate([leader, mate[paired_up]]), np.concatenate([middle, middle[paired_up]])
    return _cut_faces(faces, cut, new, edge_table.ends[edge_table.of_half[leader]])


def _cut_faces(faces: Ints, half: Ints, middle: Ints, ends: Ints) -> Halving:
    """Each named half-edge's face cut in two at a new vertex: a-b-c becomes a-m-c and, at the end, m-b-c."""
    face, a = half // 3, half % 3
    b, c = (a + 1) % 3, (a + 2) % 3
    size = len(faces)
    first = np.concatenate([np.tile(np.arange(3), (size, 1)), np.stack([a, b, c], axis=1)])
    second = first.copy()
    second[face, b] = a  # the corner at b moves to the middle
    second[size:, 0] = b
    parent = np.concatenate([np.arange(size), face])
    halves = faces[parent[:, None], first]
    halves[face, b] = middle
    halves[size:, 0] = middle
    return Halving(halves, parent, first, second, ends)


def shrink_inward(vertices: Floats, faces: Ints, which: Bools, distance: float) -> Floats:
    """Vertices (V, 3) with those of ``which`` (V,) moved into their own solid, so that twins come apart.

    By a tenth of the shortest edge at hand, at least a quarter of ``distance`` and at most all of it; no two by quite
    the same, for twins may have the same normal. Without it the next weld would undo :func:`part_vertices`.
    """
    ends = edges(faces).ends
    length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    shortest = np.full(len(vertices), np.inf)
    np.minimum.at(shortest, ends[:, 0], length)
    np.minimum.at(shortest, ends[:, 1], length)
    varied = 1 - 0.5 * (np.arange(len(vertices)) * 0.6180339887 % 1)  # golden ratio: neighbours in number far apart
    step = np.where(which, varied * np.clip(0.1 * shortest, distance / 4, distance), 0.0)
    inward = -vertex_normals(vertices, faces)
    lost = which & ~inward.any(axis=1)  # only faces without area: towards their middles instead
    if lost.any():
        arm = np.repeat(vertices[faces].mean(axis=1), 3, axis=0) - vertices[faces.reshape(-1)]
        sums = [np.bincount(faces.reshape(-1), weights=arm[:, axis], minlength=len(vertices)) for axis in range(3)]
        toward = np.stack(sums, axis=1)[lost]
        inward[lost] = toward / np.maximum(np.linalg.norm(toward, axis=1, keepdims=True), 1e-300)
    result: Floats = vertices + inward * step[:, None]
    return result


def _following(half: Ints) -> Ints:
    """The next half-edge of the same face."""
    following: Ints = half - half % 3 + (half + 1) % 3
    return following
