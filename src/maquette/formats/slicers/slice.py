"""Slice: hand a model to the slicer that the user has installed, headless, and read back what it says.

Slicers (AGPL) are programs of their own: they get a file, we read their G-code. One adapter a slicer, all answering in
the same words.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note, progress
from maquette.formats.slicers import cura as slicer_cura
from maquette.formats.slicers import orca as slicer_orca
from maquette.formats.slicers import prusa as slicer_prusa
from maquette.formats.slicers.gcode import share_of, tool_changes
from maquette.formats.slicers.job import DENSITY, FILAMENT_MM, Job, Sliced, duration_words, find_installed
from maquette.formats.stl import write_stl
from maquette.formats.threemf.paint import filaments_of
from maquette.formats.threemf.write import write_3mf
from maquette.registry import LocalFile, stage

_PRINTER = Printer.default()

SlicerName = Literal["prusa", "orca", "cura"]
_ADAPTERS = {
    "prusa": (slicer_prusa, slicer_prusa.slice_with_prusa),
    "orca": (slicer_orca, slicer_orca.slice_with_orca),
    "cura": (slicer_cura, slicer_cura.slice_with_cura),
}
INFILL = 15.0
_SUPPORTS: Literal["auto", "none"] = "none"
_SKIN = 6  # layers into which PrusaSlicer lets a painted face reach, as top and bottom shells


def missing(slicer: str = "") -> str:
    """The line that makes this slicer, or any, ready; nothing when it is."""
    adapters = [_ADAPTERS[slicer][0]] if slicer else [module for module, _ in _ADAPTERS.values()]
    if any(find_installed(module.PROGRAMS, module.PLACES) for module in adapters):
        return ""
    line: str = adapters[0].MISSING
    return line


def viewer(slicer: str) -> str:
    """Path of the slicer's window program; `Unavailable` says what to install."""
    from maquette.formats.slicers.job import find_program

    module = _ADAPTERS[slicer][0]
    return find_program(module.VIEWERS, module.MISSING, module.WINDOWS)


@stage(
    name="slice",
    licence="Apache-2.0; runs PrusaSlicer, OrcaSlicer or CuraEngine (AGPL-3.0) as programs of their own",
    missing=missing,
    varying="PrusaSlicer 2.5's seams and purge towers: the G-code of round and of painted models differs run to run",
)
def slice_(
    asset: Asset,
    *,
    slicer: Annotated[SlicerName, Field(description="the installed program that slices")] = "prusa",
    printer: Annotated[Printer, Field(description="bed, nozzle and layer, unless a profile says")] = _PRINTER,
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
    filaments: Annotated[
        Literal["painted", "one"],
        Field(description="each flat material its own filament, as in our 3MF; or one for all"),
    ] = "painted",
    stem: Annotated[str, Field(min_length=1, description="file name without ending")] = "model",
) -> Files:
    """Slice a model with the installed slicer: G-code, and a JSON file with time, filament, layers and warnings.

    The model is placed in the middle of the bed as it stands. A model of 2 to 16 flat materials, as ``quantize-colors``
    makes them, goes over as a painted 3MF: the G-code changes filaments and the JSON says how much of each. Without a
    profile that is one nozzle with an exchanger and a purge tower beside the model. CuraEngine reads no paint and
    prints it in one filament, with a warning. Filament is reckoned as 1.75 mm PLA of 1.24 g/cm³ unless
    a profile says otherwise. ``CannotDo`` when the slicer gives up, in its own words, or the model is larger than the
    bed; ``Unavailable`` when it is not installed; ``BadInput`` for a profile that would run programs or feeds fewer
    filaments than the model has.
    """
    if printer.technology != "FDM":
        raise CannotDo(f"slice: {printer.label} is {printer.technology}; G-code is for FDM printers, choose one")
    profiles = tuple(Path(part).absolute() for part in profile.split(";") if part)
    if not profiles:
        _insist_it_fits(asset, printer)
        infill = INFILL if infill is None else infill
        supports = _SUPPORTS if supports is None else supports
    progress(0.1, f"{slicer} slices")
    moved = _center_on_bed(asset, printer)
    bare = moved.replace(mesh=moved.mesh.replace(uv=None, color=None, material=None), materials=())
    job = Job(write_stl(bare).data, printer, infill, supports, profiles)
    if filaments == "painted":
        job = _paint(job, moved, slicer)
    with tempfile.TemporaryDirectory(prefix="maquette-slice-") as folder:
        sliced = _ADAPTERS[slicer][1](job, Path(folder))
    summary = summary_of(sliced, job.colors, [material.name for material in asset.materials])
    note(f"{summary['layers']} layers, {summary['filament_g']} g, {summary['time']}")
    numbers = json.dumps(summary, indent=2, sort_keys=True).encode() + b"\n"
    return Files(f"{stem}.gcode", {f"{stem}.gcode": sliced.gcode.encode(), f"{stem}.slice.json": numbers})


