"""A flat sheet blown up: round at the rim, no triangle longer than its place allows, closed with its own mirror image.

The height over the sheet is sqrt(u) with u from Poisson's equation, whose slope is vertical at the rim: there the
sheet's edges are split until the *lifted* edges are short, and turned until the *lifted* triangles are good. The
flat triangles never fold, so the two halves meet in the rim and nowhere else: no self-intersection by construction.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.geometry.flat.planar import Sheet
from maquette.geometry.flat.poisson import membrane
from maquette.geometry.mend.refinement import ease, ends_of, inner_edges, longest_of_both, split_edges, turn_edges
from maquette.geometry.topology import edges

Lift = Callable[[Floats], Floats]

_GROWTH = 0.3  # by how much edges may lengthen per unit of height over a fine rim


def blown_up(sheet: Sheet, lift: Lift = np.sqrt, *, stretch: float = 1.7) -> tuple[Sheet, Floats]:
    """The sheet with finer triangles toward its rim, and u at its points. ``lift`` makes heights out of u.

    A lifted edge ends up at most ``stretch`` times as long as the flat edges were around there.
    """
    sheet, spacing = _part_rim_edges(sheet, _edge_mean(sheet))
    swell, coarsest = _swell(sheet), float(spacing.max())
    for _ in range(40):
        solid = np.column_stack([sheet.points, lift(swell)])
        local = np.minimum(spacing + _GROWTH * solid[:, 2], coarsest)  # small triangles at a pinch stay there
        pairs, share = _too_long(sheet, solid, swell, stretch * local)
        if len(pairs) < 0.002 * len(sheet.faces):
            break
        a, b = ends_of(sheet.faces, pairs[:, 0])
        points, swell, spacing = (
            np.concatenate([old, _between(old[a], old[b], share)]) for old in (sheet.points, swell, spacing)
        )
        solid = np.column_stack([points, lift(swell)])
        faces = split_edges(sheet.faces, pairs, len(sheet.points), solid)
        sheet = Sheet(points, turn_edges(faces, points, solid, len(sheet.rim), rounds=1), sheet.rim)
    return _even_out(sheet, lift, swell)


def _even_out(sheet: Sheet, lift: Lift, swell: Floats) -> tuple[Sheet, Floats]:
    """Better triangles over the same points, then points moved to better places; u is solved anew where they came."""
    points, faces = sheet.points, sheet.faces
    solid = np.column_stack([points, lift(swell)])
    for _ in range(2):
        faces = turn_edges(faces, points, solid, len(sheet.rim), rounds=2)
        points = ease(faces, points, solid, len(sheet.rim))
        swell = _swell(Sheet(points, faces, sheet.rim))
        solid = np.column_stack([points, lift(swell)])
    return Sheet(points, turn_edges(faces, points, solid, len(sheet.rim), rounds=4), sheet.rim), swell


def _swell(sheet: Sheet) -> Floats:
    """u at the sheet's points, (P,), and above 0 off the rim: at least half d², d the distance to the rim.

    By the maximum principle u >= d², for the disc of radius d around a point fits inside; flat triangles undercut it.
    """
    from scipy.spatial import cKDTree

    border = len(sheet.rim)
    inner = sheet.points[border:]
    _, near = cKDTree(sheet.points[:border]).query(inner)
    reach = np.full(len(inner), np.inf)
    for side in (0, 1):  # the two rim edges at the nearest rim point
        edge = np.empty(border, np.int64)
        edge[sheet.rim[:, side]] = np.arange(border)
        start, end = sheet.points[sheet.rim[edge[near]]].transpose(1, 0, 2)
        along = end - start
        share = ((inner - start) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-300)
        nearest = start + np.clip(share, 0, 1)[:, None] * along
        reach = np.minimum(reach, ((inner - nearest) ** 2).sum(axis=1))
    swell = membrane(sheet.points, sheet.faces, border)
    swell[border:] = np.maximum(swell[border:], 0.5 * reach)
    return swell


def _too_long(sheet: Sheet, solid: Floats, swell: Floats, most: Floats) -> tuple[Ints, Floats]:
    """Inner edges to split, as pairs of half-edges (E, 2), and where on each, as a share of the way (E,)."""
    pairs = inner_edges(sheet.faces)
    a, b = ends_of(sheet.faces, pairs[:, 0])
    length = np.linalg.norm(solid[b] - solid[a], axis=1)
    long = (length > np.minimum(most[a], most[b])) & longest_of_both(length, pairs, len(sheet.faces))
    return pairs[long], _halfway(np.sqrt(swell[a[long]]), np.sqrt(swell[b[long]]))


def double_sheet(faces: Ints, border: int, count: int) -> tuple[Ints, Ints]:
    """A sheet and its mirror image sewn together at the first ``border`` of its ``count`` points.

    Gives the faces of both, (2T, 3), the sheet's own first, and for every vertex of the solid the point it lies over.
    """
    image = np.concatenate([np.arange(border), np.arange(count, 2 * count - border)])
    back = image[faces][:, ::-1]
    return np.concatenate([faces, back]), np.concatenate([np.arange(count), np.arange(border, count)])


def _part_rim_edges(sheet: Sheet, spacing: Floats) -> tuple[Sheet, Floats]:
    """The sheet with a point on every inner edge from rim to rim: else the solid would pinch to nothing there."""
    pairs = inner_edges(sheet.faces)
    a, b = ends_of(sheet.faces, pairs[:, 0])
    across = (a < len(sheet.rim)) & (b < len(sheet.rim))
    a, b = a[across], b[across]
    points, spacing = (np.concatenate([old, (old[a] + old[b]) / 2]) for old in (sheet.points, spacing))
    faces = split_edges(sheet.faces, pairs[across], len(sheet.points), points)
    return Sheet(points, faces, sheet.rim), spacing


def _edge_mean(sheet: Sheet) -> Floats:
    """Mean length of the edges at each point, (P,)."""
    ends = edges(sheet.faces).ends
    length = np.linalg.norm(sheet.points[ends[:, 1]] - sheet.points[ends[:, 0]], axis=1)
    count = len(sheet.points)
    total = np.bincount(ends.reshape(-1), weights=np.repeat(length, 2), minlength=count)
    edge_mean: Floats = total / np.maximum(np.bincount(ends.reshape(-1), minlength=count), 1)
    return edge_mean


def _halfway(low: Floats, high: Floats) -> Floats:
    """Where on an edge, as a share of the way from a to b, sqrt(u) is half way while u runs straight."""
    return (high + 3 * low) / np.maximum(4 * (high + low), 1e-300)


def _between(a: Floats, b: Floats, share: Floats) -> Floats:
    """Points or values on the way from a to b."""
    part = share if a.ndim == 1 else share[:, None]
    between: Floats = a + part * (b - a)
    return between
