"""Triangles over a flat domain bounded by closed loops: small at the rim where the shape asks for it, even inside.

Delaunay over the loops' vertices and a brick pattern of inner points whose cells halve where the spacing halves. Rim
edges that Delaunay leaves out are cut in half until none is missing (conforming refinement, Ruppert 1995). Which
triangles lie inside follows from the side of the rim they hang on, so no point is ever tested against a polygon.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.flat.outlines import neighbours
from maquette.geometry.rows import flat_cross


@dataclass(frozen=True)
class Sheet:
    """A triangulated flat domain. The first ``len(rim)`` points are its border, each on exactly one loop."""

    points: Floats  # (P, 2)
    faces: Ints  # (T, 3) counter-clockwise
    rim: Ints  # (R, 2) border edges, the domain on their left


def triangulate(loops: list[Floats], spacing: list[Floats], *, coarsest: float, growth: float = 0.3) -> Sheet | None:
    """The domain between loops that neither cross nor touch, islands counter-clockwise, holes clockwise.

    loops L times (N, 2); spacing L times (N,), the wanted edge length at each vertex, which grows inside by ``growth``
    per unit of distance from the rim up to ``coarsest``. None where the rim cannot be kept, so where loops do cross.
    """
    _, after = neighbours(np.array([len(loop) for loop in loops]))
    edges = np.stack([np.arange(len(after)), after], axis=1)
    return fill(np.concatenate(loops), edges, np.concatenate(spacing), coarsest=coarsest, growth=growth)


def fill(border: Floats, edges: Ints, spacing: Floats, *, coarsest: float, growth: float = 0.3) -> Sheet | None:
    """As :func:`triangulate`, from border points (N, 2), spacing (N,) and directed edges (N, 2), inside on their left.

    The border points come first and in their order; the points that halve an edge, if any edge had to be, follow them.
    """
    sheet = _conforming(border, edges, _seeds(border, spacing, edges, coarsest, growth))
    if sheet is None:
        return None
    relaxed = _relax(sheet, rounds=4)
    return _conforming(relaxed[: len(sheet.rim)], sheet.rim, relaxed[len(sheet.rim) :])


def _conforming(border: Floats, edges: Ints, inner: Floats, rounds: int = 24) -> Sheet | None:
    """Delaunay triangles of the domain that contain every border edge, cut in half where needed."""
    from scipy.spatial import Delaunay

    low, high = border.min(axis=0), border.max(axis=0)
    reach = (high - low).max() + 1.0
    frame = (low + high) / 2 + 4 * reach * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [0, 1.5], [0, -1.5]])
    for _ in range(rounds):
        points = np.concatenate([border, inner, frame])
        delaunay = Delaunay(points)  # the frame keeps the hull, where triangles may be flat, away from the domain
        faces = delaunay.simplices.astype(np.int64)
        present = _keys(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), len(points))
        missing = ~np.isin(_keys(edges, len(points)), present)
        if not missing.any():
            return _inside(points, faces, delaunay.neighbors, edges)
        border, edges, inner = _cut_missing_edges(border, edges, inner, missing)
    return None


def _cut_missing_edges(border: Floats, edges: Ints, inner: Floats, missing: Bools) -> tuple[Floats, Ints, Floats]:
    """The missing edges halved, and inner points that stand too near to them taken away."""
    from scipy.spatial import cKDTree

    start, end = border[edges[missing, 0]], border[edges[missing, 1]]
    middle = (start + end) / 2
    half = np.linalg.norm(end - start, axis=1) / 2
    if len(inner):
        crowd = cKDTree(inner).query_ball_point(middle, half)
        gone = np.unique(np.concatenate([np.asarray(near, np.int64) for near in crowd]))
        inner = np.delete(inner, gone, axis=0)
    new = len(border) + np.arange(len(middle))
    edges = np.concatenate(
        [edges[~missing], np.stack([edges[missing, 0], new], 1), np.stack([new, edges[missing, 1]], 1)]
    )
    return np.concatenate([border, middle]), edges, inner


def _inside(points: Floats, faces: Ints, neighbour: Ints, edges: Ints) -> Sheet | None:
    """The triangles on the left of the border, walking over every edge but the border's."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    a, b, c = points[faces[:, 0]], points[faces[:, 1]], points[faces[:, 2]]
    turned = flat_cross(b - a, c - a) < 0
    faces[turned] = faces[turned][:, [0, 2, 1]]
    neighbour = neighbour.astype(np.int64)
    neighbour[turned] = neighbour[turned][:, [0, 2, 1]]
    count = len(points)
    start, end = faces[:, [1, 2, 0]], faces[:, [2, 0, 1]]  # the edge across from corner k leads to neighbour k
    half = start * count + end  # (T, 3)
    left = np.isin(half, edges[:, 0] * count + edges[:, 1])
    right = np.isin(half, edges[:, 1] * count + edges[:, 0])
    free = ~left & ~right & (neighbour >= 0)
    row, corner = np.nonzero(free)
    graph = coo_matrix((np.ones(len(row), np.int8), (row, neighbour[row, corner])), shape=(len(faces), len(faces)))
    _, label = connected_components(graph, directed=False)
    within = np.unique(label[left.any(axis=1)])
    if np.isin(label[right.any(axis=1)], within).any():
        return None
    return _compact(points, faces[np.isin(label, within)], edges)


