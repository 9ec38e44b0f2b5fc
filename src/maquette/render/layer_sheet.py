"""Layer sheet: how a print grows, layer by layer, in a row of pictures."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.picture import Picture
from maquette.core.progress import progress
from maquette.geometry.cut.sections import fill_outline, outline_pieces, raster_over
from maquette.registry import stage

_INK, _BELOW, _PAPER, _WORDS = (58, 92, 122), (206, 214, 222), (250, 250, 249), (70, 74, 80)
_COLUMNS = 4
_LINE = 18


@stage
def layer_sheet(
    asset: Asset,
    *,
    layer_mm: Annotated[float, Field(ge=0.02, le=2, description="height of a layer")] = 0.2,
    count: Annotated[int, Field(ge=1, le=64, description="pictures, spread evenly over the layers")] = 8,
    size_px: Annotated[int, Field(ge=32, le=1024, description="width of each picture")] = 240,
) -> Picture:
    """Show layers of a print from above: what is laid is blue, what lies below it grey.

    Layers are counted from 1 at the bed; the last one that holds anything is always shown.
    """
    mesh = asset.mesh
    if not len(mesh.faces) or np.ptp(mesh.bounds, axis=0).min() <= 0:
        raise CannotDo("layer-sheet: the model has nothing to print")
    low, high = mesh.bounds
    layers = max(1, int(np.ceil((high[2] - low[2]) / layer_mm - 1e-6)))
    shown = np.unique(np.linspace(1, layers, min(count, layers)).round().astype(int))
    raster = raster_over(low[:2], high[:2], size_px - 2)
    below = np.zeros((raster.rows, raster.columns), bool)
    frames, faces = [], np.asarray(mesh.faces)
    for number, layer in enumerate(shown.tolist()):
        height = min(float(low[2]) + (layer - 0.5) * layer_mm, float(high[2]) - 1e-6)
        inside = fill_outline(outline_pieces(mesh.vertices, faces, 2, height)[0], raster)
        frames.append((f"layer {layer} of {layers}, {layer * layer_mm:.2f} mm", inside, below.copy()))
        below |= inside
        progress((number + 1) / len(shown))
    return Picture(_sheet(frames))


def _sheet(frames: list[tuple[str, np.ndarray, np.ndarray]]) -> np.ndarray:
    """The pictures in rows, each with its words, (H, W, 4)."""
    from PIL import Image, ImageDraw

    rows, columns = frames[0][1].shape
    across = min(_COLUMNS, len(frames))
    lines = -(-len(frames) // across)
    sheet = Image.new("RGB", (across * (columns + 8), lines * (rows + _LINE + 6)), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, (words, inside, below) in enumerate(frames):
        paint = np.where(inside[..., None], _INK, np.where(below[..., None], _BELOW, _PAPER)).astype(np.uint8)
        left, top = number % across * (columns + 8) + 4, number // across * (rows + _LINE + 6)
        sheet.paste(Image.fromarray(paint[::-1]), (left, top + _LINE))
        pen.text((left, top + 3), words, fill=_WORDS)
    return np.dstack([np.asarray(sheet), np.full(sheet.size[::-1], 255, np.uint8)])
