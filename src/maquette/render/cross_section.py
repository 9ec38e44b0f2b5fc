"""Cross section: where a plane cuts a model, as a drawing with its sizes."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.picture import Picture
from maquette.core.progress import note
from maquette.geometry.cut.sections import Raster, fill_outline, in_plane, outline_pieces
from maquette.registry import stage

Axis = Literal["x", "y", "z"]
_INK, _PAPER, _WORDS, _GRID = (58, 92, 122), (250, 250, 249), (70, 74, 80), (224, 226, 230)
_FINE = 3  # drawn so many times as large and shrunk
_LOW = 0.16  # of the width: a flatter cut is drawn higher than it is
_MOST_TALL = 12.0
_MARGIN = 8


@stage
def cross_section(
    asset: Asset,
    *,
    across: Annotated[Axis, Field(description="the axis that the cut stands across; z: a cut that lies")] = "y",
    at: Annotated[float, Field(ge=0.001, le=0.999, description="where, as a share of the model's size")] = 0.5,
    size_px: Annotated[int, Field(ge=64, le=4096, description="width of the picture")] = 720,
) -> Picture:
    """Draw the cut of a plane through a model: material filled, heights said.

    A flat thing's cut is drawn up to twelve times as high as it is; the words below say how much, and how thick the
    material is at most and at least. Refuses a model without faces.
    """
    mesh = asset.mesh
    if not len(mesh.faces) or np.ptp(mesh.bounds, axis=0).min() <= 0:
        raise CannotDo("cross-section: the model has no walls to cut")
    axis = "xyz".index(across)
    place = float(mesh.bounds[0][axis] + at * np.ptp(mesh.bounds[:, axis]))
    pieces, _ = outline_pieces(mesh.vertices, np.asarray(mesh.faces), axis, place)
    u, v = in_plane(axis)
    if across == "y":
        u, v, pieces = v, u, pieces[..., ::-1]  # x to the right, z up
    low, high = mesh.bounds[0][[u, v]], mesh.bounds[1][[u, v]]
    tall = float(np.clip(_LOW * (high[0] - low[0]) / (high[1] - low[1]), 1.0, _MOST_TALL))
    inside, pitch = _fill(pieces, low, high, tall, size_px - 2 * _MARGIN)
    thick = inside.sum(axis=0) * pitch / tall
    least, most = float(thick[thick > 0].min(initial=np.inf)), float(thick.max(initial=0.0))
    words = f"cut across {across} at {place:.4g} mm: {high[0] - low[0]:.4g} x {high[1] - low[1]:.3g} mm"
    if tall > 1:
        words += f", {least:.2f} to {most:.2f} mm thick, drawn {tall:.3g} times as high"
    note(words)
    return Picture(_draw(inside, words))


def _fill(pieces: np.ndarray, low: np.ndarray, high: np.ndarray, tall: float, width: int) -> tuple[np.ndarray, float]:
    """The cut as cells, its upper end first, with the second axis stretched, and the width of a cell."""
    pitch = float(high[0] - low[0]) / (width * _FINE)
    stretched = (pieces - low) * [1.0, tall]
    rows = int(np.ceil((high[1] - low[1]) * tall / pitch)) + 2
    raster = Raster(np.array([0.0, -pitch]), pitch, rows, width * _FINE)
    return fill_outline(stretched, raster)[::-1], pitch


def _draw(inside: np.ndarray, words: str) -> np.ndarray:
    """Cells as a picture with words under it, (H, W, 4)."""
    from PIL import Image, ImageDraw

    paint = np.where(inside[..., None], _INK, _PAPER).astype(np.uint8)
    size = (inside.shape[1] // _FINE, max(1, inside.shape[0] // _FINE))
    drawing = Image.fromarray(paint).resize(size, Image.Resampling.BOX)
    sheet = Image.new("RGB", (size[0] + 2 * _MARGIN, size[1] + 2 * _MARGIN + 18), _PAPER)
    pen = ImageDraw.Draw(sheet)
    ground = _MARGIN + size[1]
    pen.line([(0, ground), (sheet.width, ground)], fill=_GRID)
    sheet.paste(drawing, (_MARGIN, _MARGIN))
    pen.text((_MARGIN, ground + 4), words, fill=_WORDS)
    return np.dstack([np.asarray(sheet), np.full(sheet.size[::-1], 255, np.uint8)])
