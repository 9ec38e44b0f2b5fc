"""Crop: the subject in the middle of a square frame."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.errors import BadInput
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.registry import stage

VISIBLE = 0.5  # mask from which a pixel belongs to the subject's box; a soft rim reaches a little beyond

_ALIKE = 0.02  # of the frame: a frame that is off by less is left, else each cropping would soften the photo anew


@stage
def crop(
    subject: Subject,
    *,
    share: Annotated[
        float, Field(gt=0.05, le=1, description="part of the frame that the subject's long side fills")
    ] = 0.85,
    size_px: Annotated[int, Field(ge=16, le=4096, description="side of the square frame")] = 1024,
) -> Subject:
    """Put the subject into the middle of a square frame of which its long side fills a share.

    Where the frame reaches beyond the photo, the photo's border colours go on and the mask is 0. What is framed so
    already, to a fiftieth, comes back as it is. Refuses a subject that is not cut out. A known scale (``mm_per_pixel``)
    is carried over; a camera is dropped, for its picture is another.
    """
    if subject.mask is None:
        raise BadInput("crop: the subject has no mask; cut it out with matte or use-mask first")
    top, bottom, left, right = box_of(subject.mask)
    side = max(bottom - top, right - left) / share
    corner = ((top + bottom - side) / 2, (left + right - side) / 2)
    if subject.mask.shape == (size_px, size_px) and max(*map(abs, corner), abs(side - size_px)) <= _ALIKE * size_px:
        return subject
    pixels = _window(subject.pixels, corner, side, size_px)
    mask = _window(np.asarray(subject.mask), corner, side, size_px, outside=0.0)
    note(f"frame of {side:.0f} px to {size_px} px")
    scale = None if subject.mm_per_pixel is None else subject.mm_per_pixel * side / size_px
    return subject.replace(
        pixels=np.clip(np.round(pixels), 0, 255).astype(np.uint8),
        mask=np.clip(mask, 0, 1).astype(np.float32),
        camera=None,
        mm_per_pixel=scale,
    )


def box_of(mask: NDArray[np.float32]) -> tuple[int, int, int, int]:
    """First and one past the last row and column of the subject; ``BadInput`` when the mask is empty."""
    inside = mask >= VISIBLE
    if not inside.any():
        raise BadInput("crop: the mask is empty; cut the subject out again, or give a mask with use-mask")
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _window(
    image: NDArray[Any], corner: tuple[float, float], side: float, size: int, outside: float | None = None
) -> NDArray[np.float32]:
    """A square window of an image, (size, size[, 3]) float32, area-filtered when it shrinks (Lanczos, 3 lobes).

    ``outside`` fills what lies beyond the image; None goes on with the border pixels.
    """
    from PIL import Image

    pad = int(
        np.ceil(max(0.0, -corner[0], -corner[1], corner[0] + side - image.shape[0], corner[1] + side - image.shape[1]))
    )
    pad += 2
    widths = [(pad, pad), (pad, pad)] + [(0, 0)] * (image.ndim - 2)
    padded = np.pad(image, widths, mode="edge") if outside is None else np.pad(image, widths, constant_values=outside)
    top, left = corner[0] + pad, corner[1] + pad
    window = (left, top, left + side, top + side)
    planes = padded[..., None] if padded.ndim == 2 else padded
    corners = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(planes[..., channel], dtype=np.float32)).resize(
                (size, size), Image.Resampling.LANCZOS, box=window
            )
        )
        for channel in range(planes.shape[2])
    ]
    return corners[0] if padded.ndim == 2 else np.stack(corners, axis=-1)
