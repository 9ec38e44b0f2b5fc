"""A patch made as fine as its border and drawn taut or rounded off, after Liepa 2003, sections 4 and 5.

A patch is a sheet of faces over points of which the first ``fixed`` are its border. Taut: every inner point lies in
the middle of its neighbours (a soap film). Round: the sheet bends as evenly as it can and meets the surface beyond
without a crease (a thin plate).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.mend.refinement import ends_of, inner_edges, longest_of_both, split_edges
from maquette.geometry.topology import edges

_LONG = 1.5  # times the spacing at hand an edge may be long; a triangle in the middle of two lengths stays whole
_MOST = 200_000  # faces at which refining ends, whatever the spacing
_ROUNDS = 24
_STEEP = 50.0  # largest cotangent believed, an angle of 1 degree; slivers beyond the border have worse


def refine(points: Floats, faces: Ints, fixed: int, sheet: Ints, wanted: Bools) -> tuple[Floats, Ints, Ints]:
    """Sheets with inner edges cut until they are about as long as the border's nearby, and drawn taut.

    points (P, 3), faces (T, 3); sheet (P,) is the sheet of each point, wanted (S,) which sheets to refine. The border
    and its edges stay, and no edge is made between two fixed points. -> points (P', 3), faces (T', 3), sheet (P',)
    """
    spacing = _border_spacing(points, faces)
    spacing = np.concatenate([spacing[:fixed], Film(faces, len(points), fixed).fill_in(spacing[:fixed, None])[:, 0]])
    for _ in range(_ROUNDS):
        pairs = inner_edges(faces)
        start, end = ends_of(faces, pairs[:, 0])
        length = np.linalg.norm(points[start] - points[end], axis=1)
        cut = wanted[sheet[start]] & (length > _LONG * (spacing[start] + spacing[end]) / 2)
        cut &= longest_of_both(np.where(cut, length, 0.0), pairs, len(faces))
        if not cut.any() or len(faces) > _MOST:
            break
        a, b = start[cut], end[cut]
        points = np.concatenate([points, (points[a] + points[b]) / 2])
        sheet, spacing = np.append(sheet, sheet[a]), np.append(spacing, (spacing[a] + spacing[b]) / 2)
        faces = _turn_edges(points, split_edges(faces, pairs[cut], len(points) - len(a), points), fixed)
        points = np.concatenate([points[:fixed], Film(faces, len(points), fixed).fill_in(points[:fixed])])
    return points, faces, sheet


class Film:
    """The rule that every inner point is the middle of its neighbours, solved for anything given on the border."""

    def __init__(self, faces: Ints, count: int, fixed: int) -> None:
        self._fixed = fixed
        pull = _pull(faces, count)[fixed:]
        self._inner, self._rim = pull[:, fixed:].tocsc(), pull[:, :fixed]

    def fill_in(self, on_border: Floats) -> Floats:
        """Values (B, K) on the border continued to the inner points, (P - B, K)."""
        from scipy.sparse.linalg import splu

        if not self._inner.shape[0]:
            return np.zeros((0, on_border.shape[1]))
        result: Floats = splu(self._inner).solve(-np.asarray(self._rim @ on_border))
        return result


def round_off(points: Floats, faces: Ints, inner: Ints) -> Floats:
    """Inner points moved so that the sheet bends evenly; points (P, 3), faces with at least a ring beyond the border.

    Solves for the bi-Laplacian to vanish at ``inner``, the others fixed. Cotangent weights, measured on the taut sheet
    (Botsch and Kobbelt 2004, section 3), hit a ball's cap to 0.2 % of its radius; plain means miss it by 3 %. -> (P, 3)
    """
    from scipy.sparse import coo_matrix, diags_array
    from scipy.sparse.linalg import splu

    size = len(points)
    tip, a, b = faces.reshape(-1), np.roll(faces, -1, axis=1).reshape(-1), np.roll(faces, -2, axis=1).reshape(-1)
    cosine = _cosine(points, tip, a, b)
    cotangent = (cosine / np.sqrt(np.maximum(1 - cosine**2, 1e-12))).clip(-_STEEP, _STEEP)
    half = coo_matrix((cotangent / 2, (a, b)), shape=(size, size)).tocsr()
    pull = half + half.T
    pull = pull - diags_array(np.asarray(pull.sum(axis=1)).ravel())
    area = np.linalg.norm(_area_vector(points, *faces.T), axis=1) / 6
    mass = np.bincount(faces.reshape(-1), weights=np.repeat(area, 3), minlength=size)
    plate = (pull @ diags_array(1 / np.maximum(mass, 1e-3 * mass.mean())) @ pull).tocsr()[inner].tocsc()
    others = np.setdiff1d(np.arange(size), inner)
    result = points.copy()
    result[inner] = splu(plate[:, inner].tocsc()).solve(-np.asarray(plate[:, others] @ points[others]))
    return result


def _pull(faces: Ints, count: int) -> Any:
    """Sparse (P, P): mean of the neighbours minus the point itself."""
    from scipy.sparse import coo_matrix, diags_array

    ends = edges(faces).ends
    rows, columns = np.concatenate([ends[:, 0], ends[:, 1]]), np.concatenate([ends[:, 1], ends[:, 0]])
    number = np.maximum(np.bincount(rows, minlength=count), 1)
    mean = coo_matrix((1.0 / number[rows], (rows, columns)), shape=(count, count)).tocsr()
    return (mean - diags_array(np.ones(count))).tocsr()


def _border_spacing(points: Floats, faces: Ints) -> Floats:
    """Mean length of the two border edges at each point, (P,)."""
    edge_table = edges(faces)
    a, b = edge_table.ends[edge_table.count == 1].T
    length = np.linalg.norm(points[a] - points[b], axis=1)
    both, twice = np.concatenate([a, b]), np.concatenate([length, length])
    total = np.bincount(both, weights=twice, minlength=len(points))
    border_spacing: Floats = total / np.maximum(np.bincount(both, minlength=len(points)), 1)
    return border_spacing


def _turn_edges(points: Floats, faces: Ints, fixed: int) -> Ints:
    """Inner edges turned where that makes the smaller of two opposite angles larger, until none gains; (T, 3)."""
    result = faces.copy()
    for _ in range(10):
        pairs = inner_edges(result)
        a, b = ends_of(result, pairs[:, 0])
        corner = result.reshape(-1)
        c, d = (corner[pairs[:, side] - pairs[:, side] % 3 + (pairs[:, side] + 2) % 3] for side in (0, 1))
        lean = _cosine(points, c, a, b) + _cosine(points, d, a, b)  # below 0: the angles exceed 180 degrees together
        flips = (lean < -1e-9) & (np.maximum(c, d) >= fixed) & (c != d) & ~_are_joined(result, c, d, len(points))
        first, second = _area_vector(points, c, d, b), _area_vector(points, d, c, a)
        flips &= (first * second).sum(axis=1) > 0  # the two new triangles look the same way
        chosen = np.flatnonzero(flips)
        chosen = chosen[np.argsort(lean[chosen], kind="stable")]
        tips = np.minimum(c, d)[chosen] * len(points) + np.maximum(c, d)[chosen]
        chosen = chosen[np.sort(np.unique(tips, return_index=True)[1])]  # no edge is made twice
        chosen = _apart(chosen, pairs // 3, len(result))
        if not len(chosen):
            break
        result[pairs[chosen, 0] // 3] = np.stack([c, d, b], axis=1)[chosen]
        result[pairs[chosen, 1] // 3] = np.stack([d, c, a], axis=1)[chosen]
    return result


def _are_joined(faces: Ints, a: Ints, b: Ints, count: int) -> Bools:
    """Whether an edge runs between a and b already."""
    ends = edges(faces).ends
    are_joined: Bools = np.isin(np.minimum(a, b) * count + np.maximum(a, b), ends[:, 0] * count + ends[:, 1])
    return are_joined


def _cosine(points: Floats, tip: Ints, a: Ints, b: Ints) -> Floats:
    """Cosine of the angle a-tip-b."""
    p, q = points[a] - points[tip], points[b] - points[tip]
    sizes = np.linalg.norm(p, axis=1) * np.linalg.norm(q, axis=1)
    cosine: Floats = (p * q).sum(axis=1) / np.maximum(sizes, 1e-300)
    return cosine


def _area_vector(points: Floats, a: Ints, b: Ints, c: Ints) -> Floats:
    area_vector: Floats = np.cross(points[b] - points[a], points[c] - points[a])
    return area_vector


def _apart(chosen: Ints, pair: Ints, face_count: int) -> Ints:
    """Of the chosen pairs of faces, best first, those that are the first choice of both their faces."""
    rank = np.arange(len(chosen))
    owner = np.full(face_count, len(chosen))
    np.minimum.at(owner, pair[chosen].reshape(-1), np.repeat(rank, 2))
    apart: Ints = chosen[(owner[pair[chosen, 0]] == rank) & (owner[pair[chosen, 1]] == rank)]
    return apart
