"""Solids for booleans and back: each triangle of the result knows the one it was cut from, or that it is new.

manifold3d (Lalish; Julian Smith 2009, "Towards robust inexact geometric computation") does the booleans. It carries a
number per triangle through cuts and unions and never merges triangles of different numbers, so whatever rides on the
old surface can be read off it. What a plane or a tool added has another origin and is told apart by it. Triangles that
were not cut come back bit for bit; :func:`combine` gives them in their old order and over the old vertices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.core.errors import CannotDo
from maquette.geometry.barycentric import shares_and_twins
from maquette.geometry.mend.float32_twins import without_short_edges
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import face_components

Surface = tuple[Floats, Ints]


@dataclass(frozen=True)
class Stock:
    """A closed surface made ready for booleans, and the number by which its triangles are known afterwards."""

    solid: Any  # manifold3d.Manifold
    origin: int

    @property
    def refusal(self) -> str:
        """What manifold3d says against the surface; nothing when it is a solid."""
        return _refusal(self.solid)


@dataclass(frozen=True)
class Carved:
    """A solid as a mesh. ``parent`` (F,) is the old triangle each face lies on, -1 where the face is new."""

    vertices: Floats  # (V, 3)
    faces: Ints  # (F, 3)
    parent: Ints  # (F,)


@dataclass(frozen=True)
class Combined:
    """A solid made of several: where its triangles come from and where their corners lie on those."""

    vertices: Floats  # (V, 3) those of the first solid that are left stand in front, in their old order
    faces: Ints  # (F, 3)
    source: Ints  # (F,) which solid
    origin: Ints  # (F,) which of its triangles
    shares: Floats  # (F, 3, 3) of that triangle's corners, at each corner
    old: Ints  # (V,) vertex of the first solid, -1 for new ones


def solid(vertices: Floats, faces: Ints) -> Any:
    """A surface as a ``manifold3d.Manifold`` whose triangles may be merged; ``CannotDo`` when it is none."""
    from manifold3d import Manifold, Mesh64

    result = Manifold(Mesh64(np.array(vertices, np.float64, order="C"), np.array(faces, np.uint64, order="C")))
    _insist(result)
    return result


def surface_of(manifold: Any) -> Surface:
    """Vertices (V, 3) and faces (F, 3) of a Manifold, each vertex once."""
    return read_solid(manifold)[:2]


def surface_for_files(manifold: Any, apart: float = 5e-4) -> Surface:
    """The same without slivers and edges below a length, of which 32-bit files and slicers make lines.

    Simplifying alone leaves what manifold3d may not merge, two cuts a nanometre apart for instance.
    """
    vertices, faces, _ = without_short_edges(*surface_of(manifold.simplify(apart)), apart / 5)
    return vertices, faces


def carve_for_files(manifold: Any, origin: int, apart: float = 5e-4) -> Carved:
    """As `carve`, without slivers and edges below a length, as `surface_for_files` is."""
    whole = carve(manifold.simplify(apart), origin)
    vertices, faces, left = without_short_edges(whole.vertices, whole.faces, apart / 5)
    return Carved(vertices, faces, whole.parent[left])


def stock(vertices: Floats, faces: Ints) -> Stock:
    """A closed surface as a solid; its triangles are known by their numbers and never merged."""
    from manifold3d import Manifold

    origin = int(Manifold.reserve_ids(1))
    return Stock(_manifold(vertices, faces, np.arange(len(faces)), origin), origin)


def unite(vertices: Floats, faces: Ints) -> Stock:
    """The same, with bodies that overlap made one; a refusal stays what it is."""
    from manifold3d import Manifold, OpType

    whole = stock(vertices, faces)
    groups = [] if whole.refusal else bodies(vertices, faces)
    if len(groups) < 2:
        return whole
    parts = [_manifold(vertices, faces[group], group, whole.origin) for group in groups]
    return Stock(Manifold.batch_boolean(parts, OpType.Add), whole.origin)


def carve(solid: Any, origin: int) -> Carved:
    """A Manifold as a mesh whose faces know the triangles of the stock with this origin."""
    vertices, faces, owner, number = read_solid(solid)
    return Carved(vertices, faces, np.where(owner == origin, number, -1))


def combine(first: Surface, others: Sequence[Surface], how: Literal["unite", "subtract"]) -> Combined:
    """The first solid with the others added, or cut away. Surfaces are vertices (V, 3) and faces (F, 3), closed.

    Faces come in the order of their sources, then of the triangles they were cut from.
    """
    from manifold3d import Manifold, OpType

    surfaces = (first, *others)
    stocks = [stock(*surface) for surface in surfaces]
    for one in stocks:
        _insist(one.solid)
    outcome = Manifold.batch_boolean([one.solid for one in stocks], OpType.Add if how == "unite" else OpType.Subtract)
    vertices, faces, owner, origin = read_solid(outcome)
    source = np.searchsorted([one.origin for one in stocks], owner)  # origins are reserved upwards
    order = np.lexsort((origin, source))
    faces, source, origin = faces[order], source[order], origin[order]
    lying, exact = np.zeros((len(faces), 3, 3)), np.zeros((len(faces), 3, 3), dtype=bool)
    for number, (points, corners) in enumerate(surfaces):
        here = slice(*np.searchsorted(source, [number, number + 1]))
        lying[here], exact[here] = shares_and_twins(vertices[faces[here]], points[corners[origin[here]]])
    old = np.full(len(vertices), -1)
    face, corner, place = np.nonzero(exact & (source == 0)[:, None, None])
    old[faces[face, corner]] = first[1][origin[face], place]
    return _in_old_order(Combined(vertices, faces, source, origin, lying, old), exact, len(first[0]))


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


def _manifold(vertices: Floats, faces: Ints, numbers: Ints, origin: int) -> Any:
    """A Manifold whose triangles carry these numbers and this origin."""
    from manifold3d import Manifold, Mesh64

    vertices, faces = _drop_unused(vertices, faces)
    mesh64 = Mesh64(
        np.array(vertices, dtype=np.float64, order="C"),
        faces.astype(np.uint64),
        run_index=np.array([0, faces.size], dtype=np.uint64),
        run_original_id=np.array([origin], dtype=np.uint32),
        face_id=np.asarray(numbers, dtype=np.uint64),
    )
    return Manifold(mesh64)


def read_solid(manifold: Any) -> tuple[Floats, Ints, Ints, Ints]:
    """What is in a Manifold: vertices (V, 3), each once; faces (F, 3); origin and number of each face, (F,), (F,)."""
    raw = manifold.to_mesh64()
    points = np.array(raw.vert_properties, dtype=np.float64)[:, :3]
    twin = np.arange(len(points))
    twin[np.asarray(raw.merge_from_vert, dtype=np.int64)] = np.asarray(raw.merge_to_vert, dtype=np.int64)
    corners = np.asarray(raw.tri_verts, dtype=np.int64).reshape(-1, 3)
    owner = np.asarray(raw.run_original_id, dtype=np.int64)
    ends: Ints = np.asarray(raw.run_index, dtype=np.int64) // 3
    return (
        *_drop_unused(points, twin[corners]),
        np.repeat(owner, (ends[1:] - ends[:-1])[: len(owner)]),
        np.array(raw.face_id, dtype=np.int64),
    )


def _drop_unused(vertices: Floats, faces: Ints) -> Surface:
    """The same faces over the vertices they use, in their order."""
    used = np.zeros(len(vertices), dtype=bool)
    used[faces] = True
    return (vertices, faces) if used.all() else (vertices[used], (np.cumsum(used) - 1)[faces])


def _refusal(manifold: Any) -> str:
    name = str(manifold.status().name)
    return "" if name == "NoError" else name


def _insist(manifold: Any) -> None:
    """``CannotDo`` when the Manifold is no solid."""
    if _refusal(manifold):
        raise CannotDo(f"the model is no solid (manifold3d: {_refusal(manifold)}); solidify it first")


def _in_old_order(combined: Combined, exact: Bools, count: int) -> Combined:
    """The same solid with its old vertices in front and whole triangles starting at their old first corner."""
    rank = np.where(combined.old >= 0, combined.old, count + np.arange(len(combined.old)))
    order = np.argsort(rank, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    whole = (combined.source == 0) & np.all(np.any(exact, axis=2), axis=1)
    turn = np.where(whole, exact[:, :, 0].argmax(axis=1), 0)  # the corner that was the first
    corner = (np.arange(3) + turn[:, None]) % 3
    row = np.arange(len(combined.faces))[:, None]
    faces, shares = place[combined.faces][row, corner], combined.shares[row, corner]
    return Combined(combined.vertices[order], faces, combined.source, combined.origin, shares, combined.old[order])
