"""What the sculpting network is shown of a photo: colour, mask, how far the edge is and how a balloon would swell.

Training and the stage both build their input here, so that the network meets in use what it was trained on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]

NEAREST = -0.8  # half pictures: where the volume begins before the mean depth of what is seen; it is 2 deep
CHANNELS = 6  # red, green, blue, mask, distance to the edge, balloon height
_GROUND = 0.5  # grey beside the subject
_COARSE = 64  # side of the grid on which the balloon is solved


def network_input(colors: Pixels, mask: Pixels, *, cut: bool = True) -> Pixels:
    """Input planes (6, S, S) from sRGB 0..1 (S, S, 3) and mask 0..1 (S, S); S a power of two.

    ``cut=False``: the mask is not known; colours stay as they are, mask reads 0.5, distance and height 0, and the
    network has to find the subject itself. Lengths are in half pictures: the picture spans -1..1.
    """
    side = len(mask)
    planes = np.empty((CHANNELS, side, side), np.float32)
    if not cut:
        planes[:3] = colors.transpose(2, 0, 1)
        planes[3], planes[4:] = 0.5, 0.0
        return planes
    planes[:3] = (colors * mask[..., None] + _GROUND * (1 - mask[..., None])).transpose(2, 0, 1)
    planes[3] = mask
    planes[4] = edge_distance(mask)
    planes[5] = balloon(mask)
    return planes


def edge_distance(mask: Pixels) -> Pixels:
    """How deep inside the mask each pixel lies, in half pictures, (S, S); 0 outside."""
    from scipy.ndimage import distance_transform_edt

    inside = np.pad(mask >= 0.5, 1)
    result: Pixels = (distance_transform_edt(inside)[1:-1, 1:-1] * (2 / len(mask))).astype(np.float32)
    return result


def balloon(mask: Pixels) -> Pixels:
    """Height of the inflated mask in half pictures, (S, S): sqrt(u) with Laplace(u) = -4 and u = 0 outside.

    Solved on 64 x 64 by red-black relaxation from coarse to fine: within 3 % of the exact height in a fixed time.
    """
    side = len(mask)
    base = mask if side >= _COARSE else enlarge(mask, _COARSE)
    swell = np.zeros((4, 4))
    for cells in (8, 16, 32, _COARSE):
        inside = _block_means(base, cells) >= 0.5
        swell = _relax(np.repeat(np.repeat(swell, 2, 0), 2, 1) * inside, inside, 2 / cells)
    return np.sqrt(np.maximum(enlarge(swell.astype(np.float32), side), 0)) * (mask >= 0.5)


def _block_means(mask: Pixels, cells: int) -> Pixels:
    """The mask in (cells, cells) blocks."""
    step = -(-len(mask) // cells)
    mask = mask if step * cells == len(mask) else enlarge(mask, step * cells)
    return block_means(mask, step)


def block_means(plane: Pixels, step: int) -> Pixels:
    """Means of a plane's blocks of step x step."""
    result: Pixels = plane.reshape(len(plane) // step, step, -1, step).mean(axis=(1, 3))
    return result


def _relax(swell: NDArray[np.float64], inside: NDArray[np.bool_], step: float) -> NDArray[np.float64]:
    """Forty red-black sweeps with over-relaxation; what lies outside stays 0."""
    cells = len(swell)
    padded = np.zeros((cells + 2, cells + 2))
    padded[1:-1, 1:-1] = swell
    rows, columns = np.indices((cells, cells))
    factor = 2 / (1 + np.sin(np.pi / (0.6 * cells + 2)))
    shares = [factor * (inside & ((rows + columns) % 2 == color)) for color in (0, 1)]
    core = padded[1:-1, 1:-1]
    for _ in range(40):
        for share in shares:
            around = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
            core += share * ((around + 4 * step**2) / 4 - core)
    return core


def enlarge(plane: Pixels, side: int) -> Pixels:
    """A square plane (n, n) sampled bilinearly at side x side pixel centres, its border carried on."""
    count = len(plane)
    at = np.clip((np.arange(side) + 0.5) * count / side - 0.5, 0, count - 1)
    low = np.minimum(at.astype(np.int64), max(count - 2, 0))
    high = np.minimum(low + 1, count - 1)
    part = (at - low).astype(np.float32)
    rows = plane[low] * (1 - part)[:, None] + plane[high] * part[:, None]
    result: Pixels = rows[:, low] * (1 - part) + rows[:, high] * part
    return result
