"""Coupon: small test prints whose steps say what a printer and a plastic can do."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.profiles import Plastic, Printer, printer_for
from maquette.core.progress import note
from maquette.geometry.cut.solids import surface_of
from maquette.geometry.flat.lettering import outline
from maquette.registry import stage

_PRINTER, _PLASTIC = Printer.default(), Plastic.default()

Kind = Literal["holes", "walls", "overhangs", "layers"]
_BASE, _RAISED, _LETTER = 2.0, 0.6, 3.0  # mm: thickness of a base, height of letters above it, of a capital H
_HOLES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0)
_FITS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
_PEG = 6.0
_WALLS = (0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)  # nozzles
_PINS = (0.8, 1.2, 1.6, 2.0, 2.5, 3.0, 4.0)
_ANGLES = (20, 30, 40, 45, 50, 55, 60, 65, 70)  # degrees from the vertical
_SPANS = (3.0, 5.0, 8.0, 12.0, 18.0, 25.0)
_STEPS = 10


@stage
def coupon(
    *,
    kind: Annotated[
        Kind,
        Field(description="holes and fits; thin walls and pins; overhangs and bridges; or steps of one layer each"),
    ] = "holes",
    material: Annotated[Plastic, Field(description="what it is printed in")] = _PLASTIC,
    printer: Annotated[Printer, Field(description="the machine that prints it")] = _PRINTER,
) -> Asset:
    """Make a small print whose labelled steps say where a printer and a plastic begin to fail.

    A bar stands under the first step that the profile says works: where yours differs, so should the profile. Holes
    come with a loose peg of 6 mm that goes into square holes with 0.05 to 0.5 mm around it. Walls are whole and broken
    numbers of nozzles. Overhangs lean by 20 to 70 degrees, bridges span 3 to 25 mm. Layers are steps, one layer each,
    for the eye and for light behind them.
    """
    machine = printer_for(printer, material)
    body = {"holes": _holes, "walls": _walls, "overhangs": _overhangs, "layers": _layers}[kind](machine)
    vertices, faces = surface_of(body)
    vertices = vertices - [*((vertices.min(axis=0) + vertices.max(axis=0))[:2] / 2), vertices[:, 2].min()]
    size = np.ptp(vertices, axis=0)
    note(f"{kind}: {size[0]:.0f} x {size[1]:.0f} x {size[2]:.1f} mm for {machine.label}")
    return Asset(Mesh(vertices, faces), sized=True, title=f"coupon-{kind}-{material.name}")


def _holes(printer: Printer) -> Any:
    """Round holes by diameter, square holes by clearance, and the peg."""
    pitch, thick = 9.0, 4.0
    columns = max(len(_HOLES), len(_FITS))
    plate = _box(0, 0, 0, columns * pitch, 30, thick)
    for place, wide in enumerate(_HOLES):
        plate -= _cylinder(place * pitch + pitch / 2, 24, -1, thick + 2, wide)
        plate += _label(f"{wide:g}", place * pitch + pitch / 2, 17.0, thick, wide, printer.min_hole_mm, _HOLES)
    for place, gap in enumerate(_FITS):
        side = _PEG + 2 * gap
        plate -= _box(place * pitch + (pitch - side) / 2, 11 - side / 2, -1, side, side, thick + 2)
        plate += _label(f"{gap:g}"[1:], place * pitch + pitch / 2, 2.5, thick, gap, printer.clearance_mm, _FITS)
    peg = _box(columns * pitch + 5, 5, 0, _PEG, _PEG, 12) + _box(columns * pitch + 3, 3, 0, 10, 10, 2)
    return plate + peg


def _walls(printer: Printer) -> Any:
    """Upright walls by thickness, pins by diameter."""
    pitch, high = 8.0, 8.0
    plate = _box(0, 0, 0, max(len(_WALLS), len(_PINS)) * pitch, 34, _BASE)
    widths = tuple(round(share * printer.nozzle_mm, 3) for share in _WALLS)
    for place, wide in enumerate(widths):
        x = place * pitch + pitch / 2
        plate += _box(x - wide / 2, 20, _BASE - 0.5, wide, 12, high + 0.5)
        plate += _label(f"{wide:g}"[:4], x, 15.0, _BASE, wide, printer.min_wall_mm, widths)
    for place, wide in enumerate(_PINS):
        x = place * pitch + pitch / 2
        plate += _cylinder(x, 9.5, _BASE - 0.5, high + 0.5, wide)
        plate += _label(f"{wide:g}", x, 2.5, _BASE, wide, printer.min_pin_mm, _PINS)
    return plate


def _overhangs(printer: Printer) -> Any:
    """Fins that lean over to one side, and beams between posts."""
    from manifold3d import CrossSection

    pitch, high = 11.0, 8.0
    plate = _box(0, 0, 0, len(_ANGLES) * pitch, 56, _BASE)
    for place, angle in enumerate(_ANGLES):
        lean = high * math.tan(math.radians(angle))
        loop = np.array([[0, 0], [4, 0], [4 + lean, high], [lean, high]])
        fin = CrossSection([loop]).extrude(7.0).rotate([90, 0, 90])  # its foot along x, leaning towards +y
        plate += fin.translate([place * pitch + 2, 8, _BASE - 0.01])
        # good is what leans no more than the profile allows: the ladder is read from its steep end
        plate += _label(
            str(angle), place * pitch + pitch / 2, 2.5, _BASE, -angle, -printer.overhang_deg, _falling(_ANGLES)
        )
    x = 2.0
    for span in _SPANS:
        posts = _box(x, 46, _BASE - 0.5, 2, 8, 6.5) + _box(x + 2 + span, 46, _BASE - 0.5, 2, 8, 6.5)
        plate += posts + _box(x, 46, _BASE + 6, span + 4, 8, 1.2)
        plate += _label(f"{span:g}", x + span / 2 + 2, 40.5, _BASE, -span, -printer.bridge_mm, _falling(_SPANS))
        x += span + 6
    return plate + _box(0, 38, 0, x, 18, _BASE)


def _layers(printer: Printer) -> Any:
    """Steps of one layer each over a first one."""
    side, layer = 9.0, printer.layer_mm
    body = _box(0, 0, 0, _STEPS * side, side, layer)
    for step in range(1, _STEPS):
        body += _box(step * side, 0, 0, (_STEPS - step) * side, side, layer * (step + 1))
    return body


def _falling(ladder: tuple[float, ...]) -> tuple[float, ...]:
    """A ladder whose larger steps are the harder ones, as one whose larger steps are the easier ones."""
    return tuple(-step for step in reversed(ladder))


def _label(text: str, x: float, y: float, z: float, value: float, limit: float, ladder: tuple[float, ...]) -> Any:
    """The step's number, raised; with a bar below it where it is the first that the profile allows."""
    from manifold3d import CrossSection, FillRule

    loops: list[Floats] = outline(text, _LETTER * 0.8)
    letters = CrossSection([np.asarray(loop) for loop in loops], FillRule.NonZero).extrude(_RAISED + 0.5)
    label = letters.translate([x, y, z - 0.5])
    first = next((step for step in ladder if step >= limit - 1e-9), None)
    if first is not None and abs(value - first) < 1e-9:
        label += _box(x - 3, y - 1.6, z - 0.5, 6, 0.9, _RAISED + 0.5)
    return label


def _box(x: float, y: float, z: float, wide: float, deep: float, high: float) -> Any:
    from manifold3d import Manifold

    return Manifold.cube([wide, deep, high]).translate([x, y, z])


def _cylinder(x: float, y: float, z: float, high: float, wide: float) -> Any:
    from manifold3d import Manifold

    return Manifold.cylinder(high, wide / 2, wide / 2, 48).translate([x, y, z])
