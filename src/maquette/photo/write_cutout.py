"""Write-cutout: a subject as a PNG with the mask as its alpha."""

from __future__ import annotations

import io
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.files import Files
from maquette.core.subject import Subject
from maquette.registry import stage


@stage(writes=(".png",))
def write_cutout(
    subject: Subject,
    *,
    stem: Annotated[str, Field(min_length=1, description="file name without ending")] = "cutout",
) -> Files:
    """Write a subject as PNG: its pixels untouched, its mask as alpha; opened again it is the same subject.

    A mask is stored in 256 steps. A subject without a mask is written without alpha.
    """
    from PIL import Image

    pixels = subject.pixels
    if subject.mask is not None:
        alpha = np.round(subject.mask * 255).astype(np.uint8)
        pixels = np.concatenate([pixels, alpha[..., None]], axis=2)
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG")
    return Files(f"{stem}.png", {f"{stem}.png": stream.getvalue()})
