"""Islands: does anything start in the air?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.checks.sliced import layers_that_hang, on_faces
from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.profiles import Printer
from maquette.core.report import Finding
from maquette.core.words import figures
from maquette.geometry.printing.layers import islands as pieces
from maquette.registry import stage

_PRINTER = Printer.default()

_SOURCE = "a layer needs a layer below it; pieces within a line's width of one stick to it"


@stage(destinations=("print",))
def islands(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose layers it is cut into")] = _PRINTER,
    min_mm2: Annotated[
        float, Field(ge=0, le=1e6, description="pieces whose first layer is smaller do not count; 0: all count")
    ] = 0.0,
) -> Iterable[Finding]:
    """Count pieces that start in the air when the model is cut into the printer's layers.

    An island is a piece of a layer with nothing below it, not even a line's width beside it: the tip of a nose, a hand
    that hangs, a part that floats. Without a support it falls, so one is a warning. What starts less than a layer above
    the bed is pressed onto it, and in a powder printer nothing falls.
    The coloured picture marks where they start. Unknown for a model that has no inside to slice.
    """
    sliced = layers_that_hang(asset.mesh, printer, "islands", "what starts in the air", "islands")
    if isinstance(sliced, Finding):
        yield sliced
        return
    start, number = pieces(sliced, printer.nozzle_mm)
    area = np.bincount(number) * sliced.columns.pitch**2
    above = sliced.columns.bottom[sliced.run[start]] - sliced.columns.bottom.min()
    lowest = np.full(len(area), np.inf)
    np.minimum.at(lowest, number, above)
    counts = (area >= min_mm2) & (lowest > printer.layer_mm)
    start, count = start[counts[number]], int(counts.sum())
    overlay = on_faces(asset.mesh, sliced, start, np.ones(len(start)), printer)
    yield Finding(
        "islands",
        "warn" if count else "pass",
        _in_words(area[counts], lowest[counts]) if count else "nothing starts in the air",
        value=count,
        unit="islands",
        limit="0",
        source=_SOURCE,
        fix="orient",
        faces=np.flatnonzero(overlay) if count else None,
        overlay=overlay if count else None,
    )


def _in_words(area: NDArray[np.floating[Any]], height: Floats) -> str:
    """How many, how large and how high."""
    count = len(area)
    text = f"{count:,} piece{'s' * (count > 1)} start{'s' * (count == 1)} in the air, "
    return text + f"the lowest {figures(height.min(), 4)} mm above the bed, the largest with {figures(area.max())} mm²"
