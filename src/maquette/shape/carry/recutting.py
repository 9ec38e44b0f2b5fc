"""Faces cut from the faces of a mesh: each takes along what rides on the one it was cut from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.channels import CHANNELS, Channel
from maquette.core.mesh import Mesh
from maquette.geometry.barycentric import shares

# What triangles wear, by the name of the channel: (T, ...) for one of faces, (T, 3, ...) at their corners for one of
# corners or vertices; mixed values are not yet rounded.
Worn = dict[str, NDArray[Any]]


def recut_channels(mesh: Mesh, origin: Ints, lying: Floats) -> Worn:
    """What rides on the mesh, on triangles cut from its faces ``origin`` (T,) where their corners lie (T, 3, 3)."""
    on_triangles: Worn = {}
    for name, values in mesh.channels.items():
        channel = CHANNELS[name]
        if channel.domain == "face":
            on_triangles[name] = values[origin]
        else:
            corners = values[origin] if channel.domain == "corner" else values[mesh.faces[origin]]
            on_triangles[name] = channel.mixed(corners, lying)
    return on_triangles


def dressed_in(vertices: Floats, faces: Ints, clothes: Worn) -> Mesh:
    """A mesh of these faces (T, 3) that wears what its triangles wear."""
    channels = {}
    for name, values in clothes.items():
        channel = CHANNELS[name]
        on_vertices = channel.domain == "vertex"
        channels[name] = channel.settled(from_corners(channel, values, faces, len(vertices)) if on_vertices else values)
    return Mesh.of(vertices, faces, channels)


def from_corners(channel: Channel, corners: NDArray[Any], faces: Ints, count: int) -> NDArray[Any]:
    """Values at corners (T, 3, ...) put on so many vertices: the first face has its say, the rest miss the channel."""
    on_vertices = np.full((count, *corners.shape[2:]), channel.missing, corners.dtype)
    on_vertices[faces.reshape(-1)[::-1]] = corners.reshape(-1, *corners.shape[2:])[::-1]  # the first is written last
    return on_vertices


def recut(mesh: Mesh, vertices: Floats, faces: Ints, origin: Ints) -> Mesh:
    """The mesh with other faces (T, 3), each lying on the old face ``origin`` (T,) names; vertices nobody uses go.

    ``vertices`` (V + N, 3) are the old ones, perhaps moved by a hair, and new ones after them. What rides on faces is
    copied, what rides on corners and vertices is read off the old face where a new corner lies on it. A face that is an
    old one keeps everything to the bit.
    """
    cut = np.flatnonzero((faces != mesh.faces[origin]).any(axis=1))
    on_cut = recut_channels(mesh, origin[cut], shares(vertices[faces[cut]], mesh.triangles[origin[cut]]))
    channels = mesh.face_rows(origin)
    for name, values in on_cut.items():
        channel = CHANNELS[name]
        if channel.domain == "corner":
            channels[name][cut] = channel.settled(values)
        elif channel.domain == "vertex":
            new = from_corners(channel, values, faces[cut], len(vertices))[len(mesh.vertices) :]
            channels[name] = np.concatenate([mesh.channels[name], channel.settled(new)])
    return mesh.replace(vertices=vertices, faces=faces, **channels).keep_faces(slice(None))


def between_corners(mesh: Mesh, parent: Ints, first: Ints, second: Ints, share: Floats) -> dict[str, NDArray[Any]]:
    """What rides on faces and corners, on faces cut along edges.

    Face f was cut from ``parent`` (T,), its corner c lies the ``share`` (T, 3) of the way from that face's corner
    ``first`` (T, 3) to its ``second``.
    """
    channels = mesh.face_rows(parent)
    across = np.arange(len(parent))[:, None]
    for name, values in channels.items():
        channel = CHANNELS[name]
        if channel.domain == "corner":
            channels[name] = channel.settled(channel.between(values[across, first], values[across, second], share))
    return channels


def between_vertices(mesh: Mesh, ends: Ints, along: Floats) -> dict[str, NDArray[Any]]:
    """What rides on vertices, (V + N, ...): new ones lie ``along`` (N,) the way between the old ``ends`` (N, 2)."""
    channels = {}
    for name, values in mesh.vertex_rows(slice(None)).items():
        channel = CHANNELS[name]
        new = channel.between(values[ends[:, 0]], values[ends[:, 1]], along)
        channels[name] = np.concatenate([values, channel.settled(new)])
    return channels
