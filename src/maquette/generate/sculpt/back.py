"""The back's colours, invented and not copied: what the rim shows carried over, what the network says, and a grain.

A second face on the back is what people notice first. So nothing of the front's pattern is repeated behind it, but for
things that have two alike sides and are seen from one of them; their back is the front in a mirror.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats
from maquette.generate.guess.input import enlarge
from maquette.generate.guess.network import Guess
from maquette.geometry.flat.detail import blur_within

Pixels = NDArray[np.uint8]

_SIDE = 128  # pixels a side that smooth colours need
_BAND = (0.03, 0.12)  # half windows inward from the outline: what is seen there is what the back begins with
_RIM = (0.012, 0.045)  # half windows inward from the outline over which the photo takes over
_SAID = 0.3  # share of the network's word in the middle of the back
_SOFT = 0.08  # half windows over which the network's word is evened out
_GRAIN_PX, _GRAIN_MOST = 192, 0.02  # side of the patch of grain; its deviation, of 0..1
_PLAIN = 0.2  # share of the patch that is taken to show the material alone
_FINE = 0.012  # of the tile: waves longer than this are no grain


def invented_back(front: Pixels, guess: Guess, seed: int = 0) -> Pixels:
    """Colours (T, T, 3) over the window for what the photo does not show; ``front`` (T, T, 3) is what it does."""
    from PIL import Image
    from scipy.ndimage import distance_transform_edt

    small = np.asarray(Image.fromarray(front).resize((_SIDE, _SIDE), Image.Resampling.BOX), np.float64) / 255
    inside = enlarge(guess.mask, _SIDE) >= 0.5
    deep = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1] * 2 / _SIDE
    known = ((deep > _BAND[0]) & (deep < _BAND[1])).astype(np.float64)
    if known.sum() < 20:
        known = inside.astype(np.float64)
    colors = carry_over(small, known)
    said = np.stack([enlarge(guess.back_albedo[..., c], _SIDE) for c in range(3)], axis=-1).astype(np.float64)
    weight = inside.astype(np.float64)
    soft = np.stack([blur_within(said[..., c], weight, _SOFT * _SIDE / 2) for c in range(3)], axis=-1)
    share = _SAID * np.clip(deep / (2 * _BAND[1]), 0, 1)[..., None]
    colors = (1 - share) * colors + share * soft
    size = len(front)
    planes = [enlarge(colors[..., c].astype(np.float32), size) for c in range(3)]
    invented = np.stack(planes, axis=-1) + _grain(front, guess, seed)[..., None]
    return np.round(np.clip(invented, 0, 1) * 255).astype(np.uint8)


def carry_over(colors: Floats, known: Floats) -> Floats:
    """Colours (S, S, 3) kept where they are known (S, S) and smoothly carried over everything else.

    Means over ever narrower Gaussians, each trusted as far as it holds known pixels: a membrane without solving for it.
    """
    from scipy.ndimage import gaussian_filter

    result = np.broadcast_to((colors * known[..., None]).sum(axis=(0, 1)) / max(known.sum(), 1e-9), colors.shape).copy()
    for spread in np.array([0.25, 0.12, 0.06, 0.03, 0.015]) * len(colors):
        weight = gaussian_filter(known, spread)
        mean = np.stack([gaussian_filter(colors[..., c] * known, spread) for c in range(3)], axis=-1)
        share = np.clip(weight * 4, 0, 1)[..., None]
        result = result * (1 - share) + share * mean / np.maximum(weight, 1e-6)[..., None]
    return result


def _grain(front: Pixels, guess: Guess, seed: int) -> Floats:
    """Noise (T, T) with the spectrum of the front's finest pattern, but none of its shapes.

    Galerne, Gousseau & Morel 2011, "Random phase textures": the Fourier phases of a patch are replaced at random.
    """
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    size = len(front)
    deep = distance_transform_edt(np.pad(enlarge(guess.mask, size) >= 0.5, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(deep.argmax()), deep.shape)
    half = min(int(deep.max() / np.sqrt(2)), _GRAIN_PX // 2)
    if half < 8:
        return np.zeros((size, size))
    patch = front[row - half : row + half, column - half : column + half].mean(axis=-1) / 255
    patch = patch - gaussian_filter(patch, _FINE * size)
    spread = float(np.sqrt(np.quantile(gaussian_filter(patch * patch, 4.0), _PLAIN)))  # where no edges are
    window = np.hanning(len(patch) + 2)[1:-1]
    patch = (patch - patch.mean()) * np.outer(window, window)  # or its borders would weave a cross
    phases = np.angle(np.fft.fft2(np.random.default_rng(seed).normal(size=patch.shape)))
    noise = np.fft.ifft2(_alike_all_ways(np.abs(np.fft.fft2(patch))) * np.exp(1j * phases)).real
    noise *= min(spread, _GRAIN_MOST) / max(float(noise.std()), 1e-9)
    count = -(-size // len(noise))
    grain: Floats = np.tile(noise, (count, count))[:size, :size]
    return grain


def _alike_all_ways(strength: Floats) -> Floats:
    """A spectrum (S, S) with its mean over each ring of frequencies, so that the noise has no direction."""
    steps = np.fft.fftfreq(len(strength)) * len(strength)
    ring = np.round(np.hypot(*np.meshgrid(steps, steps))).astype(np.int64)
    total = np.bincount(ring.ravel(), weights=strength.ravel())
    alike_all_ways: Floats = (total / np.maximum(np.bincount(ring.ravel()), 1))[ring]
    return alike_all_ways


def without_streaks(front: Pixels, invented: Pixels, guess: Guess) -> Pixels:
    """The photo (T, T, 3) whose outermost pixels, which cover much of the sides, turn into the invented colours."""
    from scipy.ndimage import distance_transform_edt

    size = len(front)
    deep = distance_transform_edt(np.pad(enlarge(guess.mask, size) >= 0.5, 1))[1:-1, 1:-1] * 2 / size
    thick = deep.max() / _RIM[1]
    share = np.clip((deep - _RIM[0]) / (_RIM[1] - _RIM[0]), 0, 1)[..., None] if thick > 1.5 else 1.0
    return np.round(front * share + invented * (1 - share)).astype(np.uint8)
