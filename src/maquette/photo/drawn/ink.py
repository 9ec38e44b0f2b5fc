"""Ink on paper: which pixels of a photographed or scanned drawing are strokes, whatever light fell on the sheet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Floats

_SHEET = 0.08  # of the longer side: no stroke is so wide, so what is brightest within it is paper
_FAINTEST, _DARKEST = 0.6, 0.92  # of the paper's light: a threshold beyond these is noise, or loses pencil
_SPECK = 0.012  # of the longer side: marks that are smaller both ways are dust
_PLACES = 4000  # of bare paper that its light is fitted to
_DARK_SHEET = 0.35  # of full light: below, the drawing is chalk on a board


def dark_on_light(pixels: Floats) -> Floats:
    """Colors (H, W, 3), 0..1, of a drawing on paper as they are; chalk on a board comes back as ink."""
    return 1 - pixels if float(np.median(pixels)) < _DARK_SHEET else pixels


def on_white(pixels: Floats) -> Floats:
    """Colors (H, W, 3), 0..1, as they would be on a white sheet in even light."""
    from scipy.ndimage import gaussian_filter, maximum_filter

    reach = max(3, round(_SHEET * max(pixels.shape)))
    planes = []
    for channel in range(3):
        plane = pixels[..., channel]
        paper = gaussian_filter(maximum_filter(gaussian_filter(plane, 1.0), reach), reach / 2)
        planes.append(np.clip(plane / np.maximum(paper, 1e-3), 0, 1))
    return np.stack(planes, axis=-1)


def sheet_light(pixels: Floats, drawn: Bools) -> Floats:
    """Colors (H, W, 3), 0..1, over those of the bare paper around what is ``drawn`` (H, W); its light is a parabola.

    `on_white` takes the middle of a large filling for paper; this does not.
    """
    height, width = drawn.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    bare = np.argwhere(~drawn)[:: max(1, (~drawn).sum() // _PLACES)]
    if len(bare) < _PLACES // 20:
        return pixels
    rows, columns = bare.T
    slopes = np.linalg.lstsq(terms[rows, columns], pixels[rows, columns], rcond=None)[0]
    result: Floats = np.clip(pixels / np.maximum(terms @ slopes, 0.05), 0, 1)
    return result


def ink_of(share: Floats) -> tuple[Bools, float]:
    """Strokes (H, W), without dust, and the light below which a pixel is one. ``share`` (H, W): light over paper's."""
    from skimage.filters import threshold_otsu
    from skimage.measure import label, regionprops

    level = float(np.clip(threshold_otsu(share), _FAINTEST, _DARKEST)) if np.ptp(share) > 1e-3 else _FAINTEST
    ink: Bools = share < level
    marks: NDArray[np.int64] = label(ink, connectivity=2)
    keep = np.zeros(int(marks.max()) + 1, bool)
    smallest = _SPECK * max(share.shape)
    for mark in regionprops(marks):
        top, left, bottom, right = mark.bbox
        keep[mark.label] = max(bottom - top, right - left) >= smallest
    return keep[marks], level


def stroke_width(ink: Bools) -> float:
    """Width of most strokes, in pixels: twice the distance to the edge along their middles. 1 where there are none."""
    from scipy.ndimage import distance_transform_edt
    from skimage.morphology import skeletonize

    middles = skeletonize(ink)
    if not middles.any():
        return 1.0
    return max(1.0, 2 * float(np.median(distance_transform_edt(ink)[middles])) - 1)
