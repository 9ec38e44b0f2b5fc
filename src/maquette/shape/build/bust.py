"""Bust: a head or a half figure, cut as sculptors cut it, on a turned foot."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.cut.solids import solid, surface_of
from maquette.geometry.flat.lathe import turn_profile
from maquette.registry import stage
from maquette.shape.carry.combining import combine_solids, insist_on_solid, plain

_RISE = 0.45  # of half its width: how far a round chest rises at the shoulders
_LOOK = 0.04  # of the height above the cut, where the chest is measured
_NECK = 0.2, 0.38  # of the chest's width and depth: radius of the foot's neck at most
_CURVE = 24
# The foot from its lower edge to its neck: radius as a share between neck (0) and edge (1), height as a share.
_MOULDING = (
    *((1.0, 0.0), (1.0, 0.1), (0.95, 0.13), (0.86, 0.14), (0.86, 0.2), (0.8, 0.24)),
    *((0.52, 0.3), (0.3, 0.4), (0.14, 0.54), (0.04, 0.7), (0.0, 0.8), (0.14, 0.83), (0.16, 0.87), (0.12, 0.9)),
    *((0.0, 0.93), (0.0, 1.0)),
)


@stage(adds=True)
def bust(
    asset: Asset,
    *,
    keep_share: Annotated[
        float, Field(ge=0.05, le=1, description="how much of its height is kept, from the top: a figure to its chest")
    ] = 1.0,
    chest: Annotated[
        Literal["round", "level"], Field(description="cut in a curve that rises to the shoulders, or straight across")
    ] = "round",
    foot_share: Annotated[
        float, Field(ge=0.05, le=1, description="how high the foot is, as a share of the height that is kept")
    ] = 0.3,
) -> Asset:
    """Make a bust of a head or a figure: what lies below the chest is cut away, and it stands on a turned foot.

    The model's front looks along -Y and it stays where it is; settle puts it on the bed. The foot is as thick as the
    chest allows, a plain material and a part of its own where the model has materials and parts. Refuses what is no
    solid, and a chest too narrow for a foot.
    """
    mesh = asset.mesh
    insist_on_solid("bust", mesh)
    low, high = mesh.bounds
    tall = float(high[2] - low[2]) * keep_share
    level = float(high[2]) - tall
    middle, size = _chest(mesh, level + _LOOK * tall)
    progress(0.2, "cutting the chest")
    rise = _RISE * size[0] / 2 if chest == "round" else 0.0
    tools = [_below(mesh, level, middle[0], size[0] / 2, rise)] if keep_share < 1 or rise else []
    cut = combine_solids("bust", mesh, tools, "subtract") if tools else mesh
    neck = min(_NECK[0] * size[0], _NECK[1] * size[1])
    if neck < 0.02 * tall:
        raise CannotDo(f"bust: the chest is {figures(size[0])} x {figures(size[1])} mm, too narrow; raise keep_share")
    progress(0.6, "turning the foot")
    sunk = rise * (2 * neck / size[0]) ** 2 + _LOOK * tall
    vertices, faces = _foot(neck, foot_share * tall, sunk)
    vertices = vertices + [middle[0], middle[1], level - foot_share * tall]
    addition, asset = plain(vertices, faces, asset.with_mesh(cut), "foot")
    result = asset.with_mesh(combine_solids("bust", asset.mesh, [addition], "unite"))
    note(
        f"kept {figures(tall)} mm on a foot {figures(foot_share * tall)} mm high and {figures(2 * _edge(neck))} across"
    )
    return result


def _chest(mesh: Mesh, height: float) -> tuple[Floats, Floats]:
    """Middle (2,) and width and depth (2,) of the section at a height."""
    section = solid(mesh.vertices, mesh.faces).slice(height)
    if section.is_empty():
        raise CannotDo(f"bust: nothing is left at a height of {figures(height)} mm; raise keep_share")
    corners = np.array(section.bounds())
    return (corners[:2] + corners[2:]) / 2, corners[2:] - corners[:2]


def _below(mesh: Mesh, level: float, x: float, half: float, rise: float) -> Mesh:
    """What is cut away: all below the level, and beside the middle below a parabola that rises to the shoulders."""
    from manifold3d import CrossSection, FillRule

    low, high = mesh.bounds
    reach = float(high[0] - low[0]) + half
    across = np.linspace(-reach, reach, 2 * _CURVE + 1)
    tops = level + rise * (across / max(half, 1e-9)) ** 2
    bottom = min(float(low[2]), level) - mesh.diagonal
    outline = np.concatenate([[[x - reach, bottom], [x + reach, bottom]], np.column_stack([across + x, tops])[::-1]])
    deep = float(high[1] - low[1]) + 2 * mesh.diagonal
    body: Any = CrossSection([outline], FillRule.NonZero).extrude(deep).rotate((90.0, 0.0, 0.0))
    return Mesh(*surface_of(body.translate((0.0, float(high[1]) + mesh.diagonal, 0.0))))


def _edge(neck: float) -> float:
    """Radius of the foot's lower edge."""
    return 2.3 * neck


def _foot(neck: float, height: float, sunk: float) -> tuple[Floats, Any]:
    """A turned foot from z = 0, its neck reaching ``sunk`` beyond its height."""
    shares = np.array(_MOULDING)
    profile = np.column_stack([neck + (_edge(neck) - neck) * shares[:, 0], height * shares[:, 1]])
    profile[-1, 1] += sunk
    closed = np.concatenate([[[0.0, 0.0]], profile, [[0.0, height + sunk]]])
    return turn_profile(closed, 96)
