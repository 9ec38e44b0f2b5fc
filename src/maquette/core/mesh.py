"""Mesh: triangles over welded positions, with everything that rides on a vertex, a face or a corner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.channels import CHANNELS
from maquette.core.errors import BadInput
from maquette.core.values import LATER, Value, frozen_array, noun


@noun
class Mesh(Value):
    """A triangle surface: right-handed, +Z up, front along −Y, counter-clockwise seen from outside.

    Whatever rides on it is a channel, declared once in :mod:`maquette.core.channels`: on corners (``uv``, so a texture
    seam never splits a vertex and one mesh serves slicer and engine), on faces (``material``, ``part``) or on vertices
    (``color``, ``seen``). The methods below carry every channel along; an operation that keeps to them loses nothing.
    """

    vertices: Floats  # (V, 3) float64 positions
    faces: Ints  # (F, 3) int64 vertex indices
    uv: NDArray[np.float32] | None = None  # (F, 3, 2) float32, (0, 0) the picture's top left, v downwards
    material: NDArray[np.int32] | None = None  # (F,) index into Asset.materials
    part: NDArray[np.int32] | None = None  # (F,) index into Asset.part_names
    color: NDArray[np.uint8] | None = None  # (V, 3) uint8 sRGB
    seen: NDArray[np.float32] | None = None  # (V,) 0 invented .. 1 seen in the photo
    extra: Mapping[str, NDArray[Any]] = field(default_factory=dict, metadata=LATER)  # further channels, by name

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "vertices", frozen_array(self.vertices, np.float64, (None, 3), "mesh: vertices"))
        put(self, "faces", frozen_array(self.faces, np.int64, (None, 3), "mesh: faces"))
        vertex_count, face_count = len(self.vertices), len(self.faces)
        if face_count and (self.faces.min() < 0 or self.faces.max() >= vertex_count):
            wrong = self.faces.min() if self.faces.min() < 0 else self.faces.max()
            raise BadInput(f"mesh: a face names vertex {wrong} of {vertex_count}; the file is damaged")
        if unknown := sorted(self.extra.keys() - (CHANNELS.keys() - CHANNEL_FIELDS)):
            raise BadInput(f"mesh: no channel {unknown[0]!r} is declared; import the plugin that declares it")
        extra: dict[str, NDArray[Any]] = {}
        for name, channel in CHANNELS.items():
            values = self.channel(name)
            if values is not None:
                shape = channel.shape_on(vertex_count, face_count)
                checked = frozen_array(values, channel.dtype, shape, f"mesh: {name}")
                put(self, name, checked) if name in CHANNEL_FIELDS else extra.update({name: checked})
        put(self, "extra", extra)

    def __repr__(self) -> str:
        extras = "".join(f", {name}" for name in self.channels)
        return f"Mesh({len(self.faces)} faces, {len(self.vertices)} vertices{extras})"

    @classmethod
    def of(cls, vertices: Any, faces: Any, channels: Mapping[str, Any]) -> Self:
        """A mesh with channels by name; None for one that it does not have."""
        return cls(vertices, faces, **_sorted_in({}, channels))

    def channel(self, name: str) -> NDArray[Any] | None:
        """What rides on it under this name, None where nothing does."""
        values: NDArray[Any] | None = getattr(self, name) if name in CHANNEL_FIELDS else self.extra.get(name)
        return values

    @property
    def channels(self) -> dict[str, NDArray[Any]]:
        """Everything that rides on it, by name in the order of the table."""
        by_name = {name: self.channel(name) for name in CHANNELS}
        return {name: values for name, values in by_name.items() if values is not None}

    def _as_fields(self, changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """Channels that are no fields put into ``extra``; one of None goes."""
        return _sorted_in(self.extra, changes)

    @cached_property
    def bounds(self) -> Floats:
        """Lower and upper corner of the box around the vertices, (2, 3); zeros when there are none."""
        if not len(self.vertices):
            return np.zeros((2, 3))
        result = np.stack([self.vertices.min(axis=0), self.vertices.max(axis=0)])
        result.flags.writeable = False
        return result

    @cached_property
    def diagonal(self) -> float:
        """Length of the box diagonal: what tolerances are measured against."""
        return float(np.linalg.norm(self.bounds[1] - self.bounds[0]))

    @cached_property
    def triangles(self) -> Floats:
        """Corner positions, (F, 3, 3)."""
        result = self.vertices[self.faces]
        result.flags.writeable = False
        return result

    def with_vertices(self, vertices: Any) -> Self:
        """The same faces over moved vertices."""
        return self.replace(vertices=vertices)

    def moved(self, rotation: Floats, scale: float, offset: Floats) -> Self:
        """Rotated (3, 3), then scaled, then shifted; directions that ride on it turn along."""
        turned = {
            name: values @ rotation.T for name, values in self.channels.items() if CHANNELS[name].blend == "direction"
        }
        return self.replace(vertices=scale * (self.vertices @ rotation.T) + offset, **turned)

    def vertex_rows(self, which: Any) -> dict[str, NDArray[Any]]:
        """What rides on some vertices: the channels' rows that an index array or a mask names."""
        return {name: values[which] for name, values in self.channels.items() if CHANNELS[name].domain == "vertex"}

    def face_rows(self, which: Any) -> dict[str, NDArray[Any]]:
        """What rides on some faces and on their corners."""
        return {name: values[which] for name, values in self.channels.items() if CHANNELS[name].domain != "vertex"}

    def renumbered(self, keep: Any, twin: Any) -> Self:
        """Vertices ``keep`` (V',) of the old ones, with every old vertex pointing to its ``twin`` (V,) among them."""
        keep, twin = np.asarray(keep), np.asarray(twin)
        return self.replace(vertices=self.vertices[keep], faces=twin[self.faces], **self.vertex_rows(keep))

    def keep_faces(self, which: Any) -> Self:
        """Only the faces that a mask (F,) bool or an index array names, in that order; vertices nobody uses go."""
        faces = self.faces[which]
        used = np.zeros(len(self.vertices), dtype=bool)
        used[faces.reshape(-1)] = True
        if used.all():
            return self.replace(faces=faces, **self.face_rows(which))
        new_index = np.cumsum(used) - 1  # (V,)
        return self.replace(
            vertices=self.vertices[used], faces=new_index[faces], **self.vertex_rows(used), **self.face_rows(which)
        )

    def flipped(self, which: Any = slice(None)) -> Self:
        """The faces that ``which`` names wound the other way; corners keep what rides on them."""
        turned = {"faces": self.faces, **{n: v for n, v in self.channels.items() if CHANNELS[n].domain == "corner"}}
        for name, values in turned.items():
            turned[name] = values.copy()
            turned[name][which] = values[which][:, ::-1]
        return self.replace(**turned)


