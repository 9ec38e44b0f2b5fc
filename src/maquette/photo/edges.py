"""Alpha along the subject's edge, from a cut that is right to a few pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Singles
from maquette.geometry.look.matting import between, closed_form_alpha, surroundings
from maquette.photo.sizes import resize, scale_down

MATTING_PX = 1024  # long side at which alpha is solved; beyond it the solution is carried over
BAND = 0.006  # half width of the unknown band, in long sides: the cut's grid cell is 1/640


def refine(pixels: NDArray[np.uint8], soft: Singles) -> Singles:
    """Alpha (H, W) 0..1 of a photo (H, W, 3) whose subject is known roughly: ``soft`` (h, w), above one half inside."""
    from scipy.ndimage import distance_transform_edt

    small = scale_down(pixels, MATTING_PX)
    shape = small.shape[:2]
    inside = resize(soft, shape) > 0.5
    if not inside.any() or inside.all():
        return np.full(pixels.shape[:2], float(inside.all()), np.float32)
    reach = max(2.0, BAND * max(shape))
    depth = distance_transform_edt(inside) - distance_transform_edt(~inside)
    unknown = np.abs(depth) < reach
    colors: Singles = small.astype(np.float32) / np.float32(255)
    core = np.clip(depth / reach, 0.02, 1).astype(np.float32)
    subject = surroundings(colors, np.where(inside, core, 0).astype(np.float32), reach)
    ground = surroundings(colors, (depth < -reach).astype(np.float32), reach)
    guess, apart = between(colors, subject, ground)
    trust = (0.003 + 0.1 * apart / (apart + 0.03)).astype(np.float32)
    alpha = closed_form_alpha(colors, np.where(unknown, guess, inside).astype(np.float32), unknown, trust)
    alpha = np.clip((alpha - 0.03) / 0.94, 0, 1)
    return alpha if small is pixels else _carry_up(pixels, alpha, subject, ground, unknown)


def _carry_up(
    pixels: NDArray[np.uint8], alpha: Singles, subject: Singles, ground: Singles, unknown: NDArray[np.bool_]
) -> Singles:
    """Alpha at full size: in the band a local linear function of the pixel's place between the two colours.

    The coefficients come from the small picture (He & Sun 2015, fast guided filter).
    """
    from scipy.ndimage import uniform_filter

    shape = pixels.shape[:2]
    guide, _ = between(scale_down(pixels, MATTING_PX).astype(np.float32) / np.float32(255), subject, ground)
    mean_guide, mean_alpha = uniform_filter(guide, 5), uniform_filter(alpha, 5)
    covariance = uniform_filter(guide * alpha, 5) - mean_guide * mean_alpha
    slope = covariance / (uniform_filter(guide**2, 5) - mean_guide**2 + 1e-3)
    result = resize(alpha, shape).copy()
    place = np.nonzero(resize(unknown, shape) > 0.5)
    near = [resize(channel, shape)[place] for channel in (*np.moveaxis(subject, -1, 0), *np.moveaxis(ground, -1, 0))]
    full, _ = between(
        pixels[place].astype(np.float32) / np.float32(255), np.stack(near[:3], -1), np.stack(near[3:], -1)
    )
    factor, rest = resize(slope, shape)[place], resize(mean_alpha - slope * mean_guide, shape)[place]
    result[place] = np.clip(factor * full + rest, 0, 1)
    return result
