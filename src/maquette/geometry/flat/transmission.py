"""Light through plastic: how much of it a thickness lets pass, and how thick is dark enough.

Beer and Lambert: a layer of thickness d passes 10 to the power of -d over the transmission distance, which is how thick
a filament must be to pass a tenth. Light is linear here; pictures are not (IEC 61966-2-1).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from maquette.core.arrays import Bools, Floats, Singles

Black = Literal["dark", "darkest"]


def light_through(thickness: Any, distance_mm: float) -> Floats:
    """The share of linear light that passes a thickness in mm, 0..1."""
    share: Floats = 10.0 ** (-np.asarray(thickness, np.float64) / distance_mm)
    return share


def thickness_for(light: Any, least_mm: float, most_mm: float, distance_mm: float) -> Floats:
    """How thick a wall passes ``light`` 0..1 of the way from what the thickest passes to what the thinnest does."""
    bright, dark = light_through(least_mm, distance_mm), light_through(most_mm, distance_mm)
    wanted = dark + (bright - dark) * np.asarray(light, np.float64)
    thickness: Floats = np.clip(-distance_mm * np.log10(wanted), least_mm, most_mm)
    return thickness


def screen_light(walls: Singles, distance_mm: float, black: Black = "darkest") -> tuple[Floats, Bools]:
    """Linear light 0..1 behind walls (H, W) as an eye or a camera takes it, and where there is a wall at all.

    The wall that lets most through is white; black is no light, or what the thickest wall lets through.
    """
    light, solid = light_through(walls, distance_mm), walls > 0
    bright = float(light[solid].max()) if solid.any() else 1.0
    dark = float(light[solid].min()) if solid.any() and black == "darkest" else 0.0
    share: Floats = np.clip((light - dark) / max(bright - dark, 1e-12), 0, 1)
    return share, solid
