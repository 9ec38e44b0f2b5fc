"""Solidify: any model becomes a solid that a slicer fills, by the smallest repair that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note, part, progress
from maquette.core.words import figures
from maquette.geometry.inside.filled import Fill, rounding, slicer_fill
from maquette.geometry.inside.near_boxes import faces_near
from maquette.geometry.inside.solidity import flaws, spoilt
from maquette.geometry.mend.displacement import Origin
from maquette.geometry.mend.float32_twins import alike, nudge_pairs, withstands
from maquette.geometry.orientation import agreement, capped_volumes
from maquette.geometry.parts import areas_by
from maquette.geometry.surface import face_areas
from maquette.geometry.topology import edges, face_components
from maquette.registry import stage
from maquette.shape.mend.closing import close_up, part_pinches, separate_float32_twins
from maquette.shape.mend.drop_inner_walls import drop_inner_walls
from maquette.shape.mend.drop_specks import drop_specks
from maquette.shape.mend.resurface import fitting_pitch, resurface
from maquette.shape.mend.unite import unite
from maquette.shape.mend.untangle import untangle
from maquette.shape.mend.weld import weld
from maquette.shape.mend.wrap import affordable_pitch, wrap

_Rung = Callable[[Asset], Asset]
_PRINTER = Printer.default()

_ROUNDS = 3
_STEPS = (4.0, 2.0, 1.0)  # of a 32-bit number: spacings of vertices, the safest first
_NUDGES = 12  # tries to part only what a 32-bit file makes one
_GROWTH = 2  # times the faces of the first cut: a tangle of slivers grows with every further one
_REMAKING = 2  # the first rung that gives the old triangles up
_ONE_SIDED = 0.5  # of the surface
_SHEET = 1e-3  # of area^1.5: less volume than this is none; a plate 1/350 as thick as wide


@stage(version=4)
def solidify(
    asset: Asset,
    *,
    min_share: Annotated[
        float, Field(ge=0, le=1, description="parts below this share of the largest one's volume and area are specks")
    ] = 0.001,
    max_volume_change: Annotated[
        float, Field(ge=0, le=1, description="most that remaking the surface may change the filled volume, as a share")
    ] = 0.05,
    max_deviation: Annotated[
        float,
        Field(ge=0, le=1, description="most that a remade surface may lie off on average, as a share of the diagonal"),
    ] = 0.002,
) -> Asset:
    """Make the model one or several closed solids that a slicer fills, with the smallest repair that does it.

    Climbs only as far as it must, and a solid comes back unchanged. First what keeps the triangles: weld, drop doubled
    faces, zip cracks, wind faces outward, part solids that touch in an edge or a vertex (by 2 µm on 100 mm), fill
    holes, drop sheets without a thickness (up to a fifth of the surface) and specks. Then the parts: inner walls that
    nobody meant go, overlapping solids are united, and what cuts through itself is cut along the line. Last, the
    surface is remade at the printer's resolution, from its winding number or as a wrap. At the end vertices that a
    32-bit file would weld are merged or moved apart (0.05 µm on 100 mm), so that the slicer reads the same solid;
    where that cannot be, the surface is remade. Each step is noted with the volume before and after, the number of
    parts, and how far the new surface lies from the old.

    Afterwards every edge has two faces that are wound alike, no face cuts through another, manifold3d accepts the
    model, and what a slicer fills in its layers is the volume enclosed. Material, part, uv, colour and seen are kept.
    Refuses what stays open, one-sided, tangled or without volume, with the numbers.
    """
    if not len(asset.mesh.faces):
        raise CannotDo("solidify: the model has 0 faces; there is nothing to make solid")
    ladder = _Ladder(asset, min_share)
    with part(0.0, 0.3):
        asset = ladder.climbed(asset, "closing up", close_up)
        asset = ladder.climbed(asset, "dropping specks", lambda given: drop_specks(given, min_share=min_share))
    asset = ladder.climbed(asset, "dropping inner walls", drop_inner_walls)
    for number, (name, rung) in enumerate(ladder.rungs(max_volume_change, max_deviation)):
        progress(0.3 + 0.15 * number, "asking whether it is a solid")
        left = ladder.flaws(asset.mesh)
        if not left or (number == _REMAKING and is_hopeless(asset.mesh)):
            break
        with part(0.3 + 0.15 * number, 0.45 + 0.15 * number):
            asset = ladder.climbed(asset, name, rung)
    else:
        left = ladder.flaws(asset.mesh)
    if left:
        left = flaws(asset.mesh.vertices, asset.mesh.faces)
        reasons = "".join(f"; {reason}" for reason in ladder.refusals)
        raise CannotDo(f"solidify: left with {', '.join(left)}{reasons}; {advice(asset.mesh)}")
    for name, rung in (("fitting", ladder.fitted), ("remaking", ladder.coarsened(max_volume_change, max_deviation))):
        asset = ladder.climbed(asset, f"{name} for 32-bit files", rung)
        if withstands(asset.mesh.vertices, asset.mesh.faces):
            return asset
    raise CannotDo("solidify: it is so fine that edges tear open in a 32-bit file; remake it with resurface or wrap")


@dataclass(frozen=True)
class _Ladder:
    """Runs rungs and tells what each did, next to the surface that was given."""

    given: Asset
    min_share: float
    refusals: list[str] = field(default_factory=list)
    asked: list[tuple[Mesh, list[str]]] = field(default_factory=list)
    cut: list[tuple[Mesh, Fill]] = field(default_factory=list)

    def rungs(self, volume_change: float, deviation: float) -> list[tuple[str, _Rung]]:
        """What is tried on a closed surface that is no solid, in this order."""

        def remade(rung: _Rung) -> _Rung:
            return lambda asset: self.remade(asset, rung, volume_change, deviation)

        return [
            ("uniting", lambda asset: self.tidied(unite(asset), asset)),
            ("untangling", self.untangled),
            ("resurfacing", remade(_resurface)),
            ("wrapping", remade(lambda asset: wrap(asset, pitch_mm=affordable_pitch(asset.mesh, _pitch(asset))))),
        ]

    def coarsened(self, volume_change: float, deviation: float) -> _Rung:
        """What is tried on a solid that would not fit a 32-bit file: a new surface, without the finest of the old."""

        def climb(asset: Asset) -> Asset:
            made = self.fitted(self.remade(asset, _resurface, volume_change, deviation))
            if left := self.flaws(made.mesh):
                raise CannotDo(f"left with {', '.join(left)}")
            return made

        return climb

    def remade(self, asset: Asset, rung: _Rung, volume_change: float, deviation: float) -> Asset:
        """A new surface, ``CannotDo`` where it is not like the old one."""
        made = rung(asset)
        most = deviation * asset.mesh.diagonal
        self.insist_on_nearness(made.mesh, most)  # before the long way to a solid that nobody would take
        made = self.tidied(made, asset)
        if self.flaws(made.mesh):
            made = self.untangled(made)
        self.insist_on_nearness(made.mesh, most)
        self.insist_on_volume(asset.mesh, made.mesh, volume_change)
        return made

    def tidied(self, made: Asset, before: Asset) -> Asset:
        """What a rung made, without specks, and parted where that makes it a solid."""
        if made.mesh is before.mesh:
            return before
        made = weld(made)
        if not self.flaws(made.mesh):
            return drop_specks(made, min_share=self.min_share)
        gap = 3 * rounding(made.mesh.vertices) / max(made.mesh.diagonal, 1e-300)
        return drop_specks(part_pinches(made, gap), min_share=self.min_share)

    def untangled(self, asset: Asset) -> Asset:
        """Cut along the lines where it crosses itself, again where solids that were moved apart touch others.

        The last rounds part or merge first what rounding cannot tell apart: slivers are where lines do not close.
        """
        most = 0
        for number in range(2 * _ROUNDS):
            if number >= _ROUNDS:
                if open_share(asset.mesh):
                    break
                asset = separate_float32_twins(asset, _STEPS[0])
            asset = self.tidied(untangle(asset), asset)
            most = most or _GROWTH * len(asset.mesh.faces)
            if not self.flaws(asset.mesh) or len(asset.mesh.faces) > most:
                break
        return asset

    def climbed(self, asset: Asset, name: str, rung: _Rung) -> Asset:
        """What the rung makes of the asset; the same one where it changes nothing or refuses."""
        progress(0.0, name)
        try:
            made = rung(asset)
        except CannotDo as refusal:
            note(f"{name} would not do: {refusal}")
            self.refusals.append(f"{name} would not do ({refusal})")
            return asset
        if made.mesh is asset.mesh or made.mesh == asset.mesh:
            return asset
        apart = self.origin.displacement(made.mesh.vertices, made.mesh.faces)
        parts = face_components(asset.mesh.faces)[0], face_components(made.mesh.faces)[0]
        volume = self.volume(asset.mesh), self.volume(made.mesh)
        note(
            f"{name}: volume {volume[0]} to {volume[1]} mm³, {parts[0]} to {parts[1]} parts, "
            f"off the given surface by {figures(apart.mean)} mm on average, {figures(apart.max)} at most"
        )
        return made

    def flaws(self, mesh: Mesh, like: Mesh | None = None) -> list[str]:
        """Why the mesh is no solid; asked once for each of the last few meshes. ``like``: a solid with most faces."""
        found = next((words for known, words in self.asked if known is mesh), None)
        if found is None:
            fresh = None if like is None else Origin(like.vertices, like.faces).fresh(mesh.vertices, mesh.faces)
            found = flaws(mesh.vertices, mesh.faces, fill=self.fill(mesh), suspect=fresh)
            self.asked[:] = [*self.asked[-2:], (mesh, found)]
        return found

    def fill(self, mesh: Mesh) -> Fill:
        """What a slicer fills, asked once for each of the last few meshes; nothing where the surface is open."""
        found = next((fill for known, fill in self.cut if known is mesh), None)
        if found is None:
            found = slicer_fill(mesh.vertices, mesh.faces)
            self.cut[:] = [*self.cut[-2:], (mesh, found)]
        return found

    def volume(self, mesh: Mesh) -> str:
        """What a slicer fills, in words."""
        return f"{self.fill(mesh).filled:.6g}" if (edges(mesh.faces).count == 2).all() else "unknown"

    def fitted(self, asset: Asset) -> Asset:
        """The solid with its vertices so far apart that a 32-bit file keeps them so, as far as it stays a solid."""
        found: Asset | None = None
        for _ in range(_ROUNDS):
            made, final = self.spaced(asset)
            if made is not None and final:
                return made
            found = made or found
            asset = found or self.untangled(separate_float32_twins(asset, _STEPS[0]))
        if found is None:
            raise CannotDo("vertices that a 32-bit file takes for one could not be told apart")
        return found

    def spaced(self, asset: Asset) -> tuple[Asset | None, bool]:
        """With the widest spacing that leaves a solid, and whether another round is not worth while."""
        like = None if self.flaws(asset.mesh) else asset.mesh
        for steps in _STEPS:
            made = separate_float32_twins(asset, steps)
            if made is asset or not self.flaws(made.mesh, like=like):
                return made, made is asset or steps == _STEPS[0]
        made = _nudge_apart(asset)
        if withstands(made.mesh.vertices, made.mesh.faces) and not self.flaws(made.mesh, like=like):
            return made, True
        return None, False

    def insist_on_nearness(self, after: Mesh, most: float) -> None:
        """``CannotDo`` where a remade surface lies elsewhere than the given one."""
        apart = self.origin.displacement(after.vertices, after.faces).mean
        if apart > most:
            raise CannotDo(f"the surface would lie off by {figures(apart)} mm on average")

    def insist_on_volume(self, before: Mesh, after: Mesh, volume_change: float) -> None:
        """``CannotDo`` where a remade surface holds another volume."""
        was = self.fill(before).filled
        if was > 0:
            change = abs(self.fill(after).filled - was) / was
            if change > volume_change:
                raise CannotDo(f"the filled volume would change by {change:.2%}")

    @cached_property
    def origin(self) -> Origin:
        """The given surface, made ready for distances."""
        return Origin(self.given.mesh.vertices, self.given.mesh.faces)


def _nudge_apart(asset: Asset) -> Asset:
    """Only vertices moved that a 32-bit file welds; those whose faces turn over by it again, any other way."""
    mesh = asset.mesh
    made, pairs = mesh.vertices, alike(mesh.vertices)
    if not len(pairs):
        return asset
    for attempt in range(_NUDGES):
        made = nudge_pairs(made, pairs, attempt)
        moved = (made != mesh.vertices).any(axis=1)
        bad = spoilt(made, mesh.faces, faces_near(made, mesh.faces, moved[mesh.faces].any(axis=1)))
        back = pairs[np.isin(pairs, mesh.faces[bad]).any(axis=1)]
        made[back] = mesh.vertices[back]
        pairs = alike(made)
        if not len(pairs):
            break
    return asset.with_mesh(mesh.with_vertices(made))


def _resurface(asset: Asset) -> Asset:
    return resurface(asset, pitch_mm=_pitch(asset))


def _pitch(asset: Asset) -> float:
    """Side of a grid cell: a nozzle's width or what 250,000 cells allow, at most 1/200 of the diagonal."""
    mesh = asset.mesh
    area = float(face_areas(mesh.vertices, mesh.faces).sum())
    return min(max(fitting_pitch(mesh, area, _PRINTER), 1e-12), mesh.diagonal / 200)


