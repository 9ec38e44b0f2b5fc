"""Paint cells: every cell its own layers of its own filaments, for tool changers; and lithophanes in colour."""

from __future__ import annotations

from itertools import combinations_with_replacement, product
from math import comb
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import CannotDo
from maquette.core.painting import Canvas, Light, PaintPlan
from maquette.core.progress import note, progress
from maquette.generate.painting.filament_choice import Choice, chosen_filaments, only_used
from maquette.generate.painting.paint_plan import Words, step_price
from maquette.geometry.look.oklab import choose_colors, light_of, oklab_of
from maquette.geometry.painting.difference import lab, seen_difference
from maquette.geometry.painting.heights import fit_cells, nearest_stacks
from maquette.geometry.painting.light import cover, light_through_stacks, shares_through, stack_colors
from maquette.registry import LocalFile, stage

_MOST_RECIPES = 20_000
_ALIKE = 1.0  # Lab units within which two recipes show the same
_SWEEPS = 4

CMYW = tuple(f"bambu-lab-pla-basic-{name}" for name in ("cyan", "magenta", "yellow", "jade-white"))


@stage
def paint_cells(
    canvas: Canvas,
    *,
    filaments: Annotated[
        Words, Field(description="names, or NAME=#RRGGBB@TD, parted by commas; none: cyan, magenta, yellow and white")
    ] = (),
    own: Annotated[LocalFile, Field(description="your filaments: CSV or YAML with name, color, td_mm")] = "",
    count: Annotated[int, Field(ge=2, le=8, description="most filaments that the printer holds")] = 4,
    layers: Annotated[
        int, Field(ge=1, le=40, description="layers of colour over the base; with a lamp, more are purer")
    ] = 5,
    base: Annotated[str, Field(description="the filament of the base; none: the lightest")] = "",
    light: Annotated[
        Light, Field(description="looked at from the front, or with a lamp behind it: a lithophane")
    ] = "front",
    flatness: Annotated[float, Field(ge=0, le=1, description="0: all detail; 1: calm surfaces")] = 0.3,
) -> PaintPlan:
    """Give each cell the layers that look most like the picture there, for a printer with several filaments.

    From the front all cells are equally high: ``layers`` of any filaments in any order over a base. With a lamp behind
    they are a lithophane in colour: as many layers of colour, and over them as much of the base's filament as the
    picture is dark, up to the canvas's thickness: pure colours take two dozen layers of colour, and no more on top.
    Recipes that show the same are one.
    """
    choice = _choose_filaments(
        canvas,
        chosen_filaments(canvas, filaments or (() if own else CMYW), own, _one(base), "paint-cells"),
        count,
        base,
    )
    bottom = choice.number(base, "paint-cells") if base else int(choice.colors.sum(axis=1).argmax())
    recipes = (_from_front if light == "front" else _from_behind)(canvas, len(choice.filaments), layers, bottom)
    recipes, seen = _distinct(recipes, _recipe_light(recipes, canvas, choice, light))
    progress(0.2, f"{len(recipes)} recipes")
    wanted = light_of(canvas.pixels)
    tall = (recipes >= 0).sum(axis=1)
    cells = fit_cells(
        wanted, seen, tall, nearest_stacks(wanted, seen), sigma=canvas.blur_cells,
        price=step_price(flatness) / canvas.weight.astype(np.float64), sweeps=_SWEEPS,
    )  # fmt: skip
    away = seen_difference(seen[cells], wanted, canvas.blur_cells)
    note(f"{len(choice.filaments)} filaments, {len(recipes)} recipes; mean CIEDE2000 {float(away.mean()):.2f} as seen")
    used, cells, kept = only_used(recipes, cells, choice)
    return PaintPlan(
        used, cells, kept, canvas.pixels, canvas.cell_mm, canvas.first_mm, canvas.layer_mm, canvas.blur_cells, light,
        title=canvas.title,
    )  # fmt: skip


def _one(word: str) -> tuple[str, ...]:
    return (word,) if word else ()


def _choose_filaments(canvas: Canvas, choice: Choice, count: int, base: str) -> Choice:
    """As many of the filaments as the printer holds: the base, and those that suit the picture best."""
    if len(choice.filaments) <= count:
        return choice
    must = [choice.number(base, "paint-cells")] if base else [int(choice.colors.sum(axis=1).argmax())]
    rest = [k for k in range(len(choice.filaments)) if k not in must]
    weight = canvas.weight.reshape(-1).astype(np.float64)
    suit = choose_colors(
        oklab_of(light_of(canvas.pixels.reshape(-1, 3))), weight, oklab_of(choice.colors[rest]), count - 1
    )
    which = sorted([*must, *(rest[k] for k in suit.tolist())])
    note(f"of {len(choice.filaments)} filaments the {count} that suit the picture are used")
    return Choice(tuple(choice.filaments[k] for k in which), choice.colors[which], choice.td_mm[which])


def _from_front(canvas: Canvas, filaments: int, layers: int, bottom: int) -> Ints:
    """Any filaments in any order over the base, (K, base + layers)."""
    _refuse_many(filaments**layers)
    top = np.array(list(product(range(filaments), repeat=layers)), np.int64)
    return np.concatenate([np.full((len(top), canvas.base_layers), bottom), top], axis=1)


def _from_behind(canvas: Canvas, filaments: int, layers: int, bottom: int) -> Ints:
    """Colours in any mixture over the base (passing light knows no order), then 0, 1, … layers more of the base."""
    extra = max(canvas.paint_layers - layers, 0)
    _refuse_many(comb(filaments + layers - 1, layers) * (extra + 1))
    colors = np.array(list(combinations_with_replacement(range(filaments), layers)), np.int64)
    below = np.full((len(colors), canvas.base_layers), bottom)
    more = np.where(np.arange(extra)[None] < np.arange(extra + 1)[:, None], bottom, -1)  # (extra + 1, extra)
    whole = np.repeat(np.concatenate([below, colors], axis=1), extra + 1, axis=0)
    return np.concatenate([whole, np.tile(more, (len(colors), 1))], axis=1)


def _refuse_many(count: int) -> None:
    if count > _MOST_RECIPES:
        raise CannotDo(f"paint-cells: {count:,} recipes, at most {_MOST_RECIPES:,}; take fewer layers or filaments")


def _recipe_light(recipes: Ints, canvas: Canvas, choice: Choice, light: Light) -> Floats:
    """What each recipe shows, (K, 3) linear; from behind, the brightest is white."""
    if light == "front":
        return stack_colors(recipes, choice.colors, cover(canvas.layer_mm, choice.td_mm))[:, -1]
    passed = light_through_stacks(recipes, shares_through(choice.colors, choice.td_mm, canvas.layer_mm))[:, -1]
    return np.asarray(passed / passed.max(), np.float64)


def _distinct(recipes: Ints, seen: Floats) -> tuple[Ints, Floats]:
    """Recipes of which no two show the same, the lowest of each kept."""
    order = np.argsort((recipes >= 0).sum(axis=1), kind="stable")
    _, first = np.unique(np.round(lab(seen[order]) / _ALIKE), axis=0, return_index=True)
    kept = order[np.sort(first)]
    return recipes[kept], seen[kept]
