"""From corners to vertices: smooth normals with creases, tangents, and the least splitting a GPU format needs.

Arrays in, arrays out. A corner is 3·f + c; a mesh splits a vertex only where two of its corners differ in normal, uv or
handedness. A whole GLB of 200,000 faces is written in 0.24 s, 0.43 s with a seam at every edge, 0.75 s with tangents.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.geometry.surface import face_normals
from maquette.geometry.topology import edges


def smooth_groups(vertices: Floats, faces: Ints, crease_deg: float) -> Ints:
    """Corners that share a normal have one number, (3F,): around a vertex, no crease lies between them.

    A crease is an edge where two faces meet at more than ``crease_deg``, or where not exactly two faces meet that are
    wound alike.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edge_table = edges(faces)
    order = np.argsort(edge_table.of_half, kind="stable")
    first = np.concatenate([[0], np.cumsum(edge_table.count)[:-1]]).astype(np.int64)
    regular = first[(edge_table.count == 2) & (edge_table.balance == 0)]
    left, right = order[regular], order[regular + 1]
    normals = face_normals(vertices, faces)
    cosine = np.einsum("ij,ij->i", normals[left // 3], normals[right // 3])
    smooth = cosine >= np.cos(np.radians(crease_deg))
    if smooth.all() and len(regular) == len(edge_table.ends):
        return faces.reshape(-1)
    left, right = left[smooth], right[smooth]
    rows, columns = np.concatenate([left, _next(left)]), np.concatenate([_next(right), right])
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(faces.size, faces.size))
    result: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return result


def group_normals(vertices: Floats, faces: Ints, group: Ints) -> Floats:
    """Unit normal of each group, (G, 3): the angle-weighted sum of its faces (Thürmer and Wüthrich 1998)."""
    normals, angle = face_normals(vertices, faces), corner_angles(vertices, faces)
    sums = _sum_rows(np.repeat(normals, 3, axis=0) * angle.reshape(-1, 1), group, int(group.max()) + 1)
    return _unit(sums, np.array([0.0, 0.0, 1.0]))


def corner_angles(vertices: Floats, faces: Ints) -> Floats:
    """Angle of each face at each of its corners in radians, (F, 3)."""
    corners = vertices[faces]
    ahead = np.roll(corners, -1, axis=1) - corners
    behind = np.roll(corners, 1, axis=1) - corners
    across = np.linalg.norm(np.cross(ahead, behind), axis=2)
    result: Floats = np.arctan2(across, np.einsum("fci,fci->fc", ahead, behind))
    return result


def handedness(uv: NDArray[np.float32]) -> NDArray[np.float32]:
    """+1 where a face shows its picture as it is, −1 where mirrored, (F,). uv (F, 3, 2), v downwards."""
    a, b = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    return np.where(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] > 0, -1.0, 1.0).astype(np.float32)


def corner_tangents(vertices: Floats, faces: Ints, uv: NDArray[np.float32]) -> Floats:
    """Direction in which u grows on each face, angle-weighted at each corner, (3F, 3); zero where uv has no area."""
    corners, flat = vertices[faces], uv.astype(np.float64)
    e1, e2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    a, b = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    along = (e1 * b[:, 1:] - e2 * a[:, 1:]) * np.sign(area)[:, None]
    along = _unit(along, np.zeros(3))
    result: Floats = np.repeat(along, 3, axis=0) * corner_angles(vertices, faces).reshape(-1, 1)
    return result


def vertex_tangents(along: Floats, vertex: Ints, normals: Floats) -> Floats:
    """Unit tangents square to the normals, (N, 3), from the corners' ``along`` (3F, 3) and their ``vertex`` (3F,)."""
    total = _sum_rows(along, vertex, len(normals))
    total -= normals * np.einsum("ij,ij->i", total, normals)[:, None]
    anything = np.eye(3)[np.abs(normals).argmin(axis=1)]  # the axis least along the normal
    return _unit(total, _unit(np.cross(normals, anything), np.zeros(3)))


def split_rows(*keys: NDArray[np.generic]) -> tuple[Ints, Ints]:
    """Rows that agree in all keys are one. keys (N,) each, the first sorts first -> first rows (M,), of_row (N,)."""
    order = np.lexsort(keys[::-1])
    new = np.zeros(len(order), bool)
    new[:1] = True
    for key in keys:
        ordered = key[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    of_row = np.empty(len(order), np.int64)
    of_row[order] = np.cumsum(new) - 1
    return order[new], of_row


def _next(half: Ints) -> Ints:
    """The half-edge that follows in the same face, which is also the corner a half-edge ends at."""
    following: Ints = np.where(half % 3 == 2, half - 2, half + 1)
    return following


def _sum_rows(rows: Floats, group: Ints, count: int) -> Floats:
    return np.stack([np.bincount(group, weights=rows[:, axis], minlength=count) for axis in range(3)], axis=1)


def _unit(rows: Floats, instead: Floats) -> Floats:
    """Rows of length one; ``instead`` where there is no direction."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = np.where(length > 0, rows / np.where(length > 0, length, 1.0), instead)
    return unit
