"""From what the network says to a field that is above 0 inside: front, back, silhouette and volume in one.

The grid follows the rays: cell (k, r, c) is pixel (r, c) of the window at depth k, so the outline on the photo is kept
to a fraction of a pixel whatever the lens. Values are in cells of the network's volume, near the surface about the
distance to it. Lengths are in half windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Floats
from maquette.generate.guess.input import NEAREST, Pixels, balloon, block_means
from maquette.generate.guess.network import Guess

_FAR = 6.0  # cells: values beyond say "surely" and are cut, as in training
FINER = 4  # pixels of the mask along one cell
DEEP = 2.75  # half windows from NEAREST on: a ball that fills the picture ends 2.3 behind it, beyond the network's 2
_FADE = 4.0  # the network's cells over which its last word dies away behind its volume
_RIM = 2.0  # the network's cells from the outline inward over which its volume comes to count
_ROUND = 1.5 / 64  # of the picture: over this the coarse balloon's steps are evened out
_SHEET = 0.02  # half windows: what the network adds to the balloon's thickness
_BLUR = 1.0  # of the network's cells
_SURE = 0.5  # cells: a column of the field that reaches this has a middle
_THICKEST_CORE = 0.04  # half windows
_STROKE = 3.5  # pixels of the mask: half the width that a row of cells cannot miss
_LEAST_STROKE = 0.06  # of the picture: a thin part is a limb from this length on, a wisp below


@dataclass
class Field:
    """Values (D, R, R) at depth, row, column, above 0 inside, and what they were made from. D cells reach DEEP.

    ``front`` and ``outline`` (R, R): depth of the visible surface, and signed distance into the mask in half windows.
    """

    values: Pixels
    front: Pixels
    outline: Pixels
    eye: float
    cell: float  # half windows that one unit of the values stands for

    @property
    def resolution(self) -> int:
        """Cells along the picture's sides."""
        return int(self.values.shape[1])

    def sample(self, points: Floats) -> Floats:
        """Values at points (N, 3) = right, down, into the picture; -6 beyond the grid. (N,)"""
        from scipy.ndimage import map_coordinates

        deep = np.maximum(1 + points[:, 2] / self.eye, 0.05)
        place = np.stack([points[:, 2] - NEAREST, points[:, 1] / deep + 1, points[:, 0] / deep + 1])
        at = place * self.resolution / 2 - 0.5
        result: Floats = map_coordinates(self.values, at, order=1, mode="constant", cval=-_FAR)
        return result

    def plane_at(self, plane: Pixels, points: Floats, outside: float) -> Floats:
        """A plane (R, R) where points (N, 3) fall into the picture. (N,)"""
        from scipy.ndimage import map_coordinates

        deep = np.maximum(1 + points[:, 2] / self.eye, 0.05)
        at = (np.stack([points[:, 1] / deep, points[:, 0] / deep]) + 1) * self.resolution / 2 - 0.5
        result: Floats = map_coordinates(plane, at, order=1, mode="constant", cval=outside)
        return result

    def centers(self) -> Floats:
        """The cells' middles as points (D R², 3) = right, down, into the picture, in the grid's order."""
        axis = (np.arange(self.resolution) + 0.5) * (2 / self.resolution) - 1
        z, v, u = np.meshgrid(_depths(self.resolution, len(self.values)), axis, axis, indexing="ij")
        deep = 1 + z / self.eye
        return np.stack([(u * deep).ravel(), (v * deep).ravel(), z.ravel()], axis=1)

    def unproject(self, places: NDArray[np.number[Any]]) -> Floats:
        """Grid places (N, 3) = depth, row, column, counted from the first cell's middle, as points (N, 3)."""
        z, v, u = ((places + 0.5) * (2 / self.resolution) + [NEAREST, -1, -1]).T
        deep = 1 + z / self.eye
        return np.stack([u * deep, v * deep, z], axis=1)


def field_of(guess: Guess, mask: Pixels, seed: int) -> Field:
    """The field of R cells a side from the window's mask at four times that, (4R, 4R), so that outlines are smooth.

    ``seed`` 0 takes the likeliest depth; others move the unseen side by what the network expects to be wrong by there.
    """
    outline = _signed_distance(mask)
    side, bins = len(outline), len(guess.residual)
    front, back = _surfaces(guess, block_means(mask, FINER), outline, seed)
    deep = round(side * DEEP / 2)
    depth = _depths(side, deep)[:, None, None]
    said = np.minimum(depth - front, back - depth)
    said *= bins / 2
    np.clip(said, -_FAR, _FAR, out=said)
    said += _enlarged_volume(guess.residual * _whole_cells(guess), (deep, side, side))
    values = _blur(said, _BLUR * side / bins)
    edge = outline * (bins / 2)
    inner = np.clip(edge / _RIM, 0, 1)  # at the rim the balloon is round, where blurred cells would end in a bead
    values += (1 - inner * inner * (3 - 2 * inner)) * (distances(front, back, depth) * (bins / 2) - values)
    np.minimum(values, edge, out=values)
    middle = (front / 2 + back / 2).astype(np.float32, copy=False)
    np.maximum(values, _core(values, middle, outline, depth) * (bins / 2), out=values)
    np.minimum(values, edge, out=values)
    return Field(values, front, outline, guess.eye, 2 / bins)


