"""Subject: the thing in the photo. Views: several photos of one thing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from maquette.core.camera import Camera
from maquette.core.errors import BadInput
from maquette.core.history import Step
from maquette.core.values import Value, frozen_array, noun


@noun
class Subject(Value):
    """A photo of one thing, and where in it the thing is.

    ``mask`` is None until somebody cut the subject out (or the file had an alpha channel). Pixels outside the mask keep
    their colour: the mask alone says what belongs.
    """

    pixels: NDArray[np.uint8]  # (H, W, 3) sRGB
    mask: NDArray[np.float32] | None = None  # (H, W) 0 background .. 1 subject
    camera: Camera | None = None
    mm_per_pixel: float | None = None
    title: str = ""
    history: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        pixels = frozen_array(self.pixels, np.uint8, (None, None, 3), "subject: pixels")
        if 0 in pixels.shape:
            raise BadInput(f"subject: a picture of {pixels.shape[1]} x {pixels.shape[0]} pixels has nothing in it")
        object.__setattr__(self, "pixels", pixels)
        if self.mask is not None:
            mask = frozen_array(self.mask, np.float32, pixels.shape[:2], "subject: mask")
            if mask.min() < 0 or mask.max() > 1:
                raise BadInput(f"subject: mask runs from {mask.min():g} to {mask.max():g}; it must stay within 0..1")
            object.__setattr__(self, "mask", mask)
        if self.mm_per_pixel is not None and not self.mm_per_pixel > 0:
            raise BadInput(f"subject: {self.mm_per_pixel} mm per pixel; the scale must be above 0")

    def __repr__(self) -> str:
        cut = "no mask" if self.mask is None else f"mask {float(self.mask.mean()):.0%}"
        return f"Subject({self.width} x {self.height}, {cut})"

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])


@noun
class Views(Value):
    """Photos of one thing by direction: ``front`` at least, then ``left``, ``back``, ``right`` or any name."""

    subjects: Mapping[str, Subject]
    history: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if "front" not in self.subjects:
            raise BadInput(f"views: {sorted(self.subjects)} has no front; name one photo `front`")
        object.__setattr__(self, "subjects", {name: self.subjects[name] for name in sorted(self.subjects)})
