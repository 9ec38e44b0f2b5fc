"""The first layer as a slicer lays it: every extruded line where it will lie on the bed, seen from above."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.picture import Picture
from maquette.formats.slicers.gcode import Kind, first_layer
from maquette.render.color import hex_color, to_linear
from maquette.render.legend import patch_of, with_swatches

INKS: dict[Kind, str] = {
    "outer wall": "d9632b",
    "inner wall": "e8a23c",
    "solid": "4a7fb5",
    "infill": "7d5ba6",
    "support": "3f9b63",
    "tower": "b9a37e",
    "skirt": "8a919b",
    "other": "c4c8ce",
}
_PAPER, _GRID = (250, 250, 249), (226, 228, 231)
_MARGIN = 0.06
_SAMPLING = 2  # drawn twice as large and shrunk


def first_layer_picture(gcode: str, line_mm: float, size_px: int = 512) -> Picture | None:
    """A picture of the lowest layer with a grid of 10 mm and a legend; None where nothing is extruded."""
    lines, kinds = first_layer(gcode)
    if not len(lines):
        return None
    frame = _draw(lines, kinds, line_mm, size_px)
    words = {"skirt": "skirt, brim", "solid": "solid", "tower": "purge tower"}
    there = [kind for kind in INKS if kind in kinds]
    swatches = [(patch_of(to_linear(hex_color(INKS[kind]))), words.get(kind, kind)) for kind in there]
    return Picture(with_swatches(frame, swatches, "studio"))


def _draw(lines: NDArray[np.float64], kinds: list[Kind], line_mm: float, size_px: int) -> NDArray[np.uint8]:
    """The lines as thick as they are, in the colour of their part, (size, size, 4)."""
    from PIL import Image, ImageDraw

    low, high = lines.reshape(-1, 2).min(axis=0), lines.reshape(-1, 2).max(axis=0)
    side = size_px * _SAMPLING
    span = max(float((high - low).max()), 4 * line_mm) * (1 + 2 * _MARGIN)
    scale = side / span
    corner = (low + high) / 2 - span / 2
    image = Image.new("RGBA", (side, side), (*_PAPER, 255))
    pen = ImageDraw.Draw(image)
    _grid(pen, corner, span, scale, side)
    width = max(round(line_mm * scale * 0.92), 1)  # a hair of paper between lines shows how they run
    flat = (lines - corner) * scale
    flat[..., 1] = side - flat[..., 1]
    order: list[Kind] = ["other", "skirt", "tower", "support", "infill", "solid", "inner wall", "outer wall"]
    for kind in order:
        ink = tuple(int(INKS[kind][i : i + 2], 16) for i in (0, 2, 4))
        for line, which in zip(flat, kinds, strict=True):
            if which == kind:
                pen.line([tuple(line[0]), tuple(line[1])], fill=(*ink, 255), width=width)
    shrunk: NDArray[np.uint8] = np.asarray(image.resize((size_px, size_px), Image.Resampling.BOX))
    return shrunk


def _grid(pen: Any, corner: NDArray[np.float64], span: float, scale: float, side: int) -> None:
    """Lines every 10 mm of the bed."""
    for axis in (0, 1):
        for at in np.arange(np.ceil(corner[axis] / 10) * 10, corner[axis] + span, 10.0):
            place = (at - corner[axis]) * scale
            ends = [(place, 0), (place, side)] if axis == 0 else [(0, side - place), (side, side - place)]
            pen.line(ends, fill=(*_GRID, 255), width=_SAMPLING)
