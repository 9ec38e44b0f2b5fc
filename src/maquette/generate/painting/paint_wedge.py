"""Paint wedge: swatches that show what a filament hides, one layer more a step."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.errors import BadSetting
from maquette.core.filament import MOST_AT_ONCE, filaments_named, read_filaments
from maquette.core.painting import PaintPlan
from maquette.generate.painting.filament_choice import EVERYDAY, filaments_of
from maquette.generate.painting.paint_plan import Words
from maquette.geometry.look.oklab import srgb_of
from maquette.geometry.painting.light import cover, stack_colors
from maquette.registry import LocalFile, stage


@stage
def paint_wedge(
    *,
    filaments: Annotated[
        Words, Field(description="names, or NAME=#RRGGBB@TD, parted by commas; none: an everyday set")
    ] = (),
    own: Annotated[LocalFile, Field(description="your filaments: CSV or YAML with name, color, td_mm")] = "",
    base: Annotated[
        str, Field(description="what the steps lie on: NAME or NAME=#RRGGBB@TD")
    ] = "bambu-lab-pla-basic-black",
    steps: Annotated[int, Field(ge=2, le=40, description="steps, each a layer higher")] = 12,
    swatch_mm: Annotated[float, Field(ge=2, le=50, description="side of a step")] = 8.0,
    layer_mm: Annotated[float, Field(ge=0.02, le=0.4, description="height of a layer; the first is about 0.2")] = 0.08,
    base_mm: Annotated[float, Field(ge=0.2, le=5, description="thickness of the base")] = 0.6,
) -> PaintPlan:
    """Make swatches of the filaments one owns: a row a filament over one base, each step a layer higher.

    Where a step shows its own colour alone, light no longer reaches the base: 11.7 times that thickness is about the
    transmission distance times the logarithm of how little is seen. One filament is one swap; several take a tool
    changer or an exchanger.
    """
    named = filaments_named(filaments or (() if own else EVERYDAY), "paint-wedge")
    tried = [*(read_filaments(own, "paint-wedge") if own else ()), *named]
    pool = tuple({one.name: one for one in [*filaments_named([base], "paint-wedge")[:1], *tried]}.values())
    if not 2 <= len(pool) <= MOST_AT_ONCE:
        raise BadSetting(f"paint-wedge: {len(pool) - 1} filaments besides the base; name 1 to {MOST_AT_ONCE - 1}")
    choice = filaments_of(pool)
    first = layer_mm * max(1, round(0.2 / layer_mm))
    below = 1 + max(0, round((base_mm - first) / layer_mm))
    rows = np.arange(1, len(pool)).repeat(steps)
    height = np.tile(np.arange(1, steps + 1), len(pool) - 1)
    top = np.where(np.arange(steps)[None] < height[:, None], rows[:, None], -1)
    recipes = np.concatenate([np.zeros((len(rows), below), np.int64), top], axis=1)
    cells = np.arange(len(rows)).reshape(len(pool) - 1, steps)
    side = max(1, round(swatch_mm / 0.4))
    cells = np.kron(cells, np.ones((side, side), np.int64))
    seen = stack_colors(recipes, choice.colors, cover(layer_mm, choice.td_mm))[:, -1]
    return PaintPlan(recipes, cells, pool, srgb_of(seen)[cells], swatch_mm / side, first, layer_mm, 1.0, title="wedge")
