"""Magnet pockets: round pockets in the underside of what lies flat, to hold it on a fridge or a board."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note
from maquette.geometry.cut.solids import surface_of
from maquette.geometry.flat.areas import disc, raise_area
from maquette.geometry.rays import Tracer
from maquette.registry import stage
from maquette.shape.carry.combining import combine_solids, insist_on_solid

_PRINTER = Printer.default()
_PLAY = 0.2  # mm added to the diameter: a press fit for a thumb
_STEPS = 41  # places along each side that are looked at
_RIM = 24  # points round a pocket where the material above is measured


@stage(adds=True)
def magnet_pockets(
    asset: Asset,
    *,
    count: Annotated[int, Field(ge=1, le=4, description="pockets: one in the middle, or two to four far apart")] = 2,
    magnet_mm: Annotated[float, Field(ge=2, le=60, description="diameter of the magnet")] = 8.0,
    thick_mm: Annotated[float, Field(ge=0.5, le=20, description="thickness of the magnet")] = 2.0,
    printer: Annotated[Printer, Field(description="whose least wall stays over and around a pocket")] = _PRINTER,
) -> Asset:
    """Cut pockets for magnets into the flat underside, as far apart as the material allows.

    Each leaves the printer's least wall over it and around it. The magnet goes in with 0.2 mm of play and lies level
    with the underside. Refuses what is no solid and what is too thin, with the thickness that there is.
    """
    mesh = asset.mesh
    insist_on_solid("magnet-pockets", mesh)
    wide, deep = magnet_mm + _PLAY, thick_mm + 0.1
    places = _places(mesh, wide / 2 + printer.min_wall_mm, deep + printer.min_wall_mm)
    chosen = _far_apart(places, count, wide + printer.min_wall_mm, mesh)
    floor = float(mesh.vertices[:, 2].min())
    tools = []
    for x, y in chosen:
        pocket = raise_area(disc(wide, corners=64), floor - 1.0, floor + deep).translate((float(x), float(y), 0.0))
        tools.append(Mesh(*surface_of(pocket)))
    note(f"cut {count} pockets of {wide:.3g} mm, {deep:.3g} mm deep")
    return asset.with_mesh(combine_solids("magnet-pockets", mesh, tools, "subtract"))


def _places(mesh: Mesh, reach: float, need: float) -> Floats:
    """Places (N, 2) on the underside over which a disc finds material as thick as needed."""
    low, high = mesh.bounds
    x, y = (np.linspace(low[axis] + reach, high[axis] - reach, _STEPS) for axis in (0, 1))
    if low[0] + reach > high[0] - reach or low[1] + reach > high[1] - reach:
        raise CannotDo(f"magnet-pockets: {2 * reach:.3g} mm are needed and it is {np.ptp(mesh.bounds[:, :2], axis=0)}")
    middles = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    turn = np.arange(_RIM) * (2 * np.pi / _RIM)
    around = np.concatenate([[[0.0, 0.0]], reach * np.stack([np.cos(turn), np.sin(turn)], axis=1)])
    spots = (middles[:, None] + around).reshape(-1, 2)
    tracer = Tracer(mesh.vertices, np.asarray(mesh.faces))
    origins = np.column_stack([spots, np.full(len(spots), low[2] - 1.0)])
    up = np.tile([0.0, 0.0, 1.0], (len(spots), 1))
    first = tracer.first(origins, up).distance
    on_bed = np.abs(first - 1.0) < 1e-3 * max(1.0, need)
    second = tracer.first(origins + [0.0, 0.0, 1.0 + 2 * tracer.step], up).distance
    thick = np.where(on_bed, np.where(np.isfinite(second), second, 0.0), 0.0).reshape(len(middles), -1).min(axis=1)
    if thick.max() < need:
        raise CannotDo(
            f"magnet-pockets: they need {need:.3g} mm of material and there are {float(thick.max()):.3g}; take thinner"
            " magnets or a thicker base"
        )
    roomy: Floats = middles[thick >= need]
    return roomy


def _far_apart(places: Floats, count: int, least: float, mesh: Mesh) -> Floats:
    """So many of the places: the middle one, or those nearest to opposite corners."""
    middle = mesh.bounds.mean(axis=0)[:2]
    half = np.ptp(mesh.bounds, axis=0)[:2] / 2
    wishes = {
        1: [(0, 0)],
        2: [(-1, 0), (1, 0)],
        3: [(-1, -1), (1, -1), (0, 1)],
        4: [(-1, -1), (1, -1), (-1, 1), (1, 1)],
    }
    chosen = [places[np.linalg.norm(places - (middle + half * wish), axis=1).argmin()] for wish in wishes[count]]
    for one, place in enumerate(chosen):
        if any(np.linalg.norm(place - other) < least for other in chosen[:one]):
            raise CannotDo(
                f"magnet-pockets: {count} pockets lie nearer than {least:.3g} mm; take fewer or smaller ones"
            )
    return np.array(chosen)
