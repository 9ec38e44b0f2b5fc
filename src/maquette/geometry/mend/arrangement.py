"""A closed surface that cuts through itself, cut along the lines where it does, and its outer hull.

Every face is cut where others cross it, in a way on which both faces agree to the last bit: a point where an edge meets
a face is computed once and named by the two, a point where three faces meet by the three. What remains are patches
that cross nothing; of these the hull keeps those with the winding number 0 outside and 1 inside, which is the solid
that a slicer fills. Untouched faces stay as they are (Zhou et al. 2016, "Mesh arrangements for solid geometry").

Instead of exact arithmetic the faces concerned are shaken by a hair, so that no point of one lies on another and no
two are in one plane; where rounding still leaves a line that does not close, the caller shakes again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.inside.filled import hair
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.inside.near_boxes import faces_near
from maquette.geometry.inside.winding_number import winding_numbers
from maquette.geometry.mend.knots import clusters, thread, without_spikes
from maquette.geometry.mend.planar_cells import triangulated_cells
from maquette.geometry.surface import face_areas, face_normals, vertex_normals
from maquette.geometry.topology import edges

_TRIES = 3
_KNOT = 2  # new nodes for each pair of crossing faces, above which many faces run through one point
_GATHER = 5e-5  # of the diagonal: nodes of such a knot that are nearer are one, 5 µm on 100 mm
_CRUMBS = 20_000  # new nodes of a knot that are not tried one by one as well: 20 s
_CORRECTIONS = 300  # patches whose winding number rounding may have spoilt
_GROWTH = 3.0  # times the tolerance
_SHAKE = 2e-7  # of the diagonal, the first time; four times as much each further time


class Tangled(Exception):
    """The lines of intersection do not close; shaking the faces did not help, or there are too many of them."""


@dataclass(frozen=True)
class Hull:
    """The outer hull: the old vertices, some moved by a hair, with new ones after them, and faces over both."""

    vertices: Floats  # (V + N, 3)
    faces: Ints  # (T, 3)
    origin: Ints  # (T,) the old face that each is or was cut from
    crossed: int  # pairs of faces that crossed


def outer_hull(vertices: Floats, faces: Ints, *, tolerance: float, most: int, touching: bool = True) -> Hull | None:
    """The hull of a closed surface, wound outward; ``None`` where nothing crosses. vertices (V, 3), faces (F, 3).

    Faces that lie on each other within ``tolerance`` (a length) are first moved outward by a few times that, so that
    solids that touch grow together and walls without a thickness get one. Raises :class:`Tangled` for more than
    ``most`` pairs of crossing faces, or where the lines do not close. Without ``touching`` a surface in which faces
    only lie on each other is left alone.
    """
    pairs = intersecting_pairs(vertices, faces, tolerance=tolerance, limit=most)
    if not len(pairs.pairs) or (pairs.lying.all() and not touching):
        return None
    if not pairs.complete:
        raise Tangled(f"more than {most} pairs of faces cross")
    diagonal = float(np.linalg.norm(np.ptp(vertices, axis=0)))
    dice = np.random.default_rng(5)
    outward = vertex_normals(vertices, faces) * (_GROWTH * tolerance)
    lying, crossing = pairs.pairs[pairs.lying], pairs.pairs
    for attempt in range(_TRIES):
        shaken = vertices.copy()
        lifted = np.unique(faces[lying.reshape(-1)])
        moved = np.unique(faces[_with_neighbours(faces, crossing).reshape(-1)])
        shaken[lifted] += outward[lifted]
        shaken[moved] += dice.uniform(-1, 1, (len(moved), 3)) * (_SHAKE * 4**attempt * diagonal)
        near = faces_near(shaken, faces, np.isin(faces, np.concatenate([lifted, moved])).any(axis=1).reshape(-1))
        crossing_near = near[intersecting_pairs(shaken, faces[near], limit=most).pairs]
        result = _hull(shaken, faces, _with_neighbours(faces, crossing_near))
        if result is not None:
            return result
        crossing = np.concatenate([crossing, crossing_near])
    raise Tangled("the lines where the surface cuts itself do not close")


def _with_neighbours(faces: Ints, pairs: Ints) -> Ints:
    """Pairs of faces, and each face of a pair with the other's neighbours: no line ends for want of a pair."""
    edge_table = edges(faces)
    order = edge_table.order
    mate = np.empty(faces.size, np.int64)
    mate[order[0::2]], mate[order[1::2]] = order[1::2], order[0::2]
    around = mate.reshape(-1, 3) // 3  # (F, 3)
    wide = [pairs]
    for one, other in ((0, 1), (1, 0)):
        wide += [np.stack([pairs[:, one], around[pairs[:, other], k]], axis=1) for k in range(3)]
    every = np.sort(np.concatenate(wide), axis=1)
    every = every[every[:, 0] != every[:, 1]]
    key = np.unique(every[:, 0] * len(faces) + every[:, 1])
    return np.stack([key // len(faces), key % len(faces)], axis=1)


@dataclass(frozen=True)
class Cuts:
    """Where faces cross. Nodes: old vertices, then points where an edge meets a face, then triple points."""

    points: Floats  # (N, 3) of all nodes
    on_edge: list[tuple[int, int, float]]  # edge, node, how far along it from the lower vertex
    pairs: Ints  # (S, 2) faces that share a segment
    segments: list[list[int]]  # nodes along each segment
    gathered: bool = False  # nodes that all but coincide were made one


def _hull(vertices: Floats, faces: Ints, pairs: Ints) -> Hull | None:
    cuts = _cuts(vertices, faces, pairs)
    if cuts is None:
        return None
    fresh = len(cuts.points) - len(vertices)
    if fresh > _KNOT * len(cuts.pairs):
        hull = _assemble(vertices, faces, _gather(cuts, len(vertices)))
        if hull is not None or fresh > _CRUMBS:
            return hull
    return _assemble(vertices, faces, cuts)


def _assemble(vertices: Floats, faces: Ints, cuts: Cuts) -> Hull | None:
    """The hull of the cut faces; ``None`` where a face falls into no cells or the hull does not close."""
    new_faces, origin = _cut_faces(vertices, faces, cuts)
    if new_faces is None or origin is None:
        return None
    whole = np.ones(len(faces), dtype=bool)
    whole[origin] = False
    every = np.concatenate([faces[whole], new_faces])
    origin = np.concatenate([np.flatnonzero(whole), origin])
    keep = _outer(vertices, faces, cuts.points, every)
    every, origin = every[keep], origin[keep]
    edge_table = edges(every)
    if not len(every) or (edge_table.count % 2).any() or (edge_table.balance != 0).any():
        return None
    return Hull(cuts.points, every, origin, len(cuts.pairs))


def _gather(cuts: Cuts, first: int) -> Cuts:
    """The cuts with nodes that all but coincide made one; those from ``first`` on are new."""
    reach = _GATHER * float(np.linalg.norm(np.ptp(cuts.points, axis=0)))
    into = clusters(cuts.points, first, reach)
    segments = [thread(nodes, into) for nodes in cuts.segments]
    long = np.array([len(nodes) > 1 for nodes in segments], dtype=bool)
    on_edge = [(edge, int(into[node]), share) for edge, node, share in cuts.on_edge]
    return Cuts(cuts.points, on_edge, cuts.pairs[long], [nodes for nodes in segments if len(nodes) > 1], True)


def _outer(vertices: Floats, faces: Ints, points: Floats, cut: Ints) -> Bools:
    """Which cut faces bound the solid, empty outside and filled inside; asked once a patch, (T,) bool."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edge_table = edges(cut)
    order = edge_table.order
    first = np.cumsum(edge_table.count) - edge_table.count
    regular = first[edge_table.count == 2]
    left, right = order[regular] // 3, order[regular + 1] // 3
    graph = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(len(cut), len(cut)))
    count, patch = connected_components(graph, directed=False)
    area = face_areas(points, cut)
    speaker = np.zeros(count, np.int64)
    by_area = np.argsort(area, kind="stable")
    speaker[patch[by_area]] = by_area  # the largest is written last
    beyond = points[cut[speaker]].mean(axis=1) + face_normals(points, cut[speaker]) * hair(points, cut[speaker])
    around = np.round(winding_numbers(vertices, faces, beyond)).astype(np.int64)
    kept = around == 0
    crowd = edge_table.count[edge_table.of_half] != 2
    rims = np.stack([patch[np.flatnonzero(crowd) // 3], edge_table.of_half[crowd]], axis=1)
    size: Floats = np.asarray(np.bincount(patch, weights=area, minlength=count), dtype=np.float64)
    outer: Bools = _closing(kept, rims, size)[patch]
    return outer


def _closing(kept: Bools, rims: Ints, area: Floats) -> Bools:
    """Patches (P,) corrected where most of a patch's rim does not close: tiny ones are where rounding misleads.

    rims (R, 2): patch and edge of each half-edge on a line of intersection.
    """
    kept = kept.copy()
    patch, edge = rims.T
    length = np.bincount(patch, minlength=len(kept))
    for _ in range(_CORRECTIONS):
        odd = np.bincount(edge, weights=kept[patch], minlength=int(edge.max(initial=-1)) + 1) % 2 == 1
        if not odd.any():
            break
        wrong = np.bincount(patch, weights=odd[edge], minlength=len(kept)) > length / 2
        if not wrong.any():
            break
        worst = np.flatnonzero(wrong)[area[wrong].argmin()]
        kept[worst] = not kept[worst]
    return kept


def _cuts(vertices: Floats, faces: Ints, pairs: Ints) -> Cuts | None:
    """All nodes and segments; ``None`` where a pair of faces shares a line with one end only."""
    ends, of_half = edges(faces).ends, edges(faces).of_half.reshape(-1, 3)
    shared = (faces[pairs[:, 0]][:, :, None] == faces[pairs[:, 1]][:, None, :]).any(axis=2).sum(axis=1)
    pairs = pairs[shared < 2]  # neighbours meet in their edge and nowhere else
    edge, face, pair = _candidates(of_half, pairs)
    apart = (ends[edge][:, :, None] != faces[face][:, None, :]).all(axis=(1, 2))
    edge, face, pair = edge[apart], face[apart], pair[apart]
    hit, share = _crossings(vertices, ends[edge], faces[face])
    edge, face, pair, share = edge[hit], face[hit], pair[hit], share[hit]
    _, once, node = np.unique(edge * len(faces) + face, return_index=True, return_inverse=True)
    start, end = vertices[ends[edge[once], 0]], vertices[ends[edge[once], 1]]
    points = np.concatenate([vertices, start + (end - start) * share[once, None]])
    on_edge = list(zip(edge[once].tolist(), range(len(vertices), len(points)), share[once].tolist(), strict=True))
    segments, which = _segments(faces, pairs, pair, node.reshape(-1) + len(vertices))
    if segments is None:
        return None
    return _with_triples(vertices, faces, points, on_edge, pairs[which], segments)


def _candidates(of_half: Ints, pairs: Ints) -> tuple[Ints, Ints, Ints]:
    """Every edge of one face of a pair with the other face: edges, faces, numbers of the pairs, (6P,) each."""
    edge = np.concatenate([of_half[pairs[:, 0]].reshape(-1), of_half[pairs[:, 1]].reshape(-1)])
    face = np.concatenate([np.repeat(pairs[:, 1], 3), np.repeat(pairs[:, 0], 3)])
    return edge, face, np.tile(np.repeat(np.arange(len(pairs)), 3), 2)


def _crossings(vertices: Floats, ends: Ints, corners: Ints) -> tuple[Bools, Floats]:
    """Whether each edge (N, 2) runs through its triangle (N, 3), and where along it.

    All signs come from numbers that neighbours compute in the same order, so that an edge that leaves one face by its
    border enters the next one.
    """
    p, q = vertices[ends[:, 0]], vertices[ends[:, 1]]
    a, b, c = (vertices[corners[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    low, high = ((p - a) * normal).sum(axis=1), ((q - a) * normal).sum(axis=1)
    turns = []
    for k in range(3):
        i, j = corners[:, k], corners[:, (k + 1) % 3]
        u, v = vertices[np.minimum(i, j)], vertices[np.maximum(i, j)]
        turns.append(np.where(i < j, 1, -1) * np.sign(((q - p) * np.cross(u - p, v - p)).sum(axis=1)))
    through = (turns[0] == turns[1]) & (turns[1] == turns[2]) & (turns[0] != 0)
    hit = through & (np.sign(low) * np.sign(high) < 0)
    return hit, np.where(hit, low / np.where(hit, low - high, 1.0), 0.0)


def _segments(faces: Ints, pairs: Ints, pair: Ints, node: Ints) -> tuple[list[list[int]] | None, Ints]:
    """The two ends of the line that each pair shares, and which pairs share one; ``None`` when a line has one end."""
    if not len(pair):
        return [], np.zeros(0, np.int64)
    order = np.argsort(pair, kind="stable")
    which, start, count = np.unique(pair[order], return_index=True, return_counts=True)
    if (count > 2).any():
        return None, which
    first = node[order[start]]
    second = node[order[start + count - 1]]
    for place in np.flatnonzero(count == 1).tolist():
        common = np.intersect1d(faces[pairs[which[place], 0]], faces[pairs[which[place], 1]])
        if len(common) != 1:
            return None, which
        second[place] = common[0]
    return np.stack([first, second], axis=1).tolist(), which


def _with_triples(
    vertices: Floats,
    faces: Ints,
    points: Floats,
    on_edge: list[tuple[int, int, float]],
    pairs: Ints,
    segments: list[list[int]],
) -> Cuts:
    """Points where three faces meet put into the three segments that meet there; each is found in its lowest face."""
    if not segments:
        return Cuts(points, on_edge, pairs, segments)
    number = {(f, g): k for k, (f, g) in enumerate(pairs.tolist())}
    along: list[list[tuple[float, int]]] = [[] for _ in segments]
    extra: list[Floats] = []
    order = np.argsort(pairs[:, 0], kind="stable")
    lowest, start = np.unique(pairs[order, 0], return_index=True)
    ends = np.array(segments, dtype=np.int64).reshape(-1, 2)
    for f, some in zip(lowest.tolist(), np.split(order, start[1:]), strict=True):
        if len(some) < 2:
            continue
        axes = flat_axes(points[faces[f]])
        a, b = points[ends[some, 0]][:, axes], points[ends[some, 1]][:, axes]
        one, other, share = _meeting(a, b)
        for i, j, s in zip(some[one].tolist(), some[other].tolist(), share.tolist(), strict=True):
            g, h = int(pairs[i, 1]), int(pairs[j, 1])
            third = number.get((min(g, h), max(g, h)))
            if third is None:
                continue
            node = len(points) + len(extra)
            p, q = points[ends[i, 0]], points[ends[i, 1]]
            extra.append(p + (q - p) * s)
            for k in (i, j, third):
                line = points[ends[k, 1]] - points[ends[k, 0]]
                along[k].append((float(((extra[-1] - points[ends[k, 0]]) * line).sum()), node))
    if extra:
        points = np.concatenate([points, np.array(extra)])
    whole = [
        [end[0], *(node for _, node in sorted(between)), end[1]] for end, between in zip(segments, along, strict=True)
    ]
    return Cuts(points, on_edge, pairs, whole)


def flat_axes(corners: Floats) -> list[int]:
    """The two axes, in order, in which a triangle (3, 3) looks largest and runs counter-clockwise."""
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    axis = int(np.abs(normal).argmax())
    kept = [(axis + 1) % 3, (axis + 2) % 3]
    return kept if normal[axis] > 0 else kept[::-1]


def _meeting(a: Floats, b: Floats) -> tuple[Ints, Ints, Floats]:
    """Pairs of plane segments (N, 2) to (N, 2) that cross, i < j, and how far along i."""

    def side(p: Floats, q: Floats, r: Floats) -> Floats:
        result: Floats = (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (
            r[..., 0] - p[..., 0]
        )
        return result

    i, j = np.triu_indices(len(a), 1)
    c, d = side(a[i], b[i], a[j]), side(a[i], b[i], b[j])
    e, f = side(a[j], b[j], a[i]), side(a[j], b[j], b[i])
    hit = (c * d < 0) & (e * f < 0)
    return i[hit], j[hit], e[hit] / (e[hit] - f[hit])


def _cut_faces(vertices: Floats, faces: Ints, cuts: Cuts) -> tuple[Ints | None, Ints | None]:
    """Every face that something crosses, or whose border has a node, cut into triangles, and the face of each."""
    of_half = edges(faces).of_half
    touched = np.zeros(int(of_half.max()) + 1, dtype=bool)
    on_edge: dict[int, list[tuple[float, int]]] = {}
    for edge, node, share in cuts.on_edge:
        on_edge.setdefault(edge, []).append((share, node))
        touched[edge] = True
    inside: dict[int, list[list[int]]] = {}
    for (f, g), nodes in zip(cuts.pairs.tolist(), cuts.segments, strict=True):
        inside.setdefault(f, []).append(nodes)
        inside.setdefault(g, []).append(nodes)
    concerned = np.union1d(np.flatnonzero(touched[of_half].reshape(-1, 3).any(axis=1)), np.array(list(inside), int))
    pieces, origin = [np.zeros((0, 3), np.int64)], [np.zeros(0, np.int64)]
    for f in concerned.tolist():
        rim: list[int] = []
        for corner in range(3):
            start, end = int(faces[f, corner]), int(faces[f, (corner + 1) % 3])
            nodes = [node for _, node in sorted(on_edge.get(int(of_half[3 * f + corner]), []))]
            rim += [node for node in (start, *(nodes if start < end else nodes[::-1])) if node != end]
        rim = [node for node, after in zip(rim, [*rim[1:], rim[0]], strict=True) if node != after]
        flat = cuts.points[:, flat_axes(vertices[faces[f]])]
        lines = inside.get(f, [])
        cells = triangulated_cells(flat, rim, without_spikes(rim, lines) if cuts.gathered else lines)
        if cells is None:
            return None, None
        pieces.append(cells)
        origin.append(np.full(len(cells), f))
    return np.concatenate(pieces), np.concatenate(origin)
