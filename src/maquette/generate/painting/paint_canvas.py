"""Paint canvas: a picture cut into cells as wide as a line, with the layers that may be laid on each."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.errors import CannotDo
from maquette.core.painting import Canvas
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.generate.flat.grid import on_grid
from maquette.geometry.look.oklab import light_of, srgb_of
from maquette.registry import stage

_FIRST_MM = 0.2  # what a first layer needs to stick; the nearest whole number of layers is taken
_EYE = np.radians(0.0283) / np.sqrt(2)  # standard deviation of the eye's blur (Zhang and Wandell 1997, table 1)
_MOST_CELLS = 4_000_000
_MOST_LAYERS = 200


@stage
def paint_canvas(
    subject: Subject,
    *,
    width_mm: Annotated[float, Field(ge=5, le=1000, description="width of the print")] = 100.0,
    cell_mm: Annotated[float, Field(ge=0.1, le=5, description="width of a cell: a line of the nozzle")] = 0.4,
    layer_mm: Annotated[float, Field(ge=0.02, le=0.4, description="height of a layer; the first is about 0.2")] = 0.08,
    base_mm: Annotated[float, Field(ge=0.1, le=10, description="thickness below the paint, rounded to layers")] = 0.6,
    paint_mm: Annotated[float, Field(ge=0.04, le=10, description="most thickness of paint above the base")] = 2.4,
    viewing_mm: Annotated[
        float, Field(ge=0, le=20000, description="how far away it is looked at; 0: closely")
    ] = 1000.0,
    protect: Annotated[
        float, Field(ge=1, le=100, description="how much more errors count where the subject's mask is; 1: no more")
    ] = 1.0,
) -> Canvas:
    """Cut a picture into cells for filament painting, each the mean of the light that falls on it.

    A mask (of a face, say) can make errors count more within it, and keeps detail there. Refuses more than four million
    cells and more than 200 layers.
    """
    columns, rows = (
        max(1, round(width_mm / cell_mm)),
        max(1, round(width_mm / cell_mm * subject.height / subject.width)),
    )
    if rows * columns > _MOST_CELLS:
        raise CannotDo(f"paint-canvas: {rows * columns / 1e6:.3g} million cells, at most 4; take a larger cell_mm")
    first = layer_mm * max(1, round(_FIRST_MM / layer_mm))
    base = 1 + max(0, round((base_mm - first) / layer_mm))
    paint = max(1, round(paint_mm / layer_mm))
    if base + paint > _MOST_LAYERS:
        raise CannotDo(f"paint-canvas: {base + paint} layers, at most {_MOST_LAYERS}; take a larger layer_mm")
    light = light_of(subject.pixels).astype(np.float32)
    cells = np.stack([on_grid(light[..., k], rows, columns) for k in range(3)], axis=-1)
    weight = np.ones((rows, columns), np.float32)
    if protect > 1 and subject.mask is not None:
        weight += (protect - 1) * on_grid(subject.mask, rows, columns)
    elif protect > 1:
        raise CannotDo("paint-canvas: protect needs a mask; cut the subject out first (matte), or open a mask with it")
    note(f"{columns} x {rows} cells, {base} layers of base and up to {paint} of paint")
    blur = viewing_mm * float(_EYE) / cell_mm
    return Canvas(
        srgb_of(cells.astype(np.float64)), weight, cell_mm, first, layer_mm, base, paint, blur, title=subject.title
    )
