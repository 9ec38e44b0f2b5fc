"""A closed surface around what a soup of triangles encloses: dual contouring on a grid that exists only near it.

Inside is where the winding number is above one half. Grid edges that enter or leave the inside carry the exact point
and normal of the face that they pierce (Ju, Losasso, Schaefer & Warren 2002, "Dual contouring of Hermite data"); each
cell's vertex is put where those planes meet, so edges and corners stay sharp. A cell gets one vertex for every closed
loop of crossed edges around it (Nielson 2004, "Dual marching cubes"), ambiguous sides always part what is inside, and
the one case left, two vertices joined by two different edges, gets a vertex on each: the result is a closed manifold
whatever comes in. Memory and time go with the surface: cells that nobody crosses are never made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.inside.vertical_crossings import crossings
from maquette.geometry.nearest import feet
from maquette.geometry.surface import face_normals

_AXES = ((0, 1, 2), (1, 2, 0), (2, 0, 1))  # an axis and the two across it, right-handed
_AROUND = ((0, 0), (1, 0), (1, 1), (0, 1))  # the cells around an edge, counter-clockwise seen from its upper end
_MARGIN = 1e-3  # vertices keep this share of a cell away from its sides, so that no two coincide
_SHIFT = np.array([0.3717, 0.2293, 0.4151])  # of a cell: flat models seldom lie on such planes
_FLAT = 0.1  # eigenvalues below this share of the largest are noise, not an edge


@dataclass(frozen=True)
class Grid:
    """Nodes of a cubic grid, numbered; a cell bears the number of its lowest corner."""

    origin: Floats
    pitch: float
    shape: tuple[int, int, int]

    @property
    def stride(self) -> Ints:
        """What a step along each axis adds to a number."""
        return np.array([self.shape[1] * self.shape[2], self.shape[2], 1])

    def index(self, number: Ints) -> Ints:
        """Places along the axes, (N, 3)."""
        return np.stack(np.unravel_index(number, self.shape), axis=1)

    def position(self, number: Ints) -> Floats:
        """Where the nodes lie, (N, 3)."""
        result: Floats = self.origin + self.index(number) * self.pitch
        return result


@dataclass(frozen=True)
class Pierced:
    """Grid edges that faces pierce, by key."""

    key: Ints  # (P,) sorted: axis · nodes + lower node, twice, plus one where the face looks up the axis
    at: Floats  # (P,) coordinate along the axis
    face: Ints  # (P,)

    def edges(self, grid: Grid) -> tuple[Ints, Ints]:
        """Axis and lower node of each."""
        nodes = int(np.prod(grid.shape))
        return self.key // 2 // nodes, self.key // 2 % nodes


@dataclass(frozen=True)
class Contour:
    """A closed surface, and which of its vertices lie on a face or where the field told them to."""

    vertices: Floats  # (V, 3)
    faces: Ints  # (F, 3)
    held: Bools  # (V,) False where a vertex only parts nodes that are wholly inside from such as are wholly outside


def grid_around(vertices: Floats, pitch: float) -> Grid:
    """A grid with room of two cells around the points."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    shape = np.ceil((high - low) / pitch).astype(np.int64) + 5
    return Grid(low - (2 + _SHIFT) * pitch, pitch, (int(shape[0]), int(shape[1]), int(shape[2])))


def pierced_edges(grid: Grid, vertices: Floats, faces: Ints) -> Pierced:
    """All grid edges that faces pierce."""
    nodes = int(np.prod(grid.shape))
    parts = []
    for axis, b, c in _AXES:
        rows, columns = (np.arange(grid.shape[k]) for k in (b, c))
        i, j = (m.ravel() for m in np.meshgrid(rows, columns, indexing="ij"))
        lines = np.stack([i * grid.pitch + grid.origin[b], j * grid.pitch + grid.origin[c]], axis=1)
        met = crossings(vertices[:, [b, c, axis]], faces, lines)
        step = np.floor((met.height - grid.origin[axis]) / grid.pitch).astype(np.int64)
        node = grid.stride[b] * i[met.line] + grid.stride[c] * j[met.line] + grid.stride[axis] * step
        parts.append((2 * (axis * nodes + node) + (met.up > 0), met.height, met.face))
    key, at, face = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((face, at, key))
    return Pierced(key[order], at[order], face[order])


