"""Autofix: a photo made a little better before anything looks at it. Off by default; every part can be turned off."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.progress import note, progress
from maquette.core.subject import Subject
from maquette.geometry.look.srgb import to_linear, to_srgb
from maquette.registry import stage

Floats = NDArray[np.float32]
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


@stage
def autofix(
    subject: Subject,
    *,
    exposure: Annotated[float, Field(ge=0, le=1, description="spread brightness over the range; 0 leaves it")] = 0.5,
    white_balance: Annotated[float, Field(ge=0, le=1, description="take a colour cast away; 0 leaves it")] = 0.5,
    denoise: Annotated[float, Field(ge=0, le=1, description="smooth sensor noise, keep edges; 0 leaves it")] = 0.5,
    deblock: Annotated[Literal["auto", "on", "off"], Field(description="soften 8 px JPEG blocks")] = "auto",
    upscale_px: Annotated[
        int, Field(ge=0, le=4096, description="long side to enlarge small photos to; 0: never")
    ] = 1024,
) -> Subject:
    """Repair a photo's exposure, colour cast, noise, JPEG blocks and size.

    Nothing is invented: enlarging is Lanczos, not a network. The mask and the scale are carried along. A photo that
    needs none of it comes back nearly as it was.
    """
    pixels = subject.pixels.astype(np.float32)
    if deblock == "on" or (deblock == "auto" and blockiness(pixels @ LUMA) > 1.35):
        progress(0.1, "deblock")
        pixels = deblock_pixels(pixels)
        note("softened compression blocks")
    if denoise:
        progress(0.3, "denoise")
        pixels = denoise_pixels(pixels, denoise)
    light = to_linear(pixels / 255.0)
    if white_balance:
        light = balance(light, white_balance)
    if exposure:
        light = stretch_exposure(light, exposure)
    fixed = np.clip(np.round(to_srgb(light) * 255.0), 0, 255).astype(np.uint8)
    return enlarge(subject.replace(pixels=fixed), upscale_px)


def blockiness(luma: Floats) -> float:
    """Steps across the worst of the eight column and row phases against the median phase: 1 for an untouched photo."""
    ratios = []
    for axis in (0, 1):
        steps = np.abs(np.diff(luma, axis=axis)).mean(axis=1 - axis)
        if len(steps) >= 32:
            phases = np.array([steps[phase::8].mean() for phase in range(8)])
            ratios.append(float(phases.max() / max(float(np.median(phases)), 0.1)))
    return min(ratios) if ratios else 1.0


def deblock_pixels(pixels: Floats) -> Floats:
    """Each side of a block border moved half way to a ramp, where the step is small enough to be the coder's."""
    smoothed = pixels.copy()
    for axis in (0, 1):
        view = smoothed if axis == 0 else smoothed.transpose(1, 0, 2)
        at = np.arange(8, view.shape[0] - 1, 8)
        above, below = view[at - 1].copy(), view[at].copy()
        step = below - above
        step = np.where(np.abs(step) < 24, step, 0)  # a larger one is an edge of the picture
        view[at - 1], view[at] = above + step * 0.35, below - step * 0.35
        if len(at) and at[-1] + 1 < view.shape[0]:
            view[at - 2] += step * 0.12
            view[at + 1] -= step * 0.12
    return np.clip(smoothed, 0, 255)


def denoise_pixels(pixels: Floats, strength: float) -> Floats:
    """Total-variation denoising (Chambolle 2004), its weight tied to the noise measured in the picture."""
    from skimage.restoration import denoise_tv_chambolle

    if min(pixels.shape[:2]) < 8:
        return pixels
    unit: Floats = pixels / np.float32(255)
    noise = noise_of(unit @ LUMA)
    if noise < 0.002:  # half a grey level: nothing to remove
        return pixels
    note(f"removed noise of {noise * 255:.1f} grey levels")
    smoothed = denoise_tv_chambolle(unit, weight=2.0 * noise * strength, channel_axis=-1, max_num_iter=60)
    return np.asarray(smoothed * 255.0, np.float32)


def noise_of(luma: Floats) -> float:
    """Standard deviation of the noise by the Laplacian difference mask of Immerkær 1996, its median against edges."""
    from scipy.ndimage import convolve

    response = convolve(luma, np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32))
    return float(np.median(np.abs(response)) / (0.6745 * 6))


def balance(light: Floats, strength: float) -> Floats:
    """Shades of grey (Finlayson and Trezzi 2004, p = 6) on linear light, at most a factor of two per channel."""
    level = (np.clip(light, 1e-4, 1) ** 6).mean(axis=(0, 1)) ** (1 / 6)
    gain = np.clip(level.mean() / level, 0.5, 2.0) ** strength
    return np.asarray(light * gain, np.float32)


def stretch_exposure(light: Floats, strength: float) -> Floats:
    """The 1st and 99th percentile of brightness brought toward black and white, by one gain and one offset."""
    luma = light @ LUMA
    low, high = np.percentile(luma, [1, 99])
    if high - low < 1e-3:
        return light
    gain = min(4.0, 0.95 / (high - low))
    stretched = (light - low) * gain
    return np.asarray(np.clip(light + strength * (stretched - light), 0, 1), np.float32)


def enlarge(subject: Subject, long_px: int) -> Subject:
    """The subject at a long side of at least ``long_px``."""
    from PIL import Image

    scale = long_px / max(subject.width, subject.height)
    if scale <= 1:
        return subject
    size = (max(1, round(subject.width * scale)), max(1, round(subject.height * scale)))
    note(f"enlarged from {subject.width} x {subject.height} to {size[0]} x {size[1]} px")
    pixels = np.asarray(Image.fromarray(subject.pixels).resize(size, Image.Resampling.LANCZOS))
    mask = subject.mask
    if mask is not None:
        mask = np.clip(np.asarray(Image.fromarray(np.asarray(mask)).resize(size, Image.Resampling.BICUBIC)), 0, 1)
    scale_mm = None if subject.mm_per_pixel is None else subject.mm_per_pixel / scale
    return subject.replace(pixels=pixels, mask=mask, mm_per_pixel=scale_mm)
