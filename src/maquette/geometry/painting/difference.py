"""How different two colours look: CIE Lab, CIEDE2000, and what of it a search can afford.

CIEDE2000 itself (Sharma, Wu and Dalal 2005) is scikit-image's. Near a colour it is nearly a quadratic form of the Lab
difference: lightness, chroma and hue divided by its own weights there. A search over thousands of stacks takes that
form, and everything that is reported takes the formula.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats
from maquette.geometry.look.srgb import to_srgb

_WHITE = np.array([0.95047, 1.0, 1.08883])  # D65
_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_TO_XYZ = _XYZ / _WHITE[:, None]  # of linear sRGB, white 1
_LAB = np.array([[0.0, 116.0, 0.0], [500.0, -500.0, 0.0], [0.0, 200.0, -200.0]])
_KNEE = (6 / 29) ** 3


def lab(light: Floats) -> Floats:
    """CIE Lab of linear sRGB light 0..1, (..., 3)."""
    ratio = np.maximum(light, 0) @ _TO_XYZ.T
    root = np.where(ratio > _KNEE, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    result: Floats = root @ _LAB.T
    result[..., 0] -= 16
    return result


def lab_slope(light: Floats) -> Floats:
    """How Lab changes with linear light, (..., 3) -> (..., 3, 3), Lab by channel."""
    ratio = np.maximum(light, 0) @ _TO_XYZ.T
    steep = np.where(ratio > _KNEE, 1 / (3 * np.maximum(ratio, _KNEE) ** (2 / 3)), 1 / (3 * (6 / 29) ** 2))
    slope: Floats = np.einsum("ij,...j,jk->...ik", _LAB, steep, _TO_XYZ)
    return slope


def nearness(colors: Floats) -> Floats:
    """The quadratic form (..., 3, 3) that squared CIEDE2000 is near Lab colours (..., 3).

    Weights of lightness, chroma and hue as in the formula; its rotation in the blue is left out.
    """
    lightness, a, b = np.moveaxis(colors, -1, 0)
    chroma = np.hypot(a, b)
    seventh = chroma**7
    stretch = 1.5 - 0.5 * np.sqrt(seventh / (seventh + 25.0**7))  # 1 + G
    bright = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    turn = np.arctan2(b, a * stretch)
    hue = 1 - 0.17 * np.cos(turn - np.pi / 6) + 0.24 * np.cos(2 * turn)
    hue += 0.32 * np.cos(3 * turn + np.pi / 30) - 0.20 * np.cos(4 * turn - 63 * np.pi / 180)
    vivid = np.hypot(a * stretch, b)
    along, across = 1 + 0.045 * vivid, 1 + 0.015 * vivid * hue
    rows = np.zeros((*colors.shape[:-1], 3, 3))
    rows[..., 0, 0] = 1 / bright
    rows[..., 1, 1], rows[..., 1, 2] = np.cos(turn) * stretch / along, np.sin(turn) / along
    rows[..., 2, 1], rows[..., 2, 2] = -np.sin(turn) * stretch / across, np.cos(turn) / across
    form: Floats = np.swapaxes(rows, -1, -2) @ rows
    return form


def difference(one: Floats, other: Floats) -> Floats:
    """CIEDE2000 between Lab colours (..., 3)."""
    from skimage.color import deltaE_ciede2000

    return np.asarray(deltaE_ciede2000(one, other), np.float64)


def blur(light: Floats, sigma: float) -> Floats:
    """Linear light (H, W, C) as an eye sees it that cannot resolve what is finer than a few sigma, in cells."""
    from scipy.ndimage import gaussian_filter

    if sigma < 0.2:
        return light
    return np.asarray(gaussian_filter(light, (sigma, sigma, 0), mode="nearest", truncate=3.0), light.dtype)


def seen_difference(one: Floats, other: Floats, sigma: float) -> Floats:
    """CIEDE2000 (H, W) between two pictures of linear light (H, W, 3) from where the eye blurs them by sigma cells.

    After Zhang and Wandell (1997), "A spatial extension of CIELAB": blurred first, compared after.
    """
    return difference(lab(blur(one, sigma)), lab(blur(other, sigma)))


def hex_of(light: Floats) -> str:
    """``#RRGGBB`` of one linear colour."""
    return "#{:02X}{:02X}{:02X}".format(*np.round(255 * to_srgb(np.asarray(light, np.float64))).astype(int).tolist())
