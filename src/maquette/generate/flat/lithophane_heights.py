"""Lithophane heights: a picture as walls that let as much light through as it is bright."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.errors import BadSetting
from maquette.core.heightmap import Heightmap
from maquette.core.progress import note, progress
from maquette.core.subject import Subject
from maquette.generate.flat.grid import grid_shape, on_grid, soften_evenly
from maquette.geometry.flat.transmission import light_through, thickness_for
from maquette.geometry.look.srgb import to_linear
from maquette.registry import stage

_GREYS = 44  # layers from white to black at which a lying print shows as much as a standing one (`bench/flat.py light`)
_ADVICE = (  # layers and solid walls as `bench/flat.py light` reckons; the speed is custom and was not measured here
    "print it standing on its edge, solid (100 % infill), in layers of 0.12 mm or less, outer walls at 40 mm/s or"
    " slower; lying is quicker and coarser"
)


@stage
def lithophane_heights(
    subject: Subject,
    *,
    width_mm: Annotated[float, Field(ge=5, le=2000, description="width of the whole picture, round the bend")] = 100.0,
    least_mm: Annotated[float, Field(ge=0.2, le=10, description="wall where the picture is white")] = 0.8,
    most_mm: Annotated[float, Field(ge=0.4, le=20, description="wall where the picture is black")] = 3.2,
    transmission_mm: Annotated[
        float,
        Field(gt=0.1, le=50, description="transmission distance: how thick it passes a tenth of the light"),
    ] = 3.5,
    pitch_mm: Annotated[float, Field(ge=0.02, le=5, description="distance of the places that get a height")] = 0.1,
    detail_mm: Annotated[
        float, Field(ge=0, le=20, description="finest detail that is kept: a line's width or so; 0: all")
    ] = 0.4,
    layer_mm: Annotated[
        float, Field(ge=0, le=2, description="walls end on whole layers, for prints that lie flat; 0: anywhere")
    ] = 0.0,
) -> Heightmap:
    """Make walls through which light falls as bright as the picture is, by the law of Beer and Lambert.

    Brightness is that of linear light, so grey looks grey and not black. Between white and black lies what the two
    walls pass: the note says how much contrast that is. Standing prints follow the tones without layers. Lines about as
    wide as ``detail_mm``, which a nozzle softens, are made stronger beforehand by what softening takes from them.
    """
    if most_mm <= least_mm:
        raise BadSetting(f"lithophane-heights: most_mm {most_mm:g} must be above least_mm {least_mm:g}")
    rows, columns, pitch = grid_shape(subject.width, subject.height, width_mm, pitch_mm, "lithophane-heights")
    shown = to_linear(subject.pixels / np.float32(255)) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    light = soften_evenly(on_grid(shown.astype(np.float32), rows, columns), detail_mm, pitch)
    progress(0.5, "light laid out")
    wall = thickness_for(light, least_mm, most_mm, transmission_mm)
    if layer_mm:
        wall = np.maximum(np.round(wall / layer_mm), 1) * layer_mm
        _warn_of_bands(least_mm, most_mm, layer_mm)
    bright, dark = light_through(np.array([least_mm, most_mm]), transmission_mm)
    note(f"white passes {bright:.0%} of the light and black {dark:.1%}: a contrast of {bright / dark:.3g} to 1")
    note(_ADVICE)
    return Heightmap(wall.astype(np.float32), pitch, source=subject.replace(mask=None), title=subject.title)


def _warn_of_bands(least: float, most: float, layer: float) -> None:
    """Say how few greys whole layers give: dark tones lie far apart, and dithering as coarse as a nozzle is seen."""
    layers = round((most - least) / layer)
    if layers < _GREYS:
        note(
            f"{layers} layers between white and black show as bands in the dark; stand it up,"
            f" or take most_mm {least + _GREYS * layer:.3g}"
        )
