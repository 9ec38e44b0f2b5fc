"""PrusaSlicer 2.5 and later: ``prusa-slicer --export-gcode``.

It slices broken meshes with exit code 0, so the answer is not the exit code but its own words: ``--info`` counts open
edges, reversed facets and parts, and the export warns. It prints a painted 3MF with as many filaments as its profile
has nozzles. Without a profile of the user's that is one nozzle fed by an exchanger (MMU, AMS), with a tower to purge.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from maquette.core.errors import BadInput, CannotDo
from maquette.core.progress import note
from maquette.formats.slicers.job import (
    DENSITY,
    FILAMENT_MM,
    Job,
    Sliced,
    clock,
    find_program,
    profile_bytes,
    run,
    volumes,
    why,
)

NAME = "PrusaSlicer"
PROGRAMS = ("prusa-slicer-console.exe", "prusa-slicer", "PrusaSlicer")  # on Windows only the first has a console
PLACES = (
    "/Applications/PrusaSlicer.app/Contents/MacOS/PrusaSlicer",
    "/Applications/Original Prusa Drivers/PrusaSlicer.app/Contents/MacOS/PrusaSlicer",
    "C:/Program Files/Prusa3D/PrusaSlicer/prusa-slicer-console.exe",
)
VIEWERS = PROGRAMS[1:]
WINDOWS = (
    *PLACES[:2],
    "C:/Program Files/Prusa3D/PrusaSlicer/prusa-slicer.exe",
    "/var/lib/flatpak/exports/bin/com.prusa3d.PrusaSlicer",
)
MISSING = "slice: PrusaSlicer is not installed; apt install prusa-slicer, or get it from prusa3d.com"
PROFILES = (".ini",)
_DEFECTS = ("open_edges", "facets_reversed", "backwards_edges", "degenerate_facets", "edges_fixed", "facets_removed")
_PURGE_MM3, _BESIDE_MM = 140.0, 10.0  # PrusaSlicer's own for a change; a gap for skirts
# Widths of the purge tower: its own, and another. Debian's 2.5.0 sends a tower's lines to Y-inf or X-3984760 with some
# models and options, whatever they are; then the G-code is made again, at last without a tower.
_TOWERS_MM = (60.0, 54.0, 0.0)
_ASTRAY_MM, _LARGEST_MM = 30.0, 2000.0  # beyond the bed; the largest bed of a profile that we do not read
_QUIET = re.compile(r"Initializing StaticPrintConfigs|^\d+ => |Slicing result exported|^\s*$")


def slice_with_prusa(job: Job, folder: Path) -> Sliced:
    """Slice in ``folder``; `CannotDo` in PrusaSlicer's own words, and for G-code that leads nowhere."""
    program = find_program(PROGRAMS, MISSING, PLACES)
    several = bool(job.painted)
    if job.profiles:
        profile = profile_bytes(job.profiles[0], PROFILES, NAME)
        (folder / "profile.ini").write_bytes(profile)
        several = _feeds_all(profile, job)
    model = "model.3mf" if several else "model.stl"
    (folder / model).write_bytes(job.painted if several else job.stl)
    _, info = run([program, "--info", model], folder, name=NAME)
    facts = dict(re.findall(r"^(\w+) =\s+(.+?)\s*$", info, flags=re.M))
    if job.profiles:
        gcode, said = _export_gcode([program, "--load", "profile.ini", *_options(job)], model, folder)
        if _astray(gcode, (_LARGEST_MM, _LARGEST_MM)):
            raise CannotDo(f"slice: {NAME} sends the nozzle off the bed; change wipe_tower_width, or filaments=one")
        return _read(gcode, facts, said)
    for tower in _TOWERS_MM:
        gcode, said = _export_gcode([program, *_own_profile(job, tower)], model, folder)
        if not several or not _astray(gcode, job.printer.bed_mm):
            return _read(gcode, facts, said)
        note(f"a purge tower of {tower:g} mm leads {NAME} off the bed: made again with another, or none")
    raise CannotDo(f"slice: {NAME} sends the nozzle off the bed; slice with filaments=one")


def _astray(gcode: str, bed_mm: tuple[float, ...]) -> bool:
    """Whether a move leads to infinity or far beyond the bed."""
    for axis, side in zip("XY", bed_mm, strict=False):
        places = re.findall(rf"^G[0123] [^;\n]*?{axis}(-?(?:inf|nan|[\d.]+))", gcode, flags=re.M)
        place = np.array(places, dtype=np.float64)
        if not (np.abs(place - side / 2) <= side / 2 + _ASTRAY_MM).all():
            return True
    return False


def _export_gcode(command: list[str], model: str, folder: Path) -> tuple[str, list[str]]:
    """The G-code that it makes of a model, and what it says."""
    code, words = run([*command, "--export-gcode", "-o", "model.gcode", model], folder, name=NAME)
    said = [line for line in words.splitlines() if not _QUIET.search(line)]
    gcode_path = folder / "model.gcode"
    if code or not gcode_path.exists():
        raise CannotDo(f"slice: {NAME} gave up: {why(said)}")
    return gcode_path.read_bytes().decode(errors="replace"), said


def _feeds_all(profile: bytes, job: Job) -> bool:
    """Whether a user's profile has a nozzle for each filament of the model; one nozzle prints all in one filament."""
    match = re.search(rb"^nozzle_diameter\s*=\s*(.+)$", profile, flags=re.M)
    nozzles, wanted = len(match[1].split(b",")) if match else 1, len(job.colors)
    if not job.painted or nozzles == 1:
        if job.painted:
            note(f"the profile has one filament: the model's {wanted} are sliced as one")
        return False
    if nozzles < wanted:
        name = job.profiles[0].name
        raise BadInput(
            f"slice: {name} has {nozzles} filaments, the model {wanted}; quantize-colors to {nozzles}, or filaments=one"
        )
    return True


