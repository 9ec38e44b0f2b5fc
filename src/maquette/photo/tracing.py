"""Tracing: the areas of a picture of few colours, their borders found between pixels and not along them.

The soft edge of a drawn line says how much of a pixel it covers; where it covers half, the border passes. Of several
colours each is traced together with all that come after it and those are taken away again, so that no gap opens.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bytes, Floats, Singles
from maquette.core.errors import BadInput, CannotDo
from maquette.geometry.flat.areas import area_of, thin_area
from maquette.geometry.flat.outlines import crossings, loop_areas, outlines
from maquette.geometry.look.oklab import clusters, light_of, light_of_oklab, nearest, oklab_of, srgb_of

_OFF = 0.08  # pixels that a border may be off for fewer points
_MOST_CROSSINGS = 400_000  # grid edges between areas: logos have 2,000 to 50,000, photographs any number
_SAMPLE = 60_000  # pixels that colours are chosen from
_ALIKE = 0.1  # of the way from black to white: less is paper

Color = tuple[int, int, int]
Field = tuple[Floats, Color]
Traced = list[tuple[Any, Color]]


def trace_picture(pixels: Bytes, mask: Singles | None, colors: int, stage: str) -> Traced:
    """Areas and their colours, x and y in pixels, y up; without the ground. ``CannotDo`` for a picture of no areas."""
    if min(pixels.shape[:2]) < 3:
        raise BadInput(f"{stage}: a picture of {pixels.shape[1]} x {pixels.shape[0]} pixels shows no shape to trace")
    if mask is None and colors == 1:
        fields = [_ink(pixels / 255.0, stage)]
    elif mask is None:
        fields = _labels(oklab_of(light_of(pixels)), colors)
    else:
        fields = _fields_within(oklab_of(light_of(pixels)), np.asarray(mask, np.float64), colors)
    traced: Traced = []
    above: Any = None
    for field, color in reversed(fields):
        area = _area(field, stage)
        shown = area if above is None else area - above
        above = area if above is None else above + area
        if not shown.is_empty():
            traced.append((shown, color))
    if not traced:
        raise CannotDo(f"{stage}: the picture shows nothing on its ground; is it all of one color?")
    return traced[::-1]


def _ink(pixels: Floats, stage: str) -> Field:
    """How much of each pixel is not paper, (H, W), and the ink's colour. Mixed as screens mix: in encoded sRGB."""
    from skimage.filters import threshold_otsu

    away = np.linalg.norm(pixels - np.median(_border(pixels), axis=0), axis=2)
    if away.max() < _ALIKE:
        raise CannotDo(f"{stage}: the picture is all of one color; there is nothing to trace")
    half = float(threshold_otsu(away))
    red, green, blue = np.rint(np.median(pixels[away > half], axis=0) * 255).astype(int)
    return np.clip(0.5 * away / half, 0, 1), (int(red), int(green), int(blue))


def _labels(looks: Floats, colors: int) -> list[Field]:
    """How much of each pixel is of a colour or of one that comes after it, the ground left out."""
    flat = looks.reshape(-1, 3)
    chosen = _palette(flat, colors + 1)
    label = nearest(flat, chosen)[0].reshape(looks.shape[:2])
    ground = int(np.bincount(_border(label)).argmax())
    count = np.bincount(label.reshape(-1), minlength=len(chosen))
    order = sorted((n for n in range(len(chosen)) if n != ground and count[n]), key=lambda n: -count[n])
    return _stack_fields(label, order, chosen)


def _fields_within(looks: Floats, mask: Floats, colors: int) -> list[Field]:
    """The same of a cut-out subject: its mask is the first field."""
    inside = looks[mask > 0.5]
    if not len(inside) or colors == 1:
        return [(mask, _color(np.median(inside, axis=0) if len(inside) else np.zeros(3)))]
    chosen = _palette(inside, colors)
    label = np.where(mask > 0.5, nearest(looks.reshape(-1, 3), chosen)[0].reshape(mask.shape), -1)
    count = np.bincount(label[label >= 0], minlength=len(chosen))
    order = sorted((n for n in range(len(chosen)) if count[n]), key=lambda n: -count[n])
    fields = _stack_fields(label, order, chosen)
    return [(mask, fields[0][1]), *fields[1:]]


def _stack_fields(label: NDArray[np.int64], order: list[int], chosen: Floats) -> list[Field]:
    """For each colour where it or a later one is, its edges softened over a pixel."""
    from scipy.ndimage import gaussian_filter

    return [
        (gaussian_filter(np.isin(label, order[place:]).astype(np.float64), 0.7), _color(chosen[number]))
        for place, number in enumerate(order)
    ]


def _area(field: Floats, stage: str) -> Any:
    """The inside of a field as an area, y up, in pixels."""
    if crossings(field) > _MOST_CROSSINGS:
        raise CannotDo(f"{stage}: {crossings(field):,} pixels of border are noise and no shape; take fewer colors")
    loops = outlines(field, straighten=False)
    if not loops:
        return area_of([])
    kept = np.abs(loop_areas(loops)) >= 1.0  # a pixel
    height = field.shape[0]
    turned = [(loop * [1.0, -1.0] + [0.0, height])[::-1] for loop, keep in zip(loops, kept, strict=True) if keep]
    return thin_area(area_of(turned), _OFF)


def _palette(looks: Floats, colors: int) -> Floats:
    """So many colours that stand for all, those that are hardly seen left out."""
    some = looks[:: max(1, len(looks) // _SAMPLE)]
    return clusters(some, np.ones(len(some)), colors)


def _border(values: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _color(look: Floats) -> Color:
    """An Oklab colour as sRGB."""
    red, green, blue = srgb_of(light_of_oklab(np.asarray(look)[None]))[0]
    return int(red), int(green), int(blue)