def _compact(points: Floats, faces: Ints, edges: Ints) -> Sheet:
    """Only the points in use; the border's, which come first, are all in use."""
    used = np.zeros(len(points), dtype=bool)
    used[faces.reshape(-1)] = True
    number = np.cumsum(used) - 1
    return Sheet(points[used], number[faces], number[edges])


def _seeds(border: Floats, wanted: Floats, edges: Ints, coarse: float, growth: float) -> Floats:
    """Inner points in rows, every second row shifted by half a cell, dense where the spacing is small, (N, 2)."""
    from scipy.spatial import cKDTree

    tree = cKDTree(border)
    low, high = border.min(axis=0), border.max(axis=0)
    columns, rows = np.ceil((high - low) / coarse).astype(int) + 1
    cell = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    normal = _border_normals(border, edges)
    size, seeds = coarse, []
    for _ in range(12):
        shift = np.where(cell[:, 1] % 2 == 0, 0.25, 0.75)
        place = low + size * np.stack([cell[:, 0] + shift, cell[:, 1] + 0.5], axis=1)
        distance, near = tree.query(place, k=min(4, len(border)))
        local = np.minimum((wanted[near] + growth * distance).min(axis=1), coarse)
        side = ((place - border[near[:, 0]]) * normal[near[:, 0]]).sum(axis=1)
        maybe = (side > 0) | (distance[:, 0] < 1.5 * size)
        split = maybe & (local < 0.71 * size)
        kept = ~split & (side > 0) & (distance[:, 0] > 0.62 * np.minimum(local, size))
        seeds.append(place[kept])
        if not split.any():
            break
        parent = 2 * cell[split]
        cell = np.concatenate([parent + [i, j] for j in (0, 1) for i in (0, 1)])
        size /= 2
    return np.concatenate(seeds)


def _border_normals(border: Floats, edges: Ints) -> Floats:
    """Direction into the domain at each border point, (N, 2): the sum of its two edges' unit normals."""
    along = border[edges[:, 1]] - border[edges[:, 0]]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    left = np.stack([-along[:, 1], along[:, 0]], axis=1)
    border_normals = np.zeros_like(border)
    np.add.at(border_normals, edges[:, 0], left)
    np.add.at(border_normals, edges[:, 1], left)
    return border_normals


def _relax(sheet: Sheet, rounds: int) -> Floats:
    """Points of the sheet with the inner ones moved to the middle of their neighbours, the border kept, (P, 2)."""
    from scipy.sparse import coo_matrix, diags

    faces, count = sheet.faces, len(sheet.points)
    row = faces[:, [0, 1, 2, 1, 2, 0]].reshape(-1)
    column = faces[:, [1, 2, 0, 0, 1, 2]].reshape(-1)
    link = coo_matrix((np.ones(len(row)), (row, column)), shape=(count, count)).tocsr()
    mean = diags(1 / np.asarray(link.sum(axis=1)).reshape(-1)) @ link
    result = sheet.points.copy()
    fixed = len(sheet.rim)
    for _ in range(rounds):
        result[fixed:] = (0.3 * result + 0.7 * (mean @ result))[fixed:]
    return result


def _keys(edges: Ints, count: int) -> Ints:
    """A number for each undirected edge, (E,)."""
    keys: Ints = edges.min(axis=1) * count + edges.max(axis=1)
    return keys
