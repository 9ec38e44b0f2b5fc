"""Mesh: triangles over welded positions, with everything that rides on a vertex, a face or a corner."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadInput
from maquette.core.values import Value, frozen, noun

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@noun
class Mesh(Value):
    """A triangle surface: right-handed, +Z up, front along −Y, counter-clockwise seen from outside.

    ``uv`` sits on the corner, so a texture seam never splits a vertex and one mesh serves slicer and engine. Whatever
    rides on vertices (``color``, ``seen``) or faces (``material``, ``part``) is carried by :meth:`renumbered` and
    :meth:`keep_faces`; an operation that keeps to these two loses nothing.
    """

    vertices: Floats  # (V, 3) float64 positions
    faces: Ints  # (F, 3) int64 vertex indices
    uv: NDArray[np.float32] | None = None  # (F, 3, 2) float32, (0, 0) the picture's top left, v downwards
    material: NDArray[np.int32] | None = None  # (F,) index into Asset.materials
    part: NDArray[np.int32] | None = None  # (F,) index into Asset.part_names
    color: NDArray[np.uint8] | None = None  # (V, 3) uint8 sRGB
    seen: NDArray[np.float32] | None = None  # (V,) 0 invented .. 1 seen in the photo

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "vertices", frozen(self.vertices, np.float64, (None, 3), "mesh: vertices"))
        put(self, "faces", frozen(self.faces, np.int64, (None, 3), "mesh: faces"))
        vertex_count, face_count = len(self.vertices), len(self.faces)
        if face_count and (self.faces.min() < 0 or self.faces.max() >= vertex_count):
            wrong = self.faces.min() if self.faces.min() < 0 else self.faces.max()
            raise BadInput(f"mesh: a face names vertex {wrong} of {vertex_count}; the file is damaged")
        for name, dtype, shape in (
            ("uv", np.float32, (face_count, 3, 2)),
            ("material", np.int32, (face_count,)),
            ("part", np.int32, (face_count,)),
            ("color", np.uint8, (vertex_count, 3)),
            ("seen", np.float32, (vertex_count,)),
        ):
            array = getattr(self, name)
            if array is not None:
                put(self, name, frozen(array, dtype, shape, f"mesh: {name}"))

    def __repr__(self) -> str:
        extras = [name for name in ("uv", "material", "part", "color", "seen") if getattr(self, name) is not None]
        return f"Mesh({len(self.faces)} faces, {len(self.vertices)} vertices{''.join(', ' + e for e in extras)})"

    @cached_property
    def bounds(self) -> Floats:
        """Lower and upper corner of the box around the vertices, (2, 3); zeros when there are none."""
        if not len(self.vertices):
            return np.zeros((2, 3))
        made = np.stack([self.vertices.min(axis=0), self.vertices.max(axis=0)])
        made.flags.writeable = False
        return made

    @cached_property
    def diagonal(self) -> float:
        """Length of the box diagonal: what tolerances are measured against."""
        return float(np.linalg.norm(self.bounds[1] - self.bounds[0]))

    @cached_property
    def triangles(self) -> Floats:
        """Corner positions, (F, 3, 3)."""
        made = self.vertices[self.faces]
        made.flags.writeable = False
        return made

    def with_vertices(self, vertices: Any) -> Self:
        """The same faces over moved vertices."""
        return self.replace(vertices=vertices)

    def renumbered(self, keep: Any, twin: Any) -> Self:
        """Vertices ``keep`` (V',) of the old ones, with every old vertex pointing to its ``twin`` (V,) among them."""
        keep, twin = np.asarray(keep), np.asarray(twin)
        return self.replace(
            vertices=self.vertices[keep],
            faces=twin[self.faces],
            color=None if self.color is None else self.color[keep],
            seen=None if self.seen is None else self.seen[keep],
        )

    def keep_faces(self, which: Any) -> Self:
        """Only the faces that a mask (F,) bool or an index array names, in that order; vertices nobody uses go."""
        faces = self.faces[which]
        used = np.zeros(len(self.vertices), dtype=bool)
        used[faces.reshape(-1)] = True
        on_faces = {
            name: None if getattr(self, name) is None else getattr(self, name)[which]
            for name in ("uv", "material", "part")
        }
        if used.all():
            return self.replace(faces=faces, **on_faces)
        new_index = np.cumsum(used) - 1  # (V,)
        return self.replace(
            vertices=self.vertices[used],
            faces=new_index[faces],
            color=None if self.color is None else self.color[used],
            seen=None if self.seen is None else self.seen[used],
            **on_faces,
        )

    def flipped(self, which: Any = slice(None)) -> Self:
        """The faces that ``which`` names wound the other way; corners keep their uv."""
        faces = self.faces.copy()
        faces[which] = faces[which][:, ::-1]
        uv = self.uv
        if uv is not None:
            uv = uv.copy()
            uv[which] = uv[which][:, ::-1]
        return self.replace(faces=faces, uv=uv)