def join_meshes(meshes: Sequence[Mesh]) -> Mesh:
    """Meshes side by side as one, their vertices and faces in this order.

    A channel that only some of them have is filled with its missing value on the others.
    """
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts, strict=False)]
    present = [name for name in CHANNELS if any(mesh.channel(name) is not None for mesh in meshes)]
    return Mesh.of(
        np.concatenate([np.zeros((0, 3)), *(mesh.vertices for mesh in meshes)]),
        np.concatenate([np.zeros((0, 3), np.int64), *faces]),
        {name: np.concatenate([channel_or_missing(mesh, name) for mesh in meshes]) for name in present},
    )


def channel_or_missing(mesh: Mesh, name: str) -> NDArray[Any]:
    """What rides on a mesh under this name, the missing value everywhere where nothing does."""
    values = mesh.channel(name)
    return CHANNELS[name].filled(len(mesh.vertices), len(mesh.faces)) if values is None else values


CHANNEL_FIELDS = {one.name for one in fields(Mesh)} & CHANNELS.keys()  # the channels that are fields of their own


def _sorted_in(extra: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes as a dataclass takes them: channels that are no fields put into ``extra``."""
    others = {name: changes[name] for name in changes if name in CHANNELS and name not in CHANNEL_FIELDS}
    known = {name: value for name, value in changes.items() if name not in others}
    if others:
        together = {**known.get("extra", extra), **others}
        known["extra"] = {name: values for name, values in together.items() if values is not None}
    return known
