"""A whole surface laid out flat: charts by cones, flattened, checked for overlap, packed into one square by xatlas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints, Singles
from maquette.geometry.topology import face_components
from maquette.geometry.uv.cones import cone_charts
from maquette.geometry.uv.flatten import flatten_charts, signed_areas
from maquette.geometry.uv.overlaps import folded_charts

_CONE_DEG = 75.0  # 60 makes half as many charts again, 80 doubles the worst stretch
_FILL = 0.65  # share of the square that charts are expected to fill
_ROUNDS = 4
_HALVINGS = 12  # a chart that lies over itself is halved, at most so often


def cone_atlas(vertices: Floats, faces: Ints, side: int, gutter: int) -> tuple[Singles, int]:
    """uv (F, 3, 2) 0..1 in one square of ``side`` texels with ``gutter`` texels between charts, and how many charts."""
    middle, size = vertices.mean(axis=0), max(float(np.ptp(vertices, axis=0).max()), 1e-300)
    unit = (vertices - middle) / size
    corners, label = lay_flat(unit, faces, cone_charts(unit, faces, _CONE_DEG))
    return pack_charts(corners, label, side, gutter), int(label.max()) + 1


def lay_flat(vertices: Floats, faces: Ints, label: Ints) -> tuple[Floats, Ints]:
    """Charts (F,) flattened, (F, 3, 2); one that lies over itself is halved until it does not, so labels may grow."""
    corners = flatten_charts(vertices, faces, label)
    label = label.copy()
    todo = np.arange(len(faces))
    for _ in range(_HALVINGS):
        numbers, local = np.unique(label[todo], return_inverse=True)
        folded = folded_charts(corners[todo], local.reshape(-1))
        if not len(folded):
            break
        todo = todo[np.isin(label[todo], numbers[folded])]
        label[todo] = int(label.max()) + 1 + _halves(vertices, faces[todo], label[todo])
        _, again = np.unique(label[todo], return_inverse=True)
        corners[todo] = flatten_charts(vertices, faces[todo], again.reshape(-1))
    _, label = np.unique(label, return_inverse=True)
    return corners, label.reshape(-1)


def _halves(vertices: Floats, faces: Ints, label: Ints) -> Ints:
    """Each chart cut in two across its longest extent, and into what hangs together, (F,)."""
    middle = vertices[faces].mean(axis=1)
    _, chart = np.unique(label, return_inverse=True)
    chart = chart.reshape(-1)
    low, high = np.full((chart.max() + 1, 3), np.inf), np.full((chart.max() + 1, 3), -np.inf)
    np.minimum.at(low, chart, middle)
    np.maximum.at(high, chart, middle)
    axis = (high - low).argmax(axis=1)[chart]
    row = np.arange(len(faces))
    upper = middle[row, axis] > ((low + high) / 2)[chart, axis]
    half = 2 * chart + upper
    _, place = np.unique(half[:, None] * len(vertices) + faces, return_inverse=True)
    return face_components(place.reshape(-1, 3))[1]


def pack_charts(corners: Floats, label: Ints, side: int, gutter: int) -> Singles:
    """Charts (F, 3, 2) side by side in one square, all at one scale, uv (F, 3, 2) 0..1.

    xatlas (MIT) packs into the size that a scale needs, so the scale is found in a few rounds.
    """
    key = np.concatenate([label.repeat(3)[:, None], corners.reshape(-1, 2)], axis=1)
    _, first, place = np.unique(key, axis=0, return_index=True, return_inverse=True)
    flat, index = corners.reshape(-1, 2)[first].astype(np.float32), place.reshape(-1, 3).astype(np.uint32)
    area = float(np.abs(signed_areas(corners)).sum())
    if not area > 0:
        return np.zeros(corners.shape, np.float32)
    scale = side * np.sqrt(_FILL / area)  # texels per unit
    best, least = np.zeros(corners.shape, np.float32), np.inf
    for _ in range(_ROUNDS):
        uv, across = _packed_at(flat, index, float(scale), gutter)
        if uv.size and across / scale < least:
            best, least = uv, across / scale
        if 0.97 * side <= across <= side:
            break
        scale *= 0.985 * side / max(across, 1.0)
    return best


def _packed_at(flat: Singles, index: NDArray[np.uint32], scale: float, gutter: int) -> tuple[Singles, int]:
    """uv (F, 3, 2) of the smallest square around charts at this many texels per unit, and its side in texels."""
    import xatlas

    atlas = xatlas.Atlas()
    atlas.add_uv_mesh(flat, index)
    options = xatlas.PackOptions()
    options.texels_per_unit, options.padding = scale, gutter
    atlas.generate(xatlas.ChartOptions(), options)
    across = max(atlas.width, atlas.height)
    _, corner, uv = atlas[0]
    texels = uv[corner.reshape(-1)].astype(np.float64) * [atlas.width, atlas.height]
    return np.ascontiguousarray((texels / max(across, 1)).reshape(len(index), 3, 2), dtype=np.float32), across
