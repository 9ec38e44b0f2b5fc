"""What the user's slicer makes of a finished asset, for the report: time, filament, cost, words, the first layer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo, Unavailable
from maquette.core.files import Files
from maquette.core.picture import Picture
from maquette.core.print_settings import PrintSettings
from maquette.core.profiles import Printer
from maquette.core.report import Finding, Verdict
from maquette.flow.report.first_layer import first_layer_picture
from maquette.formats.slicers import slice as slicers
from maquette.registry import LocalFile, registry

_WORDS = "the slicer's own words"


@dataclass(frozen=True)
class SlicingWish:
    """Whether and how somebody wants a print sliced. ``price_kg`` is in any currency."""

    slice: Annotated[bool, Field(description="slice it too: OUT.3mf.gcode, and a part of the report")] = False
    slicer: Annotated[slicers.SlicerName, Field(description="the installed program that slices")] = "prusa"
    profile: Annotated[LocalFile, Field(description="your own profile for the slicer")] = ""
    price_kg: Annotated[
        float | None, Field(ge=0, lt=1e9, description="price of a kilogram of filament, for the cost")
    ] = None


@dataclass(frozen=True)
class SlicedPrint:
    """The G-code, the slicer's summary, a picture of the first layer, and what the filament costs."""

    files: Files
    summary: Mapping[str, Any]
    picture: Picture | None
    cost: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**self.summary, "cost": self.cost}


def insist_on_slicer(slicer: str, printer: Printer) -> None:
    """Refuses before any work is done: ``CannotDo`` for a printer that takes no G-code, `Unavailable` with the line
    that gets it for a slicer that is not there."""
    if printer.technology != "FDM":
        raise CannotDo(
            f"print: {printer.label} is {printer.technology}, and slicing makes G-code for FDM printers; leave --slice "
            "out and give the file to the printer's own program"
        )
    line = slicers.missing(slicer)
    if line:
        raise Unavailable(line)


def slice_asset(
    asset: Asset, printer: Printer, wish: SlicingWish, stem: str = "model", advice: PrintSettings | None = None
) -> tuple[SlicedPrint | None, Finding]:
    """An asset sliced for its printer, with supports where they are needed, and the slicer's opinion of it.

    What ``advice`` says goes before: layer height, infill, supports or none.

    A slicer that gives up gives no print and a failed finding.
    """
    try:
        files: Files = registry()["slice"](
            asset,
            slicer=wish.slicer,
            printer=printer if advice is None else printer.replace(layer_mm=advice.layer_mm),
            profile=wish.profile,
            supports="auto" if advice is None or advice.supports else "none",
            infill=None if advice is None else advice.infill_percent,
            stem=stem,
        )
    except CannotDo as refusal:
        fix = "plinth" if "first layer" in str(refusal) else "solidify"  # nothing to stand on, or no solid
        return None, Finding("slice", "fail", str(refusal), fix=fix, source=_WORDS)
    summary = json.loads(files.parts[f"{stem}.slice.json"])
    grams = summary["filament_g"]
    cost = None if wish.price_kg is None or grams is None else round(wish.price_kg * grams / 1000, 2)
    layer = first_layer_picture(files.data.decode(errors="replace"), printer.nozzle_mm)
    return SlicedPrint(files, summary, layer, cost), _opinion(summary)


def _opinion(summary: Mapping[str, Any]) -> Finding:
    """The slicer's words as a finding."""
    doubts = [f"{count} {name.replace('_', ' ')}" for name, count in summary["defects"].items()] + summary["warnings"]
    verdict: Verdict = "warn" if doubts else "pass"
    said = "; ".join(doubts) or "sliced without a word of complaint"
    return Finding(
        "slice",
        verdict,
        f"{summary['slicer']}: {said}",
        value=len(doubts),
        unit="complaints",
        limit="0",
        source=_WORDS,
        fix="solidify",
    )
