"""Letters as solids on a surface: a flat outline put onto it along a view, given depth along its normals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.flat.planar import Sheet, triangulate
from maquette.geometry.rays import Tracer
from maquette.geometry.surface import face_normals

_MOST = 40_000  # rim points: longer texts get longer triangles


@dataclass(frozen=True)
class Print:
    """Where a sheet's points (P,) come down on a surface."""

    points: Floats  # (P, 3)
    normals: Floats  # (P, 3) of the surface about there, length one
    thickness: Floats  # (P,) of the solid behind, along the view; inf where nothing is behind
    met: Bools  # (P,) whether there is a surface at all


def sheet_of(loops: list[Floats], longest: float) -> Sheet | None:
    """Outlines as triangles with no edge much longer than ``longest``; None where they cross."""
    length = sum(float(np.linalg.norm(np.roll(loop, -1, axis=0) - loop, axis=1).sum()) for loop in loops)
    longest = max(longest, length / _MOST)
    fine = [_resample(loop, longest) for loop in loops]
    return triangulate(fine, [np.full(len(loop), longest) for loop in fine], coarsest=longest)


def stroke(loops: list[Floats]) -> float:
    """Width of the strokes: that of a long band of the same area and outline."""
    area = outline = 0.0
    for loop in loops:
        after = np.roll(loop, -1, axis=0)
        area += float((loop[:, 0] * after[:, 1] - loop[:, 1] * after[:, 0]).sum()) / 2
        outline += float(np.linalg.norm(after - loop, axis=1).sum())
    return 2 * area / outline if outline else 0.0


def lay_on(
    vertices: Floats, faces: Ints, points: Floats, right: Floats, up: Floats, middle: Floats, around: float
) -> Print:
    """Flat points (P, 2) seen onto a surface along -(right x up). ``middle`` (3,) is where (0, 0) is seen.

    Normals are the mean of those met within ``around``, so that facets do not show; on a plane they are its own.
    """
    from scipy.spatial import cKDTree

    tracer = Tracer(vertices, faces)
    toward = -np.cross(right, up)
    reach = float(np.linalg.norm(np.ptp(vertices, axis=0))) + 1.0
    origins = middle + points[:, :1] * right + points[:, 1:] * up - reach * toward
    ways = np.broadcast_to(toward, origins.shape)
    hits = tracer.first(origins, ways)
    met = hits.face >= 0
    places = np.where(met[:, None], origins + np.where(met, hits.distance, 0.0)[:, None] * toward, 0.0)
    normals = np.where(met[:, None], face_normals(vertices, faces)[np.maximum(hits.face, 0)], -toward)
    behind = tracer.first(places + 4 * tracer.step * toward, ways)
    near = cKDTree(points).query_pairs(around, output_type="ndarray")
    total = np.zeros_like(normals)
    for axis in range(3):
        column = normals[:, axis]
        total[:, axis] = (
            column
            + np.bincount(near[:, 0], column[near[:, 1]], len(points))
            + np.bincount(near[:, 1], column[near[:, 0]], len(points))
        )
    length = np.linalg.norm(total, axis=1, keepdims=True)
    return Print(places, total / np.maximum(length, 1e-300), behind.distance, met)


def jump(sheet: Sheet, printed: Print, toward: Floats) -> float:
    """Steepest step of the surface under the sheet, as height over length: 0 on a plane that faces the viewer."""
    ends = np.concatenate([sheet.faces[:, [0, 1]], sheet.faces[:, [1, 2]], sheet.faces[:, [2, 0]]])
    step = printed.points[ends[:, 1]] - printed.points[ends[:, 0]]
    rise = np.abs(step @ toward)
    run = np.linalg.norm(sheet.points[ends[:, 1]] - sheet.points[ends[:, 0]], axis=1)
    return float((rise / np.maximum(run, 1e-300)).max(initial=0.0))


def slab(sheet: Sheet, printed: Print, low: float, high: float) -> tuple[Floats, Ints]:
    """The closed solid between the surface moved by ``low`` and by ``high`` along its normals, wound outward."""
    count = len(sheet.points)
    vertices = np.concatenate([printed.points + high * printed.normals, printed.points + low * printed.normals])
    start, end = sheet.rim.T
    walls = [np.stack([start + count, end + count, end], axis=1), np.stack([start + count, end, start], axis=1)]
    return vertices, np.concatenate([sheet.faces, sheet.faces[:, ::-1] + count, *walls])


def _resample(loop: Floats, longest: float) -> Floats:
    """The loop with its long edges cut into equal pieces."""
    after = np.roll(loop, -1, axis=0)
    count = np.maximum(np.ceil(np.linalg.norm(after - loop, axis=1) / longest), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(loop)), count)
    share = (np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)) / count[edge]
    result: Floats = loop[edge] + share[:, None] * (after - loop)[edge]
    return result
