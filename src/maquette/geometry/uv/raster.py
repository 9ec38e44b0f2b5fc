"""Which texel of a picture shows which place of a surface, and colours for the texels that show none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Floats, Ints
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


def texels_of(uv: NDArray[Any], width: int, height: int = 0) -> Texels:
    """Lay a picture of so many texels (square if no height is given) over a layout (F, 3, 2).

    Of faces that lie on each other one is shown. Faces whole tiles away are folded back: they show the same texels.
    """
    height = height or width
    flat = uv.astype(np.float64)
    flat = flat - np.floor(flat.min(axis=1, keepdims=True) + 1e-6)
    flat = np.concatenate([flat.reshape(-1, 2), np.zeros((uv.size // 2, 1))], axis=1)
    u, v = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    origins = np.stack([u.ravel(), v.ravel(), np.ones(u.size)], axis=1)
    tracer = Tracer(flat, np.arange(len(flat)).reshape(-1, 3))
    hits = tracer.first(origins, np.broadcast_to([0.0, 0.0, -1.0], origins.shape))
    texel = np.flatnonzero(hits.face >= 0)
    a, b = hits.u[texel], hits.v[texel]
    return Texels(width, height, texel, hits.face[texel], np.stack([1 - a - b, a, b], axis=1))


def with_gutters(values: NDArray[Any], painted: Bools) -> NDArray[Any]:
    """A picture (H, W, C) whose empty texels take the value of the nearest painted one; as it is if none is."""
    from scipy.ndimage import distance_transform_edt

    if painted.all() or not painted.any():
        return values
    rows, columns = distance_transform_edt(~painted, return_distances=False, return_indices=True)
    result: NDArray[Any] = values[rows, columns]
    return result


def spread(values: NDArray[Any], texels: Texels) -> NDArray[Any]:
    """Values of the texels (T, C) as a picture (H, W, C), its gutters filled."""
    picture = np.zeros((texels.height * texels.width, values.shape[1]), values.dtype)
    picture[texels.texel] = values
    painted = np.zeros(len(picture), dtype=bool)
    painted[texels.texel] = True
    shape = (texels.height, texels.width)
    return with_gutters(picture.reshape(*shape, -1), painted.reshape(shape))
