"""Jigsaw: a flat plate cut into puzzle pieces that lie where they were, a hair apart."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.progress import note, progress
from maquette.geometry.cut.solids import carve_for_files, separate, stock
from maquette.geometry.flat.areas import area_of, grow_area, raise_area
from maquette.registry import stage
from maquette.shape.carry.combining import insist_on_solid
from maquette.shape.carry.cut_faces import put_back

_NECK, _HEAD = 0.09, 0.135  # of a side: half the width of a knob's neck, and the head's radius
_LEAST = 0.002  # of a piece's area, what is left of a plate in its cell is no piece below this


@stage(adds=True)
def jigsaw(
    asset: Asset,
    *,
    columns: Annotated[int, Field(ge=1, le=40, description="pieces side by side")] = 4,
    rows: Annotated[int, Field(ge=1, le=40, description="pieces above each other")] = 3,
    play_mm: Annotated[float, Field(ge=0.05, le=2, description="gap between two pieces")] = 0.2,
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="which knobs point where")] = 0,
) -> Asset:
    """Cut what lies flat into puzzle pieces with knobs. They stay in place, a gap apart, and print as they lie.

    Each piece is a part and keeps its share of the picture. Refuses what is no solid, and pieces so small that a knob's
    neck is thinner than four gaps.
    """
    mesh = asset.mesh
    insist_on_solid("jigsaw", mesh)
    low, high = mesh.bounds
    wide, tall = (high[0] - low[0]) / columns, (high[1] - low[1]) / rows
    if 2 * _NECK * min(wide, tall) < 4 * play_mm:
        raise BadSetting(
            f"jigsaw: pieces of {wide:.3g} x {tall:.3g} mm have knobs that a gap of {play_mm:g} mm eats up; take fewer"
        )
    whole = stock(mesh.vertices, mesh.faces)
    if whole.refusal:
        raise CannotDo(f"jigsaw: the model is no solid ({whole.refusal}); solidify it first")
    cells = _cells(columns, rows, wide, tall, np.random.default_rng(seed))
    pieces, names = [], []
    for (column, row), cell in cells:
        area = grow_area(area_of([cell + low[:2]]), -play_mm / 2)
        block = raise_area(area, float(low[2]) - 1.0, float(high[2]) + 1.0)
        for piece in separate(whole.solid ^ block):
            if piece.volume() > _LEAST * wide * tall * (high[2] - low[2]):
                pieces.append(carve_for_files(piece, whole.origin))
                names.append(f"piece {row + 1}-{column + 1}")
        progress((row * columns + column + 1) / (rows * columns))
    note(f"{len(pieces)} pieces of about {wide:.3g} x {tall:.3g} mm, {play_mm:g} mm apart")
    return put_back(asset, pieces, tuple(names))


def _cells(columns: int, rows: int, wide: float, tall: float, dice: Any) -> list[tuple[tuple[int, int], Floats]]:
    """The pieces' outlines from the lower left corner, rows counted from above, counter-clockwise."""
    upright = dice.choice([-1.0, 1.0], (rows, columns + 1))
    level = dice.choice([-1.0, 1.0], (rows + 1, columns))
    size = min(wide, tall)
    cells = []
    for row in range(rows):
        for column in range(columns):
            left, bottom = column * wide, (rows - 1 - row) * tall
            corner = np.array([[0.0, 0.0], [wide, 0.0], [wide, tall], [0.0, tall]]) + [left, bottom]
            knobs = (
                level[row + 1, column] if row + 1 < rows else 0.0,
                upright[row, column + 1] if column + 1 < columns else 0.0,
                -level[row, column] if row else 0.0,
                -upright[row, column] if column else 0.0,
            )
            sides = [_side(corner[n], corner[(n + 1) % 4], knobs[n], size) for n in range(4)]
            cells.append(((column, row), np.concatenate(sides)))
    return cells


def _side(start: Floats, end: Floats, knob: float, size: float) -> Floats:
    """One side of a piece with a knob to its right (outward) where ``knob`` is above 0, a bay where it is below."""
    if not knob:
        return start[None]
    along = (end - start) / np.linalg.norm(end - start)
    out = np.array([along[1], -along[0]]) * knob
    middle = (start + end) / 2
    neck, head = _NECK * size, _HEAD * size
    rise = np.sqrt(head**2 - neck**2) + 0.05 * size
    first = np.arctan2(-(rise - 0.05 * size), -neck)
    turn = np.linspace(first + 2 * np.pi, -np.pi - first, 24)  # from the neck's left over the top to its right
    arc = np.stack([head * np.cos(turn), head * np.sin(turn)], axis=1)
    local = np.concatenate([[[-neck, 0.0]], arc + [0.0, rise], [[neck, 0.0]]])
    return np.concatenate([start[None], middle + local[:, :1] * along + local[:, 1:] * out])
