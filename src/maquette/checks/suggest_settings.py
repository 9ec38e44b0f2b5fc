"""Suggest settings: how a slicer should print this model, from what was measured on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field

from maquette.checks.bridges import bridges
from maquette.checks.fine_detail import fine_detail
from maquette.checks.overhang import overhang
from maquette.checks.wall_thickness import wall_thickness
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.print_settings import PrintSettings, Purpose
from maquette.core.profiles import Plastic, Printer, printer_for
from maquette.core.progress import note
from maquette.core.report import Finding
from maquette.core.words import figures
from maquette.registry import stage

_PRINTER, _PLASTIC = Printer.default(), Plastic.default()

# Shares of a nozzle that a layer may be: a quarter to three quarters (common guides; PrusaSlicer's own profiles)
_FINE, _USUAL, _COARSE = 0.3, 0.5, 0.6
_WALLS: Mapping[str, int] = {"decorative": 2, "functional": 3, "strong": 5}
_INFILL: Mapping[str, int] = {"decorative": 12, "functional": 25, "strong": 50}
_SHELL_MM: Mapping[str, float] = {"decorative": 0.8, "functional": 1.0, "strong": 1.4}
_LINE = 1.125  # a line's width over the nozzle's: PrusaSlicer's own, 0.45 mm of 0.4
_MORE = 2  # perimeters that may be added so that a thin place is filled with lines
_SMALL_MM = 40.0  # a model that is less high is looked at closely
_STEEP_SHARE = 0.5  # percent of the surface below which an overhang is a speck


@stage
def suggest_settings(
    asset: Asset,
    *,
    purpose: Annotated[Purpose, Field(description="to be looked at, used, or loaded")] = "decorative",
    material: Annotated[Plastic, Field(description="what it is printed in")] = _PLASTIC,
    printer: Annotated[Printer, Field(description="the machine that prints it")] = _PRINTER,
) -> PrintSettings:
    """Suggest how a slicer should print a model: layer, walls, infill, supports, brim and heat, each with its reason.

    The layer follows the finest detail that was measured, walls and infill the purpose, more walls the thinnest place,
    supports only what hangs. Resin printers have a layer and no more to say; laser sintering is refused.
    """
    machine = printer_for(printer, material)
    findings = [
        *fine_detail.function(asset, printer=machine),
        *wall_thickness.function(asset, printer=machine),
        *overhang.function(asset, printer=machine),
        *bridges.function(asset, printer=machine),
    ]
    advice = settings_from(findings, asset.size[2], purpose, material, machine)
    for name, value, why in advice.rows:
        note(f"{name} {value}: {why}")
    return advice


def settings_from(
    findings: Iterable[Finding], height_mm: float, purpose: str, plastic: Plastic, printer: Printer
) -> PrintSettings:
    """The same from opinions that a report holds already."""
    if printer.technology == "SLS":
        raise CannotDo("suggest-settings: laser sintering has no layers or walls to choose; send it as it is")
    by_check = {finding.check: finding for finding in findings}
    reasons: dict[str, str] = {}
    layer = _layer(by_check.get("fine-detail"), height_mm, purpose, printer, reasons)
    walls = _perimeters(by_check.get("wall-thickness"), purpose, printer, reasons)
    supports = _supports(by_check, printer, reasons)
    shell = max(3, math.ceil(_SHELL_MM[purpose] / layer - 1e-9))
    reasons["top_layers"] = f"{_SHELL_MM[purpose]:g} mm of roof for a {purpose} print"
    reasons["infill_percent"] = f"for a {purpose} print" + ("" if purpose == "decorative" else ", under load")
    if plastic.brim_mm:
        reasons["brim_mm"] = f"{plastic.label} warps: it shrinks by {plastic.shrink_percent:g} %"
    if plastic.nozzle_c:
        reasons["nozzle_c"] = f"the middle of what makers say of {plastic.label}"
    if printer.technology == "SLA":
        reasons = {name: why for name, why in reasons.items() if name in ("layer_mm", "supports")}
    first = layer if printer.technology == "SLA" else max(layer, round(printer.nozzle_mm / 2, 3))
    return PrintSettings(
        purpose, plastic.name, layer, first,
        walls, shell, shell, _INFILL[purpose], "cubic" if purpose == "strong" else "gyroid", supports, plastic.brim_mm,
        plastic.nozzle_c, plastic.bed_c, reasons,
    )  # fmt: skip


def _layer(detail: Finding | None, height_mm: float, purpose: str, printer: Printer, reasons: dict[str, str]) -> float:
    """The layer height in mm, a whole number of twentieths."""
    if printer.technology == "SLA":
        reasons["layer_mm"] = f"what {printer.label} is set up for"
        return printer.layer_mm
    fine = detail is not None and detail.value is not None and detail.value < 2 * printer.nozzle_mm
    small = height_mm < _SMALL_MM
    share = _FINE if purpose == "decorative" and (fine or small) else _COARSE if purpose == "strong" else _USUAL
    layer = math.floor(share * printer.nozzle_mm / 0.02 + 1e-9) * 0.02
    if share == _FINE and fine and detail is not None:
        reasons["layer_mm"] = f"detail of {figures(detail.value or 0)} mm was measured"
    elif share == _FINE:
        reasons["layer_mm"] = f"only {figures(height_mm)} mm high: looked at closely"
    else:
        reasons["layer_mm"] = f"half a nozzle: quick, for a {purpose} print" if share == _USUAL else "thick layers bond"
    return round(layer, 3)


def _perimeters(walls: Finding | None, purpose: str, printer: Printer, reasons: dict[str, str]) -> int:
    """How many, raised where the thinnest place is then all lines."""
    count, line = _WALLS[purpose], _LINE * printer.nozzle_mm
    reasons["perimeters"] = f"for a {purpose} print"
    thin = None if walls is None else walls.value
    if thin is None:
        return count
    most = count + _MORE
    if 2 * count * line < thin <= 2 * most * line:
        count = math.ceil(thin / (2 * line) - 1e-9)
        reasons["perimeters"] = f"the thinnest place, {figures(thin)} mm, is filled with lines"
    elif thin < 2 * line:
        reasons["perimeters"] += (
            f"; the thinnest place, {figures(thin)} mm, has room for {max(int(thin / line), 1)} line"
        )
    return count


def _supports(by_check: Mapping[str, Finding], printer: Printer, reasons: dict[str, str]) -> bool:
    """Whether anything that was measured needs them."""
    steep, spans = by_check.get("overhang"), by_check.get("bridges")
    hangs = steep is not None and (steep.value or 0) > _STEEP_SHARE
    sags = spans is not None and spans.verdict == "warn"
    if not hangs and not sags:
        reasons["supports"] = "nothing hangs further than the printer carries"
        return False
    long = spans is not None and (spans.value or 0) > printer.nozzle_mm * 5
    needed = sags or (hangs and long)
    facts = (
        [f"{steep.value:.1f} % of the surface leans out by more than {printer.overhang_deg:g} deg"]
        if hangs and steep
        else []
    )
    facts += [f"a span of {figures(spans.value or 0)} mm, at most {printer.bridge_mm:g}"] if sags and spans else []
    reasons["supports"] = "; ".join(facts) + ("" if needed else ", but every layer holds on to the one below")
    return needed
