"""Add to scene: one more thing, on the floor, on or beside another, or with its back to a wall."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.progress import note
from maquette.core.scene import Scene
from maquette.geometry.rays import Tracer
from maquette.registry import stage
from maquette.shape.scenes.overlaps import overlaps
from maquette.shape.scenes.spots import foot_of, turn_about_up

_COLUMNS = 48  # each way under a thing that is let down onto another
_MOST = 100_000  # corners of either above and below which they are measured, too


@stage
def add_to_scene(
    scene: Scene,
    asset: Asset,
    *,
    where: Annotated[
        Literal["beside", "on", "floor", "wall"],
        Field(description="right of all, let down onto another, at a spot of the floor, or with its back to the wall"),
    ] = "beside",
    of: Annotated[
        int, Field(ge=0, le=100_000, description="on which it stands, from 1 on; 0: the one placed last")
    ] = 0,
    x_mm: Annotated[float, Field(ge=-1e6, le=1e6, description="shift to the right from there")] = 0.0,
    y_mm: Annotated[float, Field(ge=-1e6, le=1e6, description="shift to the back from there")] = 0.0,
    turn_deg: Annotated[float, Field(ge=-360, le=360, description="turn about its upright axis")] = 0.0,
    gap_mm: Annotated[float, Field(ge=0, le=10_000, description="distance kept beside things and from a wall")] = 10.0,
) -> Scene:
    """Put one more model into a scene; its parts, unit and origin stay its own, it is turned and shifted only.

    ``on`` lets it down from above until it first touches what stands there, measured at the corners of both and along
    48 x 48 columns. The wall stands behind everything, at +Y. A note says into what it runs, and how deep, if anything.
    A model that is in the scene already is kept once. Refuses to stand a thing on nothing.
    """
    if not len(asset.mesh.faces):
        raise CannotDo("add-to-scene: the model has no faces; there is nothing to place")
    count = len(scene.which)
    if of > count:
        raise BadSetting(f"add-to-scene: of = {of} where {count} things stand; take 1 to {count}, or 0 for the last")
    turn = turn_about_up(turn_deg)
    turned: Floats = asset.mesh.vertices @ turn.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    everything = np.stack([scene.bounds(number) for number in range(count)])
    first, last = everything[:, 0].min(axis=0), everything[:, 1].max(axis=0)
    spot = {
        "beside": np.array([last[0] + gap_mm + (high[0] - low[0]) / 2, (first[1] + last[1]) / 2, 0.0]),
        "on": np.array([*everything[of - 1].mean(axis=0)[:2], 0.0]),
        "floor": np.zeros(3),
        "wall": np.array([(first[0] + last[0]) / 2, last[1] + gap_mm - (high[1] - low[1]) / 2, 0.0]),
    }[where] + [x_mm, y_mm, 0.0]
    shift = spot - foot_of(low, high)
    if where == "on":
        shift[2] += _height(scene, (turned + shift, asset.mesh.faces))
    place = np.eye(4)
    place[:3, :3], place[:3, 3] = turn, shift
    result = scene.with_thing(asset, place)
    _say_overlaps(result, count)
    return result


def _height(scene: Scene, thing: tuple[Floats, np.ndarray]) -> float:
    """How far above the floor a thing (vertices, faces) that stands on it must be lifted to lie on what is below it."""
    vertices, faces = thing
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    near = [number for number in range(len(scene.which)) if _is_below(scene.bounds(number), low, high)]
    spots = (np.arange(_COLUMNS) + 0.5) / _COLUMNS
    grid = np.meshgrid(*(low[:2, None] + (high - low)[:2, None] * spots))
    flat = [np.column_stack([axis.ravel() for axis in grid]), vertices[:, :2]]
    flat += [_within(scene.corners(number)[:, :2], low, high) for number in near]
    columns = np.concatenate([rows[:: max(1, len(rows) // _MOST)] for rows in flat])
    below = np.column_stack([columns, np.full(len(columns), low[2] - 1.0)])
    hits = Tracer(vertices, faces).first(below, np.broadcast_to([0, 0, 1.0], below.shape))
    under = below[:, 2] + hits.distance  # the thing's underside; inf beside it
    top = np.full(len(columns), -np.inf)
    for number in near:
        above = np.column_stack([columns, np.full(len(columns), scene.bounds(number)[1, 2] + 1.0)])
        tracer = Tracer(scene.corners(number), scene.assets[scene.which[number]].mesh.faces)
        distance = tracer.first(above, np.broadcast_to([0, 0, -1.0], above.shape)).distance
        top = np.maximum(top, above[:, 2] - distance)
    lift = top - under
    if not np.isfinite(lift).any():
        raise CannotDo("add-to-scene: nothing lies below it to stand on; shift it with x_mm and y_mm, or take floor")
    return float(lift[np.isfinite(lift)].max())


def _is_below(box: Floats, low: Floats, high: Floats) -> bool:
    """Whether a box shares some of the floor with another."""
    return bool((box[0, :2] <= high[:2]).all() and (box[1, :2] >= low[:2]).all())


def _within(spots: Floats, low: Floats, high: Floats) -> Floats:
    """Those of some spots (N, 2) that lie in a rectangle."""
    inside: Floats = spots[((spots >= low[:2]) & (spots <= high[:2])).all(axis=1)]
    return inside


def _say_overlaps(scene: Scene, number: int) -> None:
    names = scene.names()
    for pair in overlaps(scene, number):
        other = names[pair.first if pair.second == number else pair.second]
        depth = (
            "their boxes cross" if pair.volume_mm3 is None else f"{pair.volume_mm3:.4g} mm³ of both are in one place"
        )
        note(f"{names[number]} runs into {other}: {depth}")
