"""Prove paint: a plan's own 3MF is sliced, and its G-code printed on paper, layer by layer."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import CannotDo
from maquette.core.files import Files
from maquette.core.painting import PaintPlan
from maquette.core.progress import note, progress
from maquette.formats.painting.laid import laid_layers, loaded_at
from maquette.formats.painting.page import png_of
from maquette.formats.painting.swaps import swap_heights
from maquette.formats.painting.write_paint import write_paint
from maquette.formats.slicers import prusa
from maquette.formats.slicers.job import clock, find_installed, find_program, run, volumes, why
from maquette.geometry.look.oklab import light_of, srgb_of
from maquette.geometry.painting.difference import seen_difference
from maquette.geometry.painting.light import cover
from maquette.geometry.painting.looks import cell_light, colors_of
from maquette.registry import stage

_DOTS = 6  # a cell's side in dots
_CENTER = (300.0, 300.0)  # of a bed that holds any canvas


def missing() -> str:
    """The line that makes PrusaSlicer ready; nothing when it is."""
    return "" if find_installed(prusa.PROGRAMS, prusa.PLACES) else prusa.MISSING.replace("slice:", "prove-paint:")


@stage(
    missing=missing,
    licence="Apache-2.0; runs PrusaSlicer (AGPL-3.0) as a program of its own",
    varying="PrusaSlicer's order of lines and seams differs run to run, and with it the last digits",
)
def prove_paint(
    plan: PaintPlan,
    *,
    walls: Annotated[
        Literal["arachne", "classic"],
        Field(description="how PrusaSlicer lays narrow places: as wide as they are, or not"),
    ] = "arachne",
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "proof",
) -> Files:
    """Slice a plan's 3MF with PrusaSlicer and add up, dot by dot, what its G-code lays.

    Every line is drawn as wide as its filament makes it, every layer covers what is below as the plan's model says, and
    M600 takes up the next filament. The JSON says whether the swaps are where the plan has them, on how many dots the
    top filament is the plan's, and how far both pictures are from what was wanted; the PNG shows wanted, planned and
    laid. For plans of one nozzle.
    """
    if not plan.one_nozzle:
        raise CannotDo("prove-paint: the plan changes filaments from cell to cell; only swaps of one nozzle are proved")
    with tempfile.TemporaryDirectory(prefix="maquette-paint-") as folder:
        gcode = _slice_plan(plan, Path(folder), walls)
    progress(0.5, "sliced")
    light, top = _read_print(plan, gcode)
    wanted, meant = light_of(plan.wanted), cell_light(plan, "front")
    tops = np.array([_top(row) for row in plan.recipes])[plan.cells]
    numbers = {
        "swaps_right": _swaps_right(plan, gcode),
        "swaps": len(plan.swaps),
        "top_filament_share": round(float((top == np.kron(tops, np.ones((_DOTS, _DOTS), np.int64))).mean()), 4),
        "planned_from_wanted": _mean(meant, wanted, plan),
        "laid_from_wanted": _mean(light, wanted, plan),
        "laid_from_planned": _mean(light, meant, plan),
        "seconds": clock(_gcode_value(gcode, "estimated printing time (normal mode) = ")),
        "grams": round(sum(volumes(gcode[-60_000:])) / 1000 * 1.24, 2),
    }
    note(", ".join(f"{name} {value}" for name, value in numbers.items()))
    strip = np.concatenate([plan.wanted, srgb_of(meant), srgb_of(light)], axis=1)
    proof = json.dumps(numbers, indent=1, sort_keys=True).encode() + b"\n"
    return Files(f"{stem}.json", {f"{stem}.json": proof, f"{stem}.png": png_of(strip)})


def _slice_plan(plan: PaintPlan, folder: Path, walls: str) -> str:
    """The G-code of the plan's own 3MF, filled whole."""
    program = find_program(prusa.PROGRAMS, missing(), prusa.PLACES)
    (folder / "model.3mf").write_bytes(write_paint.function(plan, stem="model").data)
    wide = max(1000.0, 2 * max(plan.cells.shape) * plan.cell_mm)
    options = {
        "layer-height": f"{plan.layer_mm:g}",
        "first-layer-height": f"{plan.first_mm:g}",
        "bed-shape": f"0x0,{wide:g}x0,{wide:g}x{wide:g},0x{wide:g}",
        "center": f"{_CENTER[0]:g},{_CENTER[1]:g}",
        "fill-density": "100%",
        "fill-pattern": "rectilinear",
        "skirts": "0",
        "nozzle-diameter": f"{max(0.1, plan.cell_mm):g}",
        "elefant-foot-compensation": "0",
        "perimeter-generator": walls,
        "perimeters": "1",  # colour ends where the nozzle turns; more walls round nothing off
    }
    words = [part for name, value in options.items() for part in (f"--{name}", value)]
    code, said = run([program, "--export-gcode", *words, "-o", "out.gcode", "model.3mf"], folder, name=prusa.NAME)
    if code or not (folder / "out.gcode").exists():
        raise CannotDo(f"prove-paint: {prusa.NAME} gave up: {why(said.splitlines())}")
    return (folder / "out.gcode").read_text(errors="replace")


def _read_print(plan: PaintPlan, gcode: str) -> tuple[Floats, Ints]:
    """The light of each cell (H, W, 3) and the filament on top of each dot (-1: nothing), as the G-code lays them."""
    rows, columns = plan.cells.shape
    size = (columns * plan.cell_mm, rows * plan.cell_mm)
    light = np.zeros((rows * _DOTS, columns * _DOTS, 3), np.float32)
    top = np.full(light.shape[:2], -1)
    order = [int(plan.sequence[0]), *(number for _, number in plan.swaps)]
    colors = colors_of(plan).astype(np.float32)
    low = np.array([_CENTER[0] - size[0] / 2, _CENTER[1] - size[1] / 2])
    for layer in laid_layers(gcode, low, size, plan.cell_mm / _DOTS):
        number = order[min(layer.loads, len(order) - 1)]
        hidden = np.float32(cover(layer.thick_mm, plan.filaments[number].td_mm))
        light[layer.mask] = hidden * colors[number] + (1 - hidden) * light[layer.mask]
        top[layer.mask] = number
    mean = light.reshape(rows, _DOTS, columns, _DOTS, 3).mean(axis=(1, 3)).astype(np.float64)
    return mean, top


def _swaps_right(plan: PaintPlan, gcode: str) -> bool:
    """Whether filament is loaded exactly before the layers that the plan names."""
    meant = [round(top * 1000) for top, _, _ in swap_heights(plan)]
    return bool(loaded_at(gcode).tolist() == meant)


def _top(recipe: Ints) -> int:
    return int(recipe[recipe >= 0][-1])


def _mean(one: Floats, other: Floats, plan: PaintPlan) -> float:
    return round(float(seen_difference(one, other, plan.blur_cells).mean()), 3)


def _gcode_value(gcode: str, words: str) -> str:
    """What the G-code says behind these words."""
    _, _, rest = gcode[-60_000:].partition(words)
    return rest.partition("\n")[0]
