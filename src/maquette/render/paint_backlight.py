"""Paint backlight: the finished bodies of a painted print with a lamp behind them, in colour."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.errors import CannotDo
from maquette.core.painting import PaintPlan
from maquette.core.picture import Picture
from maquette.core.progress import note, progress
from maquette.geometry.flat.see_through import look_through, walls_seen
from maquette.geometry.look.oklab import light_of, srgb_of
from maquette.geometry.painting.difference import seen_difference
from maquette.geometry.painting.light import shares_through
from maquette.geometry.painting.looks import colors_of
from maquette.geometry.painting.solids import filament_slabs
from maquette.geometry.rays import Tracer
from maquette.registry import stage


@stage
def paint_backlight(
    plan: PaintPlan,
    *,
    size_px: Annotated[int, Field(ge=16, le=4096, description="width of the picture; 0.4 mm are best a pixel")] = 512,
) -> Picture:
    """Show what light falls through a painted print: the bodies that are printed are looked through, not the plan.

    A ray goes straight down through each pixel; every filament it meets takes light by its thickness there, its
    transmission distance and its colour. The brightest place is white. A note says how far that is from the picture
    that was wanted, as it is seen.
    """
    slabs = filament_slabs(plan)
    every = np.concatenate([vertices for pieces in slabs for vertices, _ in pieces])
    look = look_through(every, "below", size_px)
    light = np.ones((len(look.origins), 3))
    td_mm = np.array([filament.td_mm for filament in plan.filaments])
    shares = shares_through(colors_of(plan), td_mm, 1.0)  # of a millimetre
    touched = np.zeros(len(look.origins), bool)
    for number, pieces in enumerate(slabs):
        for vertices, faces in pieces:
            walls = walls_seen(Tracer(vertices, faces), look).ravel().astype(np.float64)
            light *= shares[number] ** walls[:, None]
            touched |= walls > 0
        progress((number + 1) / len(slabs), plan.filaments[number].name)
    if not touched.any():
        raise CannotDo("paint-backlight: no ray meets the print; take a larger size_px")
    shown = np.where(touched[:, None], light / light[touched].max(), 0).reshape(*look.shape, 3)
    _tell(plan, shown)
    return Picture(np.dstack([srgb_of(shown), np.where(touched.reshape(look.shape), 255, 0).astype(np.uint8)]))


def _tell(plan: PaintPlan, shown: np.ndarray) -> None:
    """How far the picture is from the wanted one, cell by cell."""
    rows = (np.arange(plan.cells.shape[0]) + 0.5) * shown.shape[0] / plan.cells.shape[0]
    columns = (np.arange(plan.cells.shape[1]) + 0.5) * shown.shape[1] / plan.cells.shape[1]
    at_cells = shown[rows.astype(np.int64)][:, columns.astype(np.int64)]
    away = seen_difference(at_cells, light_of(plan.wanted), plan.blur_cells)
    note(f"with a lamp behind it the print is {float(away.mean()):.2f} CIEDE2000 from the picture, on the mean")
