"""How good a flat layout is: stretch, fill, how even its texels are, overlap, charts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints, Singles
from maquette.core.memory import remember
from maquette.geometry.surface import face_areas
from maquette.geometry.uv.overlaps import stack_at

_GRID = 512  # places along the square at which overlap is looked for


@dataclass(frozen=True)
class Stretch:
    """Sander, Snyder, Gortler and Hoppe 2001, "Texture mapping progressive meshes"; 1 is an isometry.

    ``mean`` is their L2 over the surface, ``worst`` their L∞, both with the layout scaled to the surface's area.
    ``face`` (F,) is each face's largest stretch, infinite where it has no area on the texture and 0 where it has none.
    """

    mean: float
    worst: float
    face: Floats


def stretch(vertices: Floats, faces: Ints, uv: Singles) -> Stretch:
    """Stretch of a layout (F, 3, 2) of a surface. Faces without place on the texture count in ``face`` only."""
    corners, flat = vertices[faces], uv.astype(np.float64)
    e1, e2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    a, b = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    double = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    area = face_areas(vertices, faces)
    known = (double != 0) & (area > 0)
    safe = np.where(known, double, 1.0)[:, None]
    along_u, along_v = (e1 * b[:, 1:] - e2 * a[:, 1:]) / safe, (e2 * a[:, :1] - e1 * b[:, :1]) / safe
    uu, uv_, vv = (np.einsum("ij,ij->i", p, q) for p, q in ((along_u,) * 2, (along_u, along_v), (along_v,) * 2))
    half, apart = (uu + vv) / 2, np.sqrt((uu - vv) ** 2 / 4 + uv_**2)
    total = float(area[known].sum())
    if not total:
        return Stretch(1.0, 1.0, np.where(area > 0, np.inf, 0.0))
    scale = np.sqrt(np.abs(double[known]).sum() / 2 / total)
    face = np.where(known, np.sqrt(half + apart) * scale, np.where(area > 0, np.inf, 0.0))
    mean = np.sqrt((half[known] * area[known]).sum() / total) * scale
    return Stretch(float(mean), float(face[known].max()), face)


def density_spread(vertices: Floats, faces: Ints, uv: Singles) -> float:
    """How unevenly texels are dealt out: standard deviation over mean of texels per length, weighted by area."""
    area = face_areas(vertices, faces)
    known = area > 0
    density = np.sqrt(uv_areas(uv)[known] / area[known])
    weight = area[known] / max(area.sum(), 1e-300)
    mean = float((density * weight).sum())
    return float(np.sqrt((weight * (density - mean) ** 2).sum())) / mean if mean > 0 else 0.0


def uv_areas(uv: Singles) -> Floats:
    """Area of each face on the texture, (F,)."""
    flat = uv.astype(np.float64)
    a, b = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    result: Floats = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2
    return result


@dataclass(frozen=True)
class Cover:
    """Share of the unit square that is covered, share of the covered that is so more than once, and faces there."""

    fill: float
    overlap: float
    faces: Ints


@remember(4)
def cover(uv: Singles) -> Cover:
    """Look at a layout at 512 x 512 places of the unit square; layouts that repeat are folded back into it first."""
    if not len(uv):
        return Cover(0.0, 0.0, np.zeros(0, np.int64))
    flat = uv.astype(np.float64)
    flat = flat - np.floor(flat.min(axis=1, keepdims=True) + 1e-6)  # whole tiles away: the same texels
    axis = (np.arange(_GRID) + 0.5) / _GRID
    places = np.stack([part.ravel() for part in np.meshgrid(axis, axis)], axis=1)
    top, bottom = stack_at(flat, places)
    covered, twice = top >= 0, top != bottom
    share = float(twice.sum() / max(covered.sum(), 1))
    return Cover(float(covered.mean()), share, np.unique(np.concatenate([top[twice], bottom[twice]])))
