"""Wrap: a closed skin around anything, the last resort."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note, part, progress
from maquette.core.words import figures
from maquette.geometry.remake.wrapping import wrap_skin
from maquette.geometry.surface import face_areas
from maquette.registry import stage
from maquette.shape.carry.carrying import carry_over
from maquette.shape.mend.resurface import describe_change
from maquette.shape.mend.weld import weld

_PRINTER = Printer.default()
_NODES = 6_000_000  # that a pitch of our own choosing makes: 8 s
_MOST = 64_000_000  # whatever pitch is asked for: 4 GB
_GAP = 0.06  # of the diagonal: a hole that wide is taken for damage


@stage
def wrap(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose nozzle and least wall are taken")] = _PRINTER,
    pitch_mm: Annotated[
        float, Field(ge=0, description="side of a grid cell; 0: the nozzle's width, wider on a large model")
    ] = 0.0,
    gap_mm: Annotated[
        float, Field(ge=0, description="holes up to this width are spanned; 0: 6 % of the model's diagonal")
    ] = 0.0,
    wall_mm: Annotated[
        float, Field(ge=0, description="thickness that sheets get; 0: the printer's least wall; at least 1.8 cells")
    ] = 0.0,
) -> Asset:
    """Put a closed skin around whatever is there: loose, crossing or inside-out triangles, sheets, clouds of scraps.

    What a ball cannot reach from outside is solid: inner walls and voids go. Where the outside meets a face, the skin
    lies on that face; the model is not blown up. Holes narrower than the gap are spanned when something deep lies
    behind them, sheets open to both sides become walls (so do two sheets less than three cells apart with an open rim),
    loose scraps stay loose. Materials, uv, parts and colours are
    carried over. Refuses a model without a surface, or a pitch that would take a box of more than 64 million cells.
    """
    mesh = weld(asset).mesh
    area = float(face_areas(mesh.vertices, mesh.faces).sum())
    if not area > 0:
        raise CannotDo(f"wrap: the model has {len(mesh.faces)} faces and no surface; there is nothing to wrap")
    gap = gap_mm or _GAP * mesh.diagonal
    pitch = pitch_mm or affordable_pitch(mesh, max(printer.nozzle_mm, mesh.diagonal / 2000))
    nodes = _nodes(mesh, pitch, gap)
    if nodes > _MOST:
        raise CannotDo(
            f"wrap: a pitch of {figures(pitch)} mm makes {nodes:,.0f} cells; at most {_MOST:,}, take a wider one"
        )
    progress(0.1, f"flood the outside every {figures(pitch)} mm")
    skin = wrap_skin(mesh.vertices, mesh.faces, pitch, gap, wall_mm or printer.min_wall_mm)
    if not len(skin.faces):
        raise CannotDo(f"wrap: nothing is left at a pitch of {figures(pitch)} mm; take a finer one")
    with part(0.6, 0.9):
        result = carry_over(asset.with_mesh(mesh), skin.vertices, skin.faces)
    progress(0.9, "measure the change")
    note(f"wrapped {len(mesh.faces)} faces at a pitch of {figures(pitch)} mm in {len(skin.faces)}")
    if skin.deep:
        note(f"spanned holes up to {figures(gap)} mm wide before rooms of {figures(skin.deep * pitch**3)} mm³")
    if skin.thickened:
        note(f"gave sheets a thickness, together {figures(skin.thickened * pitch**3)} mm³")
    note(describe_change(mesh, skin.vertices, skin.faces))
    return result


def affordable_pitch(mesh: Mesh, pitch: float) -> float:
    """The pitch, or as much wider as makes six million cells of the box."""
    while _nodes(mesh, pitch, _GAP * mesh.diagonal) > _NODES:
        pitch *= 1.05
    return pitch


def _nodes(mesh: Mesh, pitch: float, gap: float) -> float:
    """Grid nodes of the box with the room that the ball takes around it."""
    span = np.ptp(mesh.bounds, axis=0) + gap + 11 * pitch
    return float(np.prod(span / pitch))
