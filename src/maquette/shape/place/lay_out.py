"""Lay out: the pieces of a model put down on the beds they are printed on."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.mesh import Mesh, join_meshes
from maquette.core.profiles import Printer
from maquette.core.progress import note, noting, part, progress
from maquette.core.words import figures
from maquette.geometry.printing.packing import Placement, least_rectangle, pack
from maquette.geometry.printing.resting import hull
from maquette.geometry.topology import face_components
from maquette.registry import stage
from maquette.shape.place.orient import orient

_PRINTER = Printer.default()

_BETWEEN = 20.0  # plates stand side by side along x, that far apart
_DIRECTIONS = 96  # tried for each piece
_MOST = 1000  # pieces
_SLACK = 1e-6  # mm by which a piece may be larger than the bed: rounding


@stage(adds=True, places=True)
def lay_out(
    asset: Asset,
    *,
    printer: Annotated[Printer, Field(description="whose bed the pieces are laid on")] = _PRINTER,
    turning: Annotated[
        Literal["orient", "keep"], Field(description="lay each piece on the side it prints best on, or as it stands")
    ] = "orient",
    gap_mm: Annotated[float, Field(ge=0, le=50, description="between two pieces")] = 5.0,
    margin_mm: Annotated[float, Field(ge=0, le=50, description="between a piece and the edge of the bed")] = 2.0,
    plate: Annotated[int, Field(ge=0, description="only this plate, counted from 1; 0: all side by side")] = 0,
) -> Asset:
    """Put the parts of a model on the printer's bed, side by side, on as many plates as they need.

    Each part of the model, or each separate body where it has no parts, is laid down by itself and put where it fits;
    footprints are their convex outlines. The first plate has its middle at the origin, the others follow along +X,
    20 mm apart; the part names say which plate each piece is on ("plate 2: piece 5"). Nothing but the place changes:
    uv, colours and materials ride along; camera, placement and skeleton go, for none fits all pieces. Refuses a
    piece that no plate holds, and names it.
    """
    mesh = asset.mesh
    if not len(mesh.faces):
        return asset
    if asset.skeleton is not None:
        note("left out the skeleton and its clips, which fit no pieces that lie apart; pose the model before")
    asset = asset.without_skeleton()
    pieces = _pieces(asset)
    bed = np.array(printer.bed_mm[:2]) - 2 * margin_mm
    if bed.min() <= 0:
        raise BadSetting(f"lay-out: a margin of {margin_mm:g} mm leaves nothing of the bed of {printer.label}")
    laid = []
    for number, (name, piece) in enumerate(pieces):
        progress(0.8 * number / len(pieces), name)
        with part(0.8 * number / len(pieces), 0.8 * (number + 1) / len(pieces)):
            laid.append((name, _lay_piece(name, piece, printer, bed, turning)))
    outlines = [hull(piece.vertices[:, :2]) for _, piece in laid]
    places = [place for place in pack(outlines, bed, gap_mm) if place is not None]
    count = max(place.plate for place in places) + 1
    note(f"{len(laid)} pieces on {count} plate{'s' * (count > 1)} of {printer.label}")
    if plate > count:
        raise BadSetting(f"lay-out: there is no plate {plate}; the pieces take {count}")
    return _together(asset, laid, places, bed, printer.bed_mm[0] + _BETWEEN, plate)


def _pieces(asset: Asset) -> list[tuple[str, Mesh]]:
    """Parts by name, or separate bodies."""
    mesh = asset.mesh
    if mesh.part is not None and asset.part_names:
        names = [re.sub(r"^plate \d+: ", "", name) for name in asset.part_names]
        label = mesh.part.astype(np.int64)
    else:
        count, label = face_components(mesh.faces, through="vertex")
        names = [f"piece {number + 1}" for number in range(count)]
    used = np.unique(label)
    if len(used) > _MOST:
        raise CannotDo(f"lay-out: {len(used)} pieces, at most {_MOST} are laid out; weld or drop-specks first")
    order = np.argsort(label, kind="stable")
    ends = np.searchsorted(label[order], [used, used + 1])
    return [(names[n], mesh.keep_faces(np.sort(order[a:b]))) for n, a, b in zip(used, *ends, strict=True)]


def _lay_piece(name: str, piece: Mesh, printer: Printer, bed: Floats, turning: str) -> Mesh:
    """A piece in a pose that the printer holds, its box straight: the wanted one, or the lowest that fits."""
    wanted = piece
    if turning == "orient":
        with noting():
            bare = Asset(piece.replace(material=None, part=None))
            turned = orient(bare, printer=printer, directions=_DIRECTIONS)
            wanted = piece.with_vertices(turned.mesh.vertices)
    tried = [wanted] if turning == "keep" else [wanted, *_on_each_side(piece)]
    for pose in tried:
        straight = _straight(pose)
        size = np.ptp(straight.bounds, axis=0)
        if size[2] <= printer.bed_mm[2] + _SLACK and (np.sort(size[:2]) <= np.sort(bed) + _SLACK).all():
            return straight
    size = " x ".join(figures(side, 4) for side in np.ptp(piece.bounds, axis=0))
    raise CannotDo(
        f"lay-out: {name} is {size} mm and the bed of {printer.label} takes "
        f"{bed[0]:g} x {bed[1]:g} x {printer.bed_mm[2]:g}; split it first"
    )


def _on_each_side(piece: Mesh) -> list[Mesh]:
    """The piece on three sides of its box, the flattest first."""
    result = []
    for axis in np.argsort(np.round(np.ptp(piece.bounds, axis=0), 6), kind="stable").tolist():
        turn = np.eye(3)[[(axis + 1) % 3, (axis + 2) % 3, axis]]
        result.append(piece.with_vertices(piece.vertices @ turn.T))
    return result


def _straight(piece: Mesh) -> Mesh:
    """The piece turned about z into its smallest box, on the floor."""
    angle = least_rectangle(piece.vertices[:, :2])
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    vertices = piece.vertices @ turn.T if angle else piece.vertices
    return piece.with_vertices(vertices - [0.0, 0.0, vertices[:, 2].min()])


def _together(
    asset: Asset, laid: list[tuple[str, Mesh]], places: list[Placement], bed: Floats, step: float, only: int
) -> Asset:
    """All placed pieces, or those of one plate, as one asset whose part names say where they lie."""
    names, chosen = [], []
    for (name, piece), place in sorted(zip(laid, places, strict=True), key=lambda pair: pair[1].plate):
        if only and place.plate != only - 1:
            continue
        turn = np.eye(3)
        turn[:2, :2] = place.turn
        at = [*(place.shift - bed / 2), 0.0]
        beside = 0.0 if only else place.plate * step
        chosen.append(piece.with_vertices(piece.vertices @ turn.T + at + [beside, 0.0, 0.0]))
        names.append(f"plate {place.plate + 1}: {name}")
    number = np.repeat(np.arange(len(chosen)), [len(piece.faces) for piece in chosen])
    whole = join_meshes(chosen).replace(part=number)
    return asset.replace(mesh=whole, part_names=tuple(names), camera=None, placement=None)
