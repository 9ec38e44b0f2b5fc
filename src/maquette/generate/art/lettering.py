"""Lettering: words as areas, set in a font."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from maquette.core.artwork import Artwork
from maquette.core.errors import BadSetting
from maquette.geometry.flat.areas import area_of, bounds, loops_in
from maquette.geometry.flat.font_file import font_file
from maquette.geometry.flat.lettering import outline
from maquette.registry import LocalFile, stage


@stage
def lettering(
    *,
    text: Annotated[str, Field(min_length=1, max_length=200, description="the words; \\n begins a line")] = "Maquette",
    height_mm: Annotated[float, Field(gt=0, le=1000, description="height of a capital letter")] = 12.0,
    font: Annotated[LocalFile, Field(description="TTF or OTF file to set the words in; empty: the built-in font")] = "",
) -> Artwork:
    """Set words as areas with the font's own curves, about the middle, lines centred."""
    loops = outline(text.replace("\\n", "\n"), height_mm, font_file("lettering", font))
    if not loops:
        raise BadSetting(f"lettering: {text!r} is blank")
    area = area_of(loops)
    low_x, low_y, high_x, high_y = bounds(area)
    middle = area.translate((-(low_x + high_x) / 2, -(low_y + high_y) / 2))
    return Artwork.of([(loops_in(middle), (30, 30, 34))], text[:60])
