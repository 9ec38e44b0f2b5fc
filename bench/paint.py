"""Filament painting: mean CIEDE2000 beside the nearest filament and beside greedy growth, on ten photographs; seconds.

    OMP_NUM_THREADS=1 python bench/paint.py [--cells 256] [--large] [--prove] [--only NAME …]

All three get the same eight filaments, the two that stack them the same layers and eight swaps. What is compared is
seen from a metre away: linear light blurred by the eye (S-CIELAB), cells of 0.4 mm. ``--large`` times 512 x 512 cells.
``--prove`` slices each plan (80 cells wide) with PrusaSlicer and adds up what its G-code lays.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from PIL import Image

from maquette.core.arrays import Floats, Ints
from maquette.core.painting import Canvas
from maquette.core.subject import Subject
from maquette.formats.painting.prove_paint import prove_paint
from maquette.generate.painting.filament_choice import Choice, chosen_filaments
from maquette.generate.painting.paint_canvas import paint_canvas
from maquette.generate.painting.paint_plan import paint_plan
from maquette.geometry.look.oklab import light_of
from maquette.geometry.painting.difference import blur, lab, seen_difference
from maquette.geometry.painting.heights import nearest_stacks
from maquette.geometry.painting.light import cover, stack_colors
from maquette.geometry.painting.looks import cell_light
from maquette.geometry.painting.order import Wanted, stack_cost, wanted_colors

SHARED = Path(os.environ.get("MAQUETTE_IMAGES", "/work/shared/data/images"))
PICTURES = {
    "astronaut": "skimage:astronaut",
    "cat": "skimage:chelsea",
    "coffee": "skimage:coffee",
    "rocket": "skimage:rocket",
    "clock": "skimage:clock",
    "parrot": "coral_test/parrot.jpg",
    "kite": "coral_test/kite_and_cold.jpg",
    "pets": "coral_test/pets.jpg",
    "dog": "azure_samples/dog.jpg",
    "landmark": "azure_samples/landmark.jpg",
}
SWAPS = 8


def picture(name: str, square: bool = False) -> Subject:
    kind, _, rest = PICTURES[name].partition(":")
    if kind == "skimage":
        import skimage.data

        pixels = Image.fromarray(getattr(skimage.data, rest)()).convert("RGB")
    else:
        pixels = Image.open(SHARED / PICTURES[name]).convert("RGB")
    if square:
        side = min(pixels.size)
        pixels = pixels.crop((0, 0, side, side))
    return Subject(np.asarray(pixels), title=name)


def nearest_filament(canvas: Canvas, choice: Choice) -> Floats:
    """Every cell takes the filament that is nearest to its colour: what a colour-separated print does."""
    return choice.colors[nearest_stacks(light_of(canvas.pixels), choice.colors)]


def grow_stack(wanted: Wanted, canvas: Canvas, choice: Choice) -> Ints:
    """A stack grown from below: always the band (filament, thickness) that helps most, until the swaps are used up."""
    covers = cover(canvas.layer_mm, choice.td_mm)
    grounds = choice.colors * cover(canvas.base_layers * canvas.layer_mm, choice.td_mm)[:, None]
    base = int(np.argmin([stack_cost(wanted, ground[None, None])[0] for ground in grounds]))
    stack = [base]
    for _ in range(SWAPS):
        room = canvas.paint_layers - len(stack)
        bands = [[k] * n for k in range(len(choice.colors)) for n in range(1, min(room, 8) + 1) if k != stack[-1]]
        if not bands:
            break
        deep = max(len(band) for band in bands)
        tried = np.array([stack + band + [-1] * (deep - len(band)) for band in bands])
        costs = stack_cost(wanted, stack_colors(tried, choice.colors, covers, grounds[base]))
        best = bands[int(costs.argmin())]
        stack += best
    return np.array(stack)


def greedy(canvas: Canvas, choice: Choice) -> Floats:
    colors = lab(blur(light_of(canvas.pixels), canvas.blur_cells)).reshape(-1, 3)
    stack = grow_stack(wanted_colors(colors, np.ones(len(colors))), canvas, choice)
    ground = choice.colors[stack[0]] * cover(canvas.base_layers * canvas.layer_mm, choice.td_mm[stack[0]])
    seen = stack_colors(stack, choice.colors, cover(canvas.layer_mm, choice.td_mm), ground)
    return seen[nearest_stacks(light_of(canvas.pixels), seen)]


def compare(name: str, cells: int) -> list[float]:
    canvas = paint_canvas(picture(name), width_mm=0.4 * cells)
    choice = chosen_filaments(canvas, (), "", (), "paint-plan")
    wanted = light_of(canvas.pixels)
    away = [
        float(seen_difference(way(canvas, choice), wanted, canvas.blur_cells).mean())
        for way in (nearest_filament, greedy)
    ]
    began = time.process_time()
    plan = paint_plan(canvas, swaps=SWAPS)
    seconds = time.process_time() - began
    away.append(float(seen_difference(cell_light(plan, "front"), wanted, canvas.blur_cells).mean()))
    return [*away, seconds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=256)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--prove", action="store_true")
    parser.add_argument("--only", nargs="*", default=list(PICTURES))
    asked = parser.parse_args()
    if asked.large:
        canvas = paint_canvas(picture("astronaut"), width_mm=0.4 * 512)
        began = time.process_time()
        plan = paint_plan(canvas)
        print(f"512 x 512: {time.process_time() - began:.1f} CPU s, {plan!r}", flush=True)
        return
    if asked.prove:
        for name in asked.only:
            plan = paint_plan(paint_canvas(picture(name), width_mm=32), swaps=SWAPS)
            told = json.loads(prove_paint(plan).data)
            keys = ("swaps", "swaps_right", "top_filament_share", "planned_from_wanted", "laid_from_wanted")
            print(f"| {name} | " + " | ".join(str(told[key]) for key in keys) + " |", flush=True)
        return
    rows = []
    for name in asked.only:
        rows.append(compare(name, asked.cells))
        near, grew, ours, seconds = rows[-1]
        shown = [f"{value:.2f}" for value in (near, grew, ours, ours / near, ours / grew)]
        print(f"| {name} | {' | '.join(shown)} | {seconds:.1f} |", flush=True)
    mean = np.mean(rows, axis=0)
    ratios = np.median([[row[2] / row[0], row[2] / row[1]] for row in rows], axis=0)
    print(
        f"| mean | {mean[0]:.2f} | {mean[1]:.2f} | {mean[2]:.2f} | {ratios[0]:.2f} | {ratios[1]:.2f} | {mean[3]:.1f} |"
    )


if __name__ == "__main__":
    main()
