"""What spoils a picture for making a shape of it, measured: noise, burnt colors, missing detail, shadows, hands.

Each measure is one number with a meaning of its own; `inspect` sets the limits and says what to do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.photo.color import lab as to_lab

Singles = NDArray[np.float32]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # Rec. 709
MOST_PX = 1024  # side of the middle that noise and detail are measured in, at full size
FACTORS = (1.5, 2.0, 3.0, 4.0, 6.0)


def middle(pixels: Bytes) -> Bytes:
    """The middle of a picture, at most MOST_PX wide and high."""
    height, width = pixels.shape[:2]
    top, left = max(0, (height - MOST_PX) // 2), max(0, (width - MOST_PX) // 2)
    return pixels[top : top + MOST_PX, left : left + MOST_PX]


def noise(pixels: Bytes) -> float:
    """Standard deviation of the grain where the picture is smooth, in grey levels (Immerkær 1996)."""
    from scipy.ndimage import convolve, gaussian_gradient_magnitude

    luma = middle(pixels) @ LUMA
    if min(luma.shape) < 8:
        return 0.0
    rough = convolve(luma, np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32))  # blind to planes and edges
    slope = gaussian_gradient_magnitude(luma, 2.0)
    open_ = (luma > 8) & (luma < 247)  # what is clipped shows no grain
    if open_.sum() < 64:
        return 0.0
    smooth = open_ & (slope <= np.percentile(slope[open_], 40))
    return float(np.sqrt(np.pi / 2) / 6 * np.abs(rough[smooth]).mean())


def burnt_color(pixels: Bytes, inside: Bools) -> float:
    """Share of the subject whose color has run into a wall: one channel full, another empty."""
    colors = pixels[inside]
    if not len(colors):
        return 0.0
    return float(((colors.max(axis=1) >= 250) & (colors.min(axis=1) <= 5)).mean())


def enlargement(pixels: Bytes) -> float:
    """How many times smaller the picture could be without losing anything: 1 for a sharp one.

    The largest factor by which it can be made smaller and larger again so that 99 % of the pixels change by less than
    3 % of the contrast. Six photos: at factor 2 they lose 4 to 11 %, enlarged twice before 1.5 to 2.6 %.
    """
    from PIL import Image

    part = middle(pixels)
    if min(part.shape[:2]) < 32:
        return 1.0
    image = Image.fromarray(np.clip(part @ LUMA, 0, 255).astype(np.uint8))
    luma = np.asarray(image, np.float32)
    low, high = np.percentile(luma, [2, 98])
    limit = max(0.03 * float(high - low), 1.0)
    best = 1.0
    for factor in FACTORS:
        size = (max(1, round(image.width / factor)), max(1, round(image.height / factor)))
        again = image.resize(size, Image.Resampling.LANCZOS).resize(image.size, Image.Resampling.BICUBIC)
        lost = np.abs(np.asarray(again, np.float32) - luma)[4:-4, 4:-4]
        if float(np.percentile(lost, 99)) > limit:
            break
        best = factor
    return best


def cast_shadow(pixels: Bytes, inside: Bools) -> float:
    """How much light the darkest shade beside the subject has lost against its ground, 0..1, by share of the ring.

    Shade keeps the ground's hue and loses lightness; what has another hue is another thing. The value is the loss of
    the darkest tenth of the ring, where that tenth is shade.
    """
    from scipy.ndimage import binary_dilation

    reach = max(3, round(0.12 * float(np.sqrt(max(inside.sum(), 1)))))
    ring = binary_dilation(inside, iterations=reach) & ~binary_dilation(inside, iterations=2)
    far = ~binary_dilation(inside, iterations=2 * reach)
    if min(ring.sum(), far.sum()) < 50:
        return 0.0
    lab = to_lab(pixels).astype(np.float32)
    usual = np.median(lab[far], axis=0)
    if float(np.median(np.abs(lab[far] - usual).sum(axis=1))) > 12:  # a wild ground shows no shade
        return 0.0
    light = (lab[ring][:, 0] + 16) / (usual[0] + 16)  # L* + 16 goes with the cube root of light
    hue = np.hypot(lab[ring][:, 1] - usual[1] * light, lab[ring][:, 2] - usual[2] * light)
    shade = np.where(hue < 8, np.clip(1 - light**3, 0, 1), 0.0)
    return float(np.mean(np.sort(shade)[-max(1, len(shade) // 10) :]))


def hand_share(pixels: Bytes, inside: Bools) -> float:
    """Share of the outline that a hand touches: skin's color just outside, in a patch that reaches the frame."""
    from scipy.ndimage import binary_dilation, binary_opening, label

    outside = ~inside
    red, green, blue = np.moveaxis(pixels.astype(np.float32), -1, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    chroma_red, chroma_blue = 0.713 * (red - luma) + 128, 0.564 * (blue - luma) + 128
    skin = (chroma_red > 137) & (chroma_red < 175) & (chroma_blue > 80) & (chroma_blue < 125)  # Chai & Ngan 1999
    skin &= outside & (luma > 40) & (red > green) & (green > 0.6 * blue)
    patch, count = label(binary_opening(skin, iterations=2))
    rim = binary_dilation(inside, iterations=4) & outside
    if not count or not rim.any():
        return 0.0
    border = np.concatenate([patch[0], patch[-1], patch[:, 0], patch[:, -1]])
    sizes = np.bincount(patch.ravel(), minlength=count + 1)
    from_frame = np.isin(patch, np.unique(border[border > 0])) & (sizes[patch] > 0.005 * patch.size)
    share = float((binary_dilation(from_frame, iterations=3) & rim).sum() / rim.sum())
    return share if share < 0.8 else 0.0  # skin all around is a ground of skin's color
