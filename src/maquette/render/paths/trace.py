"""Paths from the eye to the light, a few thousand at a time: what a photograph gathers before it is cleaned and toned.

At each surface one ray goes to where light comes from and one to where the surface throws it; both count as far as they
are likely (multiple importance sampling, Veach 1997, power heuristic). The floor adds only what differs from an open
sky, so where nothing stands it has no noise. All samples of a chunk's pixels run together; chunks run on all cores and
do not touch each other, so the same shot gives the same film however many cores there are.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from maquette.core.arrays import Ints
from maquette.core.progress import part, progress
from maquette.render.cameras import box_in_picture
from maquette.render.color import LUMA
from maquette.render.paths.enough import is_rough, is_shadow_rough, mean_around
from maquette.render.paths.eye import rays_of
from maquette.render.paths.follow import FLOOR, MODEL, Paths, follow
from maquette.render.paths.shot import Film, Shot

_RAYS = 16_384  # in a chunk: what a core's cache holds, and what the tracer does not split again


def trace(shot: Shot, width: int, height: int, samples: int, seed: int = 0, enough: float = 0.0) -> Film:
    """The film of a shot, ``samples`` paths a pixel; a quarter of them where the model is not, whose shadow is soft.

    A pixel that is known to ``enough`` after a quarter or a half of them (of the floor after an eighth) gets no more,
    be it of the model or of a shadow: that is the standard deviation, on a screen's scale of 0..1, that a denoiser can
    still take out. 0: all pixels of the model get all, those of the floor no more.
    """
    sums = _Sums(width * height)
    pixels = _in_reach(shot, width, height)
    _ = shot.sky, shot.open_floor, shot.foot  # worked out once, not by each core
    size = width, height, samples, seed
    quarter = max(1, min(samples, max(4, samples // 4)))
    reached = (quarter + 1) // 2 if enough else quarter
    _run(shot, sums, pixels, range(reached), size, (0.0, 0.4))
    left = pixels if enough else pixels[sums.count[pixels, 0] > 0]
    while reached < samples and len(left):
        until = min(2 * reached, samples) if enough else samples
        if enough:
            film = sums.film(width, height)
            rough = is_rough(film, enough) if reached >= quarter else mean_around(film.alpha, 1) > 0
            rough |= is_shadow_rough(film, shot.open_floor, enough)
            left = left[rough.reshape(-1)[left]]
        _run(
            shot, sums, left, range(reached, until), size, (0.4 + 0.6 * reached / samples, 0.4 + 0.6 * until / samples)
        )
        reached = until
    return sums.film(width, height)


def _run(
    shot: Shot, sums: _Sums, pixels: Ints, which: range, size: tuple[int, int, int, int], share: tuple[float, float]
) -> None:
    """Follow some of the samples of some pixels, on all cores."""
    step = max(1, _RAYS // len(which))
    chunks = [pixels[start : start + step] for start in range(0, len(pixels), step)]
    width, height, samples, seed = size

    def work(chunk: Ints) -> None:
        rays = rays_of(shot, chunk, (width, height), which, samples, seed)
        sums.add(chunk, follow(shot, rays, samples), len(which))

    with part(*share), ThreadPoolExecutor(min(os.cpu_count() or 1, 16)) as pool:
        for number, _ in enumerate(pool.map(work, chunks)):
            progress(number / len(chunks), "following light")


class _Sums:
    """What the paths of each pixel add up to, by what they met first: the model or the floor."""

    def __init__(self, count: int) -> None:
        self.paths = np.zeros(count, np.float32)
        self.count = np.zeros((count, 2), np.float32)
        self.light = np.zeros((count, 2, 3), np.float32)
        self.squares = np.zeros((count, 2), np.float32)  # of brightness
        self.guides = np.zeros((count, 3, 3), np.float32)  # color, normal and point of the model

    def add(self, pixels: Ints, paths: Paths, samples: int) -> None:
        """The paths of some pixels (P,), the samples of each side by side."""
        self.paths[pixels] += samples
        for number, kind in enumerate((MODEL, FLOOR)):
            mine = (paths.kind == kind).reshape(-1, samples)
            light = paths.light.reshape(-1, samples, 3) * mine[..., None]
            self.count[pixels, number] += mine.sum(axis=1)
            self.light[pixels, number] += light.sum(axis=1)
            self.squares[pixels, number] += np.square(light @ LUMA).sum(axis=1)
        for number, guide in enumerate((paths.color, paths.normal, paths.point)):
            self.guides[pixels, number] += (guide * (paths.kind == MODEL)[:, None]).reshape(-1, samples, 3).sum(axis=1)

    def film(self, width: int, height: int) -> Film:
        """The means."""
        count, paths = np.maximum(self.count, np.float32(1)), np.maximum(self.paths, np.float32(1))
        bright = self.light @ LUMA / count
        spread = np.maximum(self.squares - count * np.square(bright), 0) / np.maximum(count - 1, 1)
        noise = np.where(self.count > 1, spread / count, np.square(bright))
        light: Any = self.light / paths[:, None, None]
        share: Any = self.count / paths[:, None]
        guides: Any = self.guides / count[:, :1, None]
        size = (height, width)
        return Film(
            light[:, 0].reshape(*size, 3),
            share[:, 0].reshape(size),
            light[:, 1].reshape(*size, 3),
            share[:, 1].reshape(size),
            noise.astype(np.float32).reshape(*size, 2),
            *(guides[:, number].reshape(*size, 3) for number in range(3)),
        )


def _in_reach(shot: Shot, width: int, height: int) -> Ints:
    """Pixels in which the model, or the floor near it, may be seen."""
    low, high = shot.scene.low - 2 * shot.lens.radius, shot.scene.high + 2 * shot.lens.radius
    if shot.floor is not None:
        low[:2], high[:2] = shot.foot - shot.floor.reach, shot.foot + shot.floor.reach
        if ((shot.camera.position > low) & (shot.camera.position < high))[:2].all():
            return np.arange(width * height)
    first, last = box_in_picture(shot.camera, low, high)
    left, top = np.clip(np.floor(first * [width, height]) - 1, 0, [width, height]).astype(np.int64)
    right, bottom = np.clip(np.ceil(last * [width, height]) + 1, 0, [width, height]).astype(np.int64)
    pixels: Ints = np.add.outer(np.arange(top, bottom) * width, np.arange(left, right)).reshape(-1)
    return pixels
