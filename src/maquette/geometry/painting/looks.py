"""What a plan looks like: from the front, as it grows layer by layer, and with a lamp behind it."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.painting import Light, PaintPlan
from maquette.geometry.look.oklab import light_of
from maquette.geometry.painting.light import cover, light_through_stacks, shares_through, stack_colors


def colors_of(plan: PaintPlan) -> Floats:
    """The filaments' linear colours, (F, 3)."""
    return light_of(np.array([filament.rgb for filament in plan.filaments], np.uint8))


def recipe_colors(plan: PaintPlan, light: Light) -> Floats:
    """Linear light of each recipe when it is done, (K, 3); from behind, the brightest is white."""
    return growing_colors(plan, light)[:, -1]


def growing_colors(plan: PaintPlan, light: Light) -> Floats:
    """Linear light of each recipe after 0, 1, … layers, (K, L + 1, 3)."""
    td_mm = np.array([filament.td_mm for filament in plan.filaments])
    if light == "front":
        return stack_colors(plan.recipes, colors_of(plan), cover(plan.layer_mm, td_mm))
    passed = light_through_stacks(plan.recipes, shares_through(colors_of(plan), td_mm, plan.layer_mm))
    done = passed[np.unique(plan.cells), -1]
    return np.clip(passed / max(float(done.max()), 1e-12), 0, 1)


def cell_light(plan: PaintPlan, light: Light, layers: int | None = None) -> Floats:
    """Linear light of each cell (H, W, 3), done or after so many layers."""
    grown = growing_colors(plan, light)
    picked: Floats = grown[:, -1 if layers is None else min(layers, grown.shape[1] - 1)][plan.cells]
    return picked


def layer_filaments(plan: PaintPlan, layer: int) -> Ints:
    """The filament that each cell gets on one layer, -1: none, (H, W)."""
    return np.asarray(plan.recipes[:, layer][plan.cells], np.int64)


def volumes_mm3(plan: PaintPlan) -> Floats:
    """How much of each filament lies in the print, (F,), filled whole."""
    count = np.bincount(plan.cells.reshape(-1), minlength=len(plan.recipes)).astype(np.float64)
    deep = np.where(np.arange(plan.recipes.shape[1]) == 0, plan.first_mm, plan.layer_mm)
    area = plan.cell_mm**2
    return np.array([((plan.recipes == k) * deep * count[:, None]).sum() * area for k in range(len(plan.filaments))])


def stages_of(plan: PaintPlan) -> list[tuple[int, int]]:
    """How a plan grows: after how many layers a picture is worth showing, and the filament that was laid last."""
    if plan.one_nozzle:
        row, starts = plan.sequence, [layer for layer, _ in plan.swaps]
        return [(end, int(row[end - 1])) for end in [*starts, len(row)]]
    deep = plan.recipes.shape[1]
    return [(layer + 1, -1) for layer in range(deep - min(deep, 12), deep)]
