"""Resurface: a new closed surface around what the old one encloses."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note, part, progress
from maquette.core.words import figures
from maquette.geometry.inside.winding_number import winding_numbers
from maquette.geometry.mend.crowding import undoubled_faces
from maquette.geometry.mend.facing import looking_inward
from maquette.geometry.orientation import agreement
from maquette.geometry.remake.deviation import deviation
from maquette.geometry.remake.dual_contouring import contour
from maquette.geometry.surface import face_areas, signed_volume
from maquette.geometry.topology import is_watertight
from maquette.registry import stage
from maquette.shape.carry.carrying import carry_over
from maquette.shape.mend.fix_winding import fix_winding
from maquette.shape.mend.weld import weld

_PRINTER = Printer.default()
_CELLS = 250_000  # that a pitch of our own choosing makes: half a million faces, 6 s
_MOST = 4_000_000  # whatever pitch is asked for
_NODES = 4_000_000  # grid lines along each axis
_SCRAPS = 0.1  # of the surface times the pitch: a wall of one cell has five times that
_SAMPLES = 20_000  # points at which the change is measured


@stage
def resurface(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose nozzle the pitch is taken from")] = _PRINTER,
    pitch_mm: Annotated[
        float, Field(ge=0, description="side of a grid cell; 0: the nozzle's width, wider on a large model")
    ] = 0.0,
) -> Asset:
    """Make a new closed surface around what the model encloses, whatever holes, overlaps or flipped faces it has.

    Inside is where the model's winding number is above one half. Faces are wound alike first, each patch with the side
    outward that sees more sky, for flipped faces would eat into the solid. Flat faces, edges and corners stay where
    they are; what is thinner than a cell may be lost. Overlapping solids become one, holes are spanned, and the result
    is always closed and manifold. Materials, uv, parts and colours are carried over. Refuses a model that encloses
    nothing at this pitch, or a pitch that would take millions of cells.
    """
    mesh = orient_patches(asset).mesh
    area = float(face_areas(mesh.vertices, mesh.faces).sum())
    if not area > 0:
        raise CannotDo(f"resurface: the model has {len(mesh.faces)} faces and no surface; there is nothing to enclose")
    pitch = pitch_mm or fitting_pitch(mesh, area, printer)
    _insist_on_room(mesh, area, pitch)
    progress(0.2, f"find inside and outside every {pitch:.3g} mm")
    vertices, faces = contour(
        mesh.vertices, mesh.faces, pitch, lambda points: winding_numbers(mesh.vertices, mesh.faces, points), _MOST
    )
    if not len(faces):
        raise CannotDo(
            f"resurface: nothing thicker than {pitch:.3g} mm is enclosed; wrap it, or give sheets a thickness"
        )
    volume = signed_volume(vertices, faces)
    if volume < _SCRAPS * pitch * area:
        raise CannotDo(
            f"resurface: only scraps of {figures(volume)} mm³ are enclosed; wrap it, or give sheets a thickness"
        )
    with part(0.6, 0.9):
        result = carry_over(asset.with_mesh(mesh), vertices, faces)
    progress(0.9, "measure the change")
    note(f"remade the surface at a pitch of {pitch:.3g} mm: {len(mesh.faces)} faces became {len(faces)}")
    note(describe_change(mesh, vertices, faces))
    return result


def orient_patches(asset: Asset) -> Asset:
    """The model welded, without doubled faces, every patch wound alike and with its outside outward."""
    asset = weld(asset)
    asset = (
        asset.with_mesh(asset.mesh.keep_faces(undoubled_faces(asset.mesh.faces))) if len(asset.mesh.faces) else asset
    )
    asset = fix_winding(asset)
    mesh = asset.mesh
    if not len(mesh.faces) or is_watertight(mesh.faces):
        return asset
    progress(0.1, "see which side is outside")
    agreed = agreement(mesh.vertices, mesh.faces)
    turn = looking_inward(mesh.vertices, mesh.faces, agreed.patch, agreed.count)[agreed.patch]
    return asset.with_mesh(mesh.flipped(turn)) if turn.any() else asset


def fitting_pitch(mesh: Mesh, area: float, printer: Printer) -> float:
    """The nozzle's width, or as much as makes some 250,000 cells of the surface."""
    return max(printer.nozzle_mm, float(np.sqrt(1.6 * area / _CELLS)), mesh.diagonal / 2000)


def _insist_on_room(mesh: Mesh, area: float, pitch: float) -> None:
    cells = 1.6 * area / pitch**2  # measured: 1.5 to 1.7 cells for each pitch² of surface
    span = np.ptp(mesh.bounds, axis=0) / pitch + 5
    lines = float(max(span[0] * span[1], span[1] * span[2], span[2] * span[0]))
    if cells > _MOST or lines > _NODES:
        raise CannotDo(
            f"resurface: a pitch of {pitch:.3g} mm makes {cells:,.0f} cells on {lines:,.0f} lines; at most {_MOST:,} "
            f"on {_NODES:,} are made, take a wider pitch"
        )


def describe_change(mesh: Mesh, vertices: Floats, faces: Ints) -> str:
    """Volume before and after, and how far the surfaces lie apart, in words."""
    before, after = signed_volume(mesh.vertices, mesh.faces), signed_volume(vertices, faces)
    gap = deviation(vertices, faces, mesh.vertices, mesh.faces, _SAMPLES)
    was = f"from {before:.6g} " if is_watertight(mesh.faces) else ""
    return (
        f"volume {was}to {after:.6g} mm³; the new surface lies {gap.there.mean:.2g} mm from the old one on average, "
        f"{gap.there.max:.2g} at most, the old one {gap.back.mean:.2g} and {gap.back.max:.2g} from the new"
    )