@dataclass(frozen=True)
class SurfaceCells:
    """Cells near the surface, their corners' values, and the edges along which inside changes."""

    cells: Ints  # (C,) sorted
    corner: Ints  # (C, 8) which of the nodes
    nodes: Ints  # (N,) sorted
    value: Floats  # (N,) winding number
    edge_axis: Ints  # (E,)
    edge_node: Ints  # (E,) lower node


def field_near(grid: Grid, start: Ints, evaluate: Callable[[Floats], Floats], most: int) -> SurfaceCells | None:
    """The cells given and all others that the surface runs through, followed from cell to cell; None above ``most``."""
    corner_step = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]) @ grid.stride
    cells = _on_grid(grid, start)
    nodes, value = np.zeros(0, np.int64), np.zeros(0)
    while True:
        if len(cells) > most:
            return None
        wanted = _distinct(cells[:, None] + corner_step)
        fresh = wanted[~_within(nodes, wanted)]
        order = np.argsort(np.concatenate([nodes, fresh]), kind="stable")
        value = np.concatenate([value, _values(grid, fresh, evaluate)])[order]
        nodes = np.concatenate([nodes, fresh])[order]
        axis, node = _changing(grid, nodes, value > 0.5)
        around = cells_around(grid, axis, node)
        missing = _distinct(around[~_within(cells, around)])
        if not len(missing):
            return SurfaceCells(cells, np.searchsorted(nodes, cells[:, None] + corner_step), nodes, value, axis, node)
        cells = _on_grid(grid, np.concatenate([cells, _grow(grid, missing)]))


def _on_grid(grid: Grid, cells: Ints) -> Ints:
    """Each cell once, in order, without those that would have a corner beyond the grid's first or last node."""
    return _distinct(cells[(cells >= 0) & (cells + grid.stride.sum() < np.prod(grid.shape))])


def _values(grid: Grid, nodes: Ints, evaluate: Callable[[Floats], Floats]) -> Floats:
    """The field at nodes; the grid's outermost ones are outside, so that whatever is inside gets closed."""
    index = grid.index(nodes)
    rim = ((index == 0) | (index == np.array(grid.shape) - 1)).any(axis=1)
    values: Floats = np.where(rim, 0.0, evaluate(grid.position(nodes)))
    return values


def _within(sorted_values: Ints, asked: Ints) -> Bools:
    if not len(sorted_values):
        return np.zeros(len(asked), dtype=bool)
    place = np.minimum(np.searchsorted(sorted_values, asked), len(sorted_values) - 1)
    return np.asarray(sorted_values[place] == asked)


def _distinct(numbers: Ints) -> Ints:
    """Each number once, in order; five times as fast as ``np.unique``, which hashes."""
    ordered = np.sort(numbers, axis=None)
    distinct: Ints = ordered[np.diff(ordered, prepend=-1) != 0]
    return distinct


def _grow(grid: Grid, cells: Ints) -> Ints:
    """The cells and their neighbours two steps about, within the grid."""
    step = np.array([[a, b, c] for a in range(-2, 3) for b in range(-2, 3) for c in range(-2, 3)])
    index = (grid.index(cells)[:, None] + step).reshape(-1, 3)
    index = index[((index >= 0) & (index < np.array(grid.shape) - 1)).all(axis=1)]
    return _distinct(index @ grid.stride)


def _changing(grid: Grid, nodes: Ints, inside: Bools) -> tuple[Ints, Ints]:
    """Edges between two of the nodes of which one is inside: axis, lower node."""
    axes, low_nodes = [], []
    for axis, stride in enumerate(grid.stride):
        place = np.minimum(np.searchsorted(nodes, nodes + stride), len(nodes) - 1)
        change = (nodes[place] == nodes + stride) & (inside[place] != inside)
        low_nodes.append(nodes[change])
        axes.append(np.full(len(low_nodes[-1]), axis))
    return np.concatenate(axes), np.concatenate(low_nodes)


