"""Hollow: less material inside, the same outside.

The inner surface is where the distance to the outer one is the wall: a level of the distance field, sampled on a
lattice. Vertices moved inward would cross each other wherever the model bends; this cannot.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh, channel_or_missing, join_meshes
from maquette.core.profiles import Printer
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.solids import surface_of
from maquette.geometry.printing.cavity import Depths, Drill, cavity_depths, cavity_surface, depths, drills
from maquette.geometry.surface import signed_volume
from maquette.registry import stage
from maquette.shape.carry.combining import combine_solids, insist_on_solid, line_with_nearest, wear_nearest

_PRINTER = Printer.default()

_COARSE = 0.75  # of the wall: a lattice that is coarser cannot tell the wall
_WORTH = 5.0  # mm: a cavity of four cubes with this side is worth any hole
_SEGMENTS = 64
_CONE = 0.5  # of the clearance: how much wider a plug is at its foot than at its tip, on each side
_APART = 5.0  # mm between the model and its plugs


@stage(adds=True)
def hollow(
    asset: Asset,
    *,
    wall_mm: Annotated[float, Field(gt=0, le=100, description="thickness of the wall that stays")] = 2.0,
    printer: Annotated[Printer, Field(description="whose holes, ceiling and clearance")] = _PRINTER,
    ceiling: Annotated[
        Literal["auto", "smooth", "roof"],
        Field(description="roof: inside, nothing overhangs by more than 45 degrees; auto: roof for FDM, else smooth"),
    ] = "auto",
    holes: Annotated[
        int, Field(ge=-1, le=8, description="drain holes for each cavity; -1: two for resin and powder, none for FDM")
    ] = -1,
    hole_mm: Annotated[float, Field(ge=0, le=100, description="their diameter; 0: the printer's")] = 0.0,
    plugs: Annotated[
        Literal["none", "beside"], Field(description="beside: a tapered plug for every hole, as a part of its own")
    ] = "none",
) -> Asset:
    """Make the inside empty and leave a wall of the same thickness everywhere, with holes for resin to run out.

    The outside stays, bit for bit, but for the holes. The first hole goes down from the lowest place of a cavity, the
    next as far from it as there is, underneath or else through the back, so that air comes in while resin runs out. On
    an FDM printer the cavity gets a roof that carries itself, so that it needs neither infill nor support. Cavities too
    small to be worth a hole stay filled. A model that was hollowed before comes back as it is. Refuses a model that is
    too thin, one that is no solid, and a wall that is too thin next to the model to be measured (about 1 in 250).
    """
    mesh = asset.mesh
    if any(step.stage == "hollow" for step in asset.history):
        note("was hollowed before; left as it is")
        return asset
    insist_on_solid("hollow", mesh)
    bore = hole_mm or printer.drain_hole_mm
    count = holes if holes >= 0 else (0 if printer.technology == "FDM" else 2)
    roof = ceiling == "roof" or (ceiling == "auto" and printer.technology == "FDM")
    progress(0.1, "measuring depths")
    depths_inside = depths(mesh.vertices, mesh.faces, wall_mm)
    if depths_inside.lattice.pitch > _COARSE * wall_mm:
        least = depths_inside.lattice.pitch / _COARSE
        raise CannotDo(f"hollow: a wall of {wall_mm:g} mm is too thin for a model this large; take {least:.2g} or more")
    value = cavity_depths(depths_inside, wall_mm, roof=roof, least=4 * max(wall_mm, min(bore, _WORTH)) ** 3)
    if not (value > 0).any():
        deepest = float(depths_inside.depth.max())
        raise CannotDo(
            f"hollow: the thickest place is about {2 * deepest:.3g} mm across; nothing worth emptying is left of it "
            f"behind walls of {wall_mm:g} mm{' and a roof' * roof}; make the wall thinner or the model larger"
        )
    progress(0.5, "making the inner surface")
    vertices, faces = cavity_surface(depths_inside, value, wall_mm, roof=roof)
    saved = signed_volume(vertices, faces) / signed_volume(mesh.vertices, mesh.faces)
    note(f"hollowed to a wall of {wall_mm:g} mm, which saves {saved:.0%} of {figures(_cm3(mesh))} cm³")
    shell = join_meshes([mesh, line_with_nearest(vertices, faces, mesh).flipped()])
    bores = _bores(depths_inside, value > 0, bore, count)
    if bores:
        progress(0.8, "drilling holes")
        shell = combine_solids("hollow", shell, [_bore_cylinder(one, bore) for one in bores], "subtract")
        note(f"drilled {len(bores)} holes of {bore:g} mm")
    hollowed = asset.with_mesh(shell)
    return _with_plugs(hollowed, bores, bore, printer.clearance_mm) if plugs == "beside" and bores else hollowed


def _cm3(mesh: Mesh) -> float:
    return signed_volume(mesh.vertices, mesh.faces) / 1000


def _bores(depths_inside: Depths, empty: np.ndarray, bore: float, count: int) -> list[Drill]:
    """Places for the holes of all cavities; ``CannotDo`` where one cannot have any."""
    from scipy.ndimage import label

    if not count:
        return []
    number, cavities = label(empty)
    bores: list[Drill] = []
    for cavity in range(1, cavities + 1):
        own = drills(depths_inside, number == cavity, bore / 2, count)
        if not own:
            where = depths_inside.lattice.places(np.argwhere(number == cavity).mean(axis=0))
            at = ", ".join(f"{x:.0f}" for x in where)
            raise CannotDo(f"hollow: no room for a hole of {bore:g} mm at ({at}); take a smaller one, or holes=0")
        if len(own) < count:
            note(f"room for {len(own)} of {count} holes in a cavity; resin runs out slowly there")
        bores.extend(own)
    return bores


def _bore_cylinder(one: Drill, bore: float) -> Mesh:
    """A cylinder along the hole, a little longer at both ends."""
    direction = one.outside - one.within
    length = float(np.linalg.norm(direction))
    direction = direction / length
    start = one.within - direction * min(bore / 2, 0.8 * one.room)
    return _cylinder(start, one.outside + direction * bore / 2, bore / 2, bore / 2)


def _cylinder(start: Floats, end: Floats, low: float, high: float) -> Mesh:
    """A closed cone stump between two points on a line along y or z."""
    from manifold3d import Manifold

    length = float(np.linalg.norm(end - start))
    cylinder = Manifold.cylinder(length, low, high, _SEGMENTS)
    if abs(end[1] - start[1]) > abs(end[2] - start[2]):
        cylinder = cylinder.rotate((-90.0 if end[1] > start[1] else 90.0, 0.0, 0.0))
    elif end[2] < start[2]:
        cylinder = cylinder.rotate((180.0, 0.0, 0.0))
    return Mesh(*surface_of(cylinder.translate(tuple(start))))


def _with_plugs(asset: Asset, bores: list[Drill], bore: float, clearance: float) -> Asset:
    """The asset with a plug for every hole in a row to its right, as parts of their own."""
    low, high = asset.mesh.bounds
    mesh = asset.mesh
    names = asset.part_names or ("body",)
    part = channel_or_missing(mesh, "part")
    row = mesh.replace(part=part)
    for number, one in enumerate(bores):
        length = float(np.linalg.norm(one.outside - one.within))
        foot = np.array([high[0] + _APART + bore / 2, low[1] + (number + 0.5) * (bore + _APART), low[2]])
        tip = bore / 2 - clearance / 2
        plug = _cylinder(foot, foot + [0, 0, length], tip + _CONE * clearance, tip)
        clad = wear_nearest(plug.vertices, plug.faces, mesh.replace(part=part))
        row = join_meshes([row, clad.replace(part=np.full(len(plug.faces), len(names) + number))])
    names = (*names, *(f"plug {number + 1}" for number in range(len(bores))))
    note(f"laid {len(bores)} plugs of {bore - clearance:g} mm beside it")
    return asset.replace(mesh=row, part_names=names)
