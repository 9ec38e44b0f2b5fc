"""A surface as a hierarchy of parts: features of its faces, borders between them, merged; then better borders."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.segmenting.bodies import links
from maquette.geometry.segmenting.dual import Dual, diameters, dual, smooth_features
from maquette.geometry.segmenting.merging import Borders, Hierarchy, merge_regions
from maquette.geometry.surface import face_areas
from maquette.geometry.topology import face_components

_COLOR = 1.5  # of an OKLab step against a step of one in the logarithm of thickness
_SHEET = 0.01  # of the surface's size: what is thinner is a sheet, and all sheets are equally thin
_ZONE = 0.12  # of the smaller part's size: how far a border may move
_STAYS = 0.5  # of a part's surface; a border that would swallow more stays where it was
_TIES = 1e6  # capacities are whole numbers


@dataclass(frozen=True)
class Surface:
    """A surface made ready to be taken apart. faces (F, 3) over vertices (V, 3)."""

    areas: Floats
    features: Floats  # (F, K)
    graph: Dual
    tree: Hierarchy


def part_tree(vertices: Floats, faces: Ints, lab: Floats | None, shape: float = 1.0) -> Surface:
    """Every number of parts of a welded surface, by shape and, where given, the OKLab colour of its faces (F, 3).

    ``shape`` weighs thickness and folds: 0 leaves the colour alone to decide.
    """
    areas, graph = face_areas(vertices, faces), dual(vertices, faces)
    graph = replace(graph, fold=shape * graph.fold)
    size = max(float(np.sqrt(areas.sum())), 1e-300)
    thick = shape * np.log(diameters(vertices, faces) / size + _SHEET)[:, None]
    features = thick if lab is None else np.column_stack([thick, _COLOR * lab])
    features = smooth_features(features, graph, areas)
    gaps = links(vertices[faces].mean(axis=1), areas, face_components(faces)[1])
    borders = Borders(
        np.concatenate([graph.pair, gaps.pair]),
        np.concatenate([graph.length, gaps.length]),
        np.concatenate([graph.fold, gaps.fold]),
    )
    return Surface(areas, features, graph, merge_regions(areas, features, borders))


def improve_borders(surface: Surface, label: Ints) -> Ints:
    """Labels (F,) with each border between two parts moved to where it is shortest and folds in most.

    A minimum cut within a zone around the border (Katz and Tal 2003); what lies beyond the zone stays what it was.
    """
    label = label.copy()
    graph = surface.graph
    one, two = label[graph.pair].min(axis=1), label[graph.pair].max(axis=1)
    count = int(label.max()) + 1
    size = np.sqrt(np.bincount(label, weights=surface.areas, minlength=count))
    for key in np.unique((one * count + two)[one != two]).tolist():
        a, b = divmod(key, count)
        _move_border(surface, label, a, b, _ZONE * float(min(size[a], size[b])))
    return label


def _move_border(surface: Surface, label: Ints, a: int, b: int, reach: float) -> None:
    """The border between parts a and b cut anew, in place."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import maximum_flow

    graph = surface.graph
    inside = np.isin(label[graph.pair], (a, b)).all(axis=1)
    pair, length = graph.pair[inside], graph.length[inside]
    some, local = np.unique(pair, return_inverse=True)
    local = local.reshape(-1, 2)
    steps = _steps(local, label[some], np.sqrt(surface.areas[some]))
    free = steps < reach
    if free.sum() < 2 or free.all():
        return
    differ = ((surface.features[pair[:, 0]] - surface.features[pair[:, 1]]) ** 2).sum(axis=1)
    cost = length * (0.03 + (1 - graph.fold[inside]) ** 2 * np.exp(-4 * differ))
    number = np.where(free, np.cumsum(free) + 1, np.where(label[some] == a, 0, 1))  # 0 the source, 1 the sink
    start, end = number[local].T
    useful = start != end
    start, end, cost = start[useful], end[useful], cost[useful]
    capacity = np.maximum(np.rint(cost / max(float(cost.max()), 1e-300) * _TIES), 1).astype(np.int32)
    shape = (int(free.sum()) + 2,) * 2
    rows, columns = np.concatenate([start, end]), np.concatenate([end, start])
    matrix = coo_matrix((np.tile(capacity, 2), (rows, columns)), shape=shape).tocsr().astype(np.int32)
    flow = maximum_flow(matrix, 0, 1).flow
    reached = _reachable(matrix - flow, shape[0])
    moved = label[some].copy()
    moved[free] = np.where(reached[number[free]], a, b)
    areas = surface.areas[some]
    if all(areas[moved == which].sum() > _STAYS * areas[label[some] == which].sum() for which in (a, b)):
        label[some] = moved


def _steps(pair: Ints, label: Ints, width: Floats) -> Floats:
    """How far faces lie from the border between two labels, along the surface, (N,)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    rim = np.unique(pair[label[pair[:, 0]] != label[pair[:, 1]]])
    size = len(label)
    way = (width[pair[:, 0]] + width[pair[:, 1]]) / 2 + 1e-300
    graph = coo_matrix((way, (pair[:, 0], pair[:, 1])), shape=(size, size)).tocsr()
    steps: Floats = dijkstra(graph, directed=False, indices=rim, min_only=True)
    return steps


def _reachable(residual: object, size: int) -> np.ndarray:
    """What the source still reaches where capacity is left, (N,) bool."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order

    left = csr_matrix(residual)
    left.data = (left.data > 0).astype(np.int8)
    left.eliminate_zeros()
    reached = np.zeros(size, bool)
    reached[breadth_first_order(left, 0, return_predecessors=False)] = True
    return reached
