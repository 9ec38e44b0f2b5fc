"""A skin around any triangles at all: what a ball cannot reach from outside is inside.

The outside is flooded from the grid's rim and never passes a face: an edge of the grid that a face pierces is a wall,
so two sheets nearer than a cell still part what lies on either side. Then balls go round, each twice as wide as the one
before, up to the width of a hole that counts as damage: a room that a ball fits into but cannot get into is inside.
What the flood reached along a face lies outside to that face; nothing is blown up, and a groove, which is no room for
any ball that does not get in, stays a groove. Sheets with the outside on both sides
get a thickness. Compare Portaneri et al. 2022, "Alpha wrapping with an offset", which inflates by its offset and turns
double inside holes wider than alpha.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.nearest import Surface
from maquette.geometry.remake.dual_contouring import (
    Contour,
    Grid,
    Pierced,
    cells_around,
    contour_on,
    grid_around,
    pierced_edges,
)
from maquette.geometry.topology import edges

_FLOOD = 0.5  # cells: every node that has no face on one of its edges
_LEAST = 1.1  # cells: the narrowest ball
_SLACK = 1.75  # cells: from a place the ball reached to the node before the face, along the diagonal


@dataclass(frozen=True)
class Wrapped:
    """A skin, and how many grid nodes of it come from spanned holes and from sheets that got a thickness."""

    vertices: Floats
    faces: Ints
    deep: int
    thickened: int


def wrap_skin(vertices: Floats, faces: Ints, pitch: float, gap: float, wall: float) -> Wrapped:
    """Wrap triangles in a closed skin. vertices (V, 3), faces (F, 3); pitch, gap and wall in their unit -> Wrapped.

    Holes and grooves up to ``gap`` across close where something deep lies behind them; sheets become ``wall`` thick, at
    least 1.8 pitches. Takes 8 bytes and some 0.3 µs for every node of the box, and a full grid: choose the pitch so.
    """
    used = vertices[np.unique(faces)]
    grid = _pad(grid_around(used, pitch), int(np.ceil(gap / 2 / pitch)) + 3)
    pricks = pierced_edges(grid, vertices, faces)
    axis, node = pricks.edges(grid)
    walls = _walls(grid, axis, node)
    clear = _distance(_touched_nodes(grid, axis, node))
    narrow = inside = _inside(walls, clear, _FLOOD)
    radius = min(_LEAST, gap / 2 / pitch)
    while radius <= gap / 2 / pitch * (1 + 1e-9):
        inside = inside | _rooms(_inside(walls, clear, radius) & ~inside, walls, clear, radius)
        radius = max(min(2 * radius, gap / 2 / pitch), radius * 1.05)
    value = inside.astype(np.float32)
    thickened = _thicken(grid, value, inside, axis, node, pricks, vertices, faces, max(wall, 1.8 * pitch))
    skin = _skin(grid, value, inside, pricks, vertices, faces)
    return Wrapped(_smooth_films(skin), skin.faces, int((inside & ~narrow).sum()), thickened)


def _pad(grid: Grid, cells: int) -> Grid:
    x, y, z = (side + 2 * cells for side in grid.shape)
    return Grid(grid.origin - cells * grid.pitch, grid.pitch, (x, y, z))


def _walls(grid: Grid, axis: Ints, node: Ints) -> list[Bools]:
    """For each axis which nodes have a face between them and the next."""
    walls = []
    for number in range(3):
        wall = np.zeros(int(np.prod(grid.shape)), dtype=bool)
        wall[node[axis == number]] = True
        walls.append(wall.reshape(grid.shape))
    return walls


def _touched_nodes(grid: Grid, axis: Ints, node: Ints) -> Bools:
    """Nodes with a face on one of their edges."""
    touched = np.zeros(int(np.prod(grid.shape)), dtype=bool)
    touched[node] = True
    touched[node + grid.stride[axis]] = True
    return touched.reshape(grid.shape)


def _distance(marked: Bools) -> Any:
    """Cells from each node to the nearest marked one; far away where there is none."""
    from scipy.ndimage import distance_transform_edt

    if not marked.any():
        return np.full(marked.shape, 1e9, np.float32)
    return distance_transform_edt(~marked).astype(np.float32)


def _inside(walls: list[Bools], clear: Any, radius: float) -> Bools:
    """Nodes that a ball of so many cells cannot reach from the rim, nor touch without passing a face."""
    from scipy.ndimage import label

    labels, _ = label(clear > radius)
    outside: Bools = labels == labels[0, 0, 0]
    near = _distance(outside) <= radius + _SLACK
    for _ in range(int(np.ceil(radius + _SLACK)) + 3):
        before = int(outside.sum())
        outside = _spread_step(outside, walls, near)
        if int(outside.sum()) == before:
            break
    return ~outside


def _spread_step(outside: Bools, walls: list[Bools], near: Bools) -> Bools:
    """One step along every edge without a face."""
    mask = outside.copy()
    for axis, wall in enumerate(walls):
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        before, after = tuple(low), tuple(high)
        free = ~wall[before]
        mask[after] |= outside[before] & free
        mask[before] |= outside[after] & free
    mask &= near | outside
    return mask


def _rooms(more: Bools, walls: list[Bools], clear: Any, radius: float) -> Bools:
    """Of the nodes that this ball cannot reach those that hang together with a place where it would fit."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    node = np.flatnonzero(more)
    rooms = np.zeros(more.size, dtype=bool)
    if not len(node):
        return rooms.reshape(more.shape)
    rows, columns = [], []
    stride = [more.shape[1] * more.shape[2], more.shape[2], 1]
    for step, wall in zip(stride, walls, strict=True):
        place = np.minimum(np.searchsorted(node, node + step), len(node) - 1)
        joined = (node[place] == node + step) & ~wall.reshape(-1)[node]
        rows.append(np.flatnonzero(joined))
        columns.append(place[joined])
    row, column = np.concatenate(rows), np.concatenate(columns)
    graph = coo_matrix((np.ones(len(row), np.int8), (row, column)), shape=(len(node), len(node)))
    count, label = connected_components(graph, directed=False)
    deepest = np.zeros(count, np.float32)
    np.maximum.at(deepest, label, clear.reshape(-1)[node])
    rooms[node] = (deepest > radius)[label]
    return rooms.reshape(more.shape)


