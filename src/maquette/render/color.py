"""Colour arithmetic: sRGB and linear light (IEC 61966-2-1), and ramps that show numbers."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maquette.geometry.look import srgb as srgb_curve

Colors = NDArray[np.float32]
Ramp = Literal["viridis", "inferno", "balance"]

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # brightness of linear light, Rec. 709

# Eleven stops a ramp, sRGB. viridis and inferno: Smith & van der Walt 2015, CC0; even steps of lightness, safe for
# colour-blind eyes. balance: blue over white to red after Moreland 2009, for numbers with a middle.
_STOPS = {
    "viridis": "440154 482475 414487 355f8d 2a788e 21918c 22a884 44bf70 7ad151 bddf26 fde725",
    "inferno": "000004 160b39 420a68 6a176e 932667 bc3754 dd513a f37819 fca50a f6d746 fcffa4",
    "balance": "3b4cc0 5977e3 7b9ff9 9ebeff c0d4f5 dddcdc f2cbb7 f7ac8e ee8468 d65244 b40426",
}


def to_linear(srgb: NDArray[np.floating]) -> Colors:
    """sRGB 0..1 to linear light."""
    return srgb_curve.to_linear(srgb).astype(np.float32)


def to_srgb(linear: Colors) -> Colors:
    """Linear light to sRGB 0..1; what lies outside is clipped."""
    return srgb_curve.to_srgb(linear).astype(np.float32)


LINEAR_OF_BYTE: Colors = srgb_curve.LIGHT_OF_BYTE.astype(np.float32)
_BYTE_OF_LINEAR = np.round(to_srgb(np.linspace(0, 1, 8192, dtype=np.float32)) * 255).astype(np.uint8)


def to_bytes(linear: Colors) -> NDArray[np.uint8]:
    """Linear light to sRGB bytes by table: half a step off at most, ten times as fast as the power."""
    return _BYTE_OF_LINEAR[(np.clip(linear, 0.0, 1.0) * 8191 + 0.5).astype(np.int32)]


def hex_color(text: str) -> Colors:
    """``"e8e4da"`` as sRGB 0..1, (3,)."""
    return np.frombuffer(bytes.fromhex(text), np.uint8).astype(np.float32) / np.float32(255)


def ramp_colors(share: NDArray[np.floating], ramp: Ramp) -> Colors:
    """sRGB 0..1 at shares 0..1 of a ramp, (N,) -> (N, 3)."""
    stops = np.stack([hex_color(stop) for stop in _STOPS[ramp].split()])
    at = np.clip(share, 0.0, 1.0) * (len(stops) - 1)
    low = np.minimum(at.astype(np.int64), len(stops) - 2)
    part = (at - low)[..., None]
    blend: Colors = (stops[low] * (1 - part) + stops[low + 1] * part).astype(np.float32)
    return blend
