"""Solidify: any model becomes a solid that a slicer fills, by the smallest repair that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.progress import note, part, progress
from maquette.geometry.deviation import one_way
from maquette.geometry.filled import closed_faces, slicer_fill
from maquette.geometry.nearest import Surface
from maquette.geometry.orientation import capped_volumes
from maquette.geometry.parts import areas_by
from maquette.geometry.solidity import flaws
from maquette.geometry.topology import face_components
from maquette.registry import stage
from maquette.shape.closing import closed_up, parted_at_pinches
from maquette.shape.drop_inner_walls import drop_inner_walls
from maquette.shape.drop_specks import drop_specks
from maquette.shape.unite import unite
from maquette.shape.untangle import untangle
from maquette.shape.weld import weld

_SAMPLES = 10_000  # points at which the distance to the given surface is measured
_SHEET = 1e-3  # of area^1.5: less volume than this is none; a plate 1/350 as thick as wide


@stage(version=2)
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
    nobody meant go, overlapping solids are united, and what cuts through itself is cut along the line. Each step is
    noted with the volume before and after, the number of parts, and how far the new surface lies from the given one.

    Afterwards every edge has two faces that are wound alike, no face cuts through another, manifold3d accepts the
    model, and what a slicer fills in its layers is the volume enclosed. Material, part, uv, colour and seen are kept.
    Refuses what stays open, one-sided, tangled or without volume, with the numbers.
    """
    if not len(asset.mesh.faces):
        raise CannotDo("solidify: the model has 0 faces; there is nothing to make solid")
    ladder = _Ladder(asset)
    with part(0.0, 0.3):
        asset = ladder.climbed(asset, "closing up", closed_up)
        asset = ladder.climbed(asset, "dropping specks", lambda given: drop_specks(given, min_share=min_share))
    asset = ladder.climbed(asset, "dropping inner walls", drop_inner_walls)
    for number, (name, rung) in enumerate((("uniting", unite), ("untangling", untangle))):
        progress(0.4 + 0.2 * number, "asking whether it is a solid")
        if not flaws(asset.mesh.vertices, asset.mesh.faces):
            return asset
        with part(0.4 + 0.2 * number, 0.6 + 0.2 * number):
            asset = ladder.climbed(asset, name, _whole(rung, min_share))
    left = flaws(asset.mesh.vertices, asset.mesh.faces)
    if left:
        raise CannotDo(f"solidify: left with {', '.join(left)}; {_advice(asset.mesh)}")
    return asset


def _whole(rung: Callable[[Asset], Asset], min_share: float) -> Callable[[Asset], Asset]:
    """A rung, and afterwards solids that touch parted and crumbs dropped."""

    def climb(asset: Asset) -> Asset:
        made = rung(asset)
        return asset if made.mesh is asset.mesh else drop_specks(parted_at_pinches(weld(made)), min_share=min_share)

    return climb


@dataclass(frozen=True)
class _Ladder:
    """Runs rungs and tells what each did, next to the surface that was given."""

    given: Asset

    def climbed(self, asset: Asset, name: str, rung: Callable[[Asset], Asset]) -> Asset:
        """What the rung makes of the asset; the same one where it changes nothing or refuses."""
        progress(0.0, name)
        try:
            made = rung(asset)
        except CannotDo as refusal:
            note(f"{name}: no, {refusal}")
            return asset
        if made.mesh is asset.mesh or made.mesh == asset.mesh:
            return asset
        apart = one_way(made.mesh.vertices, made.mesh.faces, self.surface, _SAMPLES)
        before, after = _volume(asset.mesh), _volume(made.mesh)
        parts = face_components(asset.mesh.faces)[0], face_components(made.mesh.faces)[0]
        note(
            f"{name}: volume {before} to {after} mm³, {parts[0]} to {parts[1]} parts, "
            f"off the given surface by {apart.mean:.3g} mm on average, {apart.max:.3g} at most"
        )
        return made

    @cached_property
    def surface(self) -> Surface:
        """The given surface, made ready for distances."""
        return Surface(self.given.mesh.vertices, self.given.mesh.faces)


def _volume(mesh: Mesh) -> str:
    """What a slicer fills, in words."""
    if not closed_faces(mesh.faces).all():
        return "unknown"
    return f"{slicer_fill(mesh.vertices, mesh.faces).filled:.6g}"


def _advice(mesh: Mesh) -> str:
    """What a user could do about a model that did not become a solid."""
    if is_sheet(mesh):
        return "it encloses next to nothing: give sheets a thickness first"
    return "remake the surface from a grid with resurface"


def is_sheet(mesh: Mesh) -> bool:
    """Whether the parts together hold no volume to speak of."""
    count, label = face_components(mesh.faces)
    area = areas_by(label, mesh.vertices, mesh.faces, count)
    volume = np.abs(capped_volumes(mesh.vertices, mesh.faces, label, count))
    return bool(volume.max(initial=0.0) <= _SHEET * area.sum() ** 1.5)
