"""Regions of a photo that may be a card, a sheet, a marker or a coin: found by many thresholds, their edges made exact.

A thing that lies on something else is a region in at least one threshold of one colour channel, whatever is printed on
it. Tried before: lines by Hough transform and their crossings, which found more rectangles in a tiled wall than cards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Floats, Singles
from maquette.photo.color import lab

WORK_PX = 900  # long side in which regions are looked for
FINE_PX = 2400  # long side in which edges are measured
_LEVELS = 14
_LEAST, _MOST = 0.0008, 0.6  # share of the picture
_TWINS = 0.97  # regions whose boxes overlap this much are one


@dataclass(frozen=True)
class Region:
    """A blob without holes: its outline's hull (N, 2) and area in pixels of the working picture."""

    hull: Floats
    area: float
    box: tuple[int, int, int, int]
    first: float  # second moments' axes, semi, larger first
    second: float


@dataclass(frozen=True)
class Photo:
    """A photo at two sizes: ``fine`` (H, W, 3) float32 sRGB, ``work`` (h, w, 3) Lab, and the factors to full size."""

    fine: Singles
    work: Singles
    per_fine: float
    per_work: float

    @property
    def middle(self) -> Floats:
        """The picture's centre in fine pixels."""
        return np.array([self.fine.shape[1], self.fine.shape[0]]) / 2 - 0.5


def prepare(pixels: NDArray[np.uint8]) -> Photo:
    """The photo at the two sizes."""
    fine, per_fine = _shrink(pixels, FINE_PX)
    small, per_work = _shrink(pixels, WORK_PX)
    return Photo(fine, lab(np.rint(small).astype(np.uint8)), per_fine, per_work)


def _shrink(pixels: NDArray[np.uint8], side: int) -> tuple[Singles, float]:
    """A picture with a long side of at most ``side``, and how many of its pixels one of the result is."""
    from PIL import Image

    factor = max(pixels.shape[:2]) / side
    if factor <= 1:
        return pixels.astype(np.float32), 1.0
    size = (max(round(pixels.shape[1] / factor), 1), max(round(pixels.shape[0] / factor), 1))
    small = np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.BOX))
    return small.astype(np.float32), pixels.shape[1] / size[0]


def regions(photo: Photo) -> list[Region]:
    """Candidate blobs, the largest first, each once."""
    regions_so_far: list[Region] = []
    for mask in _masks(photo.work):
        regions_so_far += _blobs(mask)
    regions_so_far.sort(key=lambda region: (-region.area, region.box))
    kept: list[Region] = []
    for region in regions_so_far:
        if not any(_same(region, other) for other in kept[-40:]):
            kept.append(region)
    return kept


def _masks(work: Singles) -> Iterator[Bools]:
    """The picture cut at levels of lightness and colour, both sides of each."""
    from scipy.ndimage import gaussian_filter

    for channel in range(3):
        plane = gaussian_filter(work[..., channel], 1.0)
        low, high = np.quantile(plane, [0.005, 0.995])
        if high - low < 8:
            continue
        for level in np.linspace(low, high, _LEVELS + 2)[1:-1]:
            yield plane > level
            yield plane <= level


def _blobs(mask: Bools) -> list[Region]:
    """Regions of one mask that are convex enough and inside the frame."""
    from scipy.ndimage import binary_fill_holes, find_objects, label

    labels, _ = label(mask)
    total, blobs = mask.size, []
    height, width = mask.shape
    counts = np.bincount(labels.reshape(-1))
    for number, box in enumerate(find_objects(labels), start=1):
        rows, columns = box
        size = (rows.stop - rows.start) * (columns.stop - columns.start)
        if not _LEAST * total < size or counts[number] < 0.2 * size:
            continue
        if rows.start < 1 or columns.start < 1 or rows.stop > height - 1 or columns.stop > width - 1:
            continue
        blob = binary_fill_holes(labels[box] == number)
        if _LEAST * total < blob.sum() < _MOST * total:
            blobs += _region(blob, rows.start, columns.start)
    return blobs


