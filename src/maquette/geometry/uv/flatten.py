"""Charts laid flat as rigidly as may be: no face is turned over, lengths stay nearly what they are on the surface.

Each chart is first seen along its mean normal, which turns no face over as long as none leans 90 degrees away. Then all
charts at once go through a few rounds of Liu, Zhang, Xu, Gotsman and Gortler 2008 ("A local/global approach to mesh
parameterization", as rigid as possible): every face says how it would like to lie, and one sparse system, factored
once, finds the compromise. A chart in which a round turned a face over keeps the view that it began with.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.surface import area_vectors

_STEEP = 20.0  # largest cotangent believed: slivers would drown the rest
_WEAK = 1e-3  # least weight of an edge: obtuse corners must not push


def flatten_charts(vertices: Floats, faces: Ints, label: Ints, rounds: int = 6) -> Floats:
    """Places in the plane for every corner, (F, 3, 2), in the surface's unit. label (F,) chart of each face.

    Charts lie on top of each other; each has the area that its faces have on the surface.
    """
    chart_count = int(label.max()) + 1 if len(label) else 0
    pieces, place = np.unique(label[:, None] * len(vertices) + faces, return_inverse=True)
    place = place.reshape(-1, 3)  # (F, 3) into pieces: a vertex once for each chart
    start = _seen_along_the_mean(vertices, faces, label, pieces, chart_count)
    if not len(faces):
        return np.zeros((0, 3, 2))
    rest = _rest(vertices, faces)
    weights = _cotangents(rest)
    flat = start.copy()
    solve, pin = _system(place, weights, len(pieces), label)
    for _ in range(rounds):
        wish = _wishes(flat, place, rest, weights)
        wish[pin] += start[pin]
        flat = solve(wish)
    turned = np.zeros(chart_count, dtype=bool)
    turned[label[_turned_over(flat[place], rest)]] = True
    corners = np.where(turned[label][:, None, None], start[place], flat[place])
    return _with_true_area(corners, label, np.linalg.norm(area_vectors(vertices, faces), axis=1), chart_count)


def _seen_along_the_mean(vertices: Floats, faces: Ints, label: Ints, pieces: Ints, count: int) -> Floats:
    """Each chart's vertices (P,) as seen against its mean normal, (P, 2)."""
    vectors = area_vectors(vertices, faces)
    mean = np.stack([np.bincount(label, vectors[:, k], count) for k in range(3)], axis=1)
    length = np.linalg.norm(mean, axis=1, keepdims=True)
    mean = np.where(length > 0, mean / np.where(length > 0, length, 1), [0.0, 0.0, 1.0])
    aside = np.eye(3)[np.abs(mean).argmin(axis=1)]
    right = np.cross(aside, mean)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    up = np.cross(mean, right)
    chart, vertex = pieces // len(vertices), pieces % len(vertices)
    points = vertices[vertex]
    return np.stack([np.einsum("ij,ij->i", points, axis[chart]) for axis in (right, up)], axis=1)


def _rest(vertices: Floats, faces: Ints) -> Floats:
    """Each face laid flat by itself, its first corner at the origin and its second on the x axis, (F, 3, 2)."""
    corners = vertices[faces]
    ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    length = np.linalg.norm(ab, axis=1)
    safe = np.where(length > 0, length, 1.0)
    x = np.einsum("ij,ij->i", ab, ac) / safe
    y = np.linalg.norm(np.cross(ab, ac), axis=1) / safe
    rest = np.zeros((len(faces), 3, 2))
    rest[:, 1, 0], rest[:, 2, 0], rest[:, 2, 1] = length, x, y
    return rest


def _cotangents(rest: Floats) -> Floats:
    """The weight of the edge from corner c to c + 1 of each face, (F, 3): the cotangent of the angle across."""
    ahead, behind = np.roll(rest, -1, axis=1) - rest, np.roll(rest, 1, axis=1) - rest
    across = np.abs(ahead[:, :, 0] * behind[:, :, 1] - ahead[:, :, 1] * behind[:, :, 0])
    along = np.einsum("fci,fci->fc", ahead, behind)
    cotangent = np.divide(along, across, out=np.full(across.shape, _STEEP), where=across > 0)
    result: Floats = np.roll(np.clip(cotangent, _WEAK, _STEEP), 1, axis=1)  # corner c + 2 lies across edge c
    return result


def _system(place: Ints, weights: Floats, count: int, label: Ints) -> tuple[Any, Ints]:
    """A solver for the weighted Laplacian, and one vertex of each chart that is held where it is."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import splu

    start, end = place.reshape(-1), np.roll(place, -1, axis=1).reshape(-1)
    weight = weights.reshape(-1)
    _, first = np.unique(label, return_index=True)
    pin = place[first, 0]
    rows = np.concatenate([start, end, start, end, pin])
    columns = np.concatenate([end, start, start, end, pin])
    data = np.concatenate([-weight, -weight, weight, weight, np.ones(len(pin))])
    matrix = coo_matrix((data, (rows, columns)), shape=(count, count)).tocsc()
    solver = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return solver.solve, pin


def _wishes(flat: Floats, place: Ints, rest: Floats, weights: Floats) -> Floats:
    """The right side of the system, (P, 2): every edge as its face would turn it, without stretching it."""
    edges, wanted = (np.roll(corners, -1, axis=1) - corners for corners in (flat[place], rest))
    same = np.einsum("fc,fci,fci->f", weights, wanted, edges)
    cross = np.einsum("fc,fc->f", weights, wanted[..., 0] * edges[..., 1] - wanted[..., 1] * edges[..., 0])
    length = np.hypot(same, cross)
    safe = np.where(length > 0, length, 1.0)
    cosine, sine = np.where(length > 0, same / safe, 1.0)[:, None], (cross / safe)[:, None]
    x, y = wanted[..., 0], wanted[..., 1]
    turned = np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=2) * weights[..., None]
    start, end = place.reshape(-1), np.roll(place, -1, axis=1).reshape(-1)
    pull = turned.reshape(-1, 2)
    sums = [np.bincount(end, pull[:, k], len(flat)) - np.bincount(start, pull[:, k], len(flat)) for k in range(2)]
    return np.stack(sums, axis=1)


def _turned_over(corners: Floats, rest: Floats) -> Bools:
    """Faces (F,) that lie face down, or nearly without area though they have some."""
    flat, true = (signed_areas(places) for places in (corners, rest))
    return np.asarray((flat <= 1e-3 * true) & (true > 0))


def signed_areas(corners: Floats) -> Floats:
    """Area of triangles in the plane (F, 3, 2), above 0 where they run counter-clockwise in x right, y up, (F,)."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    result: Floats = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2
    return result


def _with_true_area(corners: Floats, label: Ints, area: Floats, count: int) -> Floats:
    """Charts scaled so that each covers the area that it has on the surface."""
    flat = np.bincount(label, np.abs(signed_areas(corners)), count)
    true = np.bincount(label, area, count)
    scale = np.sqrt(np.divide(true, flat, out=np.ones(count), where=flat > 0))
    return corners * scale[label][:, None, None]
