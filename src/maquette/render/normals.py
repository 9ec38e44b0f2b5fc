"""Normals for shading: smooth over curved surfaces, sharp over edges. vertices (V, 3), faces (F, 3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.geometry.surface import area_vectors
from maquette.geometry.welding import twins

CREASE_DEG = 40.0
# A corner asks all others at its vertex, so work grows with the square; above this a fan is shaded flat, which is
# also what the tip of a cone wants.
_MAX_FAN = 64
_CHUNK = 1 << 18


def corner_normals(vertices: Floats, faces: Ints, crease_deg: float = CREASE_DEG) -> NDArray[np.float32]:
    """Unit normal at each corner of each face, (F, 3, 3) float32; zero where a face has no area.

    A corner takes the area-weighted mean of the faces around its vertex that turn away from its own face by less than
    ``crease_deg``. Vertices that share a position count as one, so a mesh that was never welded shades alike.
    """
    _, twin = twins(vertices)
    corners = twin[faces]  # (F, 3)
    areas = area_vectors(vertices, faces)  # (F, 3)
    largest = np.abs(areas).max(initial=0.0)
    vectors: NDArray[np.float32] = (areas / largest if largest > 0 else areas).astype(np.float32)
    flat = _unit(vectors)
    count = int(twin.max()) + 1 if len(twin) else 0
    around = np.stack(
        [np.bincount(corners.reshape(-1), np.repeat(vectors[:, axis], 3), minlength=count) for axis in range(3)], axis=1
    )
    smooth = _unit(around.astype(np.float32))[corners]  # (F, 3, 3)
    turned = np.einsum("fcj,fj->fc", smooth, flat) < np.cos(np.radians(crease_deg) / 2)
    sharp = np.zeros(count, dtype=bool)  # vertices where two faces may lie further apart than the crease
    sharp[corners[turned]] = True
    at = np.flatnonzero(sharp[corners].reshape(-1))  # corners 3·f + c
    smooth.reshape(-1, 3)[at] = _split_by_crease(corners.reshape(-1)[at], at // 3, vectors, flat, crease_deg)
    return smooth


def _split_by_crease(
    vertex: Ints, face: Ints, vectors: NDArray[np.float32], flat: NDArray[np.float32], crease_deg: float
) -> NDArray[np.float32]:
    """Normals of corners (N,) at ``vertex`` of ``face``: each sums the faces around it that it agrees with."""
    order = np.argsort(vertex, kind="stable")
    ordered = vertex[order]
    start = np.searchsorted(ordered, ordered, side="left")
    size = np.searchsorted(ordered, ordered, side="right") - start  # (N,) corners around the same vertex
    of_corner = flat[face[order]]
    few = np.flatnonzero(size <= _MAX_FAN)
    ends = np.cumsum(size[few])
    cuts: Ints | list[int] = np.searchsorted(ends, np.arange(_CHUNK, ends[-1] + _CHUNK, _CHUNK)) if len(few) else []
    for mine in np.split(few, np.unique(cuts)) if len(few) else []:
        if not len(mine):
            continue
        owner = np.repeat(np.arange(len(mine)), size[mine])
        first = np.repeat(np.cumsum(size[mine]) - size[mine], size[mine])
        other = face[order][start[mine][owner] + np.arange(len(owner)) - first]
        agrees = np.einsum("ij,ij->i", flat[face[order][mine]][owner], flat[other]) > np.cos(np.radians(crease_deg))
        weights = vectors[other] * agrees[:, None]
        total = np.stack([np.bincount(owner, weights[:, axis], minlength=len(mine)) for axis in range(3)], axis=1)
        of_corner[mine] = _unit(total.astype(np.float32))
    result = np.empty_like(of_corner)
    result[order] = of_corner
    return result


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to length one, zero rows left alone."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    return unit