def _around(grid: Grid, axis: Ints, node: Ints, place: tuple[int, int]) -> Ints:
    """The cell at one of the four places around each edge."""
    across = np.array(_AXES)[axis, 1:]
    result: Ints = node - place[0] * grid.stride[across[:, 0]] - place[1] * grid.stride[across[:, 1]]
    return result


@cache
def _loops() -> tuple[Ints, Ints]:
    """For each of 256 cells by its corners inside: which loop each of 12 edges is in (256, 12), and how many (256,).

    Edge 4·axis + b + 2·c runs along the axis at the offsets b and c across it; corner 4·x + 2·y + z.
    """
    label, count = np.full((256, 12), -1), np.zeros(256, np.int64)
    sides = []
    for axis, b, c in _AXES:
        for level in (0, 1):
            ring = []
            for at_b, at_c in ((0, 0), (1, 0), (1, 1), (0, 1)):
                place = [0, 0, 0]
                place[axis], place[b], place[c] = level, at_b, at_c
                ring.append(4 * place[0] + 2 * place[1] + place[2])
            # from corner to corner: along b at c=0, along c at b=1, along b at c=1, along c at b=0
            edges = [4 * b + 0 + 2 * level, 4 * c + level + 2, 4 * b + 1 + 2 * level, 4 * c + level + 0]
            sides.append((ring, edges))
    for case in range(256):
        joined = list(range(12))
        crossed: set[int] = set()
        for ring, edges in sides:
            inside = [bool(case >> corner & 1) for corner in ring]
            changes = [k for k in range(4) if inside[k] != inside[(k + 1) % 4]]
            pairs = [changes] if len(changes) == 2 else [((k - 1) % 4, k) for k in range(4) if inside[k]]
            for first, second in pairs if changes else []:
                crossed |= {edges[first], edges[second]}
                old, new = joined[edges[first]], joined[edges[second]]
                joined = [new if root == old else root for root in joined]
        roots = sorted({joined[edge] for edge in crossed})
        for edge in crossed:
            label[case, edge] = roots.index(joined[edge])
        count[case] = len(roots)
    return label, count


def contour(
    vertices: Floats, faces: Ints, pitch: float, evaluate: Callable[[Floats], Floats], most: int = 6_000_000
) -> tuple[Floats, Ints]:
    """The closed surface where ``evaluate`` (points (N, 3) -> (N,)) passes one half. -> vertices, faces.

    ``vertices`` (V, 3) and ``faces`` (F, 3) are where it mostly lies; from there it is followed wherever it leads.
    Nothing comes back when no node is inside, or when it would take more than ``most`` cells.
    """
    grid = grid_around(vertices[_distinct(faces)], pitch)
    pricks = pierced_edges(grid, vertices, faces)
    axis, node = pricks.edges(grid)
    surface = contour_on(grid, cells_around(grid, axis, node), pricks, vertices, faces, evaluate, most)
    return surface.vertices, surface.faces


def contour_on(
    grid: Grid,
    start: Ints,
    pricks: Pierced,
    vertices: Floats,
    faces: Ints,
    evaluate: Callable[[Floats], Floats],
    most: int = 6_000_000,
) -> Contour:
    """The same on a grid of one's own, from cells ``start`` (S,), with the faces it may lie on told by ``pricks``."""
    cells = field_near(grid, start, evaluate, most) if len(start) else None
    if cells is None or not len(cells.edge_axis):
        return Contour(np.zeros((0, 3)), np.zeros((0, 3), np.int64), np.zeros(0, dtype=bool))
    return _mesh_cells(grid, cells, pricks, vertices, faces)


def cells_around(grid: Grid, axis: Ints, node: Ints) -> Ints:
    """The four cells at each edge, all together."""
    return np.concatenate([_around(grid, axis, node, place) for place in _AROUND])


