"""CuraEngine 4 and 5: ``CuraEngine slice -j fdmprinter.def.json -s … -l model.stl -o model.gcode``.

The engine reads a definition's defaults and not its formulas, so what Cura's window would derive (line widths, solid
layers, distance of infill lines) is derived here, by the formulas of fdmprinter.def.json 4.13. It does not look
whether a model fits the bed, and says nothing of broken meshes.
"""

from __future__ import annotations

import math
import os
import re
from pathlib import Path

from maquette.core.errors import CannotDo, Unavailable
from maquette.formats.slicers.job import FILAMENT_MM, Job, Sliced, find_program, number, profile_bytes, run, why

NAME = "CuraEngine"
PROGRAMS = ("CuraEngine", "curaengine", "CuraEngine.exe")
PLACES = (
    "/Applications/U*aker Cura.app/Contents/MacOS/CuraEngine",
    "C:/Program Files/U*aker Cura*/CuraEngine.exe",
)
VIEWERS = ("cura", "UltiMaker-Cura", "Ultimaker-Cura", "UltiMaker-Cura.exe")
WINDOWS = (
    "/Applications/U*aker Cura.app/Contents/MacOS/U*aker-Cura",
    "C:/Program Files/U*aker Cura*/U*aker-Cura.exe",
    "/var/lib/flatpak/exports/bin/com.ultimaker.cura",
)
MISSING = "slice: CuraEngine is not installed; apt install cura-engine, or get Cura from ultimaker.com"
NO_DEFINITIONS = (
    "slice: CuraEngine has no fdmprinter.def.json beside it; apt install cura, or name yours as profile, from the "
    "folder resources/definitions of Cura"
)
PROFILES = (".def.json",)
# Debian's package cura, Cura's own Linux and Windows folders, macOS's application.
FOLDERS = (
    "/usr/share/cura/resources/definitions",
    "/usr/local/share/cura/resources/definitions",
    "/Applications/UltiMaker Cura.app/Contents/Resources/share/cura/resources/definitions",
)
BESIDE = (
    "../share/cura/resources/definitions",
    "../Resources/share/cura/resources/definitions",
    "share/cura/resources/definitions",
    "resources/definitions",
)
SHELL_MM, SUPPORT_SHARE = 0.8, 15.0  # defaults of fdmprinter.def.json
_NOISE = re.compile(r"Unrecognized data type|^\[WARNING\]\s+-s |Setting .* not registered")


def definitions(program: str) -> Path | None:
    """The folder that holds fdmprinter.def.json, if there is one."""
    here = Path(program).resolve().parent
    folders = [Path(folder) for folder in FOLDERS] + [here / folder for folder in BESIDE]
    return next((folder for folder in folders if (folder / "fdmprinter.def.json").is_file()), None)


def slice_with_cura(job: Job, folder: Path) -> Sliced:
    """Slice in ``folder``; `CannotDo` in CuraEngine's own words."""
    program = find_program(PROGRAMS, MISSING, PLACES)
    place = definitions(program)
    if job.profiles:
        (folder / "profile.def.json").write_bytes(profile_bytes(job.profiles[0], PROFILES, NAME))
        definition, search = "profile.def.json", [str(job.profiles[0].resolve().parent)]
    elif place is not None:
        definition, search = str(place / "fdmprinter.def.json"), []
    else:
        raise Unavailable(NO_DEFINITIONS)
    search += [str(p) for p in (place, place and place.parent / "extruders") if p]
    (folder / "model.stl").write_bytes(job.stl)
    settings = _derive_settings(job) if not job.profiles else _options(job, job.printer.nozzle_mm)
    flags = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    extruder = [] if job.profiles else ["-e0", "-s", f"material_diameter={FILAMENT_MM:g}"]
    command = [program, "slice", "-v", "-j", definition, *flags, *extruder, "-l", "model.stl", "-o", "model.gcode"]
    code, words = run(command, folder, name=NAME, environment={"CURA_ENGINE_SEARCH_PATH": os.pathsep.join(search)})
    said = [line.strip() for line in re.findall(r"^\[(?:WARNING|ERROR)\][^\n]*", words, flags=re.M)]
    said = [re.sub(r"^\[\w+\]\s*", "", line) for line in said if not _NOISE.search(line)]
    gcode_path = folder / "model.gcode"
    layers = number(words, r"layer count: (\d+)") or 0
    gcode = gcode_path.read_text(errors="replace") if gcode_path.exists() else ""
    layers = number(gcode, r"(?m)^;LAYER_COUNT:(\d+)") or layers
    if code or not layers:
        raise CannotDo(f"slice: {NAME} gave up: {why(said)}")
    if job.painted:
        said.append(f"the model's {len(job.colors)} filaments are sliced as one: {NAME} reads no paint")
    version = re.search(r"SteamEngine (\S+)", gcode)
    return Sliced(
        gcode=gcode,
        slicer=f"{NAME} {version[1]}" if version else NAME,
        seconds=number(words, r"Print time \(s\): ([\d.]+)"),
        filament_mm3=number(words, r"Filament \(mm\^3\): ([\d.]+)"),
        layers=int(layers),
        warnings=tuple(sorted(set(said))),
    )


def _derive_settings(job: Job) -> dict[str, str]:
    """Our printer as settings, with everything that follows from them."""
    x, y, z = job.printer.bed_mm
    line, layer = job.printer.nozzle_mm, job.printer.layer_mm
    names = ("", "wall_", "skin_", "infill_", "support_", "skirt_brim_")
    widths = {f"{name}line_width": f"{line:g}" for name in names}
    return {
        "machine_width": f"{x:g}",
        "machine_depth": f"{y:g}",
        "machine_height": f"{z:g}",
        "machine_nozzle_size": f"{line:g}",
        "layer_height": f"{layer:g}",
        "layer_height_0": f"{layer:g}",
        "infill_sparse_thickness": f"{layer:g}",
        "support_infill_sparse_thickness": f"{layer:g}",
        **widths,
        "wall_line_width_0": f"{line:g}",
        "wall_line_width_x": f"{line:g}",
        "wall_line_count": f"{max(1, round(SHELL_MM / line))}",
        "adhesion_type": "skirt",
        "support_angle": f"{job.printer.overhang_deg:g}",
        "support_top_distance": f"{layer:g}",
        "support_bottom_distance": f"{layer / 2:g}",
        "material_diameter": f"{FILAMENT_MM:g}",
        **_options(job, line, layer),
    }


def _options(job: Job, line: float, layer: float | None = None) -> dict[str, str]:
    """Infill and supports, where they are asked for."""
    settings: dict[str, str] = {"center_object": "true"}
    if layer is not None:
        solid = math.ceil(round(SHELL_MM / layer, 4))
        settings |= dict.fromkeys(("top_layers", "bottom_layers", "initial_bottom_layers"), f"{solid}")
    if job.infill is not None:
        settings["infill_sparse_density"] = f"{job.infill:g}"
        settings["infill_line_distance"] = f"{line * 100 / job.infill:g}" if job.infill else "0"
        settings["infill_pattern"] = "lines" if job.infill == 100 else "gyroid"
        if job.infill == 100:
            settings |= {"top_layers": "0", "bottom_layers": "999999", "initial_bottom_layers": "999999"}
    if job.supports is not None:
        distance = f"{line * 100 / SUPPORT_SHARE:g}"
        settings["support_enable"] = "true" if job.supports == "auto" else "false"
        settings |= {"support_line_distance": distance, "support_initial_layer_line_distance": distance}
    return settings
