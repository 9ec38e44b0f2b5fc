"""Size photo: a picture gets the size that somebody says it has."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.registry import stage


@stage
def size_photo(
    subject: Subject,
    *,
    height_mm: Annotated[float, Field(gt=0, le=1e5, description="size of the whole picture in reality")],
    along: Annotated[
        Literal["height", "width", "longest"], Field(description="the side that height_mm is the length of")
    ] = "height",
) -> Subject:
    """Say how large the whole picture is in reality, and so its scale in millimetres per pixel.

    Pixels and mask stay as they are; a scale that was known before gives way.
    """
    sides = {"height": subject.height, "width": subject.width, "longest": max(subject.width, subject.height)}
    scale = height_mm / sides[along]
    note(f"1 px = {scale:.4g} mm, as was said")
    return subject.replace(mm_per_pixel=scale)
