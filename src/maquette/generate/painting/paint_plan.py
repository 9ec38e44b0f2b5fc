"""Paint plan: filaments, their order, swap heights, and how high each cell is built, for one nozzle."""

from __future__ import annotations

import re
from typing import Annotated

import numpy as np
from pydantic import BeforeValidator, Field

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.filament import MOST_AT_ONCE
from maquette.core.painting import Canvas, PaintPlan
from maquette.core.progress import note, progress
from maquette.generate.painting.filament_choice import Choice, chosen_filaments, only_used
from maquette.geometry.look.oklab import light_of
from maquette.geometry.painting.difference import blur, lab, seen_difference
from maquette.geometry.painting.heights import fit_cells, nearest_stacks, printable
from maquette.geometry.painting.light import cover, stack_colors
from maquette.geometry.painting.order import Limits, search_order, swaps_of, wanted_colors
from maquette.geometry.painting.steps import without_corners
from maquette.registry import LocalFile, stage

_LOCK = re.compile(r"(?P<name>[^:]+):(?P<low>[\d.]+)-(?P<high>[\d.]+)")
_SWEEPS = 6
_CALM = 0.9  # flatness from which nothing is left that is less than two lines wide


def split_list(value: object) -> object:
    """A list from one text with commas, as a command line gives it."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(split_list)]


@stage
def paint_plan(
    canvas: Canvas,
    *,
    filaments: Annotated[
        Words, Field(description="names, or NAME=#RRGGBB@TD, parted by commas; none: eight of an everyday set")
    ] = (),
    own: Annotated[LocalFile, Field(description="your filaments: CSV or YAML with name, color, td_mm")] = "",
    count: Annotated[int, Field(ge=1, le=MOST_AT_ONCE, description="most filaments that the print may use")] = 8,
    swaps: Annotated[int, Field(ge=0, le=60, description="most swaps of filament during the print")] = 8,
    base: Annotated[str, Field(description="the filament of the base; none: whichever serves best")] = "",
    locked: Annotated[Words, Field(description="filaments that stand fixed, as NAME:0.8-1.2 (mm above the bed)")] = (),
    flatness: Annotated[
        float, Field(ge=0, le=1, description="0: all detail, fine steps; 1: broad, calm areas that print surely")
    ] = 0.5,
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="another one finds another plan")] = 0,
) -> PaintPlan:
    """Find the stack of filaments, and each cell's height in it, that looks most like the picture.

    Every layer is of one filament over the whole print, so that one nozzle with a few swaps prints it. The colours of
    all heights follow from transmission distances in linear light; the mean CIEDE2000 as seen at the viewing distance
    is made small. Cells are as wide as a line, so that even single ones are laid by slicers that fit lines to narrow
    places (Arachne); a flatness of 0.9 and more leaves nothing narrower than two. The same seed gives the same plan.
    """
    names = tuple(word.partition(":")[0] for word in locked)
    choice = chosen_filaments(canvas, filaments, own, (*((base,) if base else ()), *names), "paint-plan")
    bottom = choice.number(base, "paint-plan") if base else -1
    limits = Limits(swaps, count, _fixed_filaments(canvas, choice, locked))
    covers = cover(canvas.layer_mm, choice.td_mm)
    wanted = light_of(canvas.pixels)
    colors = lab(blur(wanted, canvas.blur_cells)).reshape(-1, 3)
    goal = wanted_colors(colors, canvas.weight.reshape(-1).astype(np.float64))
    grounds = choice.colors * cover(canvas.base_layers * canvas.layer_mm, choice.td_mm)[:, None]
    stack = search_order(goal, choice.colors, covers, limits, grounds=grounds, base=bottom, seed=seed)
    bottom = int(stack[0]) if bottom < 0 else bottom
    _insist(stack, limits, bottom)
    progress(0.3, "filaments ordered")
    recipes = _recipes(stack, bottom, canvas.base_layers)
    seen = _front_colors(recipes, canvas, choice)
    cells = fit_heights(canvas, wanted, seen, flatness)
    used, cells, kept = only_used(recipes, cells, choice)
    plan = PaintPlan(
        used, cells, kept, canvas.pixels, canvas.cell_mm, canvas.first_mm, canvas.layer_mm, canvas.blur_cells,
        title=canvas.title,
    )  # fmt: skip
    away = seen_difference(_front_colors(used, canvas, _again(choice, kept))[cells], wanted, canvas.blur_cells)
    note(f"{len(kept)} filaments, {len(plan.swaps)} swaps; mean CIEDE2000 {float(away.mean()):.2f} as it is seen")
    return plan


def fit_heights(canvas: Canvas, wanted: Floats, seen: Floats, flatness: float) -> Ints:
    """How many layers of paint lie on each cell, (H, W)."""
    tall = np.arange(len(seen))
    start = nearest_stacks(wanted, seen)
    price = step_price(flatness) / canvas.weight.astype(np.float64)
    cells = fit_cells(wanted, seen, tall, start, sigma=canvas.blur_cells, price=price, sweeps=_SWEEPS)
    progress(0.8, "heights fitted")
    return without_corners(printable(cells, 2 if flatness >= _CALM else 1))


def step_price(flatness: float) -> float:
    """What one layer of step between neighbours costs, in squared CIEDE2000."""
    return 0.0 if flatness <= 0 else float(0.05 * 2000.0**flatness)


def _recipes(stack: Ints, bottom: int, base_layers: int) -> Ints:
    """All beginnings of a stack over its base, the base alone first: (L + 1, base + L)."""
    whole = np.concatenate([np.full(base_layers, bottom), stack])
    keep = np.arange(len(whole))[None] < base_layers + np.arange(len(stack) + 1)[:, None]
    return np.where(keep, whole[None], -1)


def _front_colors(recipes: Ints, canvas: Canvas, choice: Choice) -> Floats:
    """The colour of each recipe from the front, (K, 3)."""
    return stack_colors(recipes, choice.colors, cover(canvas.layer_mm, choice.td_mm))[:, -1]


def _again(choice: Choice, kept: tuple[object, ...]) -> Choice:
    """The choice with these of its filaments alone."""
    which = [choice.filaments.index(filament) for filament in kept]
    return Choice(tuple(choice.filaments[k] for k in which), choice.colors[which], choice.td_mm[which])


def _fixed_filaments(canvas: Canvas, choice: Choice, locked: tuple[str, ...]) -> Ints:
    """The filament that stands fixed on each layer of paint, -1: none."""
    result = np.full(canvas.paint_layers, -1)
    top = canvas.first_mm + (canvas.base_layers + np.arange(canvas.paint_layers)) * canvas.layer_mm
    for word in locked:
        match = _LOCK.fullmatch(word)
        if match is None:
            raise BadSetting(f"paint-plan: locked {word[:60]!r} is not NAME:FROM-TO in mm, as black:0.8-1.2")
        low, high = float(match["low"]), float(match["high"])
        inside = (top > low + 1e-6) & (top <= high + 1e-6)
        if not inside.any():
            raise BadSetting(
                f"paint-plan: locked {word[:60]!r} holds no layer; paint lies at {top[0]:.2f} to {top[-1]:.2f} mm"
            )
        result[inside] = choice.number(match["name"], "paint-plan")
    return result


def _insist(stack: Ints, limits: Limits, bottom: int) -> None:
    """``CannotDo`` where what stands fixed takes more swaps or filaments than there may be."""
    used = {*stack.tolist(), bottom}
    if swaps_of(stack, bottom) > limits.swaps or len(used) > limits.count:
        raise CannotDo(
            f"paint-plan: what is locked takes {swaps_of(stack, bottom)} swaps and {len(used)} filaments, where "
            f"{limits.swaps} and {limits.count} are allowed; raise swaps or count, or lock less"
        )
