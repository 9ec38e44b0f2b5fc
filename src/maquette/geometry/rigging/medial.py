"""Middle lines of a body: paths from its heart to the tips of its limbs that keep away from the surface.

The body is filled with cells; a path pays the less, the deeper it runs, so it keeps to the medial axis (after TEASAR:
Sato and others 2000). Tips are found one after the other, the farthest first, each where no earlier path is near. Gaps
between bodies that hang together for the eye only are crossed at a price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.sampling import surface_samples
from maquette.geometry.surface import face_areas

_PER_CELL = 8.0  # samples on a cell's face: enough that no wall has a hole
_MOST_SAMPLES = 3_000_000
_OUTSIDE = 30.0  # times as dear as inside
_PAD = 2
_ENDS = 0.6  # of its usual depth: where it is less for good, a path has come to its end
_CLAIM = 1.6  # of its depth: how far around a path everything belongs to it


@dataclass(frozen=True)
class Filled:
    """A body as cells. Cell (i, j, k) lies at ``origin + cell * (i, j, k)``."""

    inside: Bools  # (X, Y, Z)
    depth: Floats  # (X, Y, Z) mm to the surface, 0 outside
    origin: Floats
    cell: float

    def places(self, index: Ints) -> Floats:
        """Where cells (N, 3) lie."""
        result: Floats = self.origin + self.cell * index
        return result


@dataclass(frozen=True)
class Limb:
    """A path from where a limb leaves the trunk to its end, (N, 3) mm, how deep it runs (N,), and its tip (3,).

    The path ends where it comes near the surface, the tip lies on it.
    """

    path: Floats
    depth: Floats
    tip: Floats

    @property
    def length(self) -> float:
        """Along the path, to the tip."""
        steps = np.diff(np.concatenate([self.path, self.tip[None]]), axis=0)
        return float(np.linalg.norm(steps, axis=1).sum())

    def at(self, share: float) -> Floats:
        """The point at a share 0..1 of its length, (3,)."""
        step = np.linalg.norm(np.diff(self.path, axis=0), axis=1)
        along = np.concatenate([[0.0], np.cumsum(step)])
        return np.array([np.interp(share * along[-1], along, self.path[:, axis]) for axis in range(3)])


def fill(vertices: Floats, faces: Ints, cells: int = 64) -> Filled:
    """A surface, closed or nearly so, as cells, ``cells`` along its longest side. vertices (V, 3), faces (F, 3)."""
    from scipy.ndimage import binary_fill_holes, distance_transform_edt

    low, high = vertices.min(axis=0), vertices.max(axis=0)
    cell = float((high - low).max()) / cells
    area = float(face_areas(vertices, faces).sum())
    count = int(min(max(_PER_CELL * area / cell**2, 2000), _MOST_SAMPLES))
    points = surface_samples(vertices, faces, count).points
    origin = low - _PAD * cell
    index = np.rint((points - origin) / cell).astype(np.int64)
    inside = np.zeros(np.rint((high - low) / cell).astype(int) + 2 * _PAD + 1, bool)
    inside[tuple(index.T)] = True
    inside = binary_fill_holes(inside)
    return Filled(inside, distance_transform_edt(inside) * cell, origin, cell)


def limbs(body: Filled, heart: Ints, least: float, most: int = 12) -> list[Limb]:
    """Limbs longer than ``least`` mm beyond the trunk, the farthest tip first. heart (3,) a cell inside."""
    from skimage.graph import MCP_Geometric

    depth = body.depth / body.depth.max()
    cost = np.where(body.inside, 1 / np.maximum(depth, 0.02) ** 1.5, _OUTSIDE * 50)
    routes = MCP_Geometric(cost)
    routes.find_costs([tuple(heart)])
    far = MCP_Geometric(np.where(body.inside, 1.0, _OUTSIDE)).find_costs([tuple(heart)])[0]
    far = np.where(body.inside, far, -1.0)
    claimed = np.zeros(body.inside.shape, bool)
    trunk = np.asarray(heart)[None]
    _claim(claimed, body, trunk)
    paths: list[Ints] = []
    for _ in range(4 * most):
        left = np.where(claimed, -1.0, far)
        tip = np.unravel_index(int(left.argmax()), left.shape)
        if left[tip] < 0 or len(paths) == most:
            break
        path = np.array(routes.traceback(tip))
        _claim(claimed, body, path)
        if _beyond(body, path, np.concatenate([trunk, *paths])).length > least:
            paths.append(path)
    others = [np.concatenate([trunk, *(path for path in paths if path is not own)]) for own in paths]
    result = [_beyond(body, path, rest) for path, rest in zip(paths, others, strict=True)]
    return [limb for limb in result if limb.length > least]


def _claim(claimed: Bools, body: Filled, path: Ints) -> None:
    """Mark the cells that belong to a path, in place."""
    reach = _CLAIM * body.depth[tuple(path.T)] / body.cell + 1.5
    for center, radius in zip(path[::2].tolist(), reach[::2].tolist(), strict=True):
        span = int(np.ceil(radius))
        low = np.maximum(np.array(center) - span, 0)
        window = tuple(slice(a, c + span + 1) for a, c in zip(low.tolist(), center, strict=True))
        shape = claimed[window].shape
        axes = [np.arange(n) + a - c for n, a, c in zip(shape, low.tolist(), center, strict=True)]
        square = axes[0][:, None, None] ** 2 + axes[1][None, :, None] ** 2 + axes[2][None, None, :] ** 2
        claimed[window] |= square <= radius**2


def _beyond(body: Filled, path: Ints, trunk: Ints) -> Limb:
    """The part of a path from the heart that lies outside the balls around the trunk's own paths."""
    from scipy.spatial import cKDTree

    tree = cKDTree(trunk)
    reach = body.depth[tuple(trunk.T)] / body.cell
    distance, near = tree.query(path)
    within = np.flatnonzero(distance <= reach[near])
    start = min(int(within[-1]) if len(within) else 0, len(path) - 2)
    rest = path[max(start, 0) :]
    places = body.places(rest)
    if len(places) > 5:
        kernel = np.ones(5) / 5
        inner = np.stack([np.convolve(column, kernel, mode="valid") for column in places.T], axis=1)
        places = np.concatenate([places[:2], inner, places[-2:]])
    depth = body.depth[tuple(rest.T)]
    deep = np.flatnonzero(depth >= _ENDS * np.median(depth))
    stop = max(int(deep[-1]) + 1, 2)
    return Limb(places[:stop], depth[:stop], places[-1])