def advice(mesh: Mesh) -> str:
    """What a user could do about a model that did not become a solid."""
    if is_sheet(mesh):
        return "it encloses next to nothing; give sheets a thickness, as wrap does"
    sheets = open_share(mesh)
    if sheets > 0:
        return f"{sheets:.0%} of the surface are open sheets; give them a thickness, as wrap does, or drop them"
    return "raise max_deviation or max_volume_change, or look at the model"


def open_share(mesh: Mesh) -> float:
    """Share of the surface in parts that have an open edge."""
    count, label = face_components(mesh.faces)
    found = edges(mesh.faces)
    torn = np.zeros(count, dtype=bool)
    torn[label[np.flatnonzero(found.count[found.of_half] == 1) // 3]] = True
    area = areas_by(label, mesh.vertices, mesh.faces, count)
    return float(area[torn].sum() / max(area.sum(), 1e-300))


def is_hopeless(mesh: Mesh) -> bool:
    """Whether there is no inside that a new surface could be put around: a sheet, or a bottle with one side."""
    if is_sheet(mesh):
        return True
    found = agreement(mesh.vertices, mesh.faces)
    area = areas_by(found.patch, mesh.vertices, mesh.faces, found.count)
    return bool(area[found.one_sided].sum() > _ONE_SIDED * area.sum())


def is_sheet(mesh: Mesh) -> bool:
    """Whether the parts together hold no volume to speak of."""
    count, label = face_components(mesh.faces)
    area = areas_by(label, mesh.vertices, mesh.faces, count)
    volume = np.abs(capped_volumes(mesh.vertices, mesh.faces, label, count))
    return bool(volume.max(initial=0.0) <= _SHEET * area.sum() ** 1.5)