def distances(front: Pixels, back: Pixels, depth: Pixels) -> Pixels:
    """About the distance inside front and back: steep places count by their slope, so columns make no steps."""
    ahead, behind = (1 / np.sqrt(1 + _slope_squared(plane)) for plane in (front, back))
    far = _FAR * 2 / len(front)
    return np.clip(np.minimum((depth - front) * ahead, (back - depth) * behind), -far, far)


def _slope_squared(plane: Pixels) -> Pixels:
    """Square of the slope of depths (R, R) over a picture that is 2 wide."""
    down, right = np.gradient(plane, 2 / len(plane))
    squared: Pixels = np.asarray(down * down + right * right, np.float32)
    return squared


def _depths(side: int, count: int) -> Pixels:
    """Depths of the first ``count`` cells' middles, for ``side`` cells along the picture."""
    return ((np.arange(count, dtype=np.float32) + 0.5) * (2 / side) + NEAREST).astype(np.float32)


def _surfaces(guess: Guess, mask: Pixels, outline: Pixels, seed: int) -> tuple[Pixels, Pixels]:
    """Depth of front and back at the resolution of ``mask`` (R, R): the middle between them, and how thick it is there.

    Thickness goes from coarse to fine as its share of the balloon's, which is round at the rim at any resolution.
    """
    inside, side = guess.mask >= 0.5, len(mask)
    back = guess.back
    if seed:
        swing = float(np.clip(np.random.default_rng(seed).normal(), -2, 2))
        back = back + np.float32(swing) * np.exp(np.clip(guess.doubt[1], -5, -0.5))
    thick = np.maximum(back - guess.front, 0.01)
    share = np.log(thick / (2 * balloon(guess.mask) + _SHEET))
    middle = _finer(_extrapolate((guess.front + back) / np.float32(2), inside), side)
    share = _finer(_extrapolate(share, inside), side)
    half = (round_rim(balloon(mask), outline) + _SHEET / 2) * np.exp(np.clip(share, -3, 3))
    return (middle - half).astype(np.float32), (middle + half).astype(np.float32)


def round_rim(height: Pixels, outline: Pixels) -> Pixels:
    """A balloon's height (R, R) whose rim follows the fine outline, not the coarse cells that it was solved on.

    Beside the outline the height's square grows in proportion to the distance from it; by how much changes slowly.
    """
    from scipy.ndimage import gaussian_filter

    reach = _ROUND * len(height)
    inside = np.maximum(outline, 0)
    square = height.astype(np.float64) ** 2
    growth = gaussian_filter(square, reach) / np.maximum(gaussian_filter(inside, reach), 1e-6)
    share = np.clip(outline / (6 * _ROUND), 0, 1)
    share *= share * (3 - 2 * share)
    result: Pixels = np.sqrt(share * square + (1 - share) * growth * inside).astype(np.float32)
    return result


def _whole_cells(guess: Guess) -> Pixels:
    """1 for cells of the network's volume that the mask covers, falling to 0 for those it covers by half, (V, V).

    Beside the outline the network speaks of cells of which a part is empty; there front and back say it better.
    """
    cells = guess.residual.shape[1]
    step = len(guess.mask) // cells
    whole_cells: Pixels = np.clip(2 * block_means(guess.mask, step) - 1, 0, 1)
    return whole_cells


def _core(values: Pixels, middle: Pixels, outline: Pixels, depth: Pixels) -> Pixels:
    """A thin body under every pixel of the mask, as distances (R, R, R): what the photo shows must not fall away.

    It lies in the middle of the field's solid cells; where the field has none, on a membrane stretched between those
    places. It is as thick as the mask is wide there, up to a limit.
    """
    solid = np.maximum(values, 0)
    weight = solid.sum(axis=0)
    sure: NDArray[np.bool_] = (solid.max(axis=0) > _SURE) & (outline > 0)
    center = (solid * depth).sum(axis=0) / np.maximum(weight, 1e-6)
    carried = _stretch(np.where(sure, center, middle), sure if sure.any() else outline > 0)
    thick = np.clip(outline, 1 / len(outline), _THICKEST_CORE) * (outline > 0)
    core: Pixels = (thick - np.abs(depth - carried)).astype(np.float32)
    return core


