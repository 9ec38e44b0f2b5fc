"""OrcaSlicer 2, and Bambu Studio, whose command line it is: ``orca-slicer --slice 0 --load-settings …``.

By its documented command line (orcaslicer.com/wiki/cli): presets are JSON, machine and process by ``--load-settings``,
filaments by ``--load-filaments``, each told apart by ``type``; a process must name the machine among its
``compatible_printers``; the folder is given, the file in it is always ``plate_1.gcode``; what went wrong stands in
``result.json``. Without a profile we write the three presets ourselves. A painted model goes over as 3MF, with one
filament preset for each filament.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from maquette.core.errors import BadInput, CannotDo
from maquette.formats.slicers.job import (
    DENSITY,
    FILAMENT_MM,
    Job,
    Sliced,
    clock,
    find_program,
    number,
    preset_of,
    run,
    volumes,
)

NAME = "OrcaSlicer"
PROGRAMS = ("orca-slicer", "OrcaSlicer", "orca-slicer.exe", "bambu-studio", "BambuStudio")
PLACES = (
    "/Applications/OrcaSlicer.app/Contents/MacOS/OrcaSlicer",
    "/Applications/BambuStudio.app/Contents/MacOS/BambuStudio",
    "C:/Program Files/OrcaSlicer/orca-slicer.exe",
    "C:/Program Files/Bambu Studio/bambu-studio.exe",
)
VIEWERS = PROGRAMS
WINDOWS = (
    *PLACES,
    "/var/lib/flatpak/exports/bin/com.orcaslicer.OrcaSlicer",
    "/var/lib/flatpak/exports/bin/io.github.softfever.OrcaSlicer",
    "/var/lib/flatpak/exports/bin/com.bambulab.BambuStudio",
)
MISSING = "slice: OrcaSlicer is not installed; get it from github.com/OrcaSlicer/OrcaSlicer/releases"
PROFILES = (".json",)
_PRESETS = ("machine", "process", "filament")
_MACHINE = "Maquette machine"


def slice_with_orca(job: Job, folder: Path) -> Sliced:
    """Slice in ``folder``; `CannotDo` in OrcaSlicer's own words."""
    program = find_program(PROGRAMS, MISSING, PLACES)
    model = "model.3mf" if job.painted else "model.stl"
    (folder / model).write_bytes(job.painted or job.stl)
    presets = _theirs(job) if job.profiles else _ours(job)
    for kind, preset in presets.items():
        if kind != "filament":
            (folder / f"{kind}.json").write_text(json.dumps(preset, indent=1), encoding="utf-8")
    settings = ";".join(f"{kind}.json" for kind in ("machine", "process") if kind in presets)
    filament = _filaments(job, presets["filament"], folder) if "filament" in presets else []
    command = [program, "--slice", "0", "--load-settings", settings, *filament, "--arrange", "1", "--ensure-on-bed"]
    code, words = run([*command, "--outputdir", ".", model], folder, name=NAME)
    verdict = _verdict(folder / "result.json")
    gcode_path = folder / "plate_1.gcode"
    if code or not gcode_path.exists():
        error = verdict.get("error_string") or "; ".join(_log_lines(words)[-2:])[:300] or "without a word"
        raise CannotDo(f"slice: {NAME} gave up: {error}")
    return _read(gcode_path.read_text(errors="replace"), words, verdict)


def _filaments(job: Job, preset: dict[str, Any], folder: Path) -> list[str]:
    """The filament preset, once for each filament of a painted model, and the option that loads them.

    Each has its colour: where colours and presets differ in number the program crashes (OrcaSlicer issue 12426).
    """
    places = []
    for slot, color in enumerate(job.colors or ("",), start=1):
        places.append(f"filament_{slot}.json" if job.colors else "filament.json")
        colored = {**preset, "name": f"{preset['name']} {slot}", "filament_colour": [color]} if color else preset
        (folder / places[-1]).write_text(json.dumps(colored, indent=1), encoding="utf-8")
    return ["--load-filaments", ";".join(places)]


def _theirs(job: Job) -> dict[str, Any]:
    """The user's presets by their type, with infill and supports where they are asked for."""
    presets: dict[str, Any] = {}
    for path in job.profiles:
        preset = preset_of(path, PROFILES, NAME)
        kind = preset["type"]
        if kind not in _PRESETS or kind in presets:
            raise BadInput(
                f"slice: {path.name} is of type {kind!r}; give one machine, one process, one filament at most"
            )
        presets[kind] = preset
    if {"machine", "process"} - set(presets):
        raise BadInput(f"slice: {NAME} needs a machine and a process preset; got {sorted(presets)}")
    if job.painted and "filament" not in presets:
        raise BadInput(
            f"slice: {NAME} needs a filament preset for {len(job.colors)} filaments; give it, or filaments=one"
        )
    presets["process"] |= _options(job)
    return presets


