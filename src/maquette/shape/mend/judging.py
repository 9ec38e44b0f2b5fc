"""What ``solidify`` asks of every mesh on the way, asked once: is it a solid, how much is filled, what got lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from maquette.core.arrays import Bools
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.words import figures
from maquette.geometry.inside.filled import Fill, slicer_fill
from maquette.geometry.inside.kept import Probes, probes
from maquette.geometry.inside.parts import areas_by
from maquette.geometry.inside.solidity import flaws
from maquette.geometry.mend.displacement import Origin
from maquette.geometry.orientation import agreement, capped_volumes
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import edges, face_components
from maquette.shape.mend.drop_specks import drop_specks

_REMEMBERED = 3  # meshes
_SHEET = 1e-3  # of area^1.5: an open part of less volume than this encloses nothing


@dataclass(frozen=True)
class Judge:
    """Answers about the last few meshes, and about how they compare with the given one."""

    given: Mesh
    asked: list[tuple[Mesh, list[str]]] = field(default_factory=list)
    cut: list[tuple[Mesh, Fill]] = field(default_factory=list)

    def flaws(self, mesh: Mesh, like: Mesh | None = None) -> list[str]:
        """Why the mesh is no solid. ``like``: a solid that has most of its faces."""
        known = next((words for other, words in self.asked if other is mesh), None)
        if known is None:
            fresh = None if like is None else Origin(like.vertices, like.faces).fresh(mesh.vertices, mesh.faces)
            known = flaws(mesh.vertices, mesh.faces, fill=self.fill(mesh), suspect=fresh)
            self.asked[:] = [*self.asked[1 - _REMEMBERED :], (mesh, known)]
        return known

    def fill(self, mesh: Mesh) -> Fill:
        """What a slicer fills; nothing where the surface is open."""
        known = next((fill for other, fill in self.cut if other is mesh), None)
        if known is None:
            known = slicer_fill(mesh.vertices, mesh.faces)
            self.cut[:] = [*self.cut[1 - _REMEMBERED :], (mesh, known)]
        return known

    def volume(self, mesh: Mesh) -> str:
        """What a slicer fills, in words."""
        return f"{self.fill(mesh).filled:.6g}" if (edges(mesh.faces).count == 2).all() else "unknown"

    @cached_property
    def origin(self) -> Origin:
        """The given surface, made ready for distances."""
        return Origin(self.given.vertices, self.given.faces)

    def insist_on_nearness(self, after: Mesh, most: float) -> None:
        """``CannotDo`` where a remade surface lies elsewhere than the given one."""
        apart = self.origin.displacement(after.vertices, after.faces).mean
        if apart > most:
            raise CannotDo(f"the surface would lie off by {figures(apart)} mm on average")

    def insist_on_volume(self, before: Mesh, after: Mesh, most: float) -> None:
        """``CannotDo`` where a remade surface holds another volume."""
        was = self.fill(before).filled
        if was > 0:
            change = abs(self.fill(after).filled - was) / was
            if change > most:
                raise CannotDo(f"the filled volume would change by {change:.2%}")


class Keeper:
    """Remembers what the given surface fills, and refuses what would lose some of it.

    The given surface is asked as it is, welded, without parts that enclose nothing, and with neighbours wound alike
    where they are not. What goes with a speck that somebody allowed to drop is excused.
    """

    def __init__(self, mesh: Mesh) -> None:
        self._given = mesh
        self.excused: Bools | None = None

    @cached_property
    def _probes(self) -> Probes:
        mesh = without_sheets(self._given)
        if not (edges(mesh.faces).balance == 0).all():
            turn = agreement(mesh.vertices, mesh.faces).turn
            mesh = mesh.flipped(turn) if turn.any() else mesh
        return probes(mesh.vertices, mesh.faces)

    def insist(self, after: Mesh, most: float) -> None:
        """``CannotDo`` where a mesh does not fill what the given one filled, but for the share ``most`` of it."""
        missed = self._probes.missed(after.vertices, after.faces)
        if self.excused is not None:
            missed &= ~self.excused
        loss = self._probes.loss(missed, self._whole(after))
        if loss.share > most or loss.parts:
            bodies = f", {loss.parts} whole {'bodies' if loss.parts > 1 else 'body'}" if loss.parts else ""
            raise CannotDo(f"{loss.share:.2%} of what the given surface fills would be lost{bodies}")

    def _whole(self, after: Mesh) -> float:
        """What may be filled in all: beside openings the given surface does not tell, so the mended one does."""
        if (edges(self._given.faces).balance == 0).all() or not (edges(after.faces).balance == 0).all():
            return 0.0
        return abs(signed_volume(after.vertices, after.faces))

    def without_specks(self, asset: Asset, min_share: float) -> Asset:
        """The asset with its specks dropped; what they filled need not be kept."""
        result = drop_specks(asset, min_share=min_share)
        if result.mesh is not asset.mesh and len(self._probes.points):
            before = self._probes.missed(asset.mesh.vertices, asset.mesh.faces)
            gone = self._probes.missed(result.mesh.vertices, result.mesh.faces) & ~before
            self.excused = gone if self.excused is None else self.excused | gone
        return result


def without_sheets(mesh: Mesh) -> Mesh:
    """The mesh without open parts that enclose next to nothing; as it is where there are none, or no others."""
    edge_table = edges(mesh.faces)
    torn = (edge_table.balance != 0)[edge_table.of_half]
    if not torn.any():
        return mesh
    count, part = face_components(mesh.faces)
    is_open = np.zeros(count, dtype=bool)
    is_open[part[np.flatnonzero(torn) // 3]] = True
    area = areas_by(part, mesh.vertices, mesh.faces, count)
    volume = np.abs(capped_volumes(mesh.vertices, mesh.faces, part, count))
    sheet = (is_open & (volume <= _SHEET * area**1.5))[part]
    return mesh if sheet.all() or not sheet.any() else mesh.keep_faces(~sheet)


def share_one_sided(mesh: Mesh) -> tuple[int, float]:
    """How many parts of a surface have one side only, and their share of its area."""
    about = edges(mesh.faces)
    if not ((about.count == 2) & (about.balance != 0)).any():
        return 0, 0.0
    agreed = agreement(mesh.vertices, mesh.faces)
    if not agreed.one_sided.any():
        return 0, 0.0
    corners = mesh.triangles
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    share = area[agreed.one_sided[agreed.patch]].sum() / max(area.sum(), 1e-300)
    return int(agreed.one_sided.sum()), float(share)
