"""Channels of plugins in a PLY file: properties of vertices and faces under the channel's own name.

Other programs show such properties as attributes, and properties that others wrote fill a channel of their name. A
channel of several numbers has one property for each, ``name_0`` and so on; one on corners is a list on faces.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.channels import Channel
from maquette.core.mesh import Mesh
from maquette.core.progress import note
from maquette.formats.carries import further_channels
from maquette.formats.ply_elements import Element

_OF_PLY = {"x", "y", "z", "nx", "ny", "nz", "s", "t", "u", "v", "r", "g", "b", "red", "green", "blue", "alpha", "seen"}
_OF_PLY |= {"texcoord", "texnumber", "vertex_index", "vertex_indices", "texture_u", "texture_v"}

Column = tuple[str, str, NDArray[Any]]  # a property's name, its type, and its values: (N,), or (N, K) for a list


def channel_columns(mesh: Mesh, *domains: str) -> list[Column]:
    """The properties that hold the mesh's further channels of these domains, in the order of the table."""
    columns: list[Column] = []
    for name, channel in further_channels(".ply").items():
        values = mesh.channel(name)
        if values is None or channel.domain not in domains:
            continue
        kind, flat = f"<{channel.dtype}", values.reshape(len(values), -1)
        if channel.domain == "corner":
            columns.append((_properties(channel)[0], kind, flat))
        else:
            columns += [(word, kind, flat[:, i]) for i, word in enumerate(_properties(channel))]
    return columns


def read_channels(
    vertex: Element, face: Element, polygon: NDArray[Any], corner: NDArray[Any], counts: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """The declared channels that a file has, for triangles made of its polygons.

    polygon (T,) the file's face that a triangle comes from, corner (T, 3) its corners counted through the file,
    counts (F,) corners of each face. A value that is no number, or too large, becomes the missing or largest one.
    """
    channels: dict[str, NDArray[Any]] = {}
    for name, channel in further_channels(".ply").items():
        if channel.domain == "vertex":
            rows = vertex.column(*_properties(channel))
        elif channel.domain == "face":
            by_face = face.column(*_properties(channel))
            rows = None if by_face is None else by_face[polygon]
        else:
            by_corner = _corner_rows(channel, face, counts)
            rows = None if by_corner is None else by_corner[corner]
        if rows is not None:
            channels[name] = _sound(channel, rows)
    return channels


def _properties(channel: Channel) -> list[str]:
    """The properties of a channel: its name, out of the way of PLY's own, numbered where it has several numbers."""
    word = f"{channel.name}_" if channel.name in _OF_PLY else channel.name
    count = math.prod(channel.shape)
    return [word] if count == 1 or channel.domain == "corner" else [f"{word}_{i}" for i in range(count)]


def _corner_rows(channel: Channel, face: Element, counts: NDArray[Any]) -> NDArray[Any] | None:
    """(C, k) numbers of all the file's corners; None where the lists are missing or of another length."""
    (word,) = _properties(channel)
    if word not in face.lists:
        return None
    lengths, values = face.lists[word]
    width = math.prod(channel.shape)
    if (lengths != width * counts).any():
        note(f"left out {word!r}: its lists have other lengths than {width} for each corner")
        return None
    return values.reshape(-1, width)


def _sound(channel: Channel, rows: NDArray[Any]) -> NDArray[Any]:
    """Rows (..., k) as the channel keeps them."""
    kind = np.dtype(channel.dtype)
    limits = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
    wide = rows.astype(np.float64)
    shape = (*wide.shape[:-1], *channel.shape)
    inside = np.clip(np.where(np.isnan(wide), channel.missing, wide), float(limits.min), float(limits.max))
    return channel.settled(inside.reshape(shape))
