"""Fill holes: every loop of open edges closed by a patch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.mesh import Ints, Mesh
from maquette.core.progress import note, progress
from maquette.geometry.holes import EdgeSet, clashing, patches
from maquette.geometry.orientation import capped_volumes
from maquette.geometry.parts import areas_by
from maquette.geometry.surface import face_normals
from maquette.geometry.topology import border_halves, border_loops, edges, face_components
from maquette.registry import stage

# An open part whose volume is less than this share of area^1.5 is a sheet: closing it would fold it onto itself.
_SHEET = 1e-3


@dataclass(frozen=True)
class _Holes:
    """Loops end to end: their vertices, the half-edge beyond each, and where each loop starts."""

    loops: list[Ints]
    ring: Ints  # (R,) vertices
    half: Ints  # (R,) half-edge 3·f + c that runs from the next vertex to this one
    start: Ints  # (N,) first place of each loop

    @property
    def of_ring(self) -> Ints:
        """Loop of each place, (R,)."""
        return np.repeat(np.arange(len(self.loops)), [len(loop) for loop in self.loops])


@stage
def fill_holes(
    asset: Asset,
    *,
    max_edges: Annotated[int, Field(ge=3, le=100_000, description="holes with a longer border stay open")] = 10_000,
) -> Asset:
    """Close holes with patches that bend least, then cover least area; nothing else moves.

    Patches are wound like their surroundings and add no vertices; only where every patch would need an edge that is in
    use, a vertex in the hole's middle is added. They take the material and part that most of the border has. Their uv
    are the border's, so the picture is stretched across. Sheets that enclose nothing are left open, as are edges with
    more than two faces. Weld and fix the winding first.

    Barequet and Sharir 1995, Liepa 2003.
    """
    mesh = asset.mesh
    holes = _holes(mesh, max_edges)
    if holes.loops:
        mesh = _filled(mesh, holes)
        note(f"filled {len(holes.loops)} holes with {len(mesh.faces) - len(asset.mesh.faces)} faces")
    remaining = len(border_halves(mesh.faces))
    if remaining:
        note(f"left {remaining} open edges")
    return asset.with_mesh(mesh)


def _holes(mesh: Mesh, max_edges: int) -> _Holes:
    """The loops to close, those of sheets and those that are too long left out."""
    faces, vertex_count = mesh.faces, len(mesh.vertices)
    found = edges(faces)
    half = np.flatnonzero(found.count[found.of_half] == 1)
    if not len(half):
        return _Holes([], half, half, half)
    key = faces.reshape(-1)[half] * vertex_count + np.roll(faces, -1, axis=1).reshape(-1)[half]
    order = np.argsort(key)
    key, half = key[order], half[order]
    sheet = _sheets(mesh)
    kept: list[Ints] = []
    beyond: list[Ints] = []
    for loop in border_loops(faces):
        halves = half[np.searchsorted(key, np.roll(loop, -1) * vertex_count + loop)]
        if len(loop) <= max_edges and not sheet[halves[0] // 3]:
            kept.append(loop)
            beyond.append(halves)
    if not kept:
        return _Holes([], half[:0], half[:0], half[:0])
    sizes = np.array([len(loop) for loop in kept])
    return _Holes(kept, np.concatenate(kept), np.concatenate(beyond), np.cumsum(sizes) - sizes)


def _sheets(mesh: Mesh) -> np.ndarray:
    """Faces of open parts that enclose next to nothing, (F,) bool."""
    count, part = face_components(mesh.faces)
    volume = capped_volumes(mesh.vertices, mesh.faces, part, count)
    area = areas_by(part, mesh.vertices, mesh.faces, count)
    flat = np.abs(volume) <= _SHEET * area**1.5
    if flat.any():
        note(f"left {int(flat.sum())} parts alone that enclose nothing; a sheet needs a thickness before it can close")
    made: np.ndarray = flat[part]
    return made


def _filled(mesh: Mesh, holes: _Holes) -> Mesh:
    """The mesh with a patch in every hole."""
    normals = face_normals(mesh.vertices, mesh.faces)[holes.half // 3]
    outer = np.split(normals, holes.start[1:])
    progress(0.3, f"closing {len(holes.loops)} holes")
    solved = patches(mesh.vertices, holes.loops, outer, EdgeSet(edges(mesh.faces).ends, len(mesh.vertices)))
    for hole in clashing(holes.loops, solved).tolist():
        solved[hole] = None
    fans = np.array([hole for hole, local in enumerate(solved) if local is None], dtype=np.int64)
    place = [local + first for local, first in zip(solved, holes.start, strict=True) if local is not None]
    of = [np.full(len(local), hole) for hole, local in enumerate(solved) if local is not None]
    for number, hole in enumerate(fans.tolist()):
        here = holes.start[hole] + np.arange(len(holes.loops[hole]))
        place.append(np.stack([here, np.roll(here, -1), np.full_like(here, len(holes.ring) + number)], axis=1))
        of.append(np.full(len(here), hole))
    progress(0.8)
    return _joined(mesh, holes, fans, np.concatenate(place), np.concatenate(of))


def _joined(mesh: Mesh, holes: _Holes, fans: Ints, place: Ints, hole: Ints) -> Mesh:
    """The mesh with patch faces (T, 3), given as places on the rings and then fan middles, appended."""

    def with_middles(on_ring: np.ndarray) -> np.ndarray:
        middles = [on_ring[holes.of_ring == number].mean(axis=0, keepdims=True) for number in fans]
        return np.concatenate([on_ring, *middles])

    count = len(mesh.vertices)
    middles = with_middles(mesh.vertices[holes.ring])[len(holes.ring) :]
    vertex = np.concatenate([holes.ring, count + np.arange(len(fans))])
    uv, color, seen = mesh.uv, mesh.color, mesh.seen
    if uv is not None:
        on_ring = uv[holes.half // 3, (holes.half % 3 + 1) % 3]  # the half-edge beyond ends in this vertex
        uv = np.concatenate([uv, with_middles(on_ring)[place]])
    if color is not None:
        color = np.concatenate([color, np.round(with_middles(color[holes.ring].astype(float))[len(holes.ring) :])])
    if seen is not None:
        seen = np.concatenate([seen, np.zeros(len(fans), np.float32)])  # invented
    return mesh.replace(
        vertices=np.concatenate([mesh.vertices, middles]),
        faces=np.concatenate([mesh.faces, vertex[place]]),
        uv=uv,
        color=color,
        seen=seen,
        material=_like_border(mesh.material, holes, hole),
        part=_like_border(mesh.part, holes, hole),
    )


def _like_border(values: np.ndarray | None, holes: _Holes, hole: Ints) -> np.ndarray | None:
    """A face channel (F,) continued over the patches: what most of each hole's border has."""
    if values is None:
        return None
    rows, count = np.unique(np.stack([holes.of_ring, values[holes.half // 3]], axis=1), axis=0, return_counts=True)
    most = np.zeros(len(holes.loops), dtype=values.dtype)
    order = np.argsort(count, kind="stable")
    most[rows[order, 0]] = rows[order, 1]  # the most frequent is written last
    return np.concatenate([values, most[hole]])
