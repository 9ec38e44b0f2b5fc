"""Split: a model too large for the printer becomes pieces that fit, with connectors that hold them together."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.cuts import best_cut, fits, pieces_needed
from maquette.geometry.cut.solids import Stock, carve, separate, unite
from maquette.geometry.topology import edges
from maquette.registry import stage
from maquette.shape.build.connecting import REACH, Connecting, dovetail_halves, pin_pieces
from maquette.shape.build.pieces import Pieces
from maquette.shape.carry.cut_faces import put_back

_PRINTER = Printer.default()

_MARGIN = 2.0  # of the bed stay free on every side
_MOST = 200  # pieces
_FRONT = 0.5  # a seam on what looks to the front hurts that much more, where no photo says what was seen


@stage(adds=True)
def split(
    asset: Asset,
    *,
    by: Annotated[
        Literal["bed", "plane", "part"],
        Field(description="into pieces that fit the bed, once by a plane, or into the model's parts"),
    ] = "bed",
    printer: Annotated[Printer, Field(description="whose bed, clearance and least wall and pin count")] = _PRINTER,
    axis: Annotated[Literal["x", "y", "z"], Field(description="for a plane: the axis it stands across")] = "z",
    at: Annotated[float, Field(gt=0, lt=1, description="for a plane: share of the size along the axis below it")] = 0.5,
    connector: Annotated[
        Literal["pegs", "dowels", "dovetails", "none"],
        Field(description="pegs on one half; loose dowels, so that both halves lie flat; a dovetail to slide; or glue"),
    ] = "pegs",
    clearance_mm: Annotated[
        float | None, Field(ge=0, le=5, description="gap on every side of a connector; none: the printer's")
    ] = None,
    peg_mm: Annotated[
        float | None, Field(gt=0, le=50, description="diameter of pegs and dowels; none: as the cut has room")
    ] = None,
) -> Asset:
    """Cut a closed model into numbered pieces that fit the printer, with pegs, dowels or dovetails to join them.

    The pieces stay where they are, each a part of its own name, dowels too; `lay-out` puts them on plates. Planes stand
    across x, y or z (turn the model first for others). For the bed, few pieces come first; then cuts that leave a
    connector room, no slivers and a short seam where the photo did not look (Luo et al. 2012, "Chopper"). Connectors
    stay the printer's least wall inside the surface, or are left out with a note; all but the clearance is kept.
    What comes apart becomes pieces of its own. Old faces keep uv, material and colour, cut faces take the nearest, or a
    plain grey beside a picture. A model that fits the bed is returned as it is. Refuses a model that is not closed; one
    that cuts through itself stays so (solidify it first).
    """
    if not len(asset.mesh.faces):
        return asset
    bed = np.array(printer.bed_mm) - [2 * _MARGIN, 2 * _MARGIN, 0]
    if by == "bed" and fits(np.array(asset.size), bed):
        note(f"not split; it fits the bed of {printer.label}")
        return asset
    ways = Connecting(connector, printer, printer.clearance_mm if clearance_mm is None else clearance_mm, peg_mm)
    whole = _closed_solid(asset.mesh)
    if by == "part":
        return _as_parts(asset, whole, _solids_of_parts(asset.mesh), [])
    pieces = Pieces(separate(whole.solid))
    if by == "plane":
        _cut_everywhere(pieces, asset.mesh, "xyz".index(axis), at, ways)
    else:
        _cut_to_fit(pieces, whole, asset.mesh, _room(bed, ways), ways)
    dowels = pin_pieces(pieces.solids, pieces.meetings, ways) if connector in ("pegs", "dowels") else []
    return _as_parts(asset, whole, list(pieces.solids.values()), dowels)


def _closed_solid(mesh: Mesh) -> Stock:
    """The model as a solid, overlapping bodies as one."""
    whole = unite(mesh.vertices, mesh.faces)
    if whole.refusal:
        open_edges = int((edges(mesh.faces).count != 2).sum())
        raise CannotDo(f"split: the model is not closed ({open_edges} edges without two faces); solidify it first")
    if whole.solid.volume() <= 0:
        raise CannotDo(f"split: the model encloses {figures(whole.solid.volume(), 4)} mm³; run fix-winding first")
    return whole


def _solids_of_parts(mesh: Mesh) -> list[Any]:
    """The bodies of each part; where two parts overlap, the first keeps what they share."""
    part = np.zeros(len(mesh.faces), np.int64) if mesh.part is None else mesh.part.astype(np.int64)
    before: list[Any] = []
    bodies: list[Any] = []
    for number in np.unique(part).tolist():
        one = unite(mesh.vertices, mesh.faces[part == number])
        if one.refusal:
            raise CannotDo(f"split: part {number + 1} is not closed by itself ({one.refusal}); cut by a plane instead")
        solid = one.solid
        for other in before:
            solid = solid - other
        before.append(solid)
        bodies += [] if solid.is_empty() else separate(solid)
    return bodies


def _room(bed: Floats, ways: Connecting) -> Floats:
    """The largest box (3,) that a piece may fill before connectors stand out of it."""
    room = bed - REACH if ways.kind in ("pegs", "dovetails") else bed
    if room.min() < 4 * REACH:
        raise BadSetting(
            f"split: the bed of {ways.printer.label} leaves {figures(room.min())} mm; use dowels or no connector"
        )
    return room


def _cut_everywhere(pieces: Pieces, mesh: Mesh, axis: int, share: float, ways: Connecting) -> None:
    """Cut every piece by one plane, at a share of the model's size."""
    low, high = mesh.bounds[:, axis]
    for number in list(pieces.solids):
        _cut_piece(pieces, number, axis, float(low + share * (high - low)), ways)


