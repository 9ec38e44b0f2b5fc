"""QR code: a text as a square of modules that phones read off a sign."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bools
from maquette.core.artwork import Artwork
from maquette.core.errors import BadSetting, CannotDo, Unavailable
from maquette.core.progress import note
from maquette.geometry.flat.areas import area_of, loops_in
from maquette.registry import stage


@stage
def qr_code(
    *,
    text: Annotated[
        str, Field(min_length=1, max_length=1200, description="what a phone reads: an address, words")
    ] = "Maquette",
    size_mm: Annotated[float, Field(ge=5, le=500, description="width of the code without its quiet margin")] = 40.0,
    correction: Annotated[
        Literal["low", "medium", "quartile", "high"], Field(description="how much of it may be lost: 7 to 30 %")
    ] = "medium",
    least_mm: Annotated[float, Field(gt=0, le=20, description="smallest module: two lines of a nozzle")] = 0.8,
) -> Artwork:
    """Draw a QR code (ISO/IEC 18004) as exact squares, dark ones only; segno does the coding.

    Modules that touch are one area, those that touch at a corner are parted by a hair, or the solid would hang on an
    edge. Leave four modules of quiet around it: a signboard's margin_mm; the note says how much. Refuses modules
    smaller than the printer shows, with the size that would do.
    """
    try:
        import segno
    except ImportError:
        raise Unavailable("qr-code: QR codes need segno; pip install 'maquette[svg]'") from None
    try:
        code = segno.make_qr(text, error={"low": "L", "medium": "M", "quartile": "Q", "high": "H"}[correction])
    except ValueError as problem:
        raise BadSetting(f"qr-code: {len(text)} signs are too many ({problem}); take fewer") from None
    dark = np.array([[bool(cell) for cell in row] for row in code.matrix])
    module = size_mm / len(dark)
    if module < least_mm:
        raise CannotDo(
            f"qr-code: modules of {module:.2g} mm where {least_mm:g} mm print; take size_mm {least_mm * len(dark):.3g}"
        )
    note(
        f"version {code.version}, {len(dark)} modules of {module:.3g} mm; leave {4 * module:.3g} mm of quiet around it"
    )
    row, column = np.nonzero(dark)
    corner = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    places = np.stack([column - len(dark) / 2, len(dark) / 2 - 1 - row], axis=1)
    loops = [(place + corner) * module for place in places]
    area = area_of(loops, "nonzero")
    return Artwork.of([(loops_in(_part_corners(area, dark, module)), (20, 20, 20))], text[:60])


def _part_corners(area: Any, dark: Bools, module: float) -> Any:
    """Modules that touch at one corner only, parted there by a small square that is taken away."""
    a, b, c, d = dark[:-1, :-1], dark[:-1, 1:], dark[1:, :-1], dark[1:, 1:]
    row, column = np.nonzero((a & d & ~b & ~c) | (b & c & ~a & ~d))
    half = 0.04 * module
    square = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    places = np.stack([column + 1 - len(dark) / 2, len(dark) / 2 - 1 - row], axis=1) * module
    return area - area_of([place + square for place in places]) if len(places) else area