def _own_profile(job: Job, tower_mm: float) -> list[str]:
    """Our printer as options; filament is 1.75 mm PLA."""
    x, y, z = job.printer.bed_mm
    count = max(len(job.colors), 1)
    options = {
        "bed-shape": f"0x0,{x:g}x0,{x:g}x{y:g},0x{y:g}",
        "center": f"{x / 2:g},{y / 2:g}",
        "max-print-height": f"{z:g}",
        "nozzle-diameter": ",".join([f"{job.printer.nozzle_mm:g}"] * count),
        "layer-height": f"{job.printer.layer_mm:g}",
        "first-layer-height": f"{job.printer.layer_mm:g}",
        "filament-diameter": ",".join([f"{FILAMENT_MM:g}"] * count),
        "filament-density": ",".join([f"{DENSITY:g}"] * count),
    }
    flags: list[str] = []
    if job.painted:
        more, flags = _filament_change_options(job, tower_mm)
        options |= more
    return [part for name, value in options.items() for part in (f"--{name}", value)] + flags + _options(job)


def _filament_change_options(job: Job, tower_mm: float) -> tuple[dict[str, str], list[str]]:
    """Options and switches for one nozzle that changes filaments, and a tower beside the model to purge them in."""
    count = len(job.colors)
    matrix = [f"{_PURGE_MM3 * (one != other):g}" for one in range(count) for other in range(count)]
    options = {
        "extruder-colour": ";".join(job.colors),
        "support-material-extruder": "0",  # supports in whatever is loaded: a tower takes no change for them
        "support-material-interface-extruder": "0",
        "wiping-volumes-matrix": ",".join(matrix),
        "wiping-volumes-extruders": ",".join([f"{_PURGE_MM3 / 2:g}"] * (2 * count)),
    }
    switches = ["--single-extruder-multi-material", "--single-extruder-multi-material-priming"]
    place = _beside(job, tower_mm) if tower_mm else None
    if place is None:
        note("no purge tower beside the model: what changing filaments wastes is not counted")
        return options, [*switches, "--no-wipe-tower"]
    center, tower = place
    options |= {"center": f"{center[0]:g},{center[1]:g}", "wipe-tower-x": f"{tower[0]:g}"}
    options |= {"wipe-tower-y": f"{tower[1]:g}", "wipe-tower-width": f"{tower_mm:g}"}
    options["layer-gcode"] = "G92 E0"  # a tower needs relative extrusion, and that its zero set
    return options, [*switches, "--wipe-tower", "--use-relative-e-distances"]


def _beside(job: Job, tower_mm: float) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The model's middle and the tower's corner in mm on the bed, side by side or one behind the other."""
    (x, y, _), (width, depth) = job.printer.bed_mm, job.footprint_mm
    layer = job.printer.layer_mm
    changes = min(job.at_once, len(job.colors) - 1)
    deep = 1.5 * changes * _PURGE_MM3 / (layer * tower_mm) + 5  # half more: ramming, brim and gaps
    across, along = width + _BESIDE_MM + tower_mm, depth + _BESIDE_MM + deep
    if across + _BESIDE_MM <= x and max(deep, depth) <= y:
        left = (x - across) / 2
        return (left + width / 2, y / 2), (left + width + _BESIDE_MM, (y - deep) / 2)
    if along + _BESIDE_MM <= y and max(tower_mm, width) <= x:
        front = (y - along) / 2
        return (x / 2, front + depth / 2), ((x - tower_mm) / 2, front + depth + _BESIDE_MM)
    return None


def _options(job: Job) -> list[str]:
    """Infill and supports, where they are asked for."""
    flags: list[str] = []
    if job.infill is not None:
        pattern = "rectilinear" if job.infill == 100 else "gyroid"  # gyroid cannot fill the whole inside
        flags += ["--fill-density", f"{job.infill:g}%", "--fill-pattern", pattern]
    if job.supports is not None:
        flags.append("--support-material" if job.supports == "auto" else "--no-support-material")
    return flags


def _read(gcode: str, facts: dict[str, str], said: list[str]) -> Sliced:
    """What the G-code and the words say."""
    tail = gcode[-60_000:]
    used = volumes(tail)
    time = re.search(r"estimated printing time \(normal mode\) = (.+)", tail)
    mesh: dict[str, object] = {"manifold": facts.get("manifold") == "yes"}
    mesh["parts"] = int(facts["number_of_parts"]) if "number_of_parts" in facts else None
    mesh["volume_mm3"] = float(facts["volume"]) if "volume" in facts else None
    return Sliced(
        gcode=re.sub(r"(generated by PrusaSlicer \S+) on [^\n]+", r"\1", gcode, count=1),
        slicer=(re.search(r"generated by (\S+ \S+)", gcode) or ["", NAME])[1],
        seconds=clock(time[1]) if time else None,
        filament_mm3=sum(used) if used else None,
        filaments_mm3=used,
        layers=len(set(re.findall(r"^;Z:([\d.]+)", gcode, flags=re.M))) or None,
        warnings=tuple(sorted({w for w in (_bare(line) for line in said) if w})),
        defects={name: int(float(facts[name])) for name in _DEFECTS if float(facts.get(name, 0))},
        mesh=mesh,
    )


def _bare(line: str) -> str:
    """A line of its log without time, thread and level."""
    return re.sub(r"^\[.*?\]\s*(\[.*?\]\s*)*", "", line).strip()
