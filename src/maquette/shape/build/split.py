"""Split: a model too large for the printer becomes pieces that fit, with connectors that hold them together."""

from __future__ import annotations

from dataclasses import dataclass, field
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
from maquette.shape.build.connecting import REACH, Connecting, Meeting, dovetailed, pinned
from maquette.shape.carry.cut_faces import put_back

_PRINTER = Printer.default()

_MARGIN = 2.0  # of the bed stay free on every side
_MOST = 200  # pieces
_FRONT = 0.5  # a seam on what looks to the front hurts that much more, where no photo says what was seen


@dataclass
class _Pieces:
    """The solids so far, and which of them once were the two sides of a plane."""

    solids: dict[int, Any] = field(default_factory=dict)
    meetings: list[Meeting] = field(default_factory=list)

    def add(self, solid: Any) -> list[int]:
        """Its separate bodies as pieces."""
        result = []
        for body in separate(solid):
            result.append(max(self.solids, default=-1) + 1)
            self.solids[result[-1]] = body
        return result

    def cut(self, number: int, axis: int, height: float, halves: tuple[Any, Any]) -> tuple[list[int], list[int]]:
        """Replace a piece by the bodies below and above a plane."""
        below, above = (self.add(half) for half in halves)
        del self.solids[number]
        for meeting in self.meetings:
            for side in (meeting.below, meeting.above):
                if number in side:
                    side.remove(number)
                    side.extend(below + above)
        self.meetings.append(Meeting(axis, height, below, above))
        return below, above


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
    mesh = asset.mesh
    if not len(mesh.faces):
        return asset
    room = np.array(printer.bed_mm) - [2 * _MARGIN, 2 * _MARGIN, 0]
    if by == "bed" and fits(np.array(asset.size), room):
        note(f"not split; it fits the bed of {printer.label}")
        return asset
    ways = Connecting(connector, printer, printer.clearance_mm if clearance_mm is None else clearance_mm, peg_mm)
    whole = _closed(mesh)
    pieces = _Pieces()
    if by == "part":
        _by_parts(mesh, pieces)
        return _named(asset, whole, list(pieces.solids.values()), [])
    start = pieces.add(whole.solid)
    if by == "plane":
        number = "xyz".index(axis)
        low, high = mesh.bounds[:, number]
        for one in start:
            _once(pieces, one, number, float(low + at * (high - low)), ways)
    else:
        if connector in ("pegs", "dovetails"):
            room = room - REACH
        if room.min() < 4 * REACH:
            raise BadSetting(
                f"split: the bed of {printer.label} leaves {figures(room.min())} mm; use dowels or no connector"
            )
        _to_fit(pieces, whole, mesh, room, ways)
    dowels = pinned(pieces.solids, pieces.meetings, ways) if connector in ("pegs", "dowels") else []
    return _named(asset, whole, list(pieces.solids.values()), dowels)


def _closed(mesh: Mesh) -> Stock:
    """The model as a solid, overlapping bodies as one."""
    whole = unite(mesh.vertices, mesh.faces)
    if whole.refusal:
        open_edges = int((edges(mesh.faces).count != 2).sum())
        raise CannotDo(f"split: the model is not closed ({open_edges} edges without two faces); solidify it first")
    if whole.solid.volume() <= 0:
        raise CannotDo(f"split: the model encloses {figures(whole.solid.volume(), 4)} mm³; run fix-winding first")
    return whole


def _once(pieces: _Pieces, number: int, axis: int, height: float, ways: Connecting) -> None:
    """Cut one piece by a plane, if the plane meets it."""
    normal = np.eye(3)[axis]
    above, below = pieces.solids[number].split_by_plane(normal, height)
    if above.is_empty() or below.is_empty():
        return
    if ways.kind == "dovetails":
        below, above = dovetailed(below, above, axis, height, ways)
    pieces.cut(number, axis, height, (below, above))


def _to_fit(pieces: _Pieces, whole: Stock, mesh: Mesh, room: Floats, ways: Connecting) -> None:
    """Cut until every piece fits the room."""
    care = _care(mesh)
    extent = np.ptp(mesh.bounds, axis=0)
    needed = pieces_needed(extent, room)
    if needed > _MOST:
        raise CannotDo(f"split: it would become {needed} pieces, at most {_MOST} are made; scale it down first")
    while True:
        large = [number for number, solid in pieces.solids.items() if not fits(_extent(solid), room)]
        if not large:
            return
        progress(0.6 * min(len(pieces.solids) / needed, 1.0), f"{len(pieces.solids)} pieces")
        if len(pieces.solids) > _MOST:
            raise CannotDo(f"split: more than {_MOST} pieces; remove loose parts (drop-specks) or scale it down")
        surface = carve(pieces.solids[large[0]], whole.origin)
        worth = np.where(surface.parent >= 0, care[np.maximum(surface.parent, 0)], 0.0)
        cut = best_cut(surface.vertices, surface.faces, worth, room, ways.least)
        if not np.isfinite(cut.cost):
            raise CannotDo("split: no plane across x, y or z parts the model; turn it first")
        _once(pieces, large[0], cut.axis, cut.height, ways)


def _extent(solid: Any) -> Floats:
    """Size of a Manifold's box, (3,)."""
    box = np.array(solid.bounding_box())
    return np.asarray(box[3:] - box[:3])


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


def _by_parts(mesh: Mesh, pieces: _Pieces) -> None:
    """Each part as a piece; where two overlap, the first keeps what they share."""
    part = np.zeros(len(mesh.faces), np.int64) if mesh.part is None else mesh.part.astype(np.int64)
    taken: list[Any] = []
    for number in np.unique(part).tolist():
        own = np.flatnonzero(part == number)
        one = unite(mesh.vertices, mesh.faces[own])
        if one.refusal:
            raise CannotDo(f"split: part {number + 1} is not closed by itself ({one.refusal}); cut by a plane instead")
        solid = one.solid
        for other in taken:
            solid = solid - other
        taken.append(solid)
        if not solid.is_empty():
            pieces.add(solid)


def _named(asset: Asset, whole: Stock, solids: list[Any], dowels: list[Any]) -> Asset:
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
