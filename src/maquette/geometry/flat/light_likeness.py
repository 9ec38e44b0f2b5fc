"""How like a photograph the light behind walls is: structure (SSIM) and difference of greys (CIEDE2000)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Bytes, Floats, Singles
from maquette.geometry.flat.transmission import screen_light, thickness_for
from maquette.geometry.look.srgb import to_linear, to_srgb
from maquette.geometry.painting.difference import difference, lab

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # Rec. 709


@dataclass(frozen=True)
class Likeness:
    """Mean structural similarity (Wang et al. 2004), 1 for the same picture, and mean CIEDE2000, 0 for the same."""

    ssim: float
    delta_e: float


def wanted_light(pixels: Bytes, shape: tuple[int, int]) -> Floats:
    """A photo's linear luminance at the places of a picture (H, W), its darkest 0 and its brightest 1."""
    from PIL import Image

    small = Image.fromarray(np.ascontiguousarray(pixels)).resize(shape[::-1], Image.Resampling.BOX)
    light: Floats = to_linear(np.asarray(small, np.float64) / 255) @ LUMINANCE
    spread: Floats = (light - light.min()) / max(float(np.ptp(light)), 1e-9)
    return spread


def compare_light(light: Floats, wanted: Floats, where: Bools) -> Likeness:
    """Two pictures of linear light (H, W) 0..1, compared on a screen where there is something to compare."""
    from skimage.metrics import structural_similarity

    side = min(7, min(light.shape) - (min(light.shape) + 1) % 2)  # an odd window that fits
    if side < 3 or not where.any():
        return Likeness(0.0, 100.0)
    _, each = structural_similarity(
        to_srgb(light), to_srgb(wanted), data_range=1.0, full=True, win_size=side, gaussian_weights=False
    )
    away = difference(*(lab(np.repeat(one[where][:, None], 3, axis=1)) for one in (light, wanted)))
    return Likeness(float(each[where].mean()), float(away.mean()))


def in_layers(walls: Singles, layer_mm: float) -> Singles:
    """Walls (H, W) that end on whole layers, one at least where there is a wall, as a print that lies has them."""
    whole = np.maximum(np.round(walls / layer_mm), 1) * layer_mm
    return np.where(walls > 0, whole, 0).astype(np.float32)


def layers_needed(
    light: Floats, wanted: Floats, where: Bools, layer_mm: float, distance_mm: float, least_mm: float, goal: float
) -> int | None:
    """How many layers between white and black a lying print of some light (H, W) wants to be as like the wanted one as
    a goal says; None if a hundred are too few."""
    for count in (16, 20, 24, 28, 32, 36, 40, 44, 50, 56, 64, 72, 84, 100):
        most = least_mm + count * layer_mm
        walls = in_layers(thickness_for(light, least_mm, most, distance_mm).astype(np.float32), layer_mm)
        passed = screen_light(np.where(where, walls, 0).astype(np.float32), distance_mm)[0]
        if compare_light(passed, wanted, where).ssim >= goal:
            return count
    return None
