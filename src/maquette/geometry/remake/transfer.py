"""What rides on an old surface, found again on a new one that lies near it.

Every new vertex and every new face's middle looks for the nearest old face that looks the same way, so that a thin
wall does not take the other side's colour. A face that the old surface has as well, corner for corner, takes what was
there exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints, Singles
from maquette.geometry.nearest import Nearest, Surface, feet
from maquette.geometry.surface import face_normals, vertex_normals
from maquette.geometry.topology import face_components
from maquette.geometry.welding import twins

_SAME_WAY = 0.1  # least cosine between the normals of old and new surface: a sharp corner's face still counts


@dataclass(frozen=True)
class Landing:
    """Where a new surface lies on an old one. Weights are barycentric in the old face's corners."""

    surface: Surface
    vertex: Nearest  # (V')
    middle: Nearest  # (F') of the faces' middles
    twin: Ints  # (F',) the old face with the same corners, -1 where there is none
    turn: Ints  # (F',) corner of the old face that is the new one's first


def landing(vertices: Floats, faces: Ints, new_vertices: Floats, new_faces: Ints) -> Landing:
    """Lay a new surface on an old one. old (V, 3), (F, 3), new (V', 3), (F', 3) -> Landing. Both have faces.

    300,000 new faces near 300,000 old ones take some 4 s, those with an old twin next to nothing.
    """
    surface = Surface(vertices, faces)
    twin, turn = _same_faces(vertices, faces, new_vertices, new_faces)
    asked = np.flatnonzero(twin < 0)
    normals = face_normals(new_vertices, new_faces)
    middle = Nearest(np.maximum(twin, 0), np.full((len(new_faces), 3), 1 / 3), np.zeros(len(new_faces)))
    center = new_vertices[new_faces[asked]].mean(axis=1)
    _put(middle, asked, surface.nearest(center, normals[asked], _SAME_WAY))
    vertex = _known_vertices(new_vertices, new_faces, twin, turn)
    unknown = np.flatnonzero(vertex.face < 0)
    around = vertex_normals(new_vertices, new_faces)[unknown]
    _put(vertex, unknown, surface.nearest(new_vertices[unknown], around, _SAME_WAY))
    return Landing(surface, vertex, middle, twin, turn)


def _put(into: Nearest, rows: Ints, nearest: Nearest) -> None:
    into.face[rows], into.weights[rows], into.distance[rows] = nearest.face, nearest.weights, nearest.distance


def _known_vertices(vertices: Floats, faces: Ints, twin: Ints, turn: Ints) -> Nearest:
    """Corners of faces that have a twin lie on that one's corner; face -1 where no such face is."""
    known_vertices = Nearest(np.full(len(vertices), -1), np.zeros((len(vertices), 3)), np.zeros(len(vertices)))
    known = np.flatnonzero(twin >= 0)
    for corner in range(3):
        vertex = faces[known, corner]
        known_vertices.face[vertex] = twin[known]
        known_vertices.weights[vertex] = np.eye(3)[(turn[known] + corner) % 3]
    return known_vertices


def _same_faces(vertices: Floats, faces: Ints, new_vertices: Floats, new_faces: Ints) -> tuple[Ints, Ints]:
    """For each new face the old one over the same positions, in the same sense, and the corner it begins with."""
    _, place = twins(np.concatenate([vertices, new_vertices]))
    old, new = place[: len(vertices)][faces], place[len(vertices) :][new_faces]
    old_first, new_first = old.argmin(axis=1), new.argmin(axis=1)
    rolled = [
        np.take_along_axis(f, (first[:, None] + np.arange(3)) % 3, axis=1)
        for f, first in ((old, old_first), (new, new_first))
    ]
    keep, group = twins(np.concatenate(rolled).astype(np.float64))
    first = keep[group[len(old) :]]
    same = first < len(old)
    twin = np.where(same, first, -1)
    return twin, np.where(same, (old_first[np.maximum(twin, 0)] - new_first) % 3, 0)


