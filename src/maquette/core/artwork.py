"""Artwork: areas with exact borders, in millimetres; what logos, letters and drawings are before they get a height."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats
from maquette.core.errors import BadInput
from maquette.core.history import Step
from maquette.core.values import Value, frozen_array, noun


@noun
class Artwork(Value):
    """Areas of one colour each, none over another: closed loops of points, x to the right, y up, about the middle.

    Loops lie end to end in ``points``; ``sizes`` says how many points each has, ``area`` which area it bounds. Islands
    run counter-clockwise, holes clockwise. ``colors`` are those of the areas. Without a loop the sheet is blank.
    """

    points: NDArray[np.float64]  # (P, 2) mm
    sizes: NDArray[np.int64]  # (L,) points of each loop
    area: NDArray[np.int64]  # (L,) which color
    colors: NDArray[np.uint8]  # (A, 3) sRGB
    title: str = ""
    history: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        points = frozen_array(self.points, np.float64, (None, 2), "artwork: points")
        sizes = frozen_array(self.sizes, np.int64, (None,), "artwork: sizes")
        area = frozen_array(self.area, np.int64, sizes.shape, "artwork: area")
        colors = frozen_array(self.colors, np.uint8, (None, 3), "artwork: colors")
        if len(sizes) and (sizes.min() < 3 or int(sizes.sum()) != len(points)):
            raise BadInput(
                f"artwork: loops of {int(sizes.sum())} points where there are {len(points)}, three or more each"
            )
        if len(area) and not 0 <= area.min() <= area.max() < len(colors):
            raise BadInput(f"artwork: area {int(area.max())} where there are {len(colors)} colors")
        for name, array in (("points", points), ("sizes", sizes), ("area", area), ("colors", colors)):
            object.__setattr__(self, name, array)

    def __repr__(self) -> str:
        width, height = self.size_mm
        return f"Artwork({width:.4g} x {height:.4g} mm, {len(self.colors)} colors, {len(self.sizes)} loops)"

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of what is drawn."""
        width, height = np.ptp(self.points, axis=0) if len(self.points) else (0.0, 0.0)
        return float(width), float(height)

    def loops(self, area: int | None = None) -> list[Floats]:
        """The loops (N, 2) of an area, or all of them."""
        every = np.split(self.points, np.cumsum(self.sizes)[:-1]) if len(self.sizes) else []
        return [loop for loop, owner in zip(every, self.area.tolist(), strict=True) if area in (None, owner)]

    @classmethod
    def of(cls, areas: list[tuple[list[Floats], tuple[int, int, int]]], title: str = "") -> Artwork:
        """From areas as loops and a colour; those without a loop are left out."""
        kept = [(loops, color) for loops, color in areas if loops]
        every = [loop for loops, _ in kept for loop in loops]
        owner = [number for number, (loops, _) in enumerate(kept) for _ in loops]
        return cls(
            np.concatenate(every) if every else np.zeros((0, 2)),
            np.array([len(loop) for loop in every], np.int64),
            np.array(owner, np.int64),
            np.array([color for _, color in kept], np.uint8).reshape(-1, 3),
            title,
        )
