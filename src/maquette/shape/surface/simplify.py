"""Simplify: fewer faces, the same look."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.mesh import Floats, Ints, Mesh
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.remake.decimate import Thinning, start, thinner
from maquette.geometry.topology import is_watertight
from maquette.registry import stage

# Of the diagonal, the error beyond which there is no likeness left. It matters where seams hold most of a model: what
# is free would be ruined for a few faces.
_LIKENESS = 0.05


@stage
def simplify(
    asset: Asset,
    *,
    max_faces: Annotated[int, Field(ge=4, description="how many faces may be left")] = 100_000,
    error_mm: Annotated[
        float | None,
        Field(ge=0, description="stop where surface or texture would stray further; none: 5 % of the diagonal"),
    ] = None,
) -> Asset:
    """Reduce the number of faces, keeping shape, uv and the seams between charts and materials.

    Every vertex that remains is an old one with its old uv, colour and seen; charts never mix and seams stay on their
    curve. What was closed stays closed and keeps its Euler number. Where charts meet in a point, and on edges with more
    than two faces, nothing moves, so a model of very many charts may end above ``max_faces``; a note says so.

    Without uv, materials, parts and ``error_mm`` positions are free, which takes a third off the error: then the work
    is done by fast-simplification, and colour and seen come from the nearest old vertex.

    Garland and Heckbert 1997; Hoppe 1999 for the texture.
    """
    mesh = asset.mesh
    if len(mesh.faces) <= max_faces:
        return asset
    made = _freely(mesh, max_faces) if error_mm is None and not _has_seams(mesh) else None
    if made is None:
        made = _along_seams(mesh, max_faces, _LIKENESS * mesh.diagonal if error_mm is None else error_mm)
    if len(made.faces) == len(mesh.faces):
        return asset
    note(f"{len(mesh.faces)} faces became {len(made.faces)}")
    return asset.with_mesh(made)


def _has_seams(mesh: Mesh) -> bool:
    """Whether something rides on the faces that a free collapse would lose."""
    labels = (channel for channel in (mesh.material, mesh.part) if channel is not None)
    return mesh.uv is not None or any((channel != channel[0]).any() for channel in labels)


def _freely(mesh: Mesh, max_faces: int) -> Mesh | None:
    """Positions optimised too; None where that would break a closed surface."""
    from fast_simplification import simplify as collapsed
    from scipy.spatial import cKDTree

    progress(0.0, "collapsing edges")
    middle = mesh.bounds.mean(axis=0)
    points, faces = collapsed(mesh.vertices - middle, mesh.faces.astype(np.int32), target_count=max_faces)
    faces = faces.astype(np.int64)
    if is_watertight(mesh.faces) and not is_watertight(faces):
        return None
    nearest = np.zeros(0, np.int64)
    if mesh.color is not None or mesh.seen is not None:
        nearest = cKDTree(mesh.vertices).query(points + middle)[1]
    return Mesh(
        points + middle,
        faces,
        material=None if mesh.material is None else np.full(len(faces), mesh.material[0]),
        part=None if mesh.part is None else np.full(len(faces), mesh.part[0]),
        color=None if mesh.color is None else mesh.color[nearest],
        seen=None if mesh.seen is None else mesh.seen[nearest],
    )


def _along_seams(mesh: Mesh, max_faces: int, limit: float) -> Mesh:
    """Our own collapse, that knows charts."""
    wedge, uv = _wedges(mesh)
    state: Thinning = start(mesh.vertices, mesh.faces, wedge, uv)
    whole = len(mesh.faces) - max_faces
    while True:
        progress((len(mesh.faces) - len(state.faces)) / whole, f"{len(state.faces)} faces")
        after = thinner(state, max_faces, limit)
        if after is state:
            break
        state = after
    if len(state.faces) > max_faces:
        note(
            f"stopped above {max_faces} faces: seams hold the rest, or it would stray by more than {figures(limit)} mm"
        )
    if state.worst:
        what = "" if state.uv is None else ", shape and texture together"
        note(f"strayed by up to {figures(state.worst)} mm from the faces removed{what}")
    kept = mesh.replace(
        faces=state.number[state.faces],
        uv=None if state.uv is None else state.uv[state.wedge],
        material=None if mesh.material is None else mesh.material[state.origin],
        part=None if mesh.part is None else mesh.part[state.origin],
    )
    return kept.keep_faces(slice(None))


def _wedges(mesh: Mesh) -> tuple[Ints, Floats | None]:
    """Each corner's (vertex, uv, material, part) as a number (F, 3), and the uv of each number (W, 2)."""
    columns = [mesh.faces.reshape(-1)]
    columns += [np.repeat(channel, 3) for channel in (mesh.material, mesh.part) if channel is not None]
    if mesh.uv is not None:
        flat = (mesh.uv.reshape(-1, 2) + np.float32(0)).view(np.uint32)  # + 0 turns -0 into 0
        columns += [flat[:, 0], flat[:, 1]]
    order = np.lexsort(columns[::-1])
    changed = np.zeros(len(order) - 1, dtype=bool)
    for column in columns:
        changed |= column[order][1:] != column[order][:-1]
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.concatenate([[0], np.cumsum(changed)])
    if mesh.uv is None:
        return number.reshape(-1, 3), None
    uv = np.zeros((int(number.max()) + 1, 2), dtype=np.float64)
    uv[number] = mesh.uv.reshape(-1, 2)
    return number.reshape(-1, 3), uv
