"""Faces cut from the faces of a mesh: each takes along what rides on the one it was cut from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.mesh import Floats, Ints, Mesh
from maquette.geometry.barycentric import shares


@dataclass(frozen=True)
class Worn:
    """What triangles wear: by face and at their corners, colours not yet rounded. None for what there is not."""

    uv: Floats | None  # (T, 3, 2)
    material: Ints | None  # (T,)
    part: Ints | None  # (T,)
    color: Floats | None  # (T, 3, 3) 0..255
    seen: Floats | None  # (T, 3)


def worn(mesh: Mesh, origin: Ints, lying: Floats) -> Worn:
    """What rides on the mesh, on triangles cut from its faces ``origin`` (T,) where their corners lie (T, 3, 3)."""
    corners = mesh.faces[origin]
    return Worn(
        None if mesh.uv is None else np.einsum("tck,tkd->tcd", lying, mesh.uv[origin]),
        None if mesh.material is None else mesh.material[origin],
        None if mesh.part is None else mesh.part[origin],
        None if mesh.color is None else np.einsum("tck,tkd->tcd", lying, mesh.color[corners].astype(np.float64)),
        None if mesh.seen is None else np.einsum("tck,tk->tc", lying, mesh.seen[corners]),
    )


def on_vertices(corners: Floats | None, faces: Ints, count: int) -> np.ndarray | None:
    """A channel given at corners (T, 3, ...) on so many vertices: the first face has its say, 0 where there is none."""
    if corners is None:
        return None
    made = np.zeros((count, *corners.shape[2:]))
    made[faces.reshape(-1)[::-1]] = corners.reshape(-1, *corners.shape[2:])[::-1]  # the first is written last
    return made


def as_colors(mixed: np.ndarray) -> np.ndarray:
    """Mixed colours as bytes."""
    return np.round(mixed).clip(0, 255).astype(np.uint8)


def recut(mesh: Mesh, vertices: Floats, faces: Ints, origin: Ints) -> Mesh:
    """The mesh with other faces (T, 3), each lying on the old face ``origin`` (T,) names; vertices nobody uses go.

    ``vertices`` (V + N, 3) are the old ones, perhaps moved by a hair, and new ones after them. Material and part are
    copied, uv, colour and seen are read off the old face where a new corner lies on it. A face that is an old one
    keeps everything to the bit.
    """
    count = len(mesh.vertices)
    cut = np.flatnonzero((faces != mesh.faces[origin]).any(axis=1))
    found = worn(mesh, origin[cut], shares(vertices[faces[cut]], mesh.triangles[origin[cut]]))
    color, seen = (
        None if channel is None else on_vertices(channel, faces[cut], len(vertices))[count:]
        for channel in (found.color, found.seen)
    )
    uv = None if mesh.uv is None else mesh.uv[origin]
    if uv is not None:
        uv[cut] = found.uv
    made = mesh.replace(
        vertices=vertices,
        faces=faces,
        uv=uv,
        color=None if color is None else np.concatenate([mesh.color, as_colors(color)]),
        seen=None if seen is None else np.concatenate([mesh.seen, seen]),
        material=None if mesh.material is None else mesh.material[origin],
        part=None if mesh.part is None else mesh.part[origin],
    )
    return made.keep_faces(slice(None))
