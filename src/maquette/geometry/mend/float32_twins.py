"""Vertices that a 32-bit file cannot tell apart, told apart or made one. vertices (V, 3), faces (F, 3), closed.

STL and 3MF readers hold positions in 32-bit numbers and weld what is equal. Two corners of a face nearer than such a
step become one, and the face goes; two vertices of surfaces that all but touch become one, and the edges between them
get four faces: open edges, says the slicer. Four steps at the model's own size are room enough on any bed.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.surface import vertex_normals
from maquette.geometry.topology import edges
from maquette.geometry.welding import twins

_APART = 1.75  # steps: more than the root of 3, so that along some axis it is more than one
_NUDGE = 0.9  # of a step, at least: two that go so far from each other are that far apart
_ROUNDS = 8  # of moving apart: what is moved may come near to something else


def step(vertices: Floats) -> float:
    """What 32-bit numbers as large as the model are rounded to, a length."""
    return 2.0**-23 * float(np.linalg.norm(np.ptp(vertices, axis=0))) if len(vertices) else 0.0


def withstands(vertices: Floats, faces: Ints) -> bool:
    """Whether what a 32-bit file keeps of a closed surface is closed, with two faces at every edge, as slicers ask."""
    _, place = twins((vertices - vertices.min(axis=0)).astype(np.float32))
    kept = place[faces]
    kept = kept[(kept != np.roll(kept, 1, axis=1)).all(axis=1)]
    return not len(kept) or bool((edges(kept).count == 2).all())


def too_near(vertices: Floats, least: float) -> Ints:
    """Pairs of vertices nearer than ``least``, (N, 2), the lower one first, sorted."""
    from scipy.spatial import cKDTree

    pairs = cKDTree(vertices).query_pairs(least, output_type="ndarray").astype(np.int64).reshape(-1, 2)
    pairs.sort(axis=1)
    result: Ints = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return result


def collapse_twins(vertices: Floats, faces: Ints, least: float) -> Ints | None:
    """For each vertex the one that it becomes, (V,), when edges below ``least`` go; ``None`` where there are none.

    An edge goes only where the surface stays closed and of the same kind: its ends share two neighbours and no more
    (the link condition of Dey, Edelsbrunner, Guha and Nekhayev 1999). The end with the lower number stays where it is.
    """
    ends = edges(faces).ends
    length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    short = np.flatnonzero(length < least)
    if not len(short):
        return None
    net = _Net(faces, len(vertices))
    for low, high in ends[short[np.argsort(length[short], kind="stable")]].tolist():
        net.collapse(low, high)
    return net.twin()


def without_short_edges(vertices: Floats, faces: Ints, least: float) -> tuple[Floats, Ints, Ints]:
    """A closed surface without edges below ``least`` wherever that leaves it closed, and which faces (F,) are left."""
    left = np.arange(len(faces))
    while (twin := collapse_twins(vertices, faces, least)) is not None:
        corners = twin[faces]
        whole = (corners != np.roll(corners, 1, axis=1)).all(axis=1)
        if whole.all():
            break
        used, place = np.unique(corners[whole], return_inverse=True)
        vertices, faces, left = vertices[used], place.reshape(-1, 3), left[whole]
    return vertices, faces, left


class _Net:
    """Faces around vertices, while vertices become one."""

    def __init__(self, faces: Ints, count: int) -> None:
        self._corners = faces
        self._order = np.argsort(faces.reshape(-1), kind="stable") // 3
        self._start = np.searchsorted(np.sort(faces.reshape(-1)), np.arange(count + 1))
        self._changed: dict[int, list[int]] = {}
        self._around: dict[int, set[int]] = {}
        self._gone: set[int] = set()
        self._into = np.arange(count)

    def twin(self) -> Ints:
        """The vertex that each became, (V,)."""
        result = self._into
        while (result[result] != result).any():
            result = result[result]
        return result

    def collapse(self, one: int, other: int) -> None:
        """The second vertex becomes the first, where the surface allows it; follows earlier collapses."""
        one, other = sorted((self._root(one), self._root(other)))
        if one == other:
            return
        mine, its = self._faces(one), self._faces(other)
        both = mine & its
        ring = {v for face in mine for v in self._face(face)}
        ring_of_other = {v for face in its for v in self._face(face)}
        shared = (ring & ring_of_other) - {one, other}
        if len(both) != 2 or len(shared) != 2 or len(mine | its) <= 4:
            return
        self._gone |= both
        for face in its - both:
            self._changed[face] = [one if v == other else v for v in self._face(face)]
        self._around[one] = (mine | its) - both
        for vertex in shared:
            self._around[vertex] = self._faces(vertex) - both
        self._into[other] = one

    def _root(self, vertex: int) -> int:
        while self._into[vertex] != vertex:
            vertex = int(self._into[vertex])
        return vertex

    def _face(self, face: int) -> list[int]:
        changed = self._changed.get(face)
        return self._corners[face].tolist() if changed is None else changed

    def _faces(self, vertex: int) -> set[int]:
        if vertex not in self._around:
            self._around[vertex] = set(self._order[self._start[vertex] : self._start[vertex + 1]].tolist())
        return self._around[vertex]


def spread_apart(vertices: Floats, faces: Ints, least: float) -> Floats:
    """Vertices moved until no two are nearer than half of ``least``; those that are go a whole one apart.

    They go away from each other, or inward where they lie in one place.
    """
    result = vertices.copy()
    inward = -vertex_normals(vertices, faces)
    dice = np.random.default_rng(11)
    for _ in range(_ROUNDS):
        pairs = too_near(result, least / 2)
        if not len(pairs):
            break
        apart = result[pairs[:, 0]] - result[pairs[:, 1]]
        length = np.linalg.norm(apart, axis=1)
        other = inward[pairs[:, 0]] - inward[pairs[:, 1]] + dice.uniform(-1e-3, 1e-3, (len(pairs), 3))
        other /= np.linalg.norm(other, axis=1)[:, None]
        safe = np.maximum(length, 1e-300)[:, None]
        way = np.where((length < least / 64)[:, None], other, apart / safe)
        step = way * ((least - length) / 2)[:, None]
        for column, sign in ((0, 1.0), (1, -1.0)):
            np.add.at(result, pairs[:, column], sign * step)
    return result


def alike(vertices: Floats) -> Ints:
    """Pairs of vertices (N, 2) that 32-bit numbers may hold to be one at some size and place of the model."""
    return too_near(vertices, _APART * step(vertices))


def nudge_pairs(vertices: Floats, pairs: Ints, attempt: int) -> Floats:
    """Only the vertices of these pairs (N, 2) moved apart, each by about one step of 32-bit numbers.

    The first attempt moves them straight away from each other, later ones any way: where surfaces all but touch, most
    ways lead through the other one.
    """
    least = step(vertices)
    result = vertices.copy()
    if attempt == 0:
        apart = vertices[pairs[:, 0]] - vertices[pairs[:, 1]]
        way = _NUDGE * least * apart / np.maximum(np.linalg.norm(apart, axis=1), 1e-300)[:, None]
        np.add.at(result, pairs[:, 0], way)
        np.subtract.at(result, pairs[:, 1], way)
        return result
    dice = np.random.default_rng(attempt)
    way = dice.normal(size=(len(pairs), 3))
    way *= (least * dice.uniform(_NUDGE, 3, len(pairs)) / np.linalg.norm(way, axis=1))[:, None]
    result[pairs[np.arange(len(pairs)), dice.integers(0, 2, len(pairs))]] += way
    return result
