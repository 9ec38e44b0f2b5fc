"""What stands high in a picture, whether it is cut out, and the camera that sees a plate as the picture."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Singles
from maquette.core.camera import Camera
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.geometry.flat.detail import brightness
from maquette.geometry.flat.levels import stretch_levels

Source = Literal["brightness", "darkness", "alpha", "saturation"]
PEDESTAL = 0.35  # a cut-out subject stands at least this share of the relief above the ground around it


def plate_camera(subject: Subject, width_mm: float) -> Camera:
    """The camera that sees the plate as the photo: from above, the picture's top toward +Y."""
    span = width_mm * subject.height / subject.width
    pose = np.diag([1.0, -1.0, -1.0, 1.0])  # right is +X, down is -Y, into the scene is -Z
    pose[2, 3] = 2 * max(width_mm, span)
    return Camera("orthographic", pose, span=span, aspect=subject.width / subject.height)


def is_cut_out(subject: Subject) -> bool:
    """Whether the mask leaves anything out."""
    return subject.mask is not None and bool(subject.mask.min() < 0.5 <= subject.mask.max())


def tones_of(pixels: NDArray[np.uint8], source: Source) -> Floats:
    """What stands high, (H, W) 0..1. Colourful is what spans far between its channels, so neither grey nor black."""
    if source == "saturation":
        span: Floats = (pixels.max(axis=2) - pixels.min(axis=2)) / 255.0
        return span
    light = brightness(pixels)
    return 1 - light if source == "darkness" else light


def spread_tones(tones: Floats, mask: Floats | Singles | None, source: Source) -> Floats:
    """Tones (H, W) over the whole of 0..1, where a mask counts; a cut-out subject of one tone becomes an even step."""
    level, ends = stretch_levels(tones, np.ones_like(tones) if mask is None else mask)
    if ends is not None:
        note(f"spread {source} {ends[0]:.2f} to {ends[1]:.2f} over the whole height")
    elif mask is not None:
        note("the subject has one tone and becomes an even step")
        level = np.ones_like(level)
    return level
