"""Solids of steps: every cell of a grid a column of its own height, with upright walls, closed by construction.

Slicers lay whole layers, so a column is what they print; a surface that slopes between cells loses the top layers of
everything narrow. Cells of one height in a row are one strip, triangulated between the corners that lie on its two long
sides, so that no corner lies on another triangle's side. Where two columns would touch along an edge only, the lower of
them is cut to its neighbours first (``without_corners``): what is left has two faces on every edge.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints


def without_corners(heights: Ints) -> Ints:
    """Heights (H, W) none of whose columns meets another across a corner alone; columns are only cut, never raised."""
    low = heights.copy()
    while True:
        a, b, c, d = low[:-1, :-1], low[:-1, 1:], low[1:, :-1], low[1:, 1:]
        along = np.minimum(a, d) > np.maximum(b, c)
        across = np.minimum(b, c) > np.maximum(a, d)
        if not (along.any() or across.any()):
            return low
        new = low.copy()
        for hit, one, other, top in (
            (along, (slice(None, -1), slice(None, -1)), (slice(1, None), slice(1, None)), np.maximum(b, c)),
            (across, (slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1)), np.maximum(a, d)),
        ):
            first = hit & (low[one] <= low[other])
            new[one] = np.where(first, np.minimum(new[one], top), new[one])
            new[other] = np.where(hit & ~first, np.minimum(new[other], top), new[other])
        low = new


def step_solid(heights: Ints) -> tuple[Ints, Ints]:
    """Vertices (V, 3) = (column line, row line, height) and faces (F, 3), outward, of columns of heights (H, W) >= 0.

    Row lines count downwards in the picture, so faces are counter-clockwise from outside where y = -row line. Heights
    of 0 are no material. The heights must have no corners (`without_corners`).
    """
    high = np.pad(np.asarray(heights, np.int64), 1)
    change = high[:, 1:] != high[:, :-1]  # (H + 2, W + 1): at column line x of padded row r
    node = change[1:] | change[:-1]  # (H + 1, W + 1): corners of strips at (row line, column line)
    bare = (high[1:, 1:] == 0) | (high[1:, :-1] == 0) | (high[:-1, 1:] == 0) | (high[:-1, :-1] == 0)
    tops = _strips(high[1:-1], node, solid=False)
    floors = _strips((high[1:-1] > 0).astype(np.int64), node & bare, solid=True)[:, ::-1]
    corner = np.concatenate([tops, floors, _walls_along(high, node), _walls_across(high)]).reshape(-1, 3)
    size = np.array([high.shape[1] + 1, high.shape[0] + 1, int(high.max()) + 1])
    key = (corner[:, 2] * size[1] + corner[:, 1]) * size[0] + corner[:, 0]
    known, place = np.unique(key, return_inverse=True)
    vertices = np.stack([known % size[0], known // size[0] % size[1], known // (size[0] * size[1])], axis=1)
    return vertices, place.reshape(-1, 3)


def _strips(rows: Ints, node: Bools, *, solid: bool) -> Ints:
    """Level triangles (T, 3, 3) over runs of equal height above 0 in each row of padded rows (H, W + 2)."""
    count, wide = node.shape[0] - 1, node.shape[1]
    start = (rows[:, 1:] != rows[:, :-1]) & (rows[:, 1:] > 0)
    end = (rows[:, 1:] != rows[:, :-1]) & (rows[:, :-1] > 0)
    row, low = np.nonzero(start)
    _, high = np.nonzero(end)
    height = rows[row, low + 1]
    far = wide + 1  # places on a line are numbered so that every strip has its own stretch
    above, below = (_line_nodes(node[line : line + count], row, low, high) for line in (0, 1))
    triangles = _between(above, below, far)
    which, first, second, third, kind = triangles
    line = row[which]
    z = np.zeros_like(line) if solid else height[which]
    # kind 0: two corners on the upper line and one on the lower; 1: the other way round
    upper, lower = line, line + 1
    one = np.stack([first, np.where(kind == 0, upper, lower), z], axis=1)
    two = np.stack([second, np.where(kind == 0, upper, lower), z], axis=1)
    three = np.stack([third, np.where(kind == 0, lower, upper), z], axis=1)
    swap = (kind == 0)[:, None]
    return np.stack([np.where(swap, two, one), np.where(swap, one, two), three], axis=1)


def _line_nodes(node: Bools, row: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """The corners on one long side of strips (S,): which strip each is of, and its column line; ends included."""
    inner_row, inner = np.nonzero(node)
    key, start = inner_row * (node.shape[1] + 1) + inner, row * (node.shape[1] + 1)
    first, last = np.searchsorted(key, start + low, side="right"), np.searchsorted(key, start + high, side="left")
    counts = np.maximum(last - first, 0)
    strip = np.repeat(np.arange(len(row)), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    inside = inner[np.repeat(first, counts) + offset]
    everything = np.concatenate([np.arange(len(row)), strip, np.arange(len(row))])
    place = np.concatenate([low, inside, high])
    order = np.lexsort((place, everything))
    return everything[order], place[order]


def _between(one: tuple[Ints, Ints], other: tuple[Ints, Ints], far: int) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Triangles between two rows of places that belong to bands: the band, two places on one side, one on the other.

    Each side's places rise within a band and both begin and end alike or not; kind 0 has two places of the first.
    """
    parts = []
    for kind, (near, away, side) in enumerate(((one, other, "left"), (other, one, "right"))):
        follows = near[0][1:] == near[0][:-1]
        band, first, second = near[0][:-1][follows], near[1][:-1][follows], near[1][1:][follows]
        key = away[0] * far + away[1]
        at = np.searchsorted(key, band * far + second, side=side) - 1  # type: ignore[call-overload]
        begin = np.searchsorted(away[0], band)
        parts.append((band, first, second, away[1][np.maximum(at, begin)], np.full(len(band), kind)))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))  # type: ignore[return-value]


