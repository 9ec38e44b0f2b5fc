"""Raking light: heights lit from the side by a low lamp, with the shadows that they throw."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Singles

_AMBIENT = 0.08


def raking_light(heights: Floats | Singles, pitch: float, elevation_deg: float) -> Floats:
    """Light (H, W), linear, 0..1, on heights in mm over places ``pitch`` apart, the lamp at the left of the picture."""
    slope = np.tan(np.radians(elevation_deg))
    down, right = np.gradient(np.asarray(heights, np.float64), pitch)
    length = np.sqrt(1 + right**2 + down**2)
    even = np.sin(np.radians(elevation_deg))  # what level ground gets: middle grey
    facing = (even + np.cos(np.radians(elevation_deg)) * right) / length  # what rises to the right turns to the lamp
    lit = np.where(in_shadow(heights, pitch, float(slope)), 0.0, np.clip(facing, 0, None))
    light: Floats = np.clip(_AMBIENT + (0.32 - _AMBIENT) * lit / even, 0, 1)
    return light


def in_shadow(heights: Floats | Singles, pitch: float, slope: float) -> Bools:
    """Which places (H, W) something to their left hides from a lamp whose light falls by ``slope`` a millimetre."""
    along = np.arange(heights.shape[1]) * pitch * slope
    above = np.asarray(heights, np.float64) + along[None]
    shadow: Bools = np.maximum.accumulate(above, axis=1) > above + 1e-9
    return shadow
