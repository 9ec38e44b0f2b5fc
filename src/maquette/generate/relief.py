"""Relief: a picture's light and dark as heights on a plate that lies on the bed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.subject import Subject
from maquette.generate.flat.clean_heights import clean_heights
from maquette.generate.flat.heights import heights
from maquette.generate.flat.plate import plate
from maquette.generate.flat.tones import Source
from maquette.generate.outline_sheet import mask_of
from maquette.registry import stage


@stage(version=2)
def relief(
    subject: Subject,
    *,
    source: Annotated[
        Source, Field(description="what stands high: light, dark, opaque or colourful parts")
    ] = "brightness",
    shape: Annotated[
        Literal["plate", "outline"], Field(description="plate: a rectangle; outline: cut to the subject's outline")
    ] = "plate",
    width_mm: Annotated[
        float, Field(ge=0, le=2000, description="width of the whole picture; 0: by the photo's scale, or 100")
    ] = 0.0,
    relief_mm: Annotated[float, Field(gt=0, le=100, description="height of the highest part above the base")] = 2.4,
    base_mm: Annotated[float, Field(ge=0.2, le=100, description="thickness of the lowest part")] = 1.2,
    pitch_mm: Annotated[
        float, Field(ge=0.05, le=5, description="distance of places that get a height; a quarter nozzle or so")
    ] = 0.1,
    smooth: Annotated[float, Field(ge=0, le=1, description="how much grain is calmed; edges stay sharp")] = 0.3,
) -> Asset:
    """Turn a picture into heights on a closed, flat-bottomed plate that lies on the bed, right side up from above.

    `heights`, `clean-heights` and `plate` in one. The picture's top points to +Y, its tones are spread over the whole
    height unless it has but one, and the photo lies on top as colour. A photo whose scale is known comes out in its own
    size. On a plate a cut-out subject stands out from the ground around it; a subject of one tone (a logo) becomes an
    even step. Refuses ``alpha`` and ``outline`` without a mask.
    """
    if source == "alpha" or shape == "outline":
        mask_of(subject, "relief")
    laid = heights.function(
        subject,
        source=source,
        width_mm=width_mm,
        relief_mm=relief_mm,
        base_mm=base_mm,
        pitch_mm=pitch_mm,
        detail_mm=0.4,
    )
    laid = clean_heights.function(laid, smooth=smooth)
    return plate.function(laid, shape=shape)
