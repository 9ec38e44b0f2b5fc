"""A layer of sliced G-code drawn as the lines of plastic that the nozzle lays, each as wide as its filament says."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from maquette.formats.slicers.gcode import Stroke, strokes

PX = 30  # per mm
_FILAMENT = math.pi * (1.75 / 2) ** 2  # mm² of filament


def layer_lines(gcode: str, layer: int = -1) -> list[Stroke]:
    """The lines of one layer of the model, the last unless told."""
    lines = [stroke for stroke in strokes(gcode) if stroke.kind not in ("other", "skirt")]
    levels = sorted({round(stroke.z, 3) for stroke in lines})
    return [stroke for stroke in lines if round(stroke.z, 3) == levels[layer]]


def draw_layer(lines: list[Stroke], layer_mm: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """What those lines cover of the box from low to high (2,) mm on the bed, (H, W) 0..1, the top toward +y."""
    width, height = (round(side * PX) for side in high - low)
    sheet = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(sheet)  # a bead's section is a rectangle with half a disc at each side
    for line in lines:
        length = math.dist(line.start, line.end)
        wide = (line.filament * _FILAMENT / length / layer_mm + layer_mm * (1 - math.pi / 4)) * PX
        ends = [((x - low[0]) * PX, height - (y - low[1]) * PX) for x, y in (line.start, line.end)]
        pen.line(ends, fill=255, width=max(1, round(wide)))
        for x, y in ends:  # beads are round
            pen.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=255)
    return np.asarray(sheet, np.float32) / 255


def draw_loops(loops: list[np.ndarray], low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Areas with holes, loops (N, 2) in mm, as they would cover the box, (H, W) 0..1."""
    width, height = (round(side * PX) for side in high - low)
    odd = np.zeros((height, width), bool)
    for loop in loops:
        sheet = Image.new("1", (width, height), 0)
        ImageDraw.Draw(sheet).polygon([((x - low[0]) * PX, height - (y - low[1]) * PX) for x, y in loop], fill=1)
        odd ^= np.asarray(sheet)
    return odd.astype(np.float32)