def _walls_along(high: Ints, node: Bools) -> Ints:
    """Upright triangles along row lines, between the rows above and below each."""
    line, low, end = _stretches(node)
    upper, lower = high[line, low + 1], high[line + 1, low + 1]
    keep = upper != lower
    line, low, end, upper, lower = (column[keep] for column in (line, low, end, upper, lower))
    return _walls(high, np.stack([low, line], 1), np.stack([end, line], 1), upper, lower)


def _stretches(node: Bools) -> tuple[Ints, Ints, Ints]:
    """Neighbouring corners on each row line: the line, and both column lines."""
    line, place = np.nonzero(node)
    follows = line[1:] == line[:-1]
    return line[:-1][follows], place[:-1][follows], place[1:][follows]


def _walls_across(high: Ints) -> Ints:
    """Upright triangles along column lines, a cell long each."""
    row, line = np.nonzero(high[1:-1, 1:] != high[1:-1, :-1])
    left, right = high[row + 1, line], high[row + 1, line + 1]
    return _walls(high, np.stack([line, row + 1], 1), np.stack([line, row], 1), left, right)


def _walls(high: Ints, start: Ints, end: Ints, behind: Ints, ahead: Ints) -> Ints:
    """Walls between two corners (column line, row line), one column ``behind`` and one ``ahead`` of each, (T, 3, 3).

    Seen along start to end, ``behind`` lies on the left in a picture whose rows run down.
    """
    low, top = np.minimum(behind, ahead), np.maximum(behind, ahead)
    sides = [_edge_places(high, corner, low, top) for corner in (start, end)]
    which, first, second, third, kind = _between(sides[0], sides[1], int(high.max()) + 2)
    at, other = (
        np.where((kind == 0)[:, None], start[which], end[which]),
        np.where((kind == 0)[:, None], end[which], start[which]),
    )
    corners = np.stack(
        [np.column_stack([at, first]), np.column_stack([at, second]), np.column_stack([other, third])], axis=1
    )
    turn = (kind == 0) ^ (behind <= ahead)[which]
    flipped: Ints = np.where(turn[:, None, None], corners[:, ::-1], corners)
    return flipped


def _edge_places(high: Ints, corner: Ints, low: Ints, top: Ints) -> tuple[Ints, Ints]:
    """The heights at which an upright edge has corners: those of the four columns round it, within each wall."""
    column, row = corner.T
    around = np.stack([high[row, column], high[row, column + 1], high[row + 1, column], high[row + 1, column + 1]], 1)
    held = np.sort(np.clip(np.column_stack([low, around, top]), low[:, None], top[:, None]), axis=1)
    fresh = np.column_stack([np.ones(len(held), bool), held[:, 1:] != held[:, :-1]])
    wall, _ = np.nonzero(fresh)
    return wall, held[fresh]


def place_corners(vertices: Ints, shape: tuple[int, int], cell_mm: float, level_mm: Floats) -> Floats:
    """Corners in millimetres, the grid (H, W) round the origin, its top toward +y; level_mm (n,) by height."""
    rows, columns = shape
    x = (vertices[:, 0] - columns / 2) * cell_mm
    y = (rows / 2 - vertices[:, 1]) * cell_mm
    return np.column_stack([x, y, level_mm[vertices[:, 2]]])
