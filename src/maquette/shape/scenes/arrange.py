"""Arrange: a model placed several times, and beside something whose size everybody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.progress import note
from maquette.core.scene import Scene
from maquette.registry import stage
from maquette.shape.scenes.familiar import Familiar, familiar_object
from maquette.shape.scenes.spots import foot_of, place_on

_TRIES = 200  # for each thing that is scattered


@stage
def arrange(
    asset: Asset,
    *,
    layout: Annotated[
        Literal["single", "row", "grid", "ring", "scatter"], Field(description="how its copies stand")
    ] = "single",
    count: Annotated[int, Field(ge=1, le=10_000, description="how many stand there; single is one")] = 5,
    gap_mm: Annotated[float, Field(ge=0, le=10_000, description="between two of them")] = 10.0,
    beside: Annotated[
        Familiar, Field(description="a thing to compare with: a 1 euro coin, a 330 ml can, a bank card, a hand")
    ] = "none",
    seed: Annotated[int, Field(ge=0, le=2**31, description="another number, another scattering")] = 0,
) -> Scene:
    """Place a model in a scene: alone, in a row, a grid, a ring or scattered, and beside a thing of known size.

    All stand on the floor (z = 0) and none touches another: copies are ``gap_mm`` apart at least. A copy costs its
    place only; the model is kept once, with its unit and origin. The known thing stands on the right, to scale. A model
    whose size is a guess says so in a note. Refuses to scatter more than find room.
    """
    low, high = asset.mesh.bounds
    if not len(asset.mesh.faces):
        raise CannotDo("arrange: the model has no faces; there is nothing to place")
    room = _Room(high - low, gap_mm)
    spots = {
        "single": room.row(1),
        "row": room.row(count) if layout == "row" else None,
        "grid": room.grid(count) if layout == "grid" else None,
        "ring": room.ring(count) if layout == "ring" else None,
        "scatter": room.scatter(count, seed) if layout == "scatter" else None,
    }[layout]
    assert spots is not None
    foot = foot_of(low, high)
    places = np.stack([place_on(foot, np.array([x, y, 0.0]), turn) for x, y, turn in spots.tolist()])
    assets: tuple[Asset, ...] = (asset.replace(volumes=()),)
    which = np.zeros(len(places), np.int64)
    if beside != "none":
        if not asset.sized:
            note("lost: the model's size is a guess, so the thing beside it tells nothing; scale-to sets a size")
        thing = familiar_object(beside)
        right = float(spots[:, 0].max()) + (high[0] - low[0]) / 2 + max(gap_mm, 3.0)
        left = thing.mesh.bounds[0][0]
        places = np.concatenate([places, place_on(np.zeros(3), np.array([right - left, 0.0, 0.0]), 0.0)[None]])
        assets, which = (*assets, thing), np.append(which, 1)
    return Scene(assets, which, places, title=asset.title)


@dataclass(frozen=True)
class _Room:
    """Footprints of one size, and how far apart they stay; spots are rows of x, y and a turn in degrees."""

    size: Floats
    gap: float

    def row(self, count: int) -> Floats:
        """Side by side along x, about the origin."""
        x = (np.arange(count) - (count - 1) / 2) * (self.size[0] + self.gap)
        return np.column_stack([x, np.zeros(count), np.zeros(count)])

    def grid(self, count: int) -> Floats:
        """In rows as square as can be, the last one short."""
        step = self.size[:2] + self.gap
        columns = int(np.ceil(np.sqrt(count * step[1] / step[0])))
        columns = min(max(columns, 1), count)
        number = np.arange(count)
        rows = -(-count // columns)
        x = (number % columns - (columns - 1) / 2) * step[0]
        y = ((rows - 1) / 2 - number // columns) * step[1]
        return np.column_stack([x, y, np.zeros(count)])

    def ring(self, count: int) -> Floats:
        """Around the origin, all facing outward."""
        across = float(np.hypot(*self.size[:2])) + self.gap
        radius = across / (2 * np.sin(np.pi / count)) if count > 1 else 0.0
        turn = np.arange(count) * 360.0 / count
        angle = np.radians(turn)
        return np.column_stack([radius * np.sin(angle), -radius * np.cos(angle), turn])

    def scatter(self, count: int, seed: int) -> Floats:
        """At random with random turns, none nearer to another than the gap."""
        across = float(np.hypot(*self.size[:2])) + self.gap
        half = across * np.sqrt(count) * 0.85
        draws = np.random.default_rng(seed)
        spots = np.empty((0, 3))
        for _ in range(count):
            for _ in range(_TRIES):
                spot = np.array([*draws.uniform(-half, half, 2), draws.uniform(0, 360)])
                if not len(spots) or np.hypot(*(spots[:, :2] - spot[:2]).T).min() >= across:
                    spots = np.concatenate([spots, spot[None]])
                    break
            else:
                half *= 1.1
        if len(spots) < count:
            raise CannotDo(f"arrange: room for {len(spots)} of {count} scattered things; take fewer or another seed")
        return spots
