"""Solids added to and cut from a surface, with an answer for every new corner: on which old triangle does it lie?

manifold3d (Lalish; after Smith 2009, "Towards robust inexact geometric computation") does the boolean. Each triangle
that goes in has a number, each that comes out says which one it was cut from. Triangles that were not cut come back bit
for bit, in their old order and over the old vertices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import CannotDo
from maquette.geometry.barycentric import shares

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Surface = tuple[Floats, Ints]


@dataclass(frozen=True)
class Combined:
    """A solid made of several: where its triangles come from and where their corners lie on those."""

    vertices: Floats  # (V, 3) those of the first solid that are left stand in front, in their old order
    faces: Ints  # (F, 3)
    source: Ints  # (F,) which solid
    origin: Ints  # (F,) which of its triangles
    shares: Floats  # (F, 3, 3) of that triangle's corners, at each corner
    old: Ints  # (V,) vertex of the first solid, -1 for new ones


def solid(vertices: Floats, faces: Ints, run: int | None = None) -> Any:
    """A surface as a ``manifold3d.Manifold``; ``CannotDo`` when it is none.

    With a ``run`` its triangles keep their numbers and are never merged with their neighbours.
    """
    from manifold3d import Manifold, Mesh64

    points, corners = np.array(vertices, dtype=np.float64, order="C"), np.array(faces, dtype=np.uint64, order="C")
    if run is None:
        made = Manifold(Mesh64(points, corners))
    else:
        ends, number = np.array([0, 3 * len(faces)], np.uint64), np.arange(len(faces), dtype=np.uint64)
        ids = np.array([run], np.uint32)
        made = Manifold(Mesh64(points, corners, run_index=ends, run_original_id=ids, face_id=number))
    status = str(made.status().name)
    if status != "NoError":
        raise CannotDo(f"the model is no solid (manifold3d: {status}); solidify it first")
    return made


def surface_of(made: Any) -> Surface:
    """Vertices (V, 3) and faces (F, 3) of a Manifold, each vertex once."""
    raw = made.to_mesh64()
    return _vertices_once(raw)


def combine(first: Surface, others: Sequence[Surface], how: Literal["unite", "subtract"]) -> Combined:
    """The first solid with the others added, or cut away. Surfaces are vertices (V, 3) and faces (F, 3), closed.

    Faces come in the order of their sources, then of the triangles they were cut from.
    """
    from manifold3d import Manifold, OpType

    run = Manifold.reserve_ids(1 + len(others))
    solids = [solid(*surface, run + number) for number, surface in enumerate((first, *others))]
    made = Manifold.batch_boolean(solids, OpType.Add if how == "unite" else OpType.Subtract)
    raw = made.to_mesh64()
    vertices, faces = _vertices_once(raw)
    ends: Ints = np.asarray(raw.run_index, dtype=np.int64) // 3
    source = np.repeat(np.asarray(raw.run_original_id, dtype=np.int64) - run, ends[1:] - ends[:-1])
    origin = np.asarray(raw.face_id, dtype=np.int64)
    lying, exact = _shares(vertices[faces], source, origin, (first, *others))
    old = np.full(len(vertices), -1)
    mine = source == 0
    face, corner, place = np.nonzero(exact[mine])
    old[faces[mine][face, corner]] = first[1][origin[mine][face], place]
    order = np.lexsort((origin, source))
    made_new = Combined(vertices, faces[order], source[order], origin[order], lying[order], old)
    return _in_old_order(made_new, exact[order], len(first[0]))


def _vertices_once(raw: Any) -> Surface:
    """What a Manifold gives, with vertices that it holds to be one made one and unused ones dropped."""
    points = np.array(raw.vert_properties, dtype=np.float64)[:, :3]
    number = np.arange(len(points))
    number[np.asarray(raw.merge_from_vert, dtype=np.int64)] = np.asarray(raw.merge_to_vert, dtype=np.int64)
    used, local = np.unique(number[np.asarray(raw.tri_verts, dtype=np.int64)], return_inverse=True)
    return points[used], local.reshape(-1, 3).astype(np.int64)


def _shares(corners: Floats, source: Ints, origin: Ints, surfaces: Sequence[Surface]) -> tuple[Floats, Bools]:
    """Barycentric shares (F, 3, 3) of each corner (F, 3, 3) in its old triangle; where it is that corner (F, 3, 3)."""
    lying = np.zeros((len(corners), 3, 3))
    exact = np.zeros((len(corners), 3, 3), dtype=bool)
    for number, (vertices, faces) in enumerate(surfaces):
        here = np.flatnonzero(source == number)
        triangles = vertices[faces[origin[here]]]
        same: Bools = np.all(corners[here][:, :, None] == triangles[:, None], axis=3)
        exact[here] = same
        cut = np.flatnonzero(~np.all(np.any(same, axis=2), axis=1))
        lying[here] = same
        found = shares(corners[here[cut]], triangles[cut])
        lying[here[cut]] = np.where(same[cut].any(axis=2, keepdims=True), same[cut], found)
    return lying, exact


def _in_old_order(made: Combined, exact: Bools, count: int) -> Combined:
    """The same solid with its old vertices in front and whole triangles starting at their old first corner."""
    rank = np.where(made.old >= 0, made.old, count + np.arange(len(made.old)))
    order = np.argsort(rank, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    whole = (made.source == 0) & np.all(np.any(exact, axis=2), axis=1)
    turn = np.where(whole, exact[:, :, 0].argmax(axis=1), 0)  # the corner that was the first
    corner = (np.arange(3) + turn[:, None]) % 3
    row = np.arange(len(made.faces))[:, None]
    faces, shares = place[made.faces][row, corner], made.shares[row, corner]
    return Combined(made.vertices[order], faces, made.source, made.origin, shares, made.old[order])
