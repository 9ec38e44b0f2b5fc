"""Fill holes: every loop of open edges closed by a patch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.core.words import figures
from maquette.geometry.inside.parts import areas_by
from maquette.geometry.mend.holes import EdgeSet, clashing, patches
from maquette.geometry.mend.membrane import Film, refine, round_off
from maquette.geometry.orientation import agreement, capped_volumes
from maquette.geometry.surface import face_normals
from maquette.geometry.topology import border_halves, edges, face_components
from maquette.registry import stage
from maquette.shape.mend.patching import Openings, openings, patch

# An open part whose volume is less than this share of area^1.5 is a sheet: closing it would fold it onto itself.
_SHEET = 1e-3
# Holes with fewer edges get a plain patch; in them nobody sees the difference.
_FINE = 8
# Mean cosine between a taut patch and its surroundings above which the patch is rounded: 37 degrees. The open end of a
# cylinder (0) stays flat, a hole in a ball is bridged by a dome up to this slope.
_FLUSH = 0.8
_WIDE = 0.2  # of the model's diagonal: what fills a wider hole is a guess that somebody should look at
_DOME = 0.3  # of a hole's width, the highest dome believed; a half ball would be 0.5 over a border that is not flush


@stage
def fill_holes(
    asset: Asset,
    *,
    max_edges: Annotated[int, Field(ge=3, le=100_000, description="holes with a longer border stay open")] = 10_000,
) -> Asset:
    """Close holes with patches as fine as their borders; nothing else moves.

    A patch is drawn taut like a soap film; where the surface around runs on into it without a crease, it continues its
    curve. It is wound like its surroundings, takes the material and part that most of its border has, and uv and
    colour run across from border to border, so the picture is stretched there. New vertices count as not seen. Sheets
    that enclose nothing and one-sided parts are left open, as are edges with more than two faces. Weld and fix the
    winding first.

    Barequet and Sharir 1995, Liepa 2003.
    """
    mesh = asset.mesh
    holes = _worth_closing(mesh, max_edges)
    if holes.loops:
        mesh = _fill(mesh, holes)
        note(f"filled {len(holes.loops)} holes with {len(mesh.faces) - len(asset.mesh.faces)} faces")
        _warn_of_wide(mesh, holes)
    remaining = len(border_halves(mesh.faces))
    if remaining:
        note(f"left {remaining} open edges")
    return asset.with_mesh(mesh)


def _warn_of_wide(mesh: Mesh, holes: Openings) -> None:
    """A note where a patch spans so much that its shape is a guess; a few missing faces are none."""
    wide = [float(np.linalg.norm(np.ptp(mesh.vertices[loop], axis=0))) for loop in holes.loops if len(loop) >= _FINE]
    widest = max(wide, default=0.0)
    if widest > _WIDE * mesh.diagonal:
        share = widest / mesh.diagonal
        note(f"warning: a hole {figures(widest)} mm wide was closed, {share:.0%} of the model's diagonal; look at it")


def _worth_closing(mesh: Mesh, max_edges: int) -> Openings:
    """The loops to close, those of sheets and those that are too long left out."""
    worth_closing = openings(mesh)
    if not worth_closing.loops:
        return worth_closing
    sheet = _sheets(mesh)[worth_closing.half[worth_closing.start] // 3]
    return worth_closing.only(
        [n for n, loop in enumerate(worth_closing.loops) if len(loop) <= max_edges and not sheet[n]]
    )


def _sheets(mesh: Mesh) -> np.ndarray:
    """Faces of parts that enclose next to nothing or have one side only, (F,) bool."""
    count, part = face_components(mesh.faces)
    volume = capped_volumes(mesh.vertices, mesh.faces, part, count)
    area = areas_by(part, mesh.vertices, mesh.faces, count)
    flat = np.abs(volume) <= _SHEET * area**1.5
    edge_table = edges(mesh.faces)
    if ((edge_table.count == 2) & (edge_table.balance != 0)).any():
        wound = agreement(mesh.vertices, mesh.faces)
        flat[part[wound.one_sided[wound.patch]]] = True
    is_open = np.zeros(count, dtype=bool)
    is_open[part[np.flatnonzero(edge_table.count[edge_table.of_half] == 1) // 3]] = True
    if (flat & is_open).any():
        number = int((flat & is_open).sum())
        note(f"left {number} parts alone that enclose nothing; a sheet needs a thickness before it can close")
    sheets: np.ndarray = flat[part]
    return sheets


def _fill(mesh: Mesh, holes: Openings) -> Mesh:
    """The mesh with a patch in every hole."""
    result, patches_laid = lay_taut(mesh, holes)
    outer = face_normals(mesh.vertices, mesh.faces)[holes.half // 3]
    wanted = np.array([len(loop) >= _FINE for loop in holes.loops])
    smooth = _runs_on(patches_laid.points, patches_laid.place, outer, holes.of_ring) & wanted
    if not smooth.any():
        return result
    progress(0.8, "rounding the patches")
    return result.with_vertices(_round_off(result, patches_laid.sheet, holes, smooth))


@dataclass(frozen=True)
class Taut:
    """Patches like soap films: places of all points, faces over them, and the hole that each point lies in."""

    points: Floats  # (R + P, 3), the rings' own first
    place: Ints  # (T, 3)
    sheet: Ints  # (R + P,)


def lay_taut(mesh: Mesh, holes: Openings) -> tuple[Mesh, Taut]:
    """The mesh with a taut patch in every hole, and the patches."""
    outer = face_normals(mesh.vertices, mesh.faces)[holes.half // 3]
    progress(0.2, f"closing {len(holes.loops)} holes")
    place, middles = _plain(mesh, holes, outer)
    border = len(holes.ring)
    sheet = np.concatenate([holes.of_ring, middles])
    points = mesh.vertices[holes.ring]
    points = np.concatenate([points, Film(place, len(sheet), border).fill_in(points)])
    progress(0.5, "making the patches as fine as their borders")
    wanted = np.array([len(loop) >= _FINE for loop in holes.loops])
    points, place, sheet = refine(points, place, border, sheet, wanted)
    return patch(mesh, holes, points[border:], place, sheet[place[:, 0]]), Taut(points, place, sheet)


def _plain(mesh: Mesh, holes: Openings, outer: Floats) -> tuple[Ints, Ints]:
    """Patches without inner points, or with one where there is no other way: faces as places, loop of each such one."""
    used = EdgeSet(edges(mesh.faces).ends, len(mesh.vertices))
    solved = patches(mesh.vertices, holes.loops, np.split(outer, holes.start[1:]), used)
    for hole in clashing(holes.loops, solved).tolist():
        solved[hole] = None
    place = [local + first for local, first in zip(solved, holes.start, strict=True) if local is not None]
    fans = [hole for hole, local in enumerate(solved) if local is None]
    for number, hole in enumerate(fans):
        here = holes.start[hole] + np.arange(len(holes.loops[hole]))
        place.append(np.stack([here, np.roll(here, -1), np.full_like(here, len(holes.ring) + number)], axis=1))
    return np.concatenate(place), np.array(fans, dtype=np.int64)


def _runs_on(points: Floats, place: Ints, outer: Floats, hole: Ints) -> np.ndarray:
    """Holes whose surroundings run on into a taut patch without a crease to speak of, (N,) bool."""
    edge_table = edges(place)
    half = np.flatnonzero(edge_table.count[edge_table.of_half] == 1)
    start = place.reshape(-1)[half]  # border edges of patches start at the place they belong to
    flush = (face_normals(points, place)[half // 3] * outer[start]).sum(axis=1)
    number = np.bincount(hole)
    runs_on: np.ndarray = np.bincount(hole[start], weights=flush, minlength=len(number)) / number > _FLUSH
    return runs_on


def _round_off(filled: Mesh, sheet: Ints, holes: Openings, smooth: np.ndarray) -> Floats:
    """All vertices, the inner ones of ``smooth`` (N,) patches moved to continue the curve of what lies around them."""
    border = len(holes.ring)
    chosen = np.flatnonzero(smooth[sheet[border:]])
    inner = chosen + len(filled.vertices) - len(sheet) + border
    near = np.zeros(len(filled.vertices), dtype=bool)
    near[inner] = near[holes.ring[smooth[sheet[:border]]]] = True
    local, faces = np.unique(filled.faces[near[filled.faces].any(axis=1)], return_inverse=True)
    vertices = filled.vertices.copy()
    moved = round_off(vertices[local], faces.reshape(-1, 3), np.searchsorted(local, inner))
    moved = moved[np.searchsorted(local, inner)]
    of = sheet[border + chosen]
    furthest, width = np.zeros(len(smooth)), np.zeros(len(smooth))
    np.maximum.at(furthest, of, np.linalg.norm(moved - vertices[inner], axis=1))
    for number in np.flatnonzero(smooth).tolist():
        width[number] = np.linalg.norm(np.ptp(vertices[holes.loops[number]], axis=0))
    sane = (furthest <= _DOME * width)[of]
    vertices[inner[sane]] = moved[sane]
    return vertices
