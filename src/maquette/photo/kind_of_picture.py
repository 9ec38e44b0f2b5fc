"""What kind of picture it is: a photo, a render, a drawing, a sketch, a logo, a screenshot or text.

Told by what a person would look for: how much of it is one even color, how many colors there are, how much is line,
whether edges run along rows and columns, and whether there are many small marks in rows.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["photo", "render", "drawing", "sketch", "logo", "screenshot", "text"]
Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Look:
    """``even``: share equal to its neighbours; ``few`` and ``two``: share of the eight and of the two commonest colors;
    ``grain``: noise in grey levels; ``line``: how much of what is not ground is thin marks; ``gray``: share without
    color; ``upright``: share of strong edges that run along rows or columns; ``marks``: small marks of one height per
    thousand pixels of the picture's longer side.
    """

    even: float
    few: float
    two: float
    grain: float
    line: float
    gray: float
    upright: float
    marks: float


def kind_of(pixels: Bytes, inside: Bools) -> tuple[Kind, Look]:
    """The kind, by the subject's pixels (H, W, 3) where ``inside`` (H, W) is, and what it was told by."""
    look = look_of(pixels, inside)
    whole = bool(inside.all())
    kind: Kind
    if whole and look.marks > 45 and look.gray > 0.7 and look.even > 0.5:
        kind = "text"
    elif whole and look.upright > 0.8 and look.even > 0.55:
        kind = "screenshot"
    elif whole and look.gray > 0.9 and look.two > 0.5 and look.line > 0.6:
        kind = "sketch"
    elif look.even > 0.85 and look.two > 0.85:
        kind = "logo"
    elif look.even > 0.7 and look.few > 0.8:
        kind = "drawing"
    elif look.grain < 0.4 and look.even < 0.6:
        kind = "render"
    else:
        kind = "photo"
    return kind, look


def look_of(pixels: Bytes, inside: Bools) -> Look:
    """The measures of a picture."""
    from scipy.ndimage import gaussian_filter

    from maquette.photo.picture_faults import LUMA, noise

    luma = (pixels @ LUMA).astype(np.float32)
    steps = _steps(pixels)
    codes = (pixels[inside] // 16).astype(np.int64) @ np.array([256, 16, 1])
    common = np.sort(np.unique(codes, return_counts=True)[1])[::-1]
    thin = np.abs(luma - gaussian_filter(luma, 3.0)) > 40
    ink = np.abs(luma - np.median(luma[inside])) > 40
    color = np.ptp(pixels[inside].astype(np.int16), axis=1)
    return Look(
        float((steps[inside] < 1).mean()),
        float(common[:8].sum() / max(common.sum(), 1)),
        float(common[:2].sum() / max(common.sum(), 1)),
        noise(pixels),
        float(thin[inside].sum() / max((ink | thin)[inside].sum(), 1)),
        float((color < 14).mean()),
        _upright(luma),
        _marks(thin),
    )


@dataclass(frozen=True)
class Drawn:
    """What tells drawn from photographed and rendered things, by the subject's pixels: ``even``: share equal to their
    neighbours; ``rim``: correlation of brightness with the distance from the outline, which shading makes large;
    ``noise``: logarithm of the grain; ``color``: mean of largest less smallest channel, of 255; ``hard``: share beside
    a step of 40 grey levels; ``two``: share of the two commonest colors.
    """

    even: float
    rim: float
    noise: float
    color: float
    hard: float
    two: float


_DRAWN = Drawn(even=6.1, rim=2.6, noise=0.19, color=4.6, hard=6.6, two=5.1)
_DRAWN_BASE = -6.27  # logistic regression on 288 pictures, 89 of them drawn, of 21 origins; each origin told by the
# others 96.5 % right, by areas of even color alone 94.4 %; what was tried on pictures unseen stands in bench/RESULTS.md


def chance_drawn(pixels: Bytes, inside: Bools) -> float:
    """How likely the subject ``inside`` (H, W) of a picture (H, W, 3) is drawn, painted or printed flat, 0..1."""
    look = drawn_look(pixels, inside)
    odds = float(np.dot(dataclasses.astuple(_DRAWN), dataclasses.astuple(look))) + _DRAWN_BASE
    return float(1 / (1 + np.exp(-odds)))


def drawn_look(pixels: Bytes, inside: Bools) -> Drawn:
    """The measures of a subject, taken two pixels inside its outline, where the ground has no say."""
    from scipy.ndimage import binary_erosion

    from maquette.photo.picture_faults import noise

    core = binary_erosion(inside, iterations=2, border_value=1)
    core = core if core.sum() >= 50 else inside
    step = _steps(pixels)[core]
    codes = (pixels[core] // 8).astype(np.int64) @ np.array([1024, 32, 1])
    common = np.sort(np.unique(codes, return_counts=True)[1])[::-1]
    return Drawn(
        float((step < 1).mean()),
        _rim_shading(pixels, inside, core),
        float(np.log(noise(pixels) + 0.05)),
        float(np.ptp(pixels[core].astype(np.int16), axis=1).mean() / 255),
        float((step >= 40).mean()),
        float(common[:2].sum() / common.sum()),
    )


def _rim_shading(pixels: Bytes, inside: Bools, core: Bools) -> float:
    """Correlation of brightness with the root of the distance from the outline; 0 where there is nothing to tell."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    from maquette.photo.picture_faults import LUMA

    if inside.all():
        return 0.0
    deep = distance_transform_edt(inside)
    band = core & (deep < deep.max())
    if band.sum() < 2:
        return 0.0
    away = np.sqrt(deep[band])
    bright = gaussian_filter((pixels @ LUMA).astype(np.float32), 3.0)[band]
    flat = bright.std() < 1e-3 or away.std() < 1e-6
    return 0.0 if flat else float(np.corrcoef(away, bright)[0, 1])


def _steps(pixels: Bytes) -> Singles:
    """Largest difference in any channel to the right and lower neighbour, (H, W)."""
    steps = np.zeros(pixels.shape[:2], np.float32)
    for axis in (0, 1):
        difference = np.abs(np.diff(pixels.astype(np.int16), axis=axis)).max(axis=2)
        pad = [(0, 1), (0, 0)] if axis == 0 else [(0, 0), (0, 1)]
        steps = np.maximum(steps, np.pad(difference, pad))
    return steps


def _upright(luma: Singles) -> float:
    """Share of strong edges that run exactly along rows or columns."""
    if min(luma.shape) < 2:
        return 0.0
    down, right = np.gradient(luma)
    strength = np.hypot(down, right)
    strong = strength > 25
    if strong.sum() < 50:
        return 0.0
    along = np.minimum(np.abs(down), np.abs(right))[strong] < 0.06 * strength[strong]
    return float(along.mean())


def _marks(thin: Bools) -> float:
    """Small marks of about the commonest height, per thousand pixels of the longer side."""
    from scipy.ndimage import find_objects, label

    marks, count = label(thin, np.ones((3, 3)))
    if not count:
        return 0.0
    heights = np.array([box[0].stop - box[0].start for box in find_objects(marks)])
    heights = heights[(heights >= 4) & (heights <= max(thin.shape) // 12)]
    if len(heights) < 10:
        return 0.0
    usual = float(np.median(heights))
    return float(((heights > 0.6 * usual) & (heights < 1.6 * usual)).sum() * 1000 / max(thin.shape))