def _thicken(
    grid: Grid,
    value: Any,
    inside: Bools,
    axis: Ints,
    node: Ints,
    pricks: Pierced,
    vertices: Floats,
    faces: Ints,
    wall: float,
) -> int:
    """Put the field of sheets that have the outside on both sides into ``value``; how many nodes are inside them."""
    from scipy.ndimage import binary_dilation

    about = binary_dilation(inside, np.ones((3, 3, 3), dtype=bool), iterations=1).reshape(-1)
    bare = ~about[node] & ~about[node + grid.stride[axis]]
    if not bare.any():
        return 0
    lone = np.zeros(inside.size, dtype=bool)
    lone[node[bare]] = True
    near = np.flatnonzero(_distance(lone.reshape(grid.shape)).reshape(-1) <= wall / 2 / grid.pitch + 2)
    near = near[~inside.reshape(-1)[near]]
    sheet = Surface(vertices, faces[np.unique(pricks.face[bare])])
    far = sheet.nearest(grid.position(near)).distance
    field = np.clip(0.5 + (wall / 2 - far) / (4 * grid.pitch), 0.01, 0.99)
    value.reshape(-1)[near] = field
    return int((field > 0.5).sum())


def _skin(grid: Grid, value: Any, inside: Bools, pricks: Pierced, vertices: Floats, faces: Ints) -> Contour:
    """The surface between inside and outside; on the faces where they part the two, and on the outermost of several."""
    flat = value.reshape(-1)
    axis, node = pricks.edges(grid)
    solid = inside.reshape(-1)
    real = solid[node] != solid[node + grid.stride[axis]]
    edge, at, face = pricks.key[real] // 2, pricks.at[real], pricks.face[real]
    order = np.lexsort((at, edge))
    first = order[np.diff(edge[order], prepend=-1) != 0]
    last = order[np.diff(edge[order], append=-1) != 0]
    key = np.concatenate([2 * edge[first], 2 * edge[last] + 1])
    both = np.concatenate([first, last])
    by_key = np.argsort(key, kind="stable")
    outermost = Pierced(key[by_key], at[both][by_key], face[both][by_key])
    changes_axis, changes_node = [], []
    for number, stride in enumerate(grid.stride):
        change = np.flatnonzero((flat[:-stride] > 0.5) != (flat[stride:] > 0.5))
        changes_node.append(change)
        changes_axis.append(np.full(len(change), number))
    start = cells_around(grid, np.concatenate(changes_axis), np.concatenate(changes_node))

    def evaluate(points: Floats) -> Floats:
        index = np.round((points - grid.origin) / grid.pitch).astype(np.int64)
        result: Floats = flat[index @ grid.stride].astype(np.float64)
        return result

    return contour_on(grid, start, outermost, vertices, faces, evaluate, len(start) + 1_000_000)


def _smooth_films(skin: Contour) -> Floats:
    """Vertices that lie on no face drawn over the hole like a soap film (Laplace's equation), those that do held."""
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.csgraph import connected_components
    from scipy.sparse.linalg import cg

    ends = edges(skin.faces).ends
    size = len(skin.vertices)
    rows, columns = np.concatenate([ends[:, 0], ends[:, 1]]), np.concatenate([ends[:, 1], ends[:, 0]])
    around = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(size, size)).tocsr()
    count, label = connected_components(around, directed=False)
    held = skin.held | ~(np.bincount(label, weights=skin.held, minlength=count) > 0)[label]
    free = np.flatnonzero(~held)
    if not len(free):
        return skin.vertices
    mine = around[free]
    matrix = (diags(np.asarray(mine.sum(axis=1)).reshape(-1)) - mine[:, free]).tocsr()
    wanted = mine[:, np.flatnonzero(held)] @ skin.vertices[held]
    vertices = skin.vertices.copy()
    for axis in range(3):
        vertices[free, axis], _ = cg(matrix, wanted[:, axis], x0=vertices[free, axis], rtol=1e-6, maxiter=500)
    return vertices
