"""One object a network learns from: its triangles and what color they have."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass
class Thing:
    """Triangles of one object, +Z up, centred, largest extent 1, each face coloured by its own rule.

    ``uv`` (F, 3, 2) with the origin bottom left, may leave 0..1; ``picture`` (F,) index into ``pictures`` or -1;
    ``corner_color`` (F, 3, 3) sRGB 0..1, for faces without a picture. ``upright``: whether up is really up.
    """

    vertices: Floats
    faces: Ints
    uv: NDArray[np.float32] | None = None
    picture: Ints | None = None
    corner_color: NDArray[np.float32] | None = None
    pictures: list[NDArray[np.uint8]] = field(default_factory=list)
    upright: bool = True

    def color(self, face: Ints, u: Floats, v: Floats) -> NDArray[np.float32]:
        """sRGB 0..1 at N hits, (N, 3); mid grey where nothing is known."""
        weights = np.stack([1 - u - v, u, v], axis=1)
        made = np.full((len(face), 3), 0.6, np.float32)
        if self.corner_color is not None:
            made = np.einsum("nk,nkc->nc", weights, self.corner_color[face]).astype(np.float32)
        if self.uv is None or self.picture is None:
            return made
        place = np.einsum("nk,nkc->nc", weights, self.uv[face])
        which = self.picture[face]
        for index in np.unique(which[which >= 0]):
            rows = np.flatnonzero(which == index)
            pixels = self.pictures[index]
            height, width = pixels.shape[:2]
            x = (np.mod(place[rows, 0], 1.0) * width).astype(np.int64).clip(0, width - 1)
            y = (np.mod(1 - place[rows, 1], 1.0) * height).astype(np.int64).clip(0, height - 1)
            made[rows] = pixels[y, x] / np.float32(255)
        return made
