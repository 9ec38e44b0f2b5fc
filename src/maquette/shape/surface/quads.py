"""Quads: the same surface in four-sided faces that follow its form, for people who edit, subdivide and animate."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo, Unavailable
from maquette.core.progress import note, part, progress
from maquette.core.words import figures
from maquette.geometry.remake.deviation import deviation
from maquette.geometry.surface import face_areas
from maquette.registry import stage
from maquette.shape.carry.carrying import carry_over
from maquette.shape.mend.weld import weld

_GET = "quads: fields of directions need pynanoinstantmeshes; pip install 'maquette[quads]'"
_SAMPLES = 20_000


def missing_instant_meshes() -> str:
    """The line that gets it; empty where it is here."""
    from importlib.util import find_spec

    return "" if find_spec("pynanoinstantmeshes") else _GET


@stage(missing=missing_instant_meshes)
def quads(
    asset: Asset,
    *,
    count: Annotated[int, Field(ge=100, le=150_000, description="how many quads, about")] = 10_000,
    crease_deg: Annotated[
        float, Field(ge=0, le=180, description="edges sharper than this are followed; 0: none is looked for")
    ] = 40.0,
    smoothings: Annotated[int, Field(ge=0, le=10, description="how often vertices are evened out")] = 2,
) -> Asset:
    """Cover the model with quads that run along its curvature and its creases.

    Each quad is kept as two triangles with one number in the channel ``polygon``: FBX and USD write it as one face.
    Materials, uv, parts and colours are carried over. A note gives the share of quads, of vertices where four meet, and
    how far the surface strays. Refuses a model without surface. Jakob and others 2015 (Instant Meshes).
    """
    if missing_instant_meshes():
        raise Unavailable(_GET)
    mesh = weld(asset).mesh
    if not float(face_areas(mesh.vertices, mesh.faces).sum()) > 0:
        raise CannotDo(f"quads: the model has {len(mesh.faces)} faces and no surface; there is nothing to cover")
    progress(0.1, "lay the field")
    vertices, corners = _lay_quads(mesh.vertices, mesh.faces, count, crease_deg, smoothings)
    if not len(corners):
        raise CannotDo(f"quads: nothing is left of the model in {count} quads; ask for more")
    faces, polygon = _halves(vertices, corners)
    with part(0.6, 0.9):
        result = carry_over(asset.with_mesh(mesh.replace(polygon=None)), vertices, faces)
    result = result.with_mesh(result.mesh.replace(polygon=polygon))
    progress(0.9, "measure")
    note(_scores(mesh.vertices, mesh.faces, vertices, faces, corners))
    return result


def _lay_quads(vertices: Floats, faces: Ints, count: int, crease_deg: float, smoothings: int) -> tuple[Floats, Ints]:
    """Vertices (V, 3) and corners (Q, 4) of quads; a triangle says its last corner twice."""
    from pynanoinstantmeshes import remesh

    middle = vertices.mean(axis=0)
    size = max(float(np.ptp(vertices, axis=0).max()), 1e-300)
    unit = ((vertices - middle) / size).astype(np.float32)
    points, corners = remesh(
        unit, faces.astype(np.uint32), vertex_count=-1, rosy=4, posy=4, face_count=max(count // 4, 25),
        creaseAngle=crease_deg, align_to_boundaries=True, smooth_iter=smoothings, deterministic=True,
    )  # fmt: skip
    corners = np.asarray(corners, np.int64)
    if corners.shape[1] == 3:
        corners = np.concatenate([corners, corners[:, 2:]], axis=1)
    return np.asarray(points, np.float64) * size + middle, corners


def _halves(vertices: Floats, corners: Ints) -> tuple[Ints, Ints]:
    """Quads (Q, 4) as triangles (F, 3) along their shorter diagonals, and the number of each one's quad (F,)."""
    a, b, c, d = (vertices[corners[:, k]] for k in range(4))
    other = np.linalg.norm(b - d, axis=1) < np.linalg.norm(a - c, axis=1)
    turned = np.where(other[:, None], np.roll(corners, -1, axis=1), corners)
    halves = np.stack([turned[:, [0, 1, 2]], turned[:, [0, 2, 3]]], axis=1).reshape(-1, 3)
    number = np.repeat(np.arange(len(corners)), 2).astype(np.int32)
    whole = (halves != np.roll(halves, 1, axis=1)).all(axis=1)
    of_half = number[whole]
    lone = np.bincount(of_half, minlength=len(corners))[of_half] < 2
    return halves[whole], np.where(lone, -1, of_half).astype(np.int32)


def _scores(old_vertices: Floats, old_faces: Ints, vertices: Floats, faces: Ints, corners: Ints) -> str:
    """How good the quads are, in words."""
    square = (np.sort(corners, axis=1)[:, 1:] != np.sort(corners, axis=1)[:, :-1]).all(axis=1)
    meeting = np.bincount(corners[square].reshape(-1), minlength=len(vertices))
    used = meeting > 0
    off = deviation(vertices, faces, old_vertices, old_faces, _SAMPLES)
    worst = max(off.there.max, off.back.max)
    return (
        f"{int(square.sum())} quads, {square.mean():.1%} of the faces; at {(meeting[used] == 4).mean():.1%} of the "
        f"vertices four meet; {figures(off.mean)} mm off on average, {figures(worst)} mm at most"
    )
