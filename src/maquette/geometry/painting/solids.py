"""The solid of a plan: one of steps for one nozzle, or one for each filament where cells change filaments."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.painting import PaintPlan
from maquette.geometry.painting.looks import layer_filaments
from maquette.geometry.painting.steps import place_corners, step_solid, without_corners


def plan_solid(plan: PaintPlan) -> tuple[Floats, Ints]:
    """Vertices (V, 3) in mm and faces (F, 3) of everything that is laid, on the bed, the picture's top toward +y."""
    vertices, faces = step_solid(without_corners(plan.heights))
    return place_corners(vertices, plan.cells.shape, plan.cell_mm, plan.levels_mm), faces


def filament_solids(plan: PaintPlan) -> list[tuple[Floats, Ints]]:
    """The same for what each filament lays, in their order; slabs of one filament lie on each other face to face."""
    return [_together(pieces) for pieces in filament_slabs(plan)]


def filament_slabs(plan: PaintPlan) -> list[list[tuple[Floats, Ints]]]:
    """The slabs of each filament from the bed up, closed each; layers on which it lies alike are one slab."""
    slabs: list[list[tuple[Floats, Ints]]] = [[] for _ in plan.filaments]
    levels = plan.levels_mm
    layers = [layer_filaments(plan, layer) for layer in range(plan.recipes.shape[1])]
    for number, pieces in enumerate(slabs):
        masks = [layer == number for layer in layers]
        edges = [0, *(k for k in range(1, len(masks)) if (masks[k] != masks[k - 1]).any()), len(masks)]
        for low, high in pairwise(edges):
            if masks[low].any():
                pieces.append(_slab(masks[low].astype(np.int64), plan.cell_mm, levels[low], levels[high]))
    return slabs


def _slab(mask: Ints, cell_mm: float, low: float, high: float) -> tuple[Floats, Ints]:
    vertices, faces = step_solid(without_corners(mask))
    return place_corners(vertices, mask.shape, cell_mm, np.array([low, high])), faces


def _together(pieces: list[tuple[Floats, Ints]]) -> tuple[Floats, Ints]:
    if not pieces:
        return np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    shifts = np.cumsum([0, *(len(vertices) for vertices, _ in pieces[:-1])])
    faces = np.concatenate([faces + shift for (_, faces), shift in zip(pieces, shifts, strict=True)])
    return np.concatenate([vertices for vertices, _ in pieces]), faces
