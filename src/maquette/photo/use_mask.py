"""Use-mask: the subject is where somebody else says it is."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.errors import BadInput
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.photo.open import open_photo
from maquette.registry import stage


@stage
def use_mask(
    subject: Subject,
    mask: bytes,
    *,
    subject_is: Annotated[
        Literal["white", "black"], Field(description="which end of the mask is the subject")
    ] = "white",
) -> Subject:
    """Take the mask from a picture file: its alpha channel where it has one, else its brightness.

    The mask is resized to the photo. Refuses a mask of another aspect (more than 2 % off) and one that marks nothing.
    """
    from PIL import Image

    mask_photo = open_photo(mask)
    weight = mask_photo.mask
    if weight is None:
        weight = (mask_photo.pixels @ np.array([0.2126, 0.7152, 0.0722]) / 255.0).astype(np.float32)  # Rec. 709 luma
    if subject_is == "black":
        weight = 1 - weight
    stretch = (mask_photo.width / mask_photo.height) / (subject.width / subject.height)
    if abs(stretch - 1) > 0.02:
        size = f"{mask_photo.width} x {mask_photo.height}"
        raise BadInput(
            f"use-mask: a mask of {size} for a photo of {subject.width} x {subject.height}; match their shape"
        )
    resized = Image.fromarray(np.asarray(weight)).resize((subject.width, subject.height), Image.Resampling.BILINEAR)
    values = np.clip(np.asarray(resized), 0, 1)
    if not (values >= 0.5).any():
        raise BadInput("use-mask: the mask marks nothing; is the subject its black part?")
    note(f"mask of {float(values.mean()):.0%}")
    return subject.replace(mask=values)