def _insist_it_fits(asset: Asset, printer: Printer) -> None:
    """`CannotDo` for what is larger than the bed: not every slicer looks."""
    over = [f"{side:.0f} mm on {bed:g}" for side, bed in zip(asset.size, printer.bed_mm, strict=True) if side > bed]
    if over:
        raise CannotDo(f"slice: the model does not fit {printer.label}: {', '.join(over)}; scale-to or split it")


def _center_on_bed(asset: Asset, printer: Printer) -> Asset:
    """The model in the middle of the bed, its foot at z = 0."""
    low, high = asset.mesh.bounds
    x, y, _ = printer.bed_mm
    return asset.moved(offset=(x / 2 - (low[0] + high[0]) / 2, y / 2 - (low[1] + high[1]) / 2, -low[2]))


def _paint(job: Job, asset: Asset, slicer: SlicerName) -> Job:
    """The job with a 3MF of several filaments, where the model has them."""
    colors = filaments_of(asset)
    if not colors:
        return job
    painted = write_3mf(asset, slicers="prusa" if slicer == "prusa" else "all").data
    most = _at_once(asset.mesh, job.printer.layer_mm)
    return replace(job, painted=painted, colors=tuple(colors), at_once=most, footprint_mm=asset.size[:2])


def _at_once(mesh: Mesh, layer_mm: float) -> int:
    """How many materials one layer cuts at most; the skin above and below a face counts as the face's."""
    z = mesh.vertices[mesh.faces, 2] / layer_mm
    low = np.maximum(np.floor(z.min(axis=1)) - _SKIN, 0).astype(np.int64)
    high = np.ceil(z.max(axis=1)).astype(np.int64) + _SKIN
    layers = int(high.max()) + 1
    count = np.zeros(layers, np.int64)
    assert mesh.material is not None
    for number in np.unique(mesh.material).tolist():
        which = mesh.material == number
        begun, ended = (np.bincount(ends[which], minlength=layers) for ends in (low, high))
        count += np.cumsum(begun - ended) > 0
    return int(count.max())


def summary_of(sliced: Sliced, colors: Sequence[str] = (), names: Sequence[str] = ()) -> dict[str, Any]:
    """What a maker asks, in the same words for every slicer: how long, how much, how many layers, did it complain."""
    volume = sliced.filament_mm3
    support, tower = (0.0 if volume is None else volume * share_of(kind, sliced.gcode) for kind in ("support", "tower"))
    each = sliced.filaments_mm3 if len(sliced.filaments_mm3) > 1 else ()
    return {
        "slicer": sliced.slicer,
        "layers": sliced.layers,
        "time": None if sliced.seconds is None else duration_words(sliced.seconds),
        "seconds": sliced.seconds,
        **_amounts(volume),
        "filaments": [
            {"slot": slot, "name": name, "color": color, **_amounts(used)}
            for slot, (used, color, name) in enumerate(zip(each, colors, names, strict=False), start=1)
        ],
        "filament_changes": tool_changes(sliced.gcode),
        "support_cm3": None if volume is None else round(support / 1000, 3),
        "purged_cm3": None if volume is None else round(tower / 1000, 3),
        "manifold": sliced.mesh.get("manifold"),
        "parts": sliced.mesh.get("parts"),
        "volume_mm3": sliced.mesh.get("volume_mm3"),
        "defects": dict(sliced.defects),
        "warnings": list(sliced.warnings),
    }


def _amounts(volume: float | None) -> dict[str, float | None]:
    """A volume of filament in millimetres of it, cubic centimetres and grams."""
    if volume is None:
        return {"filament_mm": None, "filament_cm3": None, "filament_g": None}
    area = 3.141592653589793 * FILAMENT_MM**2 / 4
    return {
        "filament_mm": round(volume / area, 2),
        "filament_cm3": round(volume / 1000, 3),
        "filament_g": round(volume / 1000 * DENSITY, 2),
    }