def _stretch(plane: Pixels, known: NDArray[np.bool_]) -> Pixels:
    """A plane (R, R) kept where it is known and stretched smoothly elsewhere, from the nearest known values on."""
    from scipy.ndimage import distance_transform_edt, uniform_filter

    nearest = distance_transform_edt(~known, return_distances=False, return_indices=True)
    filled = plane[tuple(nearest)].astype(np.float32)
    for size in (9, 9, 5, 5, 3, 3, 3, 3):
        filled = np.where(known, plane, uniform_filter(filled, size, mode="nearest"))
    stretched: Pixels = filled.astype(np.float32, copy=False)
    return stretched


def solid_cells(values: Pixels, smallest: float) -> Pixels:
    """The field without specks (under ``smallest`` of the largest body's cells) and without closed hollows."""
    from scipy.ndimage import label

    bodies, count = label(values > 0)
    if count > 1:
        sizes = np.bincount(bodies.ravel())[1:]
        specks = np.flatnonzero(sizes < smallest * sizes.max()) + 1
        values = np.where(np.isin(bodies, specks), -0.5, values)
    hollows, count = label(values <= 0)
    if count > 1:
        border = np.unique(
            np.concatenate([np.unique(np.take(hollows, end, axis)) for axis in range(3) for end in (0, -1)])
        )
        closed = np.setdiff1d(np.arange(1, count + 1), border)
        values = np.where(np.isin(hollows, closed), 0.5, values)
    return values.astype(np.float32)


def _signed_distance(mask: Pixels) -> Pixels:
    """Distance into a mask (4R, 4R), negative outside, in half windows, as means of 4 x 4 pixels, (R, R)."""
    from scipy.ndimage import distance_transform_edt

    inside = widen_strokes(mask >= 0.5)
    fine = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1] - distance_transform_edt(~inside)
    fine += np.where(inside, -0.5, 0.5)
    signed_distance: Pixels = (block_means(fine, FINER) * (2 / len(mask))).astype(np.float32)
    return signed_distance


def widen_strokes(inside: Bools) -> Bools:
    """A mask (4R, 4R) whose long thin parts are wide enough for cells of 4 x 4 pixels to meet them: legs, rods, stems.

    What is thin only for a short way, like hair along an outline, stays as it is.
    """
    from scipy.ndimage import distance_transform_edt, find_objects, label, maximum_filter

    deep = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    thin = inside & (distance_transform_edt(deep <= _STROKE) > _STROKE)  # what no disk of that radius fits into
    strokes, count = label(thin, np.ones((3, 3)))
    spans = [np.hypot(*(part.stop - part.start for part in place)) for place in find_objects(strokes)]
    long = np.array([False, *(span >= _LEAST_STROKE * len(inside) for span in spans)])
    ridge = long[strokes] & (deep >= maximum_filter(deep, 3))
    return inside | (distance_transform_edt(~ridge) <= _STROKE) if count and ridge.any() else inside


def _extrapolate(plane: Pixels, inside: NDArray[np.bool_]) -> Pixels:
    """A plane whose values beside the mask go on from those inside. (S, S)"""
    return _stretch(plane, inside) if inside.any() else plane


def _finer(plane: Pixels, side: int) -> Pixels:
    """A plane (S, S) at side x side pixels, by cubic splines."""
    from scipy.ndimage import zoom

    finer: Pixels = zoom(plane, side / len(plane), order=3, mode="nearest", grid_mode=True).astype(np.float32)
    return finer


def _blur(values: Pixels, spread: float) -> Pixels:
    """Without the steps of the network's cells; ``spread`` is the Gaussian's deviation in the field's cells."""
    from scipy.ndimage import gaussian_filter

    result: Pixels = gaussian_filter(values, spread, mode="nearest", truncate=2.5)
    return result


def _enlarged_volume(volume: Pixels, shape: tuple[int, int, int]) -> Pixels:
    """The network's volume (n, m, m) sampled trilinearly at a field's cells, ``shape`` = (D, R, R).

    Its border is carried on sideways; behind its last plane it dies away, for only front and back reach there.
    """
    for axis, cells in enumerate(shape):
        count = volume.shape[axis]
        at = (np.arange(cells) + 0.5) * count / shape[1] - 0.5
        fade = np.exp(-np.maximum(at - (count - 1), 0) / _FADE) if axis == 0 else 1.0
        at = np.clip(at, 0, count - 1)
        low = np.minimum(at.astype(np.int64), max(count - 2, 0))
        part = at - low
        weights = np.zeros((cells, count), np.float32)
        weights[np.arange(cells), low] = (1 - part) * fade
        weights[np.arange(cells), np.minimum(low + 1, count - 1)] += part * fade
        volume = np.moveaxis(np.tensordot(weights, volume, axes=(1, axis)), 0, axis)
    enlarged_volume: Pixels = np.ascontiguousarray(volume, np.float32)
    return enlarged_volume
