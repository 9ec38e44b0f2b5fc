"""Quadric errors: how far a point, and the texture on it, lies from the surface it stands for.

Garland and Heckbert 1997 for positions (sum of squared distances to planes, area-weighted), Hoppe 1999 ("New quadric
metric for simplifying meshes with appearance attributes") for uv: on each face uv is a linear function of position,
and its squared error is a quadric too. A quadric is ten numbers: the upper triangle of A (6), b (3) and c of
pᵀAp + 2bᵀp + c.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.rows import flat_cross
from maquette.geometry.surface import area_vectors
from maquette.geometry.topology import edges

# A border or seam weighs this much more than the surface beside it: the outline is what the eye follows.
_OUTLINE = 10.0
_BLOCK = 4096
# Least share of the picture that counts as painted on. Models coloured from a palette use next to nothing of it: there
# a slide across a swatch would outweigh the shape.
_LEAST_ATLAS = 0.25


def terms(points: Floats) -> Floats:
    """What the ten numbers of a quadric are multiplied with to evaluate it at each point. (N, 3) -> (N, 10)."""
    x, y, z = points.T
    columns = (x * x, 2 * x * y, 2 * x * z, y * y, 2 * y * z, z * z, 2 * x, 2 * y, 2 * z, np.ones_like(x))
    result: Floats = np.stack(columns, axis=1)
    return result


def of_planes(gradient: Floats, offset: Floats, weight: Floats) -> Floats:
    """Quadrics of the squared linear functions (gradient·p + offset)², weighted. (N, 3), (N,), (N,) -> (N, 10)."""
    x, y, z = gradient.T
    columns = (x * x, x * y, x * z, y * y, y * z, z * z, x * offset, y * offset, z * offset, offset * offset)
    result: Floats = np.stack(columns, axis=1) * weight[:, None]
    return result


def sum_by_label(rows: Floats, label: Ints, count: int) -> Floats:
    """Rows (N, K) added up at each of their labels (N, M), (count, K)."""
    from scipy.sparse import coo_matrix

    row = np.repeat(np.arange(len(rows)), label.shape[1])
    gather = coo_matrix((np.ones(label.size), (label.reshape(-1), row)), shape=(count, len(rows))).tocsr()
    result: Floats = gather @ rows
    return result


def surface_quadrics(vertices: Floats, faces: Ints, outline: Ints) -> tuple[Floats, Floats]:
    """Quadric (V, 10) of each vertex from the planes of its faces, and the area behind it (V,).

    Along each half-edge of ``outline`` (3·f + c: borders and seams) stands one more plane, upright on its face.
    """
    vectors = area_vectors(vertices, faces)
    area = np.linalg.norm(vectors, axis=1)
    normal = vectors / np.maximum(area, 1e-300)[:, None]
    offset = -(normal * vertices[faces[:, 0]]).sum(axis=1)
    per_face = np.concatenate([of_planes(normal, offset, area), area[:, None]], axis=1)
    quadrics = sum_by_label(per_face, faces, len(vertices))
    face, place = outline // 3, outline % 3
    start, end = faces[face, place], faces[face, (place + 1) % 3]
    along = vertices[end] - vertices[start]
    upright = np.cross(along, normal[face])
    length = np.linalg.norm(upright, axis=1)
    upright /= np.maximum(length, 1e-300)[:, None]
    wall = of_planes(upright, -(upright * vertices[start]).sum(axis=1), _OUTLINE * length**2)
    quadrics[:, :10] += sum_by_label(wall, np.stack([start, end], axis=1), len(vertices))
    return np.ascontiguousarray(quadrics[:, :10]), quadrics[:, 10].copy()


def texture_quadrics(vertices: Floats, faces: Ints, wedge: Ints, uv: Floats) -> tuple[Floats, Floats]:
    """How far uv slides when wedge s moves onto wedge t: ``sums[s] · terms[t]``, squared and area-weighted.

    A wedge is a vertex as one chart sees it; wedge (F, 3), uv (W, 2) -> sums (W, 19), terms (W, 19). Both are in
    millimetres of surface, so that a slide counts like a dent of that depth.
    """
    vectors = area_vectors(vertices, faces)
    area = np.linalg.norm(vectors, axis=1)
    a, b, c = uv[wedge[:, 0]], uv[wedge[:, 1]], uv[wedge[:, 2]]
    flat = np.abs(flat_cross(b - a, c - a)).sum() / 2
    uv = uv * np.sqrt(area.sum() / max(float(flat), _LEAST_ATLAS))
    gradient, offset, weight = _slopes(vertices[faces], uv[wedge], vectors, area)
    rows = [of_planes(gradient[:, 0], offset[:, 0], weight) + of_planes(gradient[:, 1], offset[:, 1], weight)]
    rows += [gradient.reshape(-1, 6) * weight[:, None], offset * weight[:, None], weight[:, None]]
    sums = sum_by_label(np.concatenate(rows, axis=1), wedge, len(uv))
    place = np.zeros((len(uv), 3))
    place[wedge.reshape(-1)] = vertices[faces.reshape(-1)]
    u, v = uv[:, :1], uv[:, 1:]
    return sums, np.concatenate([terms(place), -2 * u * place, -2 * v * place, -2 * u, -2 * v, u * u + v * v], axis=1)


def _slopes(corners: Floats, uv: Floats, vectors: Floats, area: Floats) -> tuple[Floats, Floats, Floats]:
    """uv as a linear function of position on each face: gradient (F, 2, 3), offset (F, 2), weight (F,)."""
    normal = vectors / np.maximum(area, 1e-300)[:, None]
    opposite = np.roll(corners, -2, axis=1) - np.roll(corners, -1, axis=1)  # edge opposite each corner
    longest = (opposite**2).sum(axis=2).max(axis=1)
    sound = area > 1e-6 * longest  # slivers have no slope worth the name
    heights = np.cross(normal[:, None], opposite) / np.where(sound, 2 * area, 1)[:, None, None]  # (F, 3, 3)
    gradient = np.einsum("fcd,fcs->fsd", heights, uv)
    offset = uv[:, 0] - np.einsum("fsd,fd->fs", gradient, corners[:, 0])
    return gradient, offset, np.where(sound, area, 0.0)


def evaluate(sums: Floats, source: Ints, factors: Floats, target: Ints) -> Floats:
    """``sums[source] · factors[target]`` row by row, (N,); in blocks that fit the cache, which halves the time."""
    result = np.empty(len(source))
    for start in range(0, len(source), _BLOCK):
        some = slice(start, start + _BLOCK)
        np.einsum("ij,ij->i", sums[source[some]], factors[target[some]], out=result[some])
    return result


def move_over(sums: Floats, source: Ints, target: Ints) -> Floats:
    """A copy of ``sums`` (N, K) with each source row added to its target row; a target may occur often."""
    result = sums.copy()
    if len(target):
        order = np.argsort(target, kind="stable")
        unique, first = np.unique(target[order], return_index=True)
        result[unique] += np.add.reduceat(sums[source[order]], first, axis=0)
    return result


def outline_halves(faces: Ints, wedge: Ints) -> Ints:
    """Half-edges on borders, crowded edges and seams (where two faces hold different wedges)."""
    edge_table = edges(faces)
    low = np.where(edge_table.forward, wedge.reshape(-1), np.roll(wedge, -1, axis=1).reshape(-1))
    high = np.where(edge_table.forward, np.roll(wedge, -1, axis=1).reshape(-1), wedge.reshape(-1))
    last = np.zeros(len(edge_table.ends), dtype=np.int64)
    last[edge_table.of_half] = np.arange(faces.size)
    last = last[edge_table.of_half]
    seam = np.zeros(len(edge_table.ends), dtype=bool)
    seam[edge_table.of_half[(low != low[last]) | (high != high[last])]] = True
    result: Ints = np.flatnonzero((edge_table.count != 2)[edge_table.of_half] | seam[edge_table.of_half])
    return result