def _mesh_cells(grid: Grid, cells: SurfaceCells, pricks: Pierced, vertices: Floats, faces: Ints) -> Contour:
    """Vertices in the cells, a face of four around each edge."""
    case = ((cells.value[cells.corner] > 0.5) << np.arange(8)).sum(axis=1)
    label, count = _loops()
    first = np.cumsum(count[case]) - count[case]
    low = np.searchsorted(cells.nodes, cells.edge_node)
    outward = cells.value[low] > 0.5  # the lower node is inside
    quads = np.empty((len(low), 4), np.int64)
    home = np.repeat(cells.cells, count[case])
    for place, (b, c) in enumerate(_AROUND):
        cell = np.searchsorted(cells.cells, _around(grid, cells.edge_axis, cells.edge_node, (b, c)))
        quads[:, place] = first[cell] + label[case[cell], 4 * cells.edge_axis + b + 2 * c]
    point, normal, face = _hermite(grid, cells, pricks, face_normals(vertices, faces), low, outward)
    placed = _place_vertices(grid, quads, home, point, normal)
    placed = _snap(grid, placed, quads, home, face, vertices, faces)
    quads[~outward] = quads[~outward, ::-1]
    end = np.where(outward, cells.edge_node, cells.edge_node + grid.stride[cells.edge_axis])
    held = np.zeros(len(placed), dtype=bool)
    held[quads[face >= 0]] = True
    value = cells.value[cells.corner]
    held |= np.repeat(((value > 0) & (value < 1)).any(axis=1), count[case])
    placed, triangles = _triangulate(placed, quads, point, normal, end)
    return Contour(placed, triangles, np.append(held, np.ones(len(placed) - len(held), dtype=bool)))


def _hermite(
    grid: Grid, cells: SurfaceCells, pricks: Pierced, normals: Floats, low: Ints, outward: Bools
) -> tuple[Floats, Floats, Ints]:
    """Where the surface passes each edge, its normal (zero where no face does) and the face (-1 where none)."""
    stride = grid.stride[cells.edge_axis]
    high = np.searchsorted(cells.nodes, cells.edge_node + stride)
    share = (0.5 - cells.value[low]) / (cells.value[high] - cells.value[low])
    point = grid.position(cells.edge_node)
    rows = np.arange(len(point))
    start = point[rows, cells.edge_axis].copy()
    key = 2 * (cells.edge_axis * int(np.prod(grid.shape)) + cells.edge_node) + outward
    at = start + np.clip(share, 0, 1) * grid.pitch
    face = np.full(len(at), -1)
    real = _within(pricks.key, key)
    place = np.searchsorted(pricks.key, key[real])
    at[real], face[real] = pricks.at[place], pricks.face[place]
    point[rows, cells.edge_axis] = np.clip(at, start, start + grid.pitch)
    return point, np.where(real[:, None], normals[face], 0.0), face


def _place_vertices(grid: Grid, quads: Ints, home: Ints, point: Floats, normal: Floats) -> Floats:
    """Each vertex where the planes of its edges meet best, or in their middle where that is outside its cell."""
    count = len(home)
    corner = quads.reshape(-1)
    number = np.bincount(corner, minlength=count)[:, None]
    middle = _sum_rows(corner, np.repeat(point, 4, axis=0), count) / number
    plane = np.repeat(normal, 4, axis=0)
    height = np.einsum("ij,ij->i", plane, np.repeat(point, 4, axis=0) - middle[corner])
    matrix = _sum_rows(corner, (plane[:, :, None] * plane[:, None, :]).reshape(-1, 9), count).reshape(-1, 3, 3)
    pull = _sum_rows(corner, plane * height[:, None], count)
    value, vector = np.linalg.eigh(matrix)
    weight = np.divide(1.0, value, out=np.zeros_like(value), where=value > _FLAT * np.maximum(value[:, 2:], 1e-9))
    offset = np.einsum("nij,nj,nkj,nk->ni", vector, weight, vector, pull, optimize=True)
    places: Floats = middle + offset
    astray = ~_in_cell(grid, home, places)
    places[astray] = middle[astray]
    low = grid.position(home)
    return np.clip(places, low + _MARGIN * grid.pitch, low + (1 - _MARGIN) * grid.pitch)


def _in_cell(grid: Grid, home: Ints, points: Floats) -> Bools:
    local = (points - grid.position(home)) / grid.pitch
    mask: Bools = np.all((local > _MARGIN) & (local < 1 - _MARGIN), axis=1)
    return mask


