"""How thick is the wall under each point of a surface? Rays and inscribed balls together.

Alone, both lie beside edges: a ray from the rim of a 1 mm plate reads the 40 mm to the other rim, and a ball there is
squeezed to nothing by the edge. Here a few rays into the wall each give the ball that touches the surface at the sample
and at the hit; the smallest one is shrunk until no sample lies within (Ma, Bae & Choi 2012, "3D medial axis point
approximation using nearest neighbors and the normal field"). Only surfaces that face each other count. A sample whose
ball is pinched from the side, or that lies right at a sharp edge, says nothing about a wall and is left out. So is,
where asked, one in a wedge or cone that runs out to its edge or point: the medial axis has a branch into every such
edge, along which the ball shrinks to nothing (pruned by the angle between what it touches, as in Attali, Boissonnat &
Edelsbrunner 2009, "Stability and computation of medial axes", and by rays that see the solid end there).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.core.memory import once
from maquette.geometry.rays import Tracer
from maquette.geometry.sampling import Samples
from maquette.geometry.topology import edges

SLACK = 0.99  # of a limit: what is drawn at the limit is not below it

_FACING = -0.5  # cosine of 120 degrees: normals that oppose by more bound one wall
_SIDEWAYS = 0.5  # cosine of 60 degrees: less is the same surface going on
_PINCHED = 0.25  # a ball that surfaces on the side press below this share of the wall's has no wall to measure
_TILT = np.radians(20.0)
_SHARP = 0.7  # cosine of 45 degrees between the normals of an edge's two faces
_ROUNDS = 10
_FEW = 4000  # samples that balls much wider than their spacing are held against: all of a sphere lies equally near
_NEAREST = 4
_EMPTY = 0.9  # of its radius: a ball is empty when nothing lies deeper in it; all of a sphere lies at 1, so not 0.99
_ALIKE = 1.05  # ratio of radii searched together; below 1 / _EMPTY
_MOST_MARKS = 400_000
_TAPER = 0.125  # tangent of half the angle of a wedge that gains its thickness within four times that length
_BEYOND = 1.5  # a wedge ends within this many times the way to where its sides would meet
_OPPOSITE = 1.6  # straight through a wedge of 60 degrees is 1.5 times as far as its ball is wide
_FAN = (-0.5, -0.25, 0.0, 0.25, 0.5)  # of the wedge's angle, about its bisector


@dataclass(frozen=True)
class Edgelets:
    """Sharp convex edges as M segments."""

    start: Floats  # (M, 3)
    end: Floats  # (M, 3)


class _Cloud:
    """Points (N, 3) with their normals, to be asked which balls they lie in."""

    def __init__(self, points: Floats, normals: Floats) -> None:
        from scipy.spatial import cKDTree

        self.points, self.normals = points, normals
        self._tree: Any = cKDTree(points)

    def within(self, points: Floats, normals: Floats, diameter: Floats, cosine: float) -> tuple[Ints, Ints]:
        """Balls under the points that hold something whose normal differs by more than the cosine: which, and what."""
        if not len(points):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        radius = diameter / 2
        distance, near = self._nearest(points - radius[:, None] * normals, radius)
        differs = np.einsum("nkc,nc->nk", self.normals[near], normals) < cosine
        inside = differs & (distance < _EMPTY * radius[:, None])
        inner = np.flatnonzero(inside.any(axis=1))
        return inner, near[inner, inside[inner].argmax(axis=1)]

    def _nearest(self, centers: Floats, radius: Floats) -> tuple[Floats, Ints]:
        """The nearest points in each ball: distances (M, K), inf where there are no more, and which (M, K), then 0.

        Balls of like size are asked together, so that the search ends at their rim.
        """
        distance, near = np.full((len(radius), _NEAREST), np.inf), np.zeros((len(radius), _NEAREST), np.int64)
        size = np.floor(np.log(np.maximum(radius, 1e-300)) / np.log(_ALIKE)).astype(np.int64)
        order = np.argsort(size, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(size[order])) + 1):
            rim = _EMPTY * float(radius[group].max())
            distance[group], near[group] = self._tree.query(centers[group], k=_NEAREST, distance_upper_bound=rim)
        near[~np.isfinite(distance)] = 0
        return distance, near


def wall_thickness(vertices: Floats, faces: Ints, samples: Samples, *, rim: float = 0.0, tips: float = 0.0) -> Floats:
    """Diameter of the ball in the wall under each sample, (N,); NaN where the sample tells of no wall.

    vertices (V, 3), faces (F, 3) welded and wound outward. :class:`Walls` says more, and measures once for several.
    """
    return Walls(vertices, faces, samples).thickness(rim=rim, tips=tips)


class Walls:
    """A solid and points of its surface: what rays and balls tell of it, measured when first asked for.

    vertices (V, 3), faces (F, 3) welded and wound outward. A ``tracer`` of the same faces, whichever way they are
    wound, saves building one.
    """

    def __init__(self, vertices: Floats, faces: Ints, samples: Samples, tracer: Tracer | None = None) -> None:
        self.vertices, self.faces, self.samples = vertices, faces, samples
        self._tracer = tracer

    @once
    def tracer(self) -> Tracer:
        """The solid made ready for rays."""
        return self._tracer or Tracer(self.vertices, self.faces)

    @once
    def corners(self) -> Floats:
        """(F, 3, 3)."""
        corners: Floats = self.vertices[self.faces]
        return corners

    @once
    def bare(self) -> Ints:
        """Samples that do not lie inside another part."""
        return np.flatnonzero(~is_buried(self.tracer, self.corners, self.samples.points, self.samples.normals))

    @once
    def diameter(self) -> Floats:
        """Diameter of the ball in the wall under each sample, (N,), edges and tips included; NaN: there is none."""
        points, normals, bare = self.samples.points, self.samples.normals, self.bare
        wall = _by_rays(self.tracer, self.vertices, self.faces, self.samples)
        wall[np.setdiff1d(np.arange(len(wall)), bare)] = np.inf
        stride = max(len(bare) // _FEW, 1)
        cloud, sparse = (_Cloud(points[some], normals[some]) for some in (bare, bare[::stride]))
        wide = wall > 10 * np.sqrt(self.samples.area * stride)
        for which, others in ((wide & np.isfinite(wall), sparse), (~wide, cloud)):
            wall[which] = _shrink_balls(others, points[which], normals[which], wall[which])
        hits = np.flatnonzero(np.isfinite(wall))
        inner, _ = cloud.within(points[hits], normals[hits], _PINCHED * wall[hits], _SIDEWAYS)
        wall[hits[inner]] = np.nan
        wall[~np.isfinite(wall)] = np.nan
        wall.flags.writeable = False
        return wall

    def thickness(self, *, rim: float = 0.0, tips: float = 0.0) -> Floats:
        """Diameter of the ball in the wall under each sample, (N,); NaN where the sample tells of no wall.

        Samples nearer than ``rim`` to a sharp convex edge are NaN, so are those over an opening, on a face that is
        wound the wrong way or lies inside another part, or pinched from the side, and those thinner than ``tips`` in a
        wedge or cone of more than 14 degrees that ends ahead: there an edge or a point is sharp, and no wall is thin.
        """
        points, normals = self.samples.points, self.samples.normals
        if not len(points):
            return np.zeros(0)
        wall = self.diameter.copy()
        if rim > 0:
            wall[_near_edges(sharp_edges(self.vertices, self.faces), points, rim)] = np.nan
        thin = np.flatnonzero(wall < tips)
        runs_out = _runs_out(self.tracer, self.corners, points[thin], normals[thin], wall[thin])
        wall[thin[runs_out]] = np.nan
        return wall


def is_buried(tracer: Tracer, corners: Floats, points: Floats, normals: Floats) -> Bools:
    """Which points of the surface lie inside the solid, where parts overlap: outward one meets a face from behind."""
    hits = tracer.first(points + tracer.step * normals, normals)
    met = corners[np.maximum(hits.face, 0)]
    across = np.cross(met[:, 1] - met[:, 0], met[:, 2] - met[:, 0])
    mask: Bools = (hits.face >= 0) & ((across * normals).sum(axis=1) > 0)
    return mask


def _by_rays(tracer: Tracer, vertices: Floats, faces: Ints, samples: Samples) -> Floats:
    """Diameter of the smallest ball that touches the sample and what a ray into the wall meets, (N,); inf: none."""
    normals = samples.normals
    aside = np.eye(3)[np.abs(normals).argmin(axis=1)]
    right = np.cross(normals, aside)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    ahead = np.cross(normals, right)
    wall = np.full(len(normals), np.inf)
    origins = samples.points - tracer.step * normals
    for tilt, turn in ((0.0, 0.0), *((_TILT, quarter * np.pi / 2) for quarter in range(4))):
        across = np.cos(turn) * right + np.sin(turn) * ahead
        hits = tracer.first(origins, np.sin(tilt) * across - np.cos(tilt) * normals)
        corners = vertices[faces[np.maximum(hits.face, 0)]]
        other = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        cosine = (other * normals).sum(axis=1)
        facing = (hits.face >= 0) & (cosine < _FACING * np.linalg.norm(other, axis=1))
        diameter = hits.distance[facing] / np.cos(tilt) + tracer.step
        wall[facing] = np.minimum(wall[facing], diameter)
    return wall


def _shrink_balls(cloud: _Cloud, points: Floats, normals: Floats, diameter: Floats) -> Floats:
    """Balls at the points (M, 3) made smaller until nothing of the cloud lies within, (M,).

    A ball that ends against something that does not face its point keeps the size it had.
    """
    shrunk, faced = diameter.copy(), np.ones(len(points), dtype=bool)
    active = np.arange(len(points))
    for _ in range(_ROUNDS):
        inner, touched = cloud.within(points[active], normals[active], shrunk[active], _SIDEWAYS)
        active = active[inner]
        if not len(active):
            break
        to_point = points[active] - cloud.points[touched]
        depth = (to_point * normals[active]).sum(axis=1)
        shrunk[active] = np.minimum(shrunk[active], (to_point**2).sum(axis=1) / np.maximum(depth, 1e-300))
        faced[active] = (cloud.normals[touched] * normals[active]).sum(axis=1) < _FACING
    faced[active] = False  # still not empty
    return np.where(faced, shrunk, diameter)


def _runs_out(tracer: Tracer, corners: Floats, points: Floats, normals: Floats, wall: Floats) -> Bools:
    """Which balls lie in a wedge that ends ahead, (M,). Of the balls: a point, its normal and the diameter.

    What lies straight opposite tells by what angle b the sides lean; then the wedge ends r / sin(b/2) ahead of the
    ball's centre. A fan of rays finds out whether it does; in a sheet that is merely uneven, one of them runs on.
    """
    straight = tracer.first(points - tracer.step * normals, -normals)
    opposite = corners[np.maximum(straight.face, 0)]
    other = np.cross(opposite[:, 1] - opposite[:, 0], opposite[:, 2] - opposite[:, 0])
    other /= np.maximum(np.linalg.norm(other, axis=1, keepdims=True), 1e-300)
    ahead, across = normals + other, normals - other
    sine, cosine = np.linalg.norm(ahead, axis=1) / 2, np.linalg.norm(across, axis=1) / 2
    ends: Bools = (sine > _TAPER * cosine) & (sine < cosine) & (straight.distance < _OPPOSITE * wall)
    which = np.flatnonzero(ends)
    angle = 2 * np.arctan2(sine[which], cosine[which])[:, None]
    ahead, across = ahead[which] / (2 * sine[which, None]), across[which] / (2 * cosine[which, None])
    center = points[which] - wall[which, None] / 2 * normals[which]
    reach = _BEYOND * wall[which] / (2 * sine[which])
    for share in _FAN:
        hits = tracer.first(center, np.cos(share * angle) * ahead + np.sin(share * angle) * across)
        ends[which] &= hits.distance <= reach
    return ends


def sharp_edges(vertices: Floats, faces: Ints) -> Edgelets:
    """Edges where two faces meet at less than 135 degrees of material. vertices (V, 3), faces (F, 3) -> Edgelets."""
    edge_table = edges(faces)
    order = np.argsort(edge_table.of_half, kind="stable")
    first = np.cumsum(edge_table.count) - edge_table.count
    regular = np.flatnonzero(edge_table.count == 2)
    left, right = order[first[regular]] // 3, order[first[regular] + 1] // 3
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)
    middle = corners.mean(axis=1)
    falls = ((middle[right] - middle[left]) * normals[left]).sum(axis=1) < 0
    sharp = falls & ((normals[left] * normals[right]).sum(axis=1) < _SHARP) & (length[left] > 0)[:, 0]
    ends = edge_table.ends[regular[sharp & (length[right] > 0)[:, 0]]]
    return Edgelets(vertices[ends[:, 0]], vertices[ends[:, 1]])


def _near_edges(sharp: Edgelets, points: Floats, reach: float) -> Bools:
    """Which points lie nearer than ``reach`` to a sharp edge, (N,); marks along the edges find the edge to measure."""
    from scipy.spatial import cKDTree

    near = np.zeros(len(points), dtype=bool)
    along = sharp.end - sharp.start
    length = np.linalg.norm(along, axis=1)
    if not length.any():
        return near
    spacing = max(reach, float(length.sum()) / _MOST_MARKS)
    count = np.ceil(length / spacing).astype(np.int64).clip(min=1)
    edge = np.repeat(np.arange(len(count)), count)
    place = (np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[edge]
    tree = cKDTree(sharp.start[edge] + place[:, None] * along[edge])
    distance, mark = tree.query(points, distance_upper_bound=reach + spacing)
    maybe = np.flatnonzero(np.isfinite(distance))
    nearest = edge[mark[maybe]]
    offset = points[maybe] - sharp.start[nearest]
    share = (offset * along[nearest]).sum(axis=1) / np.maximum(length[nearest] ** 2, 1e-300)
    foot = share.clip(0, 1)[:, None] * along[nearest]
    near[maybe] = np.linalg.norm(offset - foot, axis=1) < reach
    return near