def _ours(job: Job) -> dict[str, Any]:
    """Machine, process and filament as presets; numbers are strings there."""
    x, y, z = job.printer.bed_mm
    head = {"from": "system", "instantiation": "true", "version": "2.0.0.0"}
    layer, line = f"{job.printer.layer_mm:g}", f"{job.printer.nozzle_mm * 1.05:g}"
    machine = {
        "type": "machine",
        "name": _MACHINE,
        "printer_model": _MACHINE,
        "gcode_flavor": "marlin2",
        "printable_area": ["0x0", f"{x:g}x0", f"{x:g}x{y:g}", f"0x{y:g}"],
        "printable_height": f"{z:g}",
        "nozzle_diameter": [f"{job.printer.nozzle_mm:g}"],
        "machine_start_gcode": "G28\nG1 Z5 F5000",
        "before_layer_change_gcode": "G92 E0",  # it extrudes relatively and refuses to without this
        "machine_end_gcode": "M104 S0\nM140 S0\nM84",
    }
    process = {
        "type": "process",
        "name": "Maquette process",
        "compatible_printers": [_MACHINE],
        "layer_height": layer,
        "initial_layer_print_height": layer,
        "line_width": line,
        **_options(job),
    }
    filament = {
        "type": "filament",
        "name": "Maquette PLA",
        "compatible_printers": [_MACHINE],
        "filament_type": ["PLA"],
        "filament_diameter": [f"{FILAMENT_MM:g}"],
        "filament_density": [f"{DENSITY:g}"],
        "nozzle_temperature": ["215"],
        "nozzle_temperature_initial_layer": ["215"],
    }
    if job.painted:
        machine["single_extruder_multi_material"] = "1"
        process |= {"enable_prime_tower": "1", "wipe_tower_x": ["10"], "wipe_tower_y": ["10"]}
    return {"machine": head | machine, "process": head | process, "filament": head | filament}


def _options(job: Job) -> dict[str, str]:
    """Infill and supports, where they are asked for."""
    settings: dict[str, str] = {}
    if job.infill is not None:
        pattern = "zig-zag" if job.infill == 100 else "gyroid"
        settings |= {"sparse_infill_density": f"{job.infill:g}%", "sparse_infill_pattern": pattern}
    if job.supports is not None:
        settings["enable_support"] = "1" if job.supports == "auto" else "0"
    return settings


def _verdict(place: Path) -> dict[str, Any]:
    """What OrcaSlicer wrote down about its run; empty where it wrote nothing."""
    try:
        answer = json.loads(place.read_text(errors="replace"))
    except (OSError, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _log_lines(words: str) -> list[str]:
    """Warnings and errors of its log, without time and thread."""
    lines = re.findall(r"\[(?:warning|error|fatal)\]\s*(.+)", words)
    return sorted({line.strip() for line in lines if "cli mode, Current" not in line})


def _read(gcode: str, words: str, verdict: dict[str, Any]) -> Sliced:
    """What the G-code and the log say; newer versions head the file with the numbers, older ones end it with them."""
    plates = [plate for plate in verdict.get("sliced_plates", []) if isinstance(plate, dict)]
    warned = [str(plate["warning_message"]) for plate in plates if plate.get("warning_message")]
    used = volumes(gcode) or volumes(gcode.replace("total filament length", "filament used"))
    time = re.search(r"estimated printing time \(normal mode\) = (.+)|total estimated time: ([^;\n]+)", gcode)
    layers = number(gcode, r"total layers? (?:count|number)\s*[=:] (\d+)")
    return Sliced(
        gcode=re.sub(r"(generated by \S+ \S+) on [^\n]+", r"\1", gcode, count=1),
        slicer=(re.search(r"generated by (\S+ \S+)", gcode) or ["", NAME])[1],
        seconds=clock(time[1] or time[2]) if time else None,
        filament_mm3=sum(used) if used else None,
        filaments_mm3=used,
        layers=None if layers is None else int(layers),
        warnings=tuple(sorted({*_log_lines(words), *warned})),
    )