def _cut_to_fit(pieces: Pieces, whole: Stock, mesh: Mesh, room: Floats, ways: Connecting) -> None:
    """Cut the first piece that is too large by its best plane, until every piece fits the room."""
    care = _care(mesh)
    needed = pieces_needed(np.ptp(mesh.bounds, axis=0), room)
    if needed > _MOST:
        raise CannotDo(f"split: it would become {needed} pieces, at most {_MOST} are made; scale it down first")
    while (large := pieces.first_larger_than(room)) is not None:
        progress(0.6 * min(len(pieces.solids) / needed, 1.0), f"{len(pieces.solids)} pieces")
        if len(pieces.solids) > _MOST:
            raise CannotDo(f"split: more than {_MOST} pieces; remove loose parts (drop-specks) or scale it down")
        surface = carve(pieces.solids[large], whole.origin)
        worth = np.where(surface.parent >= 0, care[np.maximum(surface.parent, 0)], 0.0)
        cut = best_cut(surface.vertices, surface.faces, worth, room, ways.least)
        if not np.isfinite(cut.cost):
            raise CannotDo("split: no plane across x, y or z parts the model; turn it first")
        _cut_piece(pieces, large, cut.axis, cut.height, ways)


def _cut_piece(pieces: Pieces, number: int, axis: int, height: float, ways: Connecting) -> None:
    """Cut one piece by a plane across an axis, if the plane meets it; a dovetail is part of the cut."""
    above, below = pieces.solids[number].split_by_plane(np.eye(3)[axis], height)
    if above.is_empty() or below.is_empty():
        return
    if ways.kind == "dovetails":
        below, above = dovetail_halves(below, above, axis, height, ways)
    pieces.replace(number, axis, height, below, above)


def _care(mesh: Mesh) -> Floats:
    """How much a seam hurts on each face, (F,): where the photo saw it, or else where it looks to the front."""
    if mesh.seen is not None:
        care: Floats = 0.5 + mesh.seen[mesh.faces].mean(axis=1).astype(np.float64)
        return care
    a, b, c = (mesh.triangles[:, corner] for corner in range(3))
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1)
    front = np.divide(-normal[:, 1], length, out=np.zeros_like(length), where=length > 0)
    return np.asarray(1.0 + _FRONT * front.clip(min=0))


def _as_parts(asset: Asset, whole: Stock, solids: list[Any], dowels: list[Any]) -> Asset:
    """Pieces from below upwards, then from the front, then dowels, as an asset of parts."""
    solids = sorted(solids, key=lambda solid: tuple(np.round(_middle(solid)[[2, 1, 0]], 6)))
    names = [f"piece {n + 1}" for n in range(len(solids))] + [f"dowel {n + 1}" for n in range(len(dowels))]
    note(f"{len(solids)} pieces" + (f" and {len(dowels)} dowels" if dowels else ""))
    lost = whole.solid.volume() - sum(solid.volume() for solid in (*solids, *dowels))
    note(f"{figures(lost, 4)} mm³ of {whole.solid.volume():.5g} went into clearance")
    return put_back(asset, [carve(solid, whole.origin) for solid in (*solids, *dowels)], tuple(names))


def _middle(solid: Any) -> Floats:
    box = np.array(solid.bounding_box())
    return np.asarray((box[3:] + box[:3]) / 2)
