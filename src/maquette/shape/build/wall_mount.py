"""Wall mount: keyhole slots in the back, to hang the model on screws."""

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
from maquette.geometry.cut.solids import surface_of
from maquette.geometry.inside.distance_field import Lattice, inside
from maquette.geometry.surface import center_of_mass
from maquette.registry import stage
from maquette.shape.carry.combining import combine_solids, insist_on_solid

_PRINTER = Printer.default()

_FINENESS = 160  # lattice steps along the model's longest side
_SEGMENTS = 48
_HEAD = 2.0  # a screw's head over its shank: countersunk wood screws, DIN 7997 and ISO 7046
_HEAD_DEEP = 0.6  # of the shank: how high such a head is
_EASE = 0.6  # mm added to head and shank, so that they go in
_UNEVEN = 1.0  # mm by which the back may lie deeper than its outermost point
_LIP = 2.0  # times the printer's least wall: what the head pulls at
_BEHIND = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])  # +Y becomes down, up becomes +Y


@stage(name="wall-mount", adds=True)
def wall_mount(
    asset: Asset,
    *,
    back: Annotated[
        Literal["auto", "behind", "below"],
        Field(
            description="the side at the wall: +Y, or the underside of what lies flat; auto: below when it is flattest"
        ),
    ] = "auto",
    screw_mm: Annotated[float, Field(gt=0, le=20, description="diameter of the screw's shank")] = 4.0,
    count: Annotated[int, Field(ge=1, le=2, description="slots")] = 1,
    spacing_mm: Annotated[
        float, Field(ge=0, le=2000, description="between two slots; 0: half the model's width")
    ] = 0.0,
    lip_mm: Annotated[
        float, Field(ge=0, le=50, description="material that the screw's head holds behind; 0: twice the least wall")
    ] = 0.0,
    printer: Annotated[Printer, Field(description="whose least wall must stay in front of the slot")] = _PRINTER,
) -> Asset:
    """Cut keyhole slots into the back: the screw's head goes in below and the model slides down over its shank.

    The slot lies as high as the material allows, over the centre of mass, two of them level with each other. It is as
    wide and deep as the screw's head asks (twice the shank) plus 0.6 mm, and leaves the printer's least wall in front.
    Everything else stays, bit for bit; new faces wear what was nearest. Each call cuts slots. Refuses what is no solid,
    and a back that is too thin, too small or uneven by more than 1 mm, with the numbers.
    """
    mesh = asset.mesh
    insist_on_solid("wall-mount", mesh)
    turn = _turn(asset, back)
    turned = mesh.vertices @ turn.T
    lip = lip_mm or _LIP * printer.min_wall_mm
    deep = lip + _HEAD_DEEP * screw_mm + _EASE
    head, shank = (_HEAD * screw_mm + _EASE) / 2, (screw_mm + _EASE) / 2
    spacing = (spacing_mm or float(np.ptp(turned[:, 0])) / 2) if count == 2 else 0.0
    progress(0.2, "looking for a place")
    places = _places(turned, mesh.faces, head, deep + printer.min_wall_mm, printer.min_wall_mm, spacing)
    floor = float(turned[:, 2].min())
    slot = _slot(head, shank, lip, deep)
    tools = []
    for x, y in places:
        vertices, faces = surface_of(slot.translate((x, y, floor)))
        tools.append(Mesh(vertices @ turn, faces))
    progress(0.6, "cutting the slots")
    mounted = combine_solids("wall-mount", mesh, tools, "subtract")
    apart = f", {figures(spacing, 4)} mm apart" if count == 2 else ""
    note(f"cut {count} keyhole slot{'s' * (count > 1)} for screws of {screw_mm:g} mm, {figures(deep)} mm deep{apart}")
    return asset.with_mesh(mounted)


def _turn(asset: Asset, back: str) -> Floats:
    """The rotation (3, 3) that brings the back down and the top to +Y."""
    flat = int(np.argmin(asset.size)) == 2
    return np.eye(3) if back == "below" or (back == "auto" and flat) else _BEHIND


def _slot(head: float, shank: float, lip: float, deep: float) -> Any:
    """A keyhole in the plane z = 0, going up: the screw hangs at the origin and its head goes in below."""
    from manifold3d import CrossSection, Manifold

    low = -_reach(head)
    entry = CrossSection.circle(head, _SEGMENTS).translate((0.0, low))
    narrow, wide = CrossSection.circle(shank, _SEGMENTS), CrossSection.circle(head, _SEGMENTS)
    neck = CrossSection.batch_hull([narrow, narrow.translate((0.0, low))])
    channel = CrossSection.batch_hull([wide, entry])
    outer = (neck + entry).extrude(deep + 1.0).translate((0.0, 0.0, -1.0))
    inner = channel.extrude(deep - lip).translate((0.0, 0.0, lip))
    slot: Manifold = outer.trim_by_plane((0.0, 0.0, -1.0), -(lip + (deep - lip) / 2)) + inner
    return slot + entry.extrude(deep + 1.0).translate((0.0, 0.0, -1.0))


def _reach(head: float) -> float:
    """From where the screw hangs down to where its head goes in."""
    return 2.2 * head


def _places(
    vertices: Floats, faces: np.ndarray, head: float, need: float, wall: float, spacing: float
) -> list[tuple[float, float]]:
    """Where screws hang, as x and y; the slot and a wall about it lie over material as deep as needed."""
    from scipy.ndimage import distance_transform_edt

    low, high = vertices.min(axis=0), vertices.max(axis=0)
    lattice = Lattice.around(low, high, float((high - low).max()) / _FINENESS)
    pitch = lattice.pitch
    filled = inside(vertices, faces, lattice)
    start = filled.argmax(axis=2)
    even = filled.any(axis=2) & (start * pitch + lattice.origin[2] - low[2] <= _UNEVEN + pitch)
    run = np.cumprod(np.where(np.arange(filled.shape[2]) < start[:, :, None], True, filled), axis=2).sum(axis=2) - start
    room = distance_transform_edt(even & (run * pitch >= need)) * pitch - pitch / 2
    fits = room >= head + wall
    reach = int(np.ceil(_reach(head) / pitch))
    slot = fits.copy()
    for step in range(1, reach + 1):  # the whole slot, from where the screw hangs down to where its head goes in
        slot[:, step:] &= fits[:, :-step]
        slot[:, :step] = False
    aside = round(spacing / 2 / pitch)
    both = slot.copy()
    if aside:
        both[:] = False
        both[aside:-aside] = slot[2 * aside :] & slot[: -2 * aside]
    cells = np.argwhere(both)
    if not len(cells):
        thick = float((run * even).max() * pitch)
        raise CannotDo(
            f"wall-mount: no place for a slot {figures(2 * (head + wall))} mm wide in {figures(need)} mm of material; "
            f"an even back is at most {figures(thick)} mm thick; take thinner screws or turn the model"
        )
    center = center_of_mass(vertices, faces)
    x, y = (lattice.origin[axis] + pitch * cells[:, axis] for axis in (0, 1))
    best = int((2 * np.abs(x - center[0]) - y).argmin())
    half = spacing / 2
    return [(float(x[best]) + side, float(y[best])) for side in ((-half, half) if spacing else (0.0,))]
