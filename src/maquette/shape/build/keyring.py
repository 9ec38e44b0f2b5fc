"""Keyring: a loop on the model, or a hole in it, to hang it by."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.profiles import Printer
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.solids import solid, surface_of
from maquette.geometry.inside.distance_field import Lattice, inside
from maquette.geometry.surface import center_of_mass
from maquette.registry import stage
from maquette.shape.carry.combining import combine_solids, insist_on_solid, plain

_PRINTER = Printer.default()

_FINENESS = 160  # lattice steps along the model's longest side
_SEGMENTS = 64
_STRONG = 2.0  # times the printer's free wall: what a loop must be to be pulled at
_SINKS = (0.0, 1.0, 2.0, 4.0, 6.0)  # walls by which the loop's foot is let in until it holds
_LIFTS = 8  # half radii by which a loop is raised until nothing of the model is in its way
_TURNS = {
    "top": np.eye(3),
    "left": np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]),
    "right": np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
}


@stage(adds=True)
def keyring(
    asset: Asset,
    *,
    style: Annotated[Literal["loop", "hole"], Field(description="a ring put on, or a hole drilled")] = "loop",
    at: Annotated[Literal["top", "left", "right"], Field(description="the side that it hangs by, as seen")] = "top",
    shift_mm: Annotated[
        float,
        Field(ge=-1000, le=1000, description="along that side, from over the centre of mass; up or right is plus"),
    ] = 0.0,
    hole_mm: Annotated[float, Field(gt=0, le=200, description="diameter of the hole")] = 4.0,
    wall_mm: Annotated[
        float, Field(ge=0, le=100, description="material around it; 0: twice a free wall's least")
    ] = 0.0,
    printer: Annotated[Printer, Field(description="whose walls")] = _PRINTER,
) -> Asset:
    """Add a loop to hang the model by, or drill a hole for a ring, seen from the front.

    A loop stands over the centre of mass, so that the model hangs straight, where the model is highest there; its foot
    goes in as deep as it takes to hold, and it is united with the model. It is a plain material and a part of its own
    where the model has such. A hole is drilled from front to back where the material is thick enough all around, as
    near to the edge as that allows. Each call adds one. Refuses what is no solid, and where there is no place, with the
    largest hole that would have one.
    """
    mesh = asset.mesh
    insist_on_solid("keyring", mesh)
    wall = wall_mm or _STRONG * printer.min_free_wall_mm
    turn = _TURNS[at]
    turned = mesh.vertices @ turn.T
    middle = float(center_of_mass(turned, mesh.faces)[0]) + (-shift_mm if at == "right" else shift_mm)
    columns = _columns(turned, mesh.faces)
    progress(0.3, "looking for a place")
    if style == "hole":
        tool = _hole(columns, middle, hole_mm, wall, turned)
        surface = _turned_back(tool, turn)
        note(f"drilled a hole of {hole_mm:g} mm with at least {wall:g} mm around it")
        return asset.with_mesh(combine_solids("keyring", mesh, [surface], "subtract"))
    tool = _loop(columns, middle, hole_mm, wall, solid(turned, mesh.faces))
    surface = _turned_back(tool, turn)
    addition, asset = plain(surface.vertices, surface.faces, asset, "keyring")
    note(f"put on a loop with a hole of {hole_mm:g} mm, {wall:g} mm thick")
    return asset.with_mesh(combine_solids("keyring", asset.mesh, [addition], "unite"))


class _Columns:
    """A solid on a lattice, seen along y: how thick it is and where its middle lies behind each point of x and z."""

    def __init__(self, lattice: Lattice, filled: np.ndarray) -> None:
        self.lattice = lattice
        self.filled = filled
        self.thick = filled.sum(axis=1) * lattice.pitch  # (X, Z)

    def place(self, x: int, z: int) -> tuple[float, float, float]:
        """x, z and the middle of the material along y there."""
        y = float(np.flatnonzero(self.filled[x, :, z]).mean())
        spot = self.lattice.places(np.array([[x, y, z]]))[0]
        return float(spot[0]), float(spot[1]), float(spot[2])


def _columns(vertices: Floats, faces: np.ndarray) -> _Columns:
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    lattice = Lattice.around(low, high, float((high - low).max()) / _FINENESS)
    return _Columns(lattice, inside(vertices, faces, lattice))


def _turned_back(tool: Any, turn: Floats) -> Mesh:
    """A Manifold made over the turned model, where the model is."""
    vertices, faces = surface_of(tool)
    return Mesh(vertices @ turn, faces)


def _hole(columns: _Columns, middle: float, hole: float, wall: float, vertices: Floats) -> Any:
    """A cylinder along y through the highest place that has the wall around it."""
    from manifold3d import Manifold
    from scipy.ndimage import distance_transform_edt

    pitch = columns.lattice.pitch
    room = distance_transform_edt(columns.thick >= wall) * pitch - pitch / 2
    fits = np.argwhere(room >= hole / 2 + wall)
    if not len(fits):
        most = max(2 * (float(room.max()) - wall), 0.0)
        raise CannotDo(
            f"keyring: no place for a hole of {hole:g} mm with {wall:g} mm around it; at most {most:.2g} mm fit"
        )
    x, z = (columns.lattice.origin[axis] + pitch * fits[:, number] for number, axis in enumerate((0, 2)))
    best = int((np.abs(x - middle) - z).argmin())
    low, high = float(vertices[:, 1].min()), float(vertices[:, 1].max())
    cylinder = Manifold.cylinder(high - low + 2 * wall, hole / 2, hole / 2, _SEGMENTS)
    return cylinder.rotate((-90.0, 0.0, 0.0)).translate((float(x[best]), low - wall, float(z[best])))


def _loop(columns: _Columns, middle: float, hole: float, wall: float, model: Any) -> Any:
    """A ring that faces the front, its foot in the top of the model."""
    filled, lattice = columns.filled, columns.lattice
    across = lattice.origin[0] + lattice.pitch * np.arange(filled.shape[0])
    near = np.abs(across - middle) <= hole / 2 + wall
    tops = np.where(filled.any(axis=1), np.arange(filled.shape[2]), -1).max(axis=1)
    tops = np.where(near, tops, -1)
    if tops.max() < 0:
        raise CannotDo(f"keyring: nothing of the model lies at {figures(middle)} mm; choose another shift_mm")
    highest = np.flatnonzero(tops == tops.max())
    x = int(highest[np.abs(across[highest] - middle).argmin()])
    deep = max(int(tops[x] - wall / lattice.pitch), 0)
    _, y, _ = columns.place(x, deep if filled[x, :, deep].any() else int(tops[x]))
    top = float(lattice.origin[2] + lattice.pitch * tops[x])
    for lift in range(_LIFTS):
        height = top + hole / 2 * (1 + 0.5 * lift)
        bore = _ring(hole / 2, 0.0, 0.0, wall).translate((float(across[x]), y, height))
        if (bore ^ model).volume() > 1e-3 * hole**2 * wall:
            continue
        for sink in _SINKS:
            ring = _ring(hole / 2 + wall, height - top + wall * (1 + sink), wall, wall) - _ring(
                hole / 2, 0.0, 0.0, 2 * wall
            )
            ring = ring.translate((float(across[x]), y, height))
            if (ring ^ model).volume() >= wall**3:
                return ring
    raise CannotDo(f"keyring: a loop {wall:g} mm thick finds no hold at the top; choose another shift_mm or side")


def _ring(radius: float, foot: float, width: float, thick: float) -> Any:
    """A disc that faces -Y about the origin, drawn down to a foot of half this width so far below."""
    from manifold3d import CrossSection

    disc = CrossSection.circle(radius, _SEGMENTS)
    if foot:
        disc = CrossSection.batch_hull([disc, CrossSection.square((2 * width, width)).translate((-width, -foot))])
    return disc.extrude(thick).translate((0.0, 0.0, -thick / 2)).rotate((90.0, 0.0, 0.0))
