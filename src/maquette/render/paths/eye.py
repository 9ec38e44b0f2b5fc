"""Rays from the eye: through every pixel of a chunk at evenly spread spots, and through all of the lens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints, Singles
from maquette.render.cameras import rays_through
from maquette.render.paths.numbers import keys_of, on_disc, pairs
from maquette.render.paths.shot import Shot


@dataclass(frozen=True)
class Rays:
    """N rays: where from, where to, and what draws their numbers. The samples of a pixel lie side by side."""

    origin: Floats  # (N, 3)
    direction: Floats  # (N, 3) unit
    spot: Singles  # (N, 2) pixel coordinates
    key: NDArray[np.uint32]  # (N,)
    index: Ints  # (N,) which of its pixel's samples


def rays_of(shot: Shot, pixels: Ints, size: tuple[int, int], which: range, samples: int, seed: int) -> Rays:
    """For each of the pixels (P,) the rays of those numbers among its ``samples``; the picture is width by height."""
    width, height = size
    key = np.repeat(keys_of(pixels, seed), len(which))
    index = np.tile(np.arange(which.start, which.stop), len(pixels))
    within = pairs(key, index, 0, samples).astype(np.float64)
    pixel = np.repeat(pixels, len(which))
    x, y = pixel % width + within[:, 0], pixel // width + within[:, 1]
    origin, direction = rays_through(shot.camera, x / width, y / height)
    if shot.lens.radius > 0:
        origin, direction = _through_lens(shot, origin, direction, on_disc(pairs(key, index, 1, samples)))
    return Rays(np.array(origin), np.array(direction), np.stack([x, y], axis=1).astype(np.float32), key, index)


def _through_lens(shot: Shot, origin: Floats, direction: Floats, disc: Singles) -> tuple[Floats, Floats]:
    """The same rays from all over the opening, meeting again where it is sharp."""
    axes = shot.camera.pose[:3, :3]
    ahead = direction @ axes[:, 2]
    sharp = origin + direction * (shot.lens.depth_at(direction @ axes[:, 1] / ahead, shot.camera.span) / ahead)[:, None]
    start = origin + shot.lens.radius * (disc[:, :1] * axes[:, 0] + disc[:, 1:] * axes[:, 1])
    toward = sharp - start
    return start, toward / np.linalg.norm(toward, axis=1, keepdims=True)
