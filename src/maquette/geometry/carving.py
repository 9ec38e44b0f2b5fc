"""Solids for booleans and back: each triangle of the result knows the one it was cut from, or that it is new.

manifold3d (Lalish; Julian Smith 2009, "Towards robust inexact geometric computation") carries a number per triangle
through cuts and unions and never merges triangles of different numbers, so whatever rides on the old surface can be
read off it. What a plane or a tool added has another origin and is told apart by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import face_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Stock:
    """A closed surface made ready for booleans, and the number by which its triangles are known afterwards."""

    solid: Any  # manifold3d.Manifold
    origin: int

    @property
    def refusal(self) -> str:
        """What manifold3d says against the surface; nothing when it is a solid."""
        name = str(self.solid.status().name)
        return "" if name == "NoError" else name


@dataclass(frozen=True)
class Carved:
    """A solid as a mesh. ``parent`` (F,) is the old triangle each face lies on, -1 where the face is new."""

    vertices: Floats  # (V, 3)
    faces: Ints  # (F, 3)
    parent: Ints  # (F,)


def stock(vertices: Floats, faces: Ints) -> Stock:
    """A closed surface as a solid; its triangles are known by their numbers."""
    from manifold3d import Manifold

    origin = int(Manifold.reserve_ids(1))
    return Stock(_manifold(vertices, faces, np.arange(len(faces)), origin), origin)


def united(vertices: Floats, faces: Ints) -> Stock:
    """The same, with bodies that overlap made one; a refusal stays what it is."""
    from manifold3d import Manifold, OpType

    whole = stock(vertices, faces)
    groups = [] if whole.refusal else bodies(vertices, faces)
    if len(groups) < 2:
        return whole
    parts = [_manifold(vertices, faces[group], group, whole.origin) for group in groups]
    return Stock(Manifold.batch_boolean(parts, OpType.Add), whole.origin)


def _manifold(vertices: Floats, faces: Ints, numbers: Ints, origin: int) -> Any:
    """A Manifold whose triangles carry these numbers and this origin."""
    from manifold3d import Manifold, Mesh64

    used, local = np.unique(faces, return_inverse=True)
    vertices, faces = vertices[used], local.reshape(-1, 3)
    made = Mesh64(
        np.array(vertices, dtype=np.float64, order="C"),
        faces.astype(np.uint64),
        run_index=np.array([0, faces.size], dtype=np.uint64),
        run_original_id=np.array([origin], dtype=np.uint32),
        face_id=np.asarray(numbers, dtype=np.uint64),
    )
    return Manifold(made)


def carved(solid: Any, origin: int) -> Carved:
    """A Manifold as a mesh whose faces know the triangles of the stock with this origin."""
    raw = solid.to_mesh64()
    faces = np.array(raw.tri_verts, dtype=np.int64).reshape(-1, 3)
    vertices = np.array(raw.vert_properties, dtype=np.float64)[:, :3]
    number = np.arange(len(vertices))
    number[np.array(raw.merge_from_vert, dtype=np.int64)] = np.array(raw.merge_to_vert, dtype=np.int64)
    used, local = np.unique(number[faces], return_inverse=True)
    runs = np.array(raw.run_index, dtype=np.int64)
    owner = np.array(raw.run_original_id, dtype=np.int64)
    lengths = np.diff(runs)[: len(owner)] // 3
    known = np.repeat(owner == origin, lengths)
    parent = np.where(known, np.array(raw.face_id, dtype=np.int64), -1)
    return Carved(vertices[used], local.reshape(-1, 3), parent)


def bodies(vertices: Floats, faces: Ints) -> list[Ints]:
    """Faces of each separate body with the cavities in it, by the lowest face number. Closed surfaces wound outward.

    A part that encloses less than nothing is a cavity; it belongs to the smallest body whose box holds its box.
    """
    count, part = face_components(faces)
    order = np.argsort(part, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(part, minlength=count))[:-1])
    volume = np.array([signed_volume(vertices, faces[group]) for group in groups])
    box = [(vertices[faces[g]].min(axis=(0, 1)), vertices[faces[g]].max(axis=(0, 1))) for g in groups]
    inside: dict[int, list[Ints]] = {n: [groups[n]] for n in range(count) if volume[n] > 0}
    for hole in np.flatnonzero(volume <= 0).tolist():
        low, high = box[hole]
        homes = [n for n in inside if (box[n][0] <= low).all() and (box[n][1] >= high).all()]
        if homes:
            inside[min(homes, key=lambda n: float(np.prod(box[n][1] - box[n][0])))].append(groups[hole])
    return [np.sort(np.concatenate(inside[n])) for n in inside]


def separate(solid: Any) -> list[Any]:
    """The bodies of a Manifold that touch nowhere, each with its cavities; the triangles keep their origins."""
    parts = solid.decompose()
    outer = [part for part in parts if part.volume() > 0]
    if len(parts) == 1 or len(outer) < 2:
        return [solid] if outer else []
    return [_own_share(solid, body) for body in outer] if len(outer) < len(parts) else outer


def _own_share(solid: Any, body: Any) -> Any:
    """The body without its cavities cut down to what the solid fills."""
    return body ^ solid
