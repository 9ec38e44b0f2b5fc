"""Solidify: any model becomes a solid that a slicer fills, by the smallest repair that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.profiles import Printer
from maquette.core.progress import note, part, progress
from maquette.core.words import figures
from maquette.geometry.inside.solidity import flaws
from maquette.geometry.mend.float32_twins import withstands
from maquette.geometry.topology import face_components
from maquette.registry import stage
from maquette.shape.mend.advising import ONE_SIDED, advice, is_hopeless
from maquette.shape.mend.closing import fill_up, join_up
from maquette.shape.mend.drop_inner_walls import drop_inner_walls
from maquette.shape.mend.judging import Judge, Keeper, share_one_sided
from maquette.shape.mend.rungs import Rungs
from maquette.shape.mend.weld import weld

_PRINTER = Printer.default()
_KEPT = 0.005  # of what the given surface fills may get lost where the old triangles are kept


@stage(version=5)
def solidify(
    asset: Asset,
    *,
    printer: Annotated[
        Printer, Field(description="whose nozzle and least wall a surface that must be remade is made for")
    ] = _PRINTER,
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
    faces and walls inside, zip cracks, wind faces outward, part solids that touch in an edge or a vertex (by 2 µm on
    100 mm), fill holes, drop sheets without a thickness (up to a fifth of the surface) and specks. Then the parts:
    inner walls that nobody meant go, solids that overlap or lie wall to wall are united, and what cuts through itself
    is cut along the line. Last, the surface is remade at the printer's resolution, from its winding number or as a
    wrap. At the end vertices that a 32-bit file would weld are merged or moved apart (0.05 µm on 100 mm), so that the
    slicer reads the same solid; where that cannot be, the surface is remade. Each step is noted with the volume before
    and after, the number of parts, and how far the new surface lies from the old.

    A step that keeps the triangles may lose 0.5 % of what the given surface fills, a remade surface
    ``max_volume_change``, and neither may lose a whole body but for specks: it is asked by winding numbers at points of
    every body of the given surface, and a step that loses more is undone, with a note.

    Afterwards every edge has two faces that are wound alike, no face cuts through another, manifold3d accepts the
    model, and what a slicer fills in its layers is the volume enclosed. Material, part, uv, colour and seen are kept.
    Refuses what stays open, one-sided, tangled or without volume, with the numbers.
    """
    if not len(asset.mesh.faces):
        raise CannotDo("solidify: the model has 0 faces; there is nothing to make solid")
    asset = weld(asset)
    judge, keeper = Judge(asset.mesh), Keeper(asset.mesh)
    climb = _Climb(judge, keeper)
    rungs = Rungs(judge, keeper, printer, min_share, max_volume_change, max_deviation)
    asset = _close(asset, climb, min_share)
    asset = climb.step(asset, "dropping inner walls", drop_inner_walls, _KEPT)
    asset = climb.step(asset, "uniting", rungs.unite, _KEPT)
    asset = _untangled_or_accept(asset, climb, rungs)
    for name, rung, most in (
        ("fitting for 32-bit files", rungs.fit, _KEPT),
        ("remaking for 32-bit files", rungs.coarsen, max_volume_change),
    ):
        asset = climb.step(asset, name, rung, max(most, climb.allowed))
        if withstands(asset.mesh.vertices, asset.mesh.faces):
            return asset
    raise CannotDo("solidify: it is so fine that edges tear open in a 32-bit file; remake it with resurface or wrap")


def _close(asset: Asset, climb: _Climb, min_share: float) -> Asset:
    """The surface closed up and rid of specks; ``CannotDo`` where it has one side only."""
    count, share = share_one_sided(asset.mesh)
    if share > ONE_SIDED:
        raise CannotDo(
            f"solidify: {count} one-sided parts make up {share:.0%} of the surface, as a Moebius strip or a Klein "
            "bottle; they have no inside. Give it a thickness, as wrap does"
        )
    with part(0.0, 0.15):
        asset = climb.step(asset, "closing up", join_up, _KEPT)
    with part(0.15, 0.3):
        asset = climb.step(asset, "filling holes", fill_up, _KEPT)
        return climb.step(asset, "dropping specks", lambda body: climb.keeper.without_specks(body, min_share), _KEPT)


def _untangled_or_accept(asset: Asset, climb: _Climb, rungs: Rungs) -> Asset:
    """What is no solid yet, cut along its lines or made anew; ``CannotDo`` where neither helps."""
    most = rungs.max_volume_change
    tries = [
        ("untangling", rungs.untangle, _KEPT),
        ("resurfacing", rungs.resurface, most),
        ("wrapping", rungs.wrap, most),
    ]
    for number, (name, rung, loss) in enumerate(tries):
        progress(0.45 + 0.15 * number, "asking whether it is a solid")
        if not climb.judge.flaws(asset.mesh):
            return asset
        if rung != rungs.untangle and is_hopeless(asset.mesh):
            break
        with part(0.45 + 0.15 * number, 0.6 + 0.15 * number):
            asset = climb.step(asset, name, rung, loss)
    if not climb.judge.flaws(asset.mesh):
        return asset
    left = flaws(asset.mesh.vertices, asset.mesh.faces)
    reasons = "".join(f"; {reason}" for reason in climb.refusals)
    raise CannotDo(f"solidify: left with {', '.join(left)}{reasons}; {advice(asset.mesh)}")


@dataclass
class _Climb:
    """Takes one step after the other, tells what each did, and undoes what loses too much of the given solid."""

    judge: Judge
    keeper: Keeper
    refusals: list[str] = field(default_factory=list)
    allowed: float = _KEPT  # what the steps that were taken may have lost

    def step(self, asset: Asset, name: str, rung: Callable[[Asset], Asset], most_lost: float) -> Asset:
        """What the rung makes of the asset; the same one where it changes nothing, refuses or loses too much."""
        progress(0.0, name)
        excused = self.keeper.excused
        try:
            result = rung(asset)
            if result.mesh is asset.mesh or result.mesh == asset.mesh:
                return asset
            self.keeper.insist(result.mesh, max(most_lost, self.allowed))
        except CannotDo as refusal:
            note(f"{name} would not do: {refusal}")
            self.refusals.append(f"{name} would not do ({refusal})")
            self.keeper.excused = excused
            return asset
        self.allowed = max(most_lost, self.allowed)
        self._tell(asset, result, name)
        return result

    def _tell(self, asset: Asset, result: Asset, name: str) -> None:
        """A note of what changed."""
        apart = self.judge.origin.displacement(result.mesh.vertices, result.mesh.faces)
        parts = face_components(asset.mesh.faces)[0], face_components(result.mesh.faces)[0]
        volume = self.judge.volume(asset.mesh), self.judge.volume(result.mesh)
        note(
            f"{name}: volume {volume[0]} to {volume[1]} mm³, {parts[0]} to {parts[1]} parts, "
            f"off the given surface by {figures(apart.mean)} mm on average, {figures(apart.max)} at most"
        )
