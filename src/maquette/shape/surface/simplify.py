"""Simplify: fewer faces, the same look."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.channels import CHANNELS
from maquette.core.mesh import Mesh
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
    if mesh.channel("polygon") is not None:
        mesh = mesh.replace(polygon=None)
        note("quads become triangles")
    thinned = _freely(mesh, max_faces) if error_mm is None and not _has_seams(mesh) else None
    if thinned is None:
        thinned = _along_seams(mesh, max_faces, _LIKENESS * mesh.diagonal if error_mm is None else error_mm)
    if len(thinned.faces) == len(mesh.faces):
        return asset
    note(f"{len(mesh.faces)} faces became {len(thinned.faces)}")
    return asset.with_mesh(thinned)


def _has_seams(mesh: Mesh) -> bool:
    """Whether something rides on the faces that a free collapse would lose."""
    labels = (values for name, values in mesh.channels.items() if CHANNELS[name].domain == "face")
    on_corners = any(CHANNELS[name].domain == "corner" for name in mesh.channels)
    return on_corners or any((values != values[0]).any() for values in labels)


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
    if any(CHANNELS[name].domain == "vertex" for name in mesh.channels):
        nearest = cKDTree(mesh.vertices).query(points + middle)[1]
    on_faces = mesh.face_rows(np.zeros(len(faces), np.int64))  # all alike
    return Mesh.of(points + middle, faces, {**on_faces, **mesh.vertex_rows(nearest)})


def _along_seams(mesh: Mesh, max_faces: int, limit: float) -> Mesh:
    """Our own collapse, that knows charts."""
    wedge = _wedges(mesh)
    state: Thinning = start(mesh.vertices, mesh.faces, wedge, _of_wedges(mesh, wedge))
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
    corner = _corner_of(wedge)[state.label[state.wedge]]  # (F', 3)
    on_faces = mesh.face_rows(state.origin)
    for name in on_faces:
        if CHANNELS[name].domain == "corner":
            on_faces[name] = mesh.channels[name].reshape(-1, *CHANNELS[name].shape)[corner]
    return mesh.replace(faces=state.number[state.faces], **on_faces).keep_faces(slice(None))


def _wedges(mesh: Mesh) -> Ints:
    """Each corner's vertex and all that parts it from others there (material, part, uv) as a number, (F, 3)."""
    columns = [mesh.faces.reshape(-1)]
    for domain in ("face", "corner"):
        for name, values in mesh.channels.items():
            if CHANNELS[name].domain == domain and CHANNELS[name].blend != "direction":
                flat = values.reshape(len(mesh.faces) * (1 if domain == "face" else 3), -1)
                columns += [np.repeat(column, 3) if domain == "face" else _bits(column) for column in flat.T]
    order = np.lexsort(columns[::-1])
    changed = np.zeros(len(order) - 1, dtype=bool)
    for column in columns:
        changed |= column[order][1:] != column[order][:-1]
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.concatenate([[0], np.cumsum(changed)])
    return number.reshape(-1, 3)


def _bits(column: NDArray[Any]) -> NDArray[Any]:
    """Numbers that sort as they are told apart: 32-bit floats as their bits, -0 as 0."""
    return (column + np.float32(0)).view(np.uint32) if column.dtype == np.float32 else column


def _corner_of(wedge: Ints) -> Ints:
    """One corner 3·f + c of each wedge, the last, (W,)."""
    corner = np.zeros(int(wedge.max()) + 1, dtype=np.int64)
    corner[wedge.reshape(-1)] = np.arange(wedge.size)
    return corner


def _of_wedges(mesh: Mesh, wedge: Ints) -> Floats | None:
    """The uv of each wedge, (W, 2)."""
    return None if mesh.uv is None else mesh.uv.reshape(-1, 2)[_corner_of(wedge)].astype(np.float64)
