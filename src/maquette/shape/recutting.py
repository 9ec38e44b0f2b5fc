"""Faces cut from the faces of a mesh: each takes along what rides on the one it was cut from."""

from __future__ import annotations

import numpy as np

from maquette.core.mesh import Floats, Ints, Mesh
from maquette.geometry.barycentric import shares


def recut(mesh: Mesh, vertices: Floats, faces: Ints, origin: Ints) -> Mesh:
    """The mesh with other faces (T, 3), each lying on the old face ``origin`` (T,) names; vertices nobody uses go.

    ``vertices`` (V + N, 3) are the old ones, perhaps moved by a hair, and new ones after them. Material and part are
    copied, uv, colour and seen are read off the old face where a new corner lies on it. A face that is an old one
    keeps everything to the bit.
    """
    count = len(mesh.vertices)
    uv = None if mesh.uv is None else mesh.uv[origin]
    color, seen = mesh.color, mesh.seen
    cut = np.flatnonzero((faces != mesh.faces[origin]).any(axis=1))
    weights = shares(vertices[faces[cut]], mesh.triangles[origin[cut]])  # (C, 3, 3)
    if uv is not None and mesh.uv is not None:
        uv[cut] = np.einsum("tck,tkd->tcd", weights, mesh.uv[origin[cut]])
    corner = np.zeros(len(vertices) - count, dtype=np.int64)  # any corner of a cut face at each new vertex
    named = faces[cut].reshape(-1)
    corner[named[named >= count] - count] = np.flatnonzero(named >= count)
    at = weights.reshape(-1, 3)[corner] if len(cut) else np.zeros((0, 3))
    old = mesh.faces[origin[cut[corner // 3]]] if len(cut) else np.zeros((0, 3), dtype=np.int64)
    if color is not None:
        mixed = np.einsum("vk,vkd->vd", at, color[old].astype(np.float64))
        color = np.concatenate([color, np.round(mixed).clip(0, 255).astype(np.uint8)])
    if seen is not None:
        seen = np.concatenate([seen, np.einsum("vk,vk->v", at, seen[old])])
    made = mesh.replace(
        vertices=vertices,
        faces=faces,
        uv=uv,
        color=color,
        seen=seen,
        material=None if mesh.material is None else mesh.material[origin],
        part=None if mesh.part is None else mesh.part[origin],
    )
    return made.keep_faces(slice(None))
