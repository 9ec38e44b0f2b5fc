"""Rulers: a straight edge with a tick every millimetre, longer at five and at ten. Nothing else has that rhythm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Singles
from maquette.photo.flat_things import Photo

_LINES = 24  # straight lines that are looked along
_BAND = 140  # fine pixels to either side of a line
_LEAST_TICKS = 25
_LEAST_PX, _MOST_PX = 3.5, 60.0  # fine pixels between ticks


@dataclass(frozen=True)
class Ruled:
    """The ruler's middle and how it runs, in fine pixels.

    ``step`` (2,) is what a millimetre moves the pixel there, ``recession`` by what share of the distance it leads away,
    ``error`` the step's share of error, ``ticks`` how many were counted.
    """

    middle: Floats
    step: Floats
    recession: float
    error: float
    ticks: int

    def mm_per_px(self, center: Floats, focal: float) -> float:
        """Millimetres a pixel square to the line of sight at the ruler's middle, for a focal length in pixels."""
        across = self.step + (self.middle - center) * self.recession
        return float(1 / np.hypot(np.linalg.norm(across), focal * self.recession))


def measure_ruler(photo: Photo) -> Ruled | None:
    """The scale along the clearest ruler in the photo, in its middle; None where there is none."""
    best: Ruled | None = None
    for start, direction, length in _lines(photo):
        band = _band(photo, start, direction, length)
        for side in (band[_BAND:], band[_BAND::-1]):
            places = _read(side)
            if places is not None and (best is None or len(places) > best.ticks):
                best = _fit(places, start, direction)
    return best


def _lines(photo: Photo) -> list[tuple[Floats, Floats, int]]:
    """Long straight lines of the picture: a start in fine pixels, a unit direction and a length."""
    from skimage.feature import canny
    from skimage.transform import hough_line, hough_line_peaks

    edge = canny(photo.work[..., 0].astype(np.float64), sigma=1.5, low_threshold=3, high_threshold=8)
    space, angles, distances = hough_line(edge, theta=np.linspace(-np.pi / 2, np.pi / 2, 360, endpoint=False))
    least = 0.15 * max(edge.shape)
    result, factor = [], photo.per_work / photo.per_fine
    height, width = photo.fine.shape[:2]
    peaks = hough_line_peaks(space, angles, distances, min_distance=3, min_angle=2, threshold=least, num_peaks=_LINES)
    for _, angle, distance in zip(*peaks, strict=True):
        normal = np.array([np.cos(angle), np.sin(angle)])
        direction = np.array([-normal[1], normal[0]])
        foot = (normal * distance + 0.5) * factor - 0.5
        reach = np.arange(-int(np.hypot(height, width)), int(np.hypot(height, width)))
        x, y = (foot + reach[:, None] * direction).T
        inside = np.flatnonzero((x >= 0) & (x < width) & (y >= 0) & (y < height))
        if len(inside) > 100:
            result.append((foot + reach[inside[0]] * direction, direction, len(inside)))
    return result


def _band(photo: Photo, start: Floats, direction: Floats, length: int) -> Singles:
    """Brightness along a line and beside it, (2 · _BAND + 1, length)."""
    from scipy.ndimage import map_coordinates

    normal = np.array([-direction[1], direction[0]])
    away = np.arange(-_BAND, _BAND + 1)[:, None]
    along = np.arange(length)[None]
    x, y = (start[k] + along * direction[k] + away * normal[k] for k in (0, 1))
    band: Singles = map_coordinates(photo.fine.mean(axis=2), [y, x], order=1, mode="nearest")
    return band


def _read(side: Singles) -> Floats | None:
    """Places of ticks that begin at the band's first rows, longer every fifth and tenth; None where they do not."""
    from scipy.ndimage import gaussian_filter1d, uniform_filter1d

    for row in range(2, 40, 3):
        line = side[row : row + 3].mean(axis=0).astype(np.float64)
        flat = line - uniform_filter1d(line, 81, mode="nearest")
        places = _ticks(gaussian_filter1d(flat, 0.7))
        if places is None:
            continue
        if _rhythm(side, places, row):
            return places
    return None


def _ticks(flat: Floats) -> Floats | None:
    """Places of evenly spaced dark ticks, the longest such run; None where there are too few."""
    depth = 0.4 * np.quantile(-flat, 0.97)
    if depth < 4:
        return None
    low = np.flatnonzero((flat[1:-1] < flat[:-2]) & (flat[1:-1] <= flat[2:]) & (flat[1:-1] < -depth)) + 1
    if len(low) < _LEAST_TICKS:
        return None
    before, here, after = flat[low - 1], flat[low], flat[low + 1]
    bend = before - 2 * here + after
    exact = low + 0.5 * (before - after) / np.maximum(bend, 1e-9)
    gap = np.diff(exact)
    even = np.abs(gap[1:] / gap[:-1] - 1) < 0.25
    runs = np.split(np.arange(len(exact)), np.flatnonzero(~even) + 2)
    longest = max(runs, key=len)
    if len(longest) < _LEAST_TICKS:
        return None
    places: Floats = exact[longest]
    middle = float(np.median(np.diff(places)))
    return places if _LEAST_PX <= middle <= _MOST_PX else None


def _rhythm(side: Singles, places: Floats, row: int) -> bool:
    """Whether every tenth tick is longest and every fifth between them longer than the rest."""
    gap = float(np.median(np.diff(places)))
    columns = np.rint(places).astype(int)
    between = np.rint((places[1:] + places[:-1]) / 2).astype(int)
    deep = side[row : row + int(min(12 * gap, _BAND - row))].astype(np.float64)
    if len(deep) < 3 * gap:
        return False
    paper = np.interp(np.arange(side.shape[1]), between, np.median(deep[: max(int(gap), 2), between], axis=0))
    ink = deep[: max(int(gap), 2), columns].mean(axis=0)
    half = (paper[columns] + ink) / 2
    dark = np.minimum.reduce([deep[:, np.clip(columns + k, 0, side.shape[1] - 1)] for k in (-1, 0, 1)]) < half
    length = np.where(dark.all(axis=0), len(deep), (~dark).argmax(axis=0)).astype(np.float64)
    number = np.arange(len(places))
    typical = np.array([np.median(length[number % 10 == k]) for k in range(10)])
    tenth = int(typical.argmax())
    fifth = (tenth + 5) % 10
    rest = np.delete(typical, [tenth, fifth])
    longer = typical[tenth] > 1.12 * typical[fifth] and typical[fifth] > 1.12 * rest.max()
    if not longer or rest.max() > 1.3 * rest.min():
        return False
    return bool((length[number % 10 == tenth] < 1.05 * rest.max()).mean() <= 0.2)


def _fit(places: Floats, start: Floats, direction: Floats) -> Ruled:
    """Places along a line as a projective function of the millimetre, by least squares."""
    k = np.arange(len(places)) - (len(places) - 1) / 2
    x = places - places.mean()
    a, b, c = np.linalg.lstsq(np.stack([k, np.ones_like(k), -k * x], axis=1), x, rcond=None)[0]
    off = (a * k + b) / (1 + c * k) - x
    slope = float(a - b * c)
    error = float(np.sqrt((off**2).mean())) / (abs(slope) * np.sqrt((k**2).sum()))
    middle = start + direction * (places.mean() + b)
    return Ruled(middle, direction * slope, float(c), error, len(places))
