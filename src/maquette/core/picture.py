"""Picture: pixels that are meant to be looked at."""

from __future__ import annotations

from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from maquette.core.camera import Camera
from maquette.core.errors import BadInput
from maquette.core.history import Step
from maquette.core.values import LATER, Value, frozen_array, noun


@noun
class Picture(Value):
    """One frame or several (a turntable): (N, H, W, 4) uint8 sRGB with straight alpha, shown ``milliseconds`` each.

    A render knows what it shows: the digest of its ``model``, the ``camera`` (in the model's millimetres; none where
    there are several) and the ``history`` of stages that led to it.
    """

    frames: NDArray[np.uint8]
    milliseconds: int = 60
    model: str = field(default="", metadata=LATER)
    camera: Camera | None = field(default=None, metadata=LATER)
    history: tuple[Step, ...] = field(default=(), metadata=LATER)

    def __post_init__(self) -> None:
        frames = self.frames[None] if np.ndim(self.frames) == 3 else self.frames
        frames = frozen_array(frames, np.uint8, (None, None, None, 4), "picture: frames")
        if 0 in frames.shape:
            raise BadInput(f"picture: {frames.shape[0]} frames of {frames.shape[2]} x {frames.shape[1]} pixels")
        object.__setattr__(self, "frames", frames)

    def __repr__(self) -> str:
        count, height, width = self.frames.shape[:3]
        return f"Picture({width} x {height}{f', {count} frames' if count > 1 else ''})"