def _snap(grid: Grid, placed: Floats, quads: Ints, home: Ints, face: Ints, vertices: Floats, faces: Ints) -> Floats:
    """Vertices moved onto the nearest of the faces that pierce their cell's edges, where that stays in the cell."""
    corner, of = quads.reshape(-1), np.repeat(face, 4)
    known = of >= 0
    if not known.any():
        return placed
    corner, of = np.divmod(_distinct(corner[known] * len(faces) + of[known]), len(faces))
    triangles = vertices[faces[of]]
    weights, square = feet(triangles, placed[corner])
    first = np.flatnonzero(np.diff(corner, prepend=-1))
    least = np.repeat(np.minimum.reduceat(square, first), np.diff(first, append=len(corner)))
    nearest = np.flatnonzero(square == least)
    best = nearest[np.flatnonzero(np.diff(corner[nearest], prepend=-1))]  # of equals the first face
    foot = np.einsum("nk,nkd->nd", weights[best], triangles[best])
    good = _in_cell(grid, home[corner[best]], foot)
    result = placed.copy()
    result[corner[best[good]]] = foot[good]
    return result


def _triangulate(placed: Floats, quads: Ints, point: Floats, normal: Floats, end: Ints) -> tuple[Floats, Ints]:
    """Two triangles for each face of four; a fan where a side had to get a vertex of its own."""
    follower = np.roll(quads, -1, axis=1)
    low, high = np.minimum(quads, follower).reshape(-1), np.maximum(quads, follower).reshape(-1)
    key = low * len(placed) + high
    order = np.argsort(key, kind="stable")
    new = np.diff(key[order], prepend=-1) != 0
    size = np.bincount(np.cumsum(new) - 1)
    crowded = np.empty(len(key), dtype=bool)
    crowded[order] = np.repeat(size > 2, size)
    fan = crowded.reshape(-1, 4).any(axis=1)
    plain = quads[~fan]
    a, b, c, d = (placed[plain[:, k]] for k in range(4))
    off = [np.abs(np.einsum("ij,ij->i", normal[~fan], (p + q) / 2 - point[~fan])) for p, q in ((a, c), (b, d))]
    other = off[1] < off[0]
    turned = np.where(other[:, None], np.roll(plain, -1, axis=1), plain)
    triangles = np.concatenate([turned[:, [0, 1, 2]], turned[:, [0, 2, 3]]])
    if not fan.any():
        return placed, triangles
    extra, fans = _fans(placed, quads, point, end, np.flatnonzero(fan), crowded.reshape(-1, 4))
    return np.concatenate([placed, extra]), np.concatenate([triangles, fans])


def _fans(placed: Floats, quads: Ints, point: Floats, end: Ints, which: Ints, crowded: Bools) -> tuple[Floats, Ints]:
    """Faces of four with vertices added on crowded sides, as fans about their edge's point."""
    follower = np.roll(quads, -1, axis=1)
    row, side = np.nonzero(crowded[which])
    quad = which[row]
    low = np.minimum(quads[quad, side], follower[quad, side])
    high = np.maximum(quads[quad, side], follower[quad, side])
    _, number = np.unique(np.stack([low, high, end[quad]], axis=1), axis=0, return_inverse=True)
    number = number.reshape(-1)
    middles = _sum_rows(number, point[quad], int(number.max()) + 1) / np.bincount(number)[:, None]
    apex = len(placed) + len(middles) + np.arange(len(which))
    added = np.full((len(which), 4), -1)
    added[row, side] = len(placed) + number
    triangles = []
    for k in range(4):
        start, stop, middle = quads[which, k], follower[which, k], added[:, k]
        has = middle >= 0
        triangles.append(np.stack([start, stop, apex], axis=1)[~has])
        triangles.append(np.stack([start, middle, apex], axis=1)[has])
        triangles.append(np.stack([middle, stop, apex], axis=1)[has])
    return np.concatenate([middles, point[which]]), np.concatenate(triangles)


def _sum_rows(label: Ints, values: Floats, count: int) -> Floats:
    """Rows added up by label, (count, C)."""
    return np.stack([np.bincount(label, weights=column, minlength=count) for column in values.T], axis=1)
