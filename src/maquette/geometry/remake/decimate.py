"""Fewer faces with uv and materials kept: rounds of half-edge collapses that do not disturb each other.

A wedge is a vertex as one chart sees it (vertex, uv, material). A vertex inside a chart may move onto any neighbour; a
vertex on a seam or border only along it, each side's wedge onto the wedge at the other end; where charts meet in a
point it stays. So charts never mix, seams stay seams, and every vertex that is left is an old one with its old uv.

Each round prices every collapse (:mod:`quadrics`), takes the cheapest share, refuses those that would fold the surface
or the texture or change the topology, and performs a set in which no two removed vertices are neighbours and no two
collapses make the same edge. One after another or all at once, that gives the same result, so the link condition (Dey
et al. 1999) checked beforehand holds and a closed surface stays closed, its Euler number unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.neighbours import Ring, expand, group
from maquette.geometry.remake.quadrics import (
    evaluate,
    move_over,
    outline_halves,
    surface_quadrics,
    terms,
    texture_quadrics,
)
from maquette.geometry.rows import cross, flat_cross, square
from maquette.geometry.topology import Edges, edges, fan_count

_SHARE = 0.3  # of the vertices, the cheapest, looked at in a round; 0.1 is no better and 0.5 no faster
_TURN = 0.25  # cosine of the most a face may turn in one collapse, 75 degrees
_BLOCK = 8192  # collapses looked at in one go: what is worked on stays in the cache
_SLIVER = 1e-3  # twice the area against the longest edge squared, below which a face counts as collapsed
_SHORT = 1e-3  # of length² · area: on flat ground short edges go first, which keeps triangles even


@dataclass(frozen=True)
class Thinning:
    """A mesh on its way to fewer faces. ``wedge`` (F, 3) says it all: ``vertex_of[wedge]`` are the faces."""

    vertices: Floats  # (V, 3) about their middle, never moved
    number: Ints  # (V,) the old vertex
    label: Ints  # (W,) the old wedge
    uv: Floats | None  # (W, 2)
    vertex_of: Ints  # (W,)
    wedge: Ints  # (F, 3)
    origin: Ints  # (F,) the old face
    locked: Bools  # (V,) vertices where several fans meet
    terms: Floats  # (V, 10)
    quadric: Floats  # (V, 10)
    area: Floats  # (V,) surface behind each vertex
    slide_terms: Floats  # (W, 19), no columns without uv
    slide: Floats  # (W, 19)
    worst: float = 0.0  # largest error so far, as a distance

    @cached_property
    def faces(self) -> Ints:
        """Vertices of the faces, (F, 3)."""
        result: Ints = self.vertex_of[self.wedge]
        return result


@dataclass(frozen=True)
class _Collapses:
    """Vertex ``source`` moves onto ``target``; on either side of the edge wedge ``before`` becomes ``after``."""

    source: Ints  # (C,)
    target: Ints  # (C,)
    before: Ints  # (C, 2)
    after: Ints  # (C, 2)
    width: Ints  # (C,) faces that vanish
    cost: Floats  # (C,)
    price: Floats  # (C,) cost and what keeps triangles even

    def only(self, which: Bools | Ints) -> _Collapses:
        return _Collapses(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def start(vertices: Floats, faces: Ints, wedge: Ints, uv: Floats | None) -> Thinning:
    """Where thinning begins. wedge (F, 3) numbers (vertex, uv, material) without gaps, uv (W, 2)."""
    vertex_of = np.zeros(int(wedge.max()) + 1, dtype=np.int64)
    vertex_of[wedge.reshape(-1)] = faces.reshape(-1)
    locked = fan_count(faces, len(vertices)) > 1
    vertices = vertices - (vertices.min(axis=0) + vertices.max(axis=0)) / 2  # squares of far coordinates lose digits
    quadric, area = surface_quadrics(vertices, faces, outline_halves(faces, wedge))
    slide = slide_terms = np.zeros((len(vertex_of), 0))
    if uv is not None:
        slide, slide_terms = texture_quadrics(vertices, faces, wedge, uv)
    origin = np.arange(len(faces))
    return Thinning(
        vertices,
        np.arange(len(vertices)),
        np.arange(len(vertex_of)),
        uv,
        vertex_of,
        wedge,
        origin,
        locked,
        terms(vertices),
        quadric,
        area,
        slide_terms,
        slide,
    )


def thinner(state: Thinning, target: int, limit: float) -> Thinning:
    """One round towards ``target`` faces, no collapse erring by more than ``limit``; the same object: no more goes."""
    if len(state.faces) <= target:
        return state
    edge_table = edges(state.faces)
    possible = _possible(state, edge_table)
    if limit < np.inf:
        possible = possible.only(np.sqrt(possible.cost / np.maximum(state.area[possible.source], 1e-300)) <= limit)
    ring = Ring(edge_table, len(state.vertices))
    for share in (_SHARE, 1.0):
        cheap = possible.only(_cheapest(possible, share))
        sound = cheap.only(~_folds(state, cheap))
        chosen = _compatible(sound, ring, len(state.vertices))
        if len(chosen.source):
            enough = int(np.searchsorted(np.cumsum(chosen.width), len(state.faces) - target)) + 1
            return _perform(state, chosen.only(np.arange(min(enough, len(chosen.source)))))
    return state


def _possible(state: Thinning, edge_table: Edges) -> _Collapses:
    """Every collapse that keeps charts, seams and borders what they are, both directions of each edge."""
    wedge = state.wedge.reshape(-1)
    following = np.roll(state.wedge, -1, axis=1).reshape(-1)
    at = np.stack(
        [np.where(edge_table.forward, wedge, following), np.where(edge_table.forward, following, wedge)], axis=1
    )
    halves = np.arange(len(wedge))
    last, first = np.zeros((2, len(edge_table.ends)), dtype=np.int64)
    last[edge_table.of_half], first[edge_table.of_half[::-1]] = halves, halves[::-1]
    sides = np.stack([at[first], at[last]], axis=1)  # (E, side, end) wedges
    border = edge_table.count == 1
    seam = (sides[:, 0] != sides[:, 1]).any(axis=1)
    size = len(state.vertices)
    outline, open_ends = (_ends_at(edge_table, which, size) for which in (border | seam, border))
    used = np.zeros(len(state.vertex_of), dtype=bool)
    used[wedge] = True
    wedges = np.bincount(state.vertex_of[used], minlength=size)
    locked = state.locked | (
        _ends_at(edge_table, (edge_table.count > 2) | (~border & (edge_table.balance != 0)), size) > 0
    )
    around = np.bincount(state.faces.reshape(-1), minlength=size)  # a patch keeps its last face
    inside = (outline == 0) & (wedges == 1) & (around > 2) & ~locked
    rim = (outline == 2) & (open_ends == 2) & (wedges == 1) & (around > 1) & ~locked
    crease = (outline == 2) & (open_ends == 0) & (wedges == 2) & (around > 2) & ~locked
    parts = []
    for end in (0, 1):
        source = edge_table.ends[:, end]
        parted = sides[:, 0, end] != sides[:, 1, end]
        may = inside[source] | (rim[source] & border) | (crease[source] & seam & parted)
        chosen = np.flatnonzero(may)
        pairs = sides[chosen]
        parts.append(
            (
                source[chosen],
                edge_table.ends[chosen, 1 - end],
                pairs[:, :, end],
                pairs[:, :, 1 - end],
                edge_table.count[chosen],
            )
        )
    source, target, before, after, width = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _price(state, source, target, before, after, width)


def _ends_at(edge_table: Edges, which: Bools, size: int) -> Ints:
    """How many of the chosen edges end in each vertex, (V,)."""
    return np.bincount(edge_table.ends[which].reshape(-1), minlength=size)


def _price(state: Thinning, source: Ints, target: Ints, before: Ints, after: Ints, width: Ints) -> _Collapses:
    """The collapses with what they cost."""
    cost = evaluate(state.quadric, source, state.terms, target)
    if state.uv is not None:
        cost += evaluate(state.slide, before[:, 0], state.slide_terms, after[:, 0])
        two = np.flatnonzero(before[:, 0] != before[:, 1])
        cost[two] += evaluate(state.slide, before[two, 1], state.slide_terms, after[two, 1])
    cost = np.maximum(cost, 0.0)
    length = square(state.vertices[target] - state.vertices[source])
    return _Collapses(source, target, before, after, width, cost, cost + _SHORT * length * state.area[source])


def _cheapest(possible: _Collapses, share: float) -> Bools:
    """Collapses no dearer than the best one of the vertex at this rank among all vertices."""
    if share >= 1 or not len(possible.source):
        return np.ones(len(possible.source), dtype=bool)
    best = np.full(int(possible.source.max()) + 1, np.inf)
    np.minimum.at(best, possible.source, possible.price)
    best = best[np.isfinite(best)]
    cheapest: Bools = possible.price <= np.partition(best, int(share * (len(best) - 1)))[int(share * (len(best) - 1))]
    return cheapest


def _folds(state: Thinning, moves: _Collapses) -> Bools:
    """Which collapses would turn a face too far, flatten it, or fold the texture, (C,)."""
    order, start = group(state.faces.reshape(-1), len(state.vertices))
    folds = np.zeros(len(moves.source), dtype=bool)
    for block in range(0, len(moves.source), _BLOCK):
        some = moves.only(np.arange(block, min(block + _BLOCK, len(moves.source))))
        row, place = expand(start, some.source)
        folds[block : block + _BLOCK] = np.bincount(*_folding(state, some, row, order[place]), len(some.source)) > 0
    return folds


def _folding(state: Thinning, moves: _Collapses, row: Ints, half: Ints) -> tuple[Ints, Floats]:
    """For corners 3·f + c at the source of collapse ``row``: the collapses with a corner left, and 1 where it folds."""
    face, place = half // 3, half % 3
    b, c = state.faces[face, (place + 1) % 3], state.faces[face, (place + 2) % 3]
    stays = (b != moves.target[row]) & (c != moves.target[row])
    row, face, place, b, c = row[stays], face[stays], place[stays], b[stays], c[stays]
    points = state.vertices
    p, q, old, new = points[b], points[c], points[moves.source[row]], points[moves.target[row]]
    was, becomes = cross(p - old, q - old), cross(p - new, q - new)
    was_size, size_now = np.sqrt(square(was)), np.sqrt(square(becomes))
    longest = np.maximum(np.maximum(square(p - new), square(q - new)), square(p - q))
    bad = np.einsum("ij,ij->i", was, becomes) < _TURN * was_size * size_now
    bad |= size_now < np.minimum(_SLIVER * longest, 0.5 * was_size)
    if state.uv is not None:
        uv = state.uv
        mine = state.wedge[face, place]
        then = np.where(mine == moves.before[row, 0], moves.after[row, 0], moves.after[row, 1])
        p, q = uv[state.wedge[face, (place + 1) % 3]], uv[state.wedge[face, (place + 2) % 3]]
        before, after = flat_cross(p - uv[mine], q - uv[mine]), flat_cross(p - uv[then], q - uv[then])
        bad |= (before * after < 0) | ((after == 0) & (before != 0))
    return row, bad.astype(np.float64)


def _compatible(moves: _Collapses, ring: Ring, size: int) -> _Collapses:
    """Collapses that keep the topology and do not disturb each other, cheapest first."""
    if not len(moves.source):
        return moves
    moves = moves.only(np.lexsort((moves.target, moves.source, moves.price)))
    row, neighbour = ring.around(moves.source)
    target = moves.target[row]
    joined = ring.touch(target, neighbour) & (neighbour != target)
    shared = np.bincount(row[joined], minlength=len(moves.source))
    valence = ring.valence
    pillow = (valence[moves.source] == 3) & (valence[moves.target] == 3)
    linked = np.flatnonzero((shared == moves.width) & ~pillow)
    _, best = np.unique(moves.source[linked], return_index=True)  # cheapest of each vertex
    chosen = _apart(moves, np.sort(linked[best]), ring, size)
    fresh = np.isin(row, chosen) & ~joined & (neighbour != target)
    low, high = np.minimum(target, neighbour)[fresh], np.maximum(target, neighbour)[fresh]
    taken_twice = _later_twins(np.stack([low, high], axis=1), row[fresh])
    chosen = chosen[~np.isin(chosen, taken_twice)]
    small = chosen[valence[moves.source[chosen]] == 3]
    corners = ring.around(moves.source[small])[1].reshape(-1, 3)
    chosen = chosen[~np.isin(chosen, _later_twins(np.sort(corners, axis=1), small))]
    return moves.only(chosen)


def _apart(moves: _Collapses, candidates: Ints, ring: Ring, size: int) -> Ints:
    """Of candidates (ranked by place) a set without neighbours: each cheaper than all around it, in a few passes."""
    nobody = len(moves.source)
    rank = np.full(size, nobody)
    rank[moves.source[candidates]] = candidates
    used = np.flatnonzero(ring.valence > 0)
    taken: list[Ints] = []
    for _ in range(3):  # a third pass still finds a tenth
        around = np.full(size, nobody)
        around[used] = np.minimum.reduceat(rank[ring.target], ring.start[used])
        winners = np.flatnonzero(rank < around)
        taken.append(rank[winners])
        rank[ring.around(winners)[1]] = nobody
        rank[winners] = nobody
    return np.sort(np.concatenate(taken))


def _later_twins(keys: Ints, owner: Ints) -> Ints:
    """Owners of a key (N, K) that a lower owner has too."""
    order = np.lexsort((owner, *keys.T[::-1]))
    keys, owner = keys[order], owner[order]
    again = (keys[1:] == keys[:-1]).all(axis=1)
    later_twins: Ints = owner[1:][again]
    return later_twins


def _perform(state: Thinning, moves: _Collapses) -> Thinning:
    """The mesh after these collapses."""
    becomes = np.arange(len(state.vertex_of))
    becomes[moves.before.reshape(-1)] = moves.after.reshape(-1)
    wedge = becomes[state.wedge]
    faces = state.vertex_of[wedge]
    keep = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
    error = float(np.sqrt(moves.cost / np.maximum(state.area[moves.source], 1e-300)).max())
    slide = state.slide
    if state.uv is not None:
        two = moves.before[:, 0] != moves.before[:, 1]
        source = np.concatenate([moves.before[:, 0], moves.before[two, 1]])
        slide = move_over(slide, source, np.concatenate([moves.after[:, 0], moves.after[two, 1]]))
    after = replace(
        state,
        wedge=wedge[keep],
        origin=state.origin[keep],
        quadric=move_over(state.quadric, moves.source, moves.target),
        area=move_over(state.area[:, None], moves.source, moves.target)[:, 0],
        slide=slide,
        worst=max(state.worst, error),
    )
    return after if len(after.wedge) > len(state.vertices) else _compact(after)


def _compact(state: Thinning) -> Thinning:
    """The same without the vertices and wedges that nobody uses, so that rounds cost what is left."""
    wedges, wedge = np.unique(state.wedge, return_inverse=True)
    vertices, vertex_of = np.unique(state.vertex_of[wedges], return_inverse=True)
    return replace(
        state,
        vertices=state.vertices[vertices],
        number=state.number[vertices],
        label=state.label[wedges],
        uv=None if state.uv is None else state.uv[wedges],
        vertex_of=vertex_of,
        wedge=wedge.reshape(-1, 3),
        locked=state.locked[vertices],
        terms=state.terms[vertices],
        quadric=state.quadric[vertices],
        area=state.area[vertices],
        slide_terms=state.slide_terms[wedges],
        slide=state.slide[wedges],
    )
