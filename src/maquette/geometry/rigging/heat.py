"""How much each bone moves each vertex: heat that flows from the bones through the surface.

Each vertex is warmed by the bone it sees nearest, as by 1 / distance², and passes heat on to its neighbours; what it
has of a bone's heat in the end is its weight (Baran and Popović 2007, "Automatic rigging and animation of 3D
characters", section 4). Four weights at most are kept, and add up to 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.rays import Tracer
from maquette.geometry.rows import dot
from maquette.geometry.surface import face_areas
from maquette.geometry.topology import edges

_MOST = 4
_HIDDEN = 4.0  # times as far counts a bone that a vertex does not see
_FAINT = 0.02  # weights below this go


def heat_weights(
    vertices: Floats, faces: Ints, joint: Ints, start: Floats, end: Floats, count: int
) -> tuple[Ints, Floats]:
    """Joints (V, 4) and weights (V, 4), rows of which add up to 1.

    Bones are segments from ``start`` to ``end`` (B, 3), each moved by its ``joint`` (B,) of ``count``.
    """
    from scipy.sparse import diags
    from scipy.sparse.linalg import splu

    distance = _seen_distances(vertices, faces, start, end)
    per_joint = np.full((len(vertices), count), np.inf)
    for bone, owner in enumerate(joint.tolist()):
        per_joint[:, owner] = np.minimum(per_joint[:, owner], distance[:, bone])
    nearest = per_joint.min(axis=1)
    close = per_joint <= nearest[:, None] * 1.0001
    share = close / close.sum(axis=1, keepdims=True)
    laplacian, mass = _laplacian(vertices, faces)
    heat = mass / np.maximum(nearest, 1e-3 * float(np.ptp(vertices, axis=0).max())) ** 2 + 1e-12 * float(mass.max())
    solved = splu((laplacian + diags(heat)).tocsc()).solve(heat[:, None] * share)
    return strongest(solved)


def strongest(weights: Floats) -> tuple[Ints, Floats]:
    """The four largest of each row (V, J): joints (V, 4), and weights (V, 4) that add up to 1."""
    weights = np.where(weights > _FAINT, weights, 0.0)
    if weights.shape[1] < _MOST:
        weights = np.pad(weights, ((0, 0), (0, _MOST - weights.shape[1])))
    joints = np.argsort(-weights, axis=1, kind="stable")[:, :_MOST]
    best = np.take_along_axis(weights, joints, axis=1)
    total = best.sum(axis=1, keepdims=True)
    best = np.where(total > 0, best / np.maximum(total, 1e-300), np.eye(_MOST)[[0]])
    return np.where(best > 0, joints, 0), best


def _seen_distances(vertices: Floats, faces: Ints, start: Floats, end: Floats) -> Floats:
    """From each vertex to each bone, (V, B); farther where the surface stands between."""
    tracer = Tracer(vertices, faces)
    result = np.empty((len(vertices), len(start)))
    for bone in range(len(start)):
        along = end[bone] - start[bone]
        share = np.clip((vertices - start[bone]) @ along / max(float(along @ along), 1e-300), 0, 1)
        foot = start[bone] + share[:, None] * along
        way = vertices - foot
        distance = np.sqrt(dot(way, way))
        hidden = tracer.is_blocked(foot, way, distance * (1 - 1e-3) - 2 * tracer.step)
        result[:, bone] = np.where(hidden, _HIDDEN * distance, distance)
    return result


def _laplacian(vertices: Floats, faces: Ints) -> tuple[Any, Floats]:
    """Cotangent Laplacian (V, V), positive, and the area around each vertex (V,)."""
    from scipy.sparse import coo_matrix, diags

    size = len(vertices)
    corner = vertices[faces]
    cotangents = np.empty(faces.shape)
    for k in range(3):
        a, b = corner[:, (k + 1) % 3] - corner[:, k], corner[:, (k + 2) % 3] - corner[:, k]
        area = np.linalg.norm(np.cross(a, b), axis=1)
        cotangents[:, (k + 1) % 3] = dot(a, b) / np.maximum(area, 1e-12 * dot(a, a) + 1e-300)  # of the edge opposite
    table = edges(faces)
    weight = np.bincount(table.of_half, weights=cotangents.reshape(-1) / 2, minlength=len(table.ends))
    weight = np.clip(weight, 0.0, 50.0)
    low, high = table.ends.T
    graph = coo_matrix(
        (np.tile(weight, 2), (np.concatenate([low, high]), np.concatenate([high, low]))), shape=(size, size)
    ).tocsr()
    mass: Floats = np.bincount(
        faces.reshape(-1), weights=np.repeat(face_areas(vertices, faces) / 3, 3), minlength=size
    ).astype(np.float64)
    return diags(np.asarray(graph.sum(axis=1)).reshape(-1)) - graph, mass + 1e-9 * float(mass.max())
