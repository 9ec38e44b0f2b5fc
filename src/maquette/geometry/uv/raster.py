"""Which texel of a picture shows which place of a surface, and colours for the texels that show none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.geometry.rays import Tracer


@dataclass(frozen=True)
class Texels:
    """The T texels of a picture whose middle lies on a face."""

    width: int
    height: int
    texel: Ints  # (T,) row by row
    face: Ints  # (T,)
    weights: Floats  # (T, 3) barycentric

    def at(self, corners: NDArray[Any]) -> Floats:
        """What face corners (F, 3, C) hold, mixed at each texel, (T, C)."""
        result: Floats = np.einsum("tk,tkc->tc", self.weights, corners[self.face].astype(np.float64))
        return result

    @cached_property
    def nearest(self) -> Ints:
        """For each texel of the picture (H·W,) the row of the one among these that lies nearest to it."""
        from scipy.ndimage import distance_transform_edt

        row = np.zeros(self.height * self.width, np.int64)
        row[self.texel] = np.arange(len(self.texel))
        painted = np.zeros(len(row), dtype=bool)
        painted[self.texel] = True
        if painted.all():
            return row
        shape = (self.height, self.width)
        rows, columns = distance_transform_edt(~painted.reshape(shape), return_distances=False, return_indices=True)
        nearest: Ints = row.reshape(shape)[rows, columns].reshape(-1)
        return nearest


def texels_of(uv: NDArray[Any], width: int, height: int = 0) -> Texels:
    """Lay a picture of so many texels (square if no height is given) over a layout (F, 3, 2).

    Of faces that lie on each other one is shown. Faces whole tiles away are folded back: they show the same texels.
    The last answer is remembered: stages that paint one after another ask for the same.
    """
    corners = np.ascontiguousarray(uv, np.float64)
    return _texels(corners.tobytes(), width, height or width)


@lru_cache(maxsize=1)
def _texels(uv: bytes, width: int, height: int) -> Texels:
    """The texels of a layout, its corners as bytes."""
    flat = np.frombuffer(uv).reshape(-1, 3, 2)
    flat = flat - np.floor(flat.min(axis=1, keepdims=True) + 1e-6)
    flat = np.concatenate([flat.reshape(-1, 2), np.zeros((flat.size // 2, 1))], axis=1)
    u, v = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    origins = np.stack([u.ravel(), v.ravel(), np.ones(u.size)], axis=1)
    tracer = Tracer(flat, np.arange(len(flat)).reshape(-1, 3))
    hits = tracer.first(origins, np.broadcast_to([0.0, 0.0, -1.0], origins.shape))
    texel = np.flatnonzero(hits.face >= 0)
    a, b = hits.u[texel], hits.v[texel]
    return Texels(width, height, texel, hits.face[texel], np.stack([1 - a - b, a, b], axis=1))


def spread(values: NDArray[Any], texels: Texels) -> NDArray[Any]:
    """Values of the texels (T, C) as a picture (H, W, C), its gutters in the values of the nearest ones."""
    shape = (texels.height, texels.width, values.shape[1])
    if not len(texels.texel):
        return np.zeros(shape, values.dtype)
    picture: NDArray[Any] = values[texels.nearest].reshape(shape)
    return picture
