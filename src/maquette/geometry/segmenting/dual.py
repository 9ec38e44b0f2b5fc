"""Faces as a graph: who lies beside whom, over how long an edge, and how sharply the surface folds in there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.rows import cross, dot, unit
from maquette.geometry.surface import face_areas, face_normals
from maquette.geometry.topology import adjacent_faces

_REACH = 0.02  # of the surface's size: a fillet up to this wide still counts as one crease
_TILTS = (0.0, 0.45, 0.45, 0.45, 0.45, 0.45, 0.45, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9)  # radians off straight in
_FACING = 0.17  # cosine of 80 degrees: what a ray meets must turn its back to it


@dataclass(frozen=True)
class Folds:
    """Pairs (A, 2) of faces that share a regular edge, and how the surface folds there."""

    pair: Ints
    ends: Ints  # (A, 2) vertices of the edge
    length: Floats  # (A,)
    bend: Floats  # (A,) radians between the normals, positive where it folds in


@dataclass(frozen=True)
class Dual:
    """Pairs (A, 2) of faces, the length (A,) of their edge, and its fold (A,): 0 flat or out, 1 square in."""

    pair: Ints
    length: Floats
    fold: Floats


def folds(vertices: Floats, faces: Ints) -> Folds:
    """The regular edges of a welded surface. vertices (V, 3), faces (F, 3) -> Folds."""
    pair = adjacent_faces(faces)
    middles = vertices[faces].mean(axis=1)
    normals = face_normals(vertices, faces)
    left, right = pair.T
    ends = _shared_edge(faces, pair)
    length = np.linalg.norm(vertices[ends[:, 0]] - vertices[ends[:, 1]], axis=1)
    bend = np.arccos(np.clip(dot(normals[left], normals[right]), -1, 1))
    inward = dot(middles[right] - middles[left], normals[left] - normals[right]) > 0  # the neighbour rises
    return Folds(pair, ends, length, np.where(inward, bend, -bend))


def dual(vertices: Floats, faces: Ints) -> Dual:
    """The graph of the faces of a welded surface. vertices (V, 3), faces (F, 3) -> Dual.

    A fillet folds a little at each of many edges; the fold that counts is the larger of the edge's own and of the bend
    that is found around it within a fiftieth of the surface's size.
    """
    own = folds(vertices, faces)
    wide = _wide_bend(own.pair, own.length, own.bend, face_areas(vertices, faces))
    return Dual(own.pair, own.length, np.clip(np.maximum(own.bend, wide) / (np.pi / 2), 0, 1))


def _shared_edge(faces: Ints, pair: Ints) -> Ints:
    """The vertices (A, 2) of the edge that two faces share."""
    a, b = faces[pair[:, 0]], faces[pair[:, 1]]
    same = (a[:, :, None] == b[:, None, :]).any(axis=2)  # (A, 3)
    first = same.argmax(axis=1)
    last = 2 - same[:, ::-1].argmax(axis=1)
    rows = np.arange(len(pair))
    return np.stack([a[rows, first], a[rows, last]], axis=1)


def _wide_bend(pair: Ints, length: Floats, bend: Floats, areas: Floats) -> Floats:
    """How far the surface turns in, in radians, within the reach of each edge, (A,): curvature spread, times reach."""
    from scipy.sparse import coo_matrix, diags

    size = len(areas)
    reach = _REACH * np.sqrt(areas.sum())
    turned = np.bincount(pair.reshape(-1), weights=np.repeat(bend * length / 2, 2), minlength=size)  # angle · length
    step = np.sqrt(np.maximum(areas, 1e-300))
    rounds = int(np.clip((reach / max(float(np.median(step)), 1e-300)) ** 2 / 2, 0, 30))
    both = np.concatenate([pair, pair[:, ::-1]])
    weight = np.tile(length, 2)
    graph = coo_matrix((weight, (both[:, 0], both[:, 1])), shape=(size, size)).tocsr()
    total = np.maximum(np.asarray(graph.sum(axis=1)).reshape(-1), 1e-300)
    spread = diags(0.5 / total) @ graph
    mass, area = turned, areas.copy()
    for _ in range(rounds):
        mass, area = mass / 2 + spread.T @ mass, area / 2 + spread.T @ area
    curvature = mass / np.maximum(area, 1e-300)
    turn: Floats = curvature[pair].mean(axis=1) * reach
    return turn


def diameters(vertices: Floats, faces: Ints) -> Floats:
    """How thick the body is under each face, (F,): rays in a cone into it, the far ones left out, smoothed.

    Faces under which nothing lies take what most others have. Shapira, Shamir and Cohen-Or 2008 (shape diameter).
    """
    from maquette.geometry.rays import Tracer

    tracer = Tracer(vertices, faces)
    normals, middles = face_normals(vertices, faces), vertices[faces].mean(axis=1)
    right = _across(normals)
    ahead = cross(normals, right)
    origins = middles - tracer.step * normals
    lengths = np.full((len(_TILTS), len(faces)), np.nan)
    for number, tilt in enumerate(_TILTS):
        turn = number * np.pi / 3
        across = np.cos(turn) * right + np.sin(turn) * ahead
        direction = np.sin(tilt) * across - np.cos(tilt) * normals
        hits = tracer.first(origins, direction)
        leaves = (hits.face >= 0) & (dot(normals[np.maximum(hits.face, 0)], direction) > _FACING)
        lengths[number, leaves] = hits.distance[leaves]
    middle = _median(lengths)
    near = np.where(np.abs(lengths - middle) <= 0.5 * middle, lengths, np.nan)
    count = np.isfinite(near).sum(axis=0)
    mean = np.nansum(near, axis=0) / np.maximum(count, 1)
    usual = float(np.median(mean[count > 0])) if (count > 0).any() else 1.0
    return np.where(count > 0, mean, usual)


def _median(lengths: Floats) -> Floats:
    """The median over the rays that met something, (F,); 0 where none did."""
    ordered = np.sort(np.where(np.isfinite(lengths), lengths, np.inf), axis=0)
    count = np.isfinite(lengths).sum(axis=0)
    middle = ordered[np.maximum(count - 1, 0) // 2, np.arange(lengths.shape[1])]
    return np.where(np.isfinite(middle), middle, 0.0)


def _across(normals: Floats) -> Floats:
    """A direction at right angles to each normal, (N, 3)."""
    aside = np.eye(3)[np.abs(normals).argmin(axis=1)]
    right = cross(normals, aside)
    return unit(right)


def smooth_features(values: Floats, graph: Dual, areas: Floats, rounds: int = 4) -> Floats:
    """Values of faces (F, K) averaged with their neighbours', less across folds."""
    from scipy.sparse import coo_matrix, diags

    size = len(values)
    both = np.concatenate([graph.pair, graph.pair[:, ::-1]])
    weight = np.tile(graph.length * (1 - graph.fold) ** 2, 2) + 1e-12
    matrix = coo_matrix((weight * areas[both[:, 1]], (both[:, 0], both[:, 1])), shape=(size, size)).tocsr()
    total = np.asarray(matrix.sum(axis=1)).reshape(-1)
    mean = diags(np.divide(1.0, total, out=np.zeros(size), where=total > 0)) @ matrix
    alone = (total <= 0)[:, None]
    for _ in range(rounds):
        values = np.where(alone, values, (values + mean @ values) / 2)
    return values
