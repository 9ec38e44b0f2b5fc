"""A polygon cut by lines into cells, and the cells into triangles. Nodes are rows of points (N, 2)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from maquette.core.arrays import Floats, Ints


def triangulated_cells(points: Floats, rim: list[int], lines: list[list[int]]) -> Ints | None:
    """Triangles (T, 3) of nodes that fill the polygon ``rim`` and have every piece of the lines as an edge.

    The lines (each a list of nodes) cross one another and the rim in nodes only. ``None`` where a line ends in nothing,
    or where the polygon has no area in these numbers.
    """
    from manifold3d import triangulate

    if not lines:
        return np.array(rim)[np.asarray(triangulate([points[rim]], allow_convex=False), dtype=np.int64)]
    links = {(a, b) for path in [[*rim, rim[0]], *lines] for a, b in pairwise(path) if a != b}
    pieces = sorted({(min(a, b), max(a, b)) for a, b in links})
    around = _sorted_around(points, pieces)
    if any(len(others) < 2 for others in around.values()):
        return None
    outer: list[list[int]] = []
    holes: list[list[int]] = []
    for cycle in _cycles(around):
        (outer if _area(points[cycle]) > 0 else holes).append(cycle)
    if not outer:
        return None
    cells = [[cycle] for cycle in outer]
    component = _components(pieces)
    for hole in holes:
        if component[hole[0]] == component[rim[0]]:
            continue  # the outside of the polygon itself
        home = _cell_around(points, outer, component, hole)
        if home is None:
            return None
        cells[home].append(hole)
    triangles = []
    for cell in cells:
        nodes = np.array([node for cycle in cell for node in cycle])
        triangles.append(nodes[np.asarray(triangulate([points[c] for c in cell], allow_convex=False), dtype=np.int64)])
    return np.concatenate(triangles)


def _sorted_around(points: Floats, pieces: list[tuple[int, int]]) -> dict[int, list[int]]:
    """Neighbours of each node, counter-clockwise."""
    around: dict[int, list[int]] = {}
    for a, b in pieces:
        around.setdefault(a, []).append(b)
        around.setdefault(b, []).append(a)
    for node, others in around.items():
        if len(others) > 2:
            arm = points[others] - points[node]
            around[node] = [others[k] for k in np.argsort(np.arctan2(arm[:, 1], arm[:, 0]), kind="stable")]
    return around


def _cycles(around: dict[int, list[int]]) -> list[list[int]]:
    """Walks along the pieces with a cell on their left: counter-clockwise round a cell, clockwise round a hole."""
    place = {(node, other): k for node, others in around.items() for k, other in enumerate(others)}
    seen: set[tuple[int, int]] = set()
    cycles = []
    for first in place:
        if first in seen:
            continue
        cycle, step = [], first
        while step not in seen:
            seen.add(step)
            cycle.append(step[0])
            start, end = step
            step = (end, around[end][place[end, start] - 1])  # the next one clockwise from the way back
        cycles.append(cycle)
    return cycles


def _area(ring: Floats) -> float:
    x, y = (ring - ring[0]).T
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())


def _components(pieces: list[tuple[int, int]]) -> dict[int, int]:
    """A number for each node, the same for nodes that hang together."""
    root: dict[int, int] = {}

    def find(node: int) -> int:
        while root.setdefault(node, node) != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for a, b in pieces:
        root[find(a)] = find(b)
    return {node: find(node) for node in list(root)}


def _cell_around(points: Floats, outer: list[list[int]], component: dict[int, int], hole: list[int]) -> int | None:
    """The smallest cell around a hole's first node that belongs to something else."""
    x, y = points[hole[0]]
    best, least = None, np.inf
    for number, cycle in enumerate(outer):
        if component[cycle[0]] == component[hole[0]]:
            continue
        a = points[cycle]
        b = np.roll(a, -1, axis=0)
        straddles = (a[:, 1] > y) != (b[:, 1] > y)
        rise = np.where(straddles, b[:, 1] - a[:, 1], 1.0)
        right = straddles & (a[:, 0] + (y - a[:, 1]) / rise * (b[:, 0] - a[:, 0]) > x)
        size = _area(a)
        if right.sum() % 2 and size < least:
            best, least = number, size
    return best