def on_vertices(values: Floats, faces: Ints, nearest: Nearest) -> Floats:
    """A channel of old vertices (V, C) at the places found, (N, C)."""
    result: Floats = np.einsum("nk,nkc->nc", nearest.weights, values[faces[nearest.face]])
    return result


def charts(faces: Ints, uv: Singles) -> Ints:
    """Which pieces of the texture belong together: faces that share an edge and its uv. (F, 3), (F, 3, 2) -> (F,)."""
    corner = np.concatenate([faces.reshape(-1, 1), uv.reshape(-1, 2)], axis=1).astype(np.float64)
    _, place = twins(corner)
    return face_components(place.reshape(-1, 3))[1]


def carry_uv(
    vertices: Floats, faces: Ints, uv: Singles, new_vertices: Floats, new_faces: Ints, lying: Landing
) -> tuple[Singles, Bools]:
    """uv for a new surface, (F', 3, 2), and which faces have a consistent one, (F',).

    A face is consistent when its corners lie in the chart that its middle lies in and its uv is what that place's own
    map gives, give or take its size: a face that bridges a seam is not. Old twins keep their uv.
    """
    chart = charts(faces, uv)
    home = lying.middle.face
    corner_face, weights = lying.vertex.face[new_faces], lying.vertex.weights[new_faces]
    triangles = vertices[faces]
    for corner in range(3):  # a corner on a seam belongs to both sides: it may as well lie on the middle's own face
        inside, square = feet(triangles[home], new_vertices[new_faces[:, corner]])
        reach = lying.vertex.distance[new_faces[:, corner]]
        size = np.linalg.norm(new_vertices[new_faces[:, corner]] - new_vertices[new_faces].mean(axis=1), axis=1)
        own = np.sqrt(square) <= reach + 1e-3 * size
        corner_face[own, corner], weights[own, corner] = home[own], inside[own]
    new_uv = np.einsum("fck,fckd->fcd", weights, uv[corner_face].astype(np.float64))
    good = (chart[corner_face] == chart[home][:, None]).all(axis=1)
    center = np.einsum("fk,fkd->fd", lying.middle.weights, uv[home].astype(np.float64))
    foot = np.einsum("fk,fkd->fd", lying.middle.weights, triangles[home])
    expected = center[:, None] + _map_offsets(triangles[home], uv[home], new_vertices[new_faces] - foot[:, None])
    size = np.abs(expected - center[:, None]).max(axis=(1, 2))
    good &= np.abs(new_uv - expected).max(axis=(1, 2)) <= size + 1e-7
    same = lying.twin >= 0
    order = (lying.turn[same, None] + np.arange(3)) % 3
    new_uv[same] = uv[lying.twin[same][:, None], order]
    return new_uv.astype(np.float32), good | same


def _map_offsets(triangles: Floats, uv: Singles, offsets: Floats) -> Floats:
    """Offsets (F, 3, 3) from a point on each triangle as offsets in its uv, (F, 3, 2); zero where it has no area."""
    ab, ac = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    aa, bb, mix = (np.einsum("ij,ij->i", p, q) for p, q in ((ab, ab), (ac, ac), (ab, ac)))
    det = aa * bb - mix * mix
    safe = np.where(det > 1e-24 * aa * bb, det, np.inf)[:, None]
    p, q = np.einsum("fcd,fd->fc", offsets, ab), np.einsum("fcd,fd->fc", offsets, ac)
    v = (p * bb[:, None] - q * mix[:, None]) / safe
    w = (q * aa[:, None] - p * mix[:, None]) / safe
    along_v, along_w = (uv[:, k].astype(np.float64) - uv[:, 0] for k in (1, 2))
    result: Floats = v[:, :, None] * along_v[:, None] + w[:, :, None] * along_w[:, None]
    return result
