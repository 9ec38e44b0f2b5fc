"""Fill holes: every loop of open edges closed by a patch."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.geometry.holes import EdgeSet, clashing, patches
from maquette.geometry.orientation import capped_volumes
from maquette.geometry.parts import areas_by
from maquette.geometry.surface import face_normals
from maquette.geometry.topology import border_halves, edges, face_components
from maquette.registry import stage
from maquette.shape.patching import Openings, openings, patched

# An open part whose volume is less than this share of area^1.5 is a sheet: closing it would fold it onto itself.
_SHEET = 1e-3


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
    holes = _worth_closing(mesh, max_edges)
    if holes.loops:
        mesh = _filled(mesh, holes)
        note(f"filled {len(holes.loops)} holes with {len(mesh.faces) - len(asset.mesh.faces)} faces")
    remaining = len(border_halves(mesh.faces))
    if remaining:
        note(f"left {remaining} open edges")
    return asset.with_mesh(mesh)


def _worth_closing(mesh: Mesh, max_edges: int) -> Openings:
    """The loops to close, those of sheets and those that are too long left out."""
    found = openings(mesh)
    if not found.loops:
        return found
    sheet = _sheets(mesh)[found.half[found.start] // 3]
    return found.only([n for n, loop in enumerate(found.loops) if len(loop) <= max_edges and not sheet[n]])


def _sheets(mesh: Mesh) -> np.ndarray:
    """Faces of parts that enclose next to nothing, (F,) bool."""
    count, part = face_components(mesh.faces)
    volume = capped_volumes(mesh.vertices, mesh.faces, part, count)
    area = areas_by(part, mesh.vertices, mesh.faces, count)
    flat = np.abs(volume) <= _SHEET * area**1.5
    found = edges(mesh.faces)
    is_open = np.zeros(count, dtype=bool)
    is_open[part[np.flatnonzero(found.count[found.of_half] == 1) // 3]] = True
    if (flat & is_open).any():
        number = int((flat & is_open).sum())
        note(f"left {number} parts alone that enclose nothing; a sheet needs a thickness before it can close")
    made: np.ndarray = flat[part]
    return made


def _filled(mesh: Mesh, holes: Openings) -> Mesh:
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
    return patched(mesh, holes, fans, np.concatenate(place), np.concatenate(of))
