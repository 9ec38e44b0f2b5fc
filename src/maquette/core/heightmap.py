"""Heightmap: heights over a picture, in millimetres; what flat art is made from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadInput
from maquette.core.history import Step
from maquette.core.subject import Subject
from maquette.core.values import Value, frozen_array, noun


@noun
class Heightmap(Value):
    """Heights over a grid of places ``pitch_mm`` apart, row 0 at the top of the picture.

    ``mask`` is 1 where the subject is and 0 around it; None: everywhere. ``ground_mm`` is how high a plate is around a
    cut-out subject, where it goes on there. ``source`` is the picture that the heights came from, which a plate wears
    as its colour and a check compares with.
    """

    heights: NDArray[np.float32]  # (H, W) mm, 0 or more, from the plate's underside
    pitch_mm: float
    mask: NDArray[np.float32] | None = None  # (H, W) 0 around .. 1 subject
    ground_mm: float = 0.0
    source: Subject | None = None
    title: str = ""
    history: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        heights = frozen_array(self.heights, np.float32, (None, None), "heightmap: heights")
        if min(heights.shape) < 2:
            raise BadInput(f"heightmap: {heights.shape[1]} x {heights.shape[0]} places; it needs two by two")
        if heights.min() < 0:
            raise BadInput(f"heightmap: the lowest height is {heights.min():g} mm; heights start at 0")
        if not 0 < self.pitch_mm < np.inf:
            raise BadInput(f"heightmap: places {self.pitch_mm:g} mm apart; the pitch must be above 0")
        if not 0 <= self.ground_mm < np.inf:
            raise BadInput(f"heightmap: ground at {self.ground_mm:g} mm; heights start at 0")
        object.__setattr__(self, "heights", heights)
        if self.mask is not None:
            mask = frozen_array(self.mask, np.float32, heights.shape, "heightmap: mask")
            if mask.min() < 0 or mask.max() > 1:
                raise BadInput(f"heightmap: mask runs from {mask.min():g} to {mask.max():g}; it must stay within 0..1")
            object.__setattr__(self, "mask", mask)

    def __repr__(self) -> str:
        width, depth = self.size_mm
        low, high = float(self.heights.min()), float(self.heights.max())
        return f"Heightmap({width:.4g} x {depth:.4g} mm, {low:.3g} to {high:.3g} mm high)"

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and depth of the plate."""
        rows, columns = self.heights.shape
        return (columns - 1) * self.pitch_mm, (rows - 1) * self.pitch_mm