def _region(blob: Bools, top: int, left: int) -> list[Region]:
    from scipy.spatial import ConvexHull

    row, column = np.nonzero(blob)
    first = np.concatenate([[True], np.diff(row) > 0])
    last = np.concatenate([np.diff(row) > 0, [True]])
    rim = np.concatenate([np.stack([column[first] - 0.5, row[first]], 1), np.stack([column[last] + 0.5, row[last]], 1)])
    rim = np.concatenate([rim + [0, -0.5], rim + [0, 0.5]])
    if len(rim) < 12 or np.ptp(rim, axis=0).min() < 6:
        return []
    hull = ConvexHull(rim)
    area = float(blob.sum())
    if area < 0.93 * hull.volume:
        return []
    covariance = np.cov(np.stack([column, row]))
    small, large = np.sqrt(np.maximum(np.linalg.eigvalsh(covariance), 0)) * 2
    shape = blob.shape
    points = rim[hull.vertices] + [left, top]
    return [Region(points, area, (top, left, top + shape[0], left + shape[1]), float(large), float(small))]


def _same(one: Region, other: Region) -> bool:
    a, b = np.array(one.box), np.array(other.box)
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = np.prod(np.maximum(high - low, 0))
    union = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared
    return bool(shared > _TWINS * union and abs(one.area - other.area) < 0.03 * other.area)


def profiles(picture: Singles, points: Floats, normals: Floats, reach: int) -> Singles:
    """Colours along short lines across an edge, outside to inside, (N, 4·reach + 1, 3): two samples a pixel.

    points (N, 2) and unit normals (N, 2), pointing inward.
    """
    from scipy.ndimage import map_coordinates

    steps = np.arange(-2 * reach, 2 * reach + 1) / 2
    where = points[:, None] + normals[:, None] * steps[None, :, None]
    coordinates = [where[..., 1].ravel(), where[..., 0].ravel()]
    lines = [map_coordinates(picture[..., k], coordinates, order=1, mode="nearest") for k in range(3)]
    result: Singles = np.stack(lines, axis=-1).reshape(len(points), len(steps), 3)
    return result


def edge_offsets(picture: Singles, points: Floats, normals: Floats, reach: int) -> tuple[Floats, Floats]:
    """How far inward each point's edge lies, (N,) pixels, and its contrast (N,) in grey levels.

    The edge is where the colour changes fastest, whichever way: a dark stripe on a light card ends in an edge as well.
    """
    from scipy.ndimage import gaussian_filter1d

    lines = profiles(picture, points, normals, reach)
    half = lines.shape[1] // 2
    slope = np.linalg.norm(gaussian_filter1d(lines, 1.5, axis=1, order=1), axis=2)
    best = slope[:, 1:-1].argmax(axis=1) + 1
    row = np.arange(len(points))
    before, peak, after = slope[row, best - 1], slope[row, best], slope[row, best + 1]
    bend = before - 2 * peak + after
    shift = np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, -1.0), 0.0)
    offset: Floats = (best + np.clip(shift, -0.5, 0.5) - half) / 2
    return offset, (peak * 4.0).astype(np.float64)


def line_through(points: Floats, width: float) -> tuple[Floats, Floats, Any]:
    """A robust line: a point on it, its direction, and which points (N,) lie within ``width`` of it."""
    kept = np.ones(len(points), bool)
    middle, direction = points.mean(axis=0), np.array([1.0, 0.0])
    for turn in range(8):
        middle = np.median(points[kept], axis=0) if turn == 0 else points[kept].mean(axis=0)
        _, _, axes = np.linalg.svd(points[kept] - middle, full_matrices=False)
        direction = axes[0]
        away = np.abs((points - middle) @ np.array([-direction[1], direction[0]]))
        limit = max(width, 1.5 * float(np.median(away))) if turn < 4 else width
        after = away <= limit
        if after.sum() < 4 or (turn >= 4 and (after == kept).all()):
            break
        kept = after
    return middle, direction, kept
