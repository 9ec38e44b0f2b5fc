"""Slice: hand a model to the slicer that the user has installed, headless, and read back what it says.

Slicers (AGPL) are programs of their own: they get a file, we read their G-code. One adapter a slicer, all answering in
the same words.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.files import Files
from maquette.core.profiles import Printer
from maquette.core.progress import note, progress
from maquette.formats import slicer_cura, slicer_orca, slicer_prusa
from maquette.formats.gcode import support_share
from maquette.formats.slicing import DENSITY, FILAMENT_MM, Job, Sliced, spoken
from maquette.formats.stl import write_stl
from maquette.registry import LocalFile, stage

SlicerName = Literal["prusa", "orca", "cura"]
_ADAPTERS = {
    "prusa": (slicer_prusa, slicer_prusa.slice_with_prusa),
    "orca": (slicer_orca, slicer_orca.slice_with_orca),
    "cura": (slicer_cura, slicer_cura.slice_with_cura),
}
_INFILL, _SUPPORTS = 15.0, "none"


def missing(slicer: str = "") -> str:
    """The line that makes this slicer, or any, ready; nothing when it is."""
    adapters = [_ADAPTERS[slicer][0]] if slicer else [module for module, _ in _ADAPTERS.values()]
    if any(shutil.which(name) for module in adapters for name in module.PROGRAMS):
        return ""
    return adapters[0].MISSING


def viewer(slicer: str) -> str:
    """Path of the slicer's window program; `Unavailable` says what to install."""
    from maquette.formats.slicing import found_program

    module = _ADAPTERS[slicer][0]
    return found_program(module.VIEWERS, module.MISSING)


@stage(
    name="slice",
    licence="Apache-2.0; runs PrusaSlicer, OrcaSlicer or CuraEngine (AGPL-3.0) as programs of their own",
    missing=missing,
    varies="PrusaSlicer 2.5 places seams by the timing of its threads: the G-code of round models differs run to run",
)
def slice_(
    asset: Asset,
    *,
    slicer: Annotated[SlicerName, Field(description="the installed program that slices")] = "prusa",
    printer: Annotated[Printer, Field(description="bed, nozzle and layer, unless a profile says")] = Printer.named(
        "prusa-mk4"
    ),
    infill: Annotated[
        float | None, Field(ge=0, le=100, description="percent of the inside that is filled; else the profile's, or 15")
    ] = None,
    supports: Annotated[
        Literal["auto", "none"] | None, Field(description="under overhangs, or nowhere; else the profile's, or none")
    ] = None,
    profile: Annotated[
        LocalFile,
        Field(description="your own profile: PrusaSlicer .ini; OrcaSlicer machine.json;process.json; Cura .def.json"),
    ] = "",
    stem: Annotated[str, Field(min_length=1, description="file name without ending")] = "model",
) -> Files:
    """Slice a model with the installed slicer: G-code, and a JSON file with time, filament, layers and warnings.

    The model is placed in the middle of the bed as it stands. Filament is reckoned as 1.75 mm PLA of 1.24 g/cm³ unless
    a profile says otherwise. ``CannotDo`` when the slicer gives up, in its own words, or the model is larger than the
    bed; ``Unavailable`` when it is not installed; ``BadInput`` for a profile that would run programs.
    """
    if printer.technology != "FDM":
        raise CannotDo(f"slice: {printer.label} is {printer.technology}; G-code is for FDM printers, choose one")
    profiles = tuple(Path(part).absolute() for part in profile.split(";") if part)
    if not profiles:
        _insist_it_fits(asset, printer)
        infill = _INFILL if infill is None else infill
        supports = _SUPPORTS if supports is None else supports
    progress(0.1, f"{slicer} slices")
    job = Job(_centred(asset, printer), printer, infill, supports, profiles)
    with tempfile.TemporaryDirectory(prefix="maquette-slice-") as folder:
        made = _ADAPTERS[slicer][1](job, Path(folder))
    summary = summary_of(made)
    note(f"{summary['layers']} layers, {summary['filament_g']} g, {summary['time']}")
    numbers = json.dumps(summary, indent=2, sort_keys=True).encode() + b"\n"
    return Files(f"{stem}.gcode", {f"{stem}.gcode": made.gcode.encode(), f"{stem}.slice.json": numbers})


def _insist_it_fits(asset: Asset, printer: Printer) -> None:
    """`CannotDo` for what is larger than the bed: not every slicer looks."""
    over = [f"{side:.0f} mm on {bed:g}" for side, bed in zip(asset.size, printer.bed_mm, strict=True) if side > bed]
    if over:
        raise CannotDo(f"slice: the model does not fit {printer.label}: {', '.join(over)}; scale-to or split it")


def _centred(asset: Asset, printer: Printer) -> bytes:
    """The model as STL in the middle of the bed, its foot at z = 0."""
    low, high = asset.mesh.bounds
    x, y, _ = printer.bed_mm
    moved = asset.moved(offset=(x / 2 - (low[0] + high[0]) / 2, y / 2 - (low[1] + high[1]) / 2, -low[2]))
    data: bytes = write_stl(moved).data
    return data


def summary_of(made: Sliced) -> dict[str, Any]:
    """What a maker asks, in the same words for every slicer: how long, how much, how many layers, did it complain."""
    volume = made.filament_mm3
    share = support_share(made.gcode)
    area = 3.141592653589793 * FILAMENT_MM**2 / 4
    return {
        "slicer": made.slicer,
        "layers": made.layers,
        "time": None if made.seconds is None else spoken(made.seconds),
        "seconds": made.seconds,
        "filament_mm": None if volume is None else round(volume / area, 2),
        "filament_cm3": None if volume is None else round(volume / 1000, 3),
        "filament_g": None if volume is None else round(volume / 1000 * DENSITY, 2),
        "support_cm3": None if volume is None else round(volume / 1000 * share, 3),
        "manifold": made.mesh.get("manifold"),
        "parts": made.mesh.get("parts"),
        "volume_mm3": made.mesh.get("volume_mm3"),
        "defects": dict(made.defects),
        "warnings": list(made.warnings),
    }
