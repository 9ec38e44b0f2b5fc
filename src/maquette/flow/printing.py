"""What the user's slicer makes of a finished asset, for the report: time, filament, cost, words, the first layer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from maquette.core.errors import CannotDo, Unavailable
from maquette.core.files import Files
from maquette.core.picture import Picture
from maquette.core.profiles import Printer
from maquette.core.report import Finding, Verdict
from maquette.flow.make import Made
from maquette.flow.report.first_layer import first_layer_picture
from maquette.formats.slicers import slice as slicing
from maquette.registry import registry


@dataclass(frozen=True)
class Printed:
    """A slicing: the G-code, the slicer's summary, a picture of the first layer, and what the filament costs."""

    files: Files
    summary: Mapping[str, Any]
    picture: Picture | None
    cost: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**self.summary, "cost": self.cost}


def insist_on_slicer(slicer: str, printer: Printer | str | None = None) -> None:
    """Refuses before any work is done: ``CannotDo`` for a printer that takes no G-code, `Unavailable` with the line
    that gets it for a slicer that is not there."""
    machine = Printer.given(printer)
    if machine.technology != "FDM":
        raise CannotDo(
            f"print: {machine.label} is {machine.technology}, and slicing makes G-code for FDM printers; leave --slice "
            "out and give the file to the printer's own program"
        )
    line = slicing.missing(slicer)
    if line:
        raise Unavailable(line)


def with_slicing(
    made: Made, *, slicer: str = "prusa", profile: str = "", price_kg: float | None = None, stem: str = "model"
) -> Made:
    """The same, sliced for its printer with supports where they are needed; the slicer's opinion joins the report.

    ``price_kg`` is what a kilogram of filament costs, in any currency. A slicer that gives up is a failed finding.
    """
    try:
        files: Files = registry()["slice"](
            made.asset, slicer=slicer, printer=made.printer, profile=profile, supports="auto", stem=stem
        )
    except CannotDo as refusal:
        fix = "plinth" if "first layer" in str(refusal) else "solidify"  # nothing to stand on, or no solid
        return _judged(made, Finding("slice", "fail", str(refusal), fix=fix, source="the slicer's own words"))
    text = files.data.decode(errors="replace")
    summary = json.loads(files.parts[f"{stem}.slice.json"])
    grams = summary["filament_g"]
    cost = None if price_kg is None or grams is None else round(price_kg * grams / 1000, 2)
    drawn = first_layer_picture(text, made.printer.nozzle_mm)
    sliced = replace(made, printed=Printed(files, summary, drawn, cost))
    return _judged(sliced, _opinion(summary))


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
        source="the slicer's own words",
        fix="solidify",
    )


def _judged(made: Made, finding: Finding) -> Made:
    report = made.report
    return replace(made, report=report.replace(findings=(*report.findings, finding)))
