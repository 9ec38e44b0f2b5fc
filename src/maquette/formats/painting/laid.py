"""What G-code lays, layer by layer, as a picture: lines of their own width, filaments as they were loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.formats.slicers.gcode import Stroke, strokes
from maquette.formats.slicers.job import FILAMENT_MM

_AREA = 3.141592653589793 * FILAMENT_MM**2 / 4
_FINE = 1000.0  # heights are told apart to a thousandth of a millimetre


@dataclass(frozen=True)
class Layer:
    """One layer: its top, how thick it is, how often filament was loaded before it, and where it lies, (h, w)."""

    top_mm: float
    thick_mm: float
    loads: int
    mask: Bools


def laid_layers(text: str, low: Floats, size_mm: tuple[float, float], dot_mm: float) -> Iterator[Layer]:
    """The layers of a print over a rectangle from ``low`` (x, y), in dots, row 0 farthest from the front.

    Lines before the first that belongs to a part of the print are the printer's own start.
    """
    shape = (round(size_mm[1] / dot_mm), round(size_mm[0] / dot_mm))
    below = 0.0
    real = (stroke for stroke in strokes(text) if stroke.kind not in ("other", "skirt", "support", "tower"))
    for top, group in groupby(real, key=lambda stroke: round(stroke.z * _FINE)):
        lines = list(group)
        thick = top / _FINE - below
        for loads, same in groupby(lines, key=lambda stroke: stroke.loads):
            mask = _draw_lines(list(same), thick, low, size_mm[1], dot_mm, shape)
            yield Layer(top / _FINE, thick, loads, mask)
        below = top / _FINE


def _draw_lines(
    lines: list[Stroke], thick: float, low: Floats, deep: float, dot: float, shape: tuple[int, int]
) -> Bools:
    """Where lines lie, each as wide as its filament makes it; gaps of two dots between them have flowed shut."""
    from PIL import Image, ImageDraw
    from scipy.ndimage import binary_closing

    sheet = Image.new("1", (shape[1], shape[0]))
    draw = ImageDraw.Draw(sheet)
    ends = np.array([(stroke.start, stroke.end) for stroke in lines])  # (N, 2, 2)
    long = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    pushed = np.array([stroke.filament for stroke in lines])
    # a line is a rectangle with round sides: area = width * thick - (1 - pi / 4) thick^2 (Slic3r, "Flow math")
    wide = pushed * _AREA / np.maximum(long, 1e-6) / thick + (1 - np.pi / 4) * thick
    places = (ends - low) / dot
    places[..., 1] = deep / dot - places[..., 1]
    half = np.clip(wide, dot, 2.0) / dot / 2
    for (start, end), reach in zip(places.tolist(), half.tolist(), strict=True):
        draw.line([*start, *end], fill=1, width=max(1, round(2 * reach)))
        for x, y in (start, end):
            draw.ellipse([x - reach, y - reach, x + reach, y + reach], fill=1)
    mask = np.pad(np.asarray(sheet), 1)
    return np.asarray(binary_closing(mask, np.ones((3, 3), bool))[1:-1, 1:-1])


def loaded_at(text: str) -> Ints:
    """The top in thousandths of a millimetre of the first layer after each load."""
    known: dict[int, int] = {}
    for stroke in strokes(text):
        if stroke.kind not in ("other", "skirt", "support", "tower"):
            known.setdefault(stroke.loads, round(stroke.z * _FINE))
    return np.array([known[count] for count in sorted(known) if count], np.int64)
