"""Unite: solids that overlap or lie against each other become one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.progress import note, progress
from maquette.geometry.cut.solids import read_solid, surface_of
from maquette.geometry.inside.filled import Nesting, closed_faces, manifold_of, nesting, rounding, slicer_fill
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.mend.contact import boxes, grow_together, near_boxes, reach_of
from maquette.geometry.topology import face_components
from maquette.geometry.welding import twins
from maquette.registry import stage
from maquette.shape.carry.recutting import recut

# A union whose volume differs more from what a slicer fills did not understand its solids: they cut through themselves.
_AMISS = 0.005
_ROUNDS = 3  # of growing together: what has grown may reach the next one


@stage(version=3)
def unite(asset: Asset) -> Asset:
    """Merge closed parts that cut through each other into one solid, as a slicer would fill them.

    What lies inside another part goes, and where two surfaces cross they are cut along the line and joined; all other
    triangles stay as they are, and parts that touch nothing are left alone. Parts that lie wall to wall, within some
    steps of a 32-bit number, grow together; those that touch along an edge or in a vertex do not. Material, part and uv
    come from the triangle that each new one was cut from, colour and seen run across it. A cavity belongs to the solid
    around it. Open parts stay as they are. A group of parts whose union would fill another volume than a slicer fills
    now (0.5 %) is left as it was, with a note. Fix the winding first.

    The union is manifold3d's (Lalish; Julian Smith 2009, "Towards robust inexact geometric computation").
    """
    mesh = asset.mesh
    reach = reach_of(mesh.vertices)
    united = _unite_overlaps(mesh)
    for number in range(_ROUNDS):
        progress(0.5 + number / 2 / _ROUNDS, "looking for parts that touch")
        grown = _grow_walls(united, reach)
        if grown is united:
            break
        united = _unite_overlaps(grown)
    return asset if united is mesh else asset.with_mesh(united)


def _grow_walls(mesh: Mesh, reach: float) -> Mesh:
    """Parts that lie wall to wall made to overlap."""
    mine = np.flatnonzero(closed_faces(mesh.faces))
    faces = mesh.faces[mine]
    vertices, moved = grow_together(mesh.vertices, faces, face_components(faces)[1], reach)
    return mesh.with_vertices(vertices) if moved.any() else mesh


@dataclass(frozen=True)
class _Union:
    """What became of some bodies: the new surface, and which of them it takes the place of."""

    solid: Any  # manifold3d.Manifold, its face ids those of the mesh
    fresh: Ints  # (T,) its faces that are no old body's whole surface
    gone: Ints  # parts that they take the place of


def _unite_overlaps(mesh: Mesh) -> Mesh:
    """Parts that overlap merged; the same mesh where none do."""
    mine = np.flatnonzero(closed_faces(mesh.faces))
    faces = mesh.faces if len(mine) == len(mesh.faces) else mesh.faces[mine]
    shells = nesting(mesh.vertices, faces)
    if (shells.volume > 0).sum() < 2:
        return mesh
    progress(0.1, "uniting parts that overlap")
    bodies = _Bodies(mesh, mine, shells)
    found_unions: list[_Union | None] = []
    for group in _crowds(mesh.vertices, faces, shells):
        whole = bodies.union(group)
        found_unions += [whole] if whole else [bodies.union_or_note(some) for some in bodies.crossing(group)]
    unions = [union for union in found_unions if union is not None and len(union.gone)]
    if not unions:
        return mesh
    merged = sum(len(union.gone) for union in unions)
    remain = sum(_positive(union) for union in unions)
    note(f"united {merged} overlapping parts into {remain}")
    gone = np.isin(shells.part, np.concatenate([union.gone for union in unions]))
    return _replace_faces(mesh, np.delete(np.arange(len(mesh.faces)), mine[gone]), unions)


def _positive(union: _Union) -> int:
    """How many bodies the fresh surface has."""
    return face_components(read_solid(union.solid)[1][union.fresh])[0]


def _crowds(vertices: Floats, faces: Ints, shells: Nesting) -> list[Ints]:
    """Parts whose boxes overlap, directly or through others, each crowd with at least two solids."""
    count = len(shells.volume)
    label = _hanging_together(near_boxes(*boxes(vertices, faces, shells.part, count), 0.0), count)
    groups = [np.flatnonzero(label == number) for number in np.flatnonzero(np.bincount(label) > 1)]
    return [group for group in groups if (shells.volume[group] > 0).sum() > 1]


def _hanging_together(pairs: Ints, count: int) -> Ints:
    """A number for each of ``count``, the same for those that pairs (N, 2) join, (count,)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    hanging_together: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return hanging_together


@dataclass(frozen=True)
class _Bodies:
    """The closed parts of a mesh, to be united in groups."""

    mesh: Mesh
    mine: Ints  # faces of closed parts
    found: Nesting

    def union(self, group: Ints) -> _Union | None:
        """The union of the parts; None where it would fill another volume than a slicer does."""
        from manifold3d import Manifold, OpType

        solids: dict[int, Any] = {}
        home, volume = self.found.home(), self.found.volume
        for number in group[volume[group] >= 0].tolist():
            solids[number] = self._solid(number)
        for number in group[volume[group] < 0].tolist():
            if int(home[number]) in solids:
                solids[int(home[number])] -= self._solid(number, turned=True)
        solid = Manifold.batch_boolean(list(solids.values()), OpType.Add)
        if str(solid.status().name) != "NoError":
            return None
        wanted = slicer_fill(self.mesh.vertices, self.mesh.faces[self.mine[np.isin(self.found.part, group)]]).filled
        if abs(slicer_fill(*surface_of(solid)).enclosed - wanted) > _AMISS * max(wanted, 1e-300):  # by the same layers
            return None
        return self._compare(solid, group)

    def union_or_note(self, group: Ints) -> _Union | None:
        """The union, or a note that there is none."""
        result = self.union(group)
        if result is None:
            note(f"left {len(group)} parts that overlap; their union would fill another volume")
        return result

    def crossing(self, group: Ints) -> list[Ints]:
        """The parts of a group that cross each other, directly or through others; cavities with their solids."""
        here = self.mine[np.isin(self.found.part, group)]
        part = np.full(len(self.mesh.faces), -1)
        part[self.mine] = self.found.part
        vertices = self.mesh.vertices
        pairs = here[intersecting_pairs(vertices, self.mesh.faces[here], tolerance=rounding(vertices)).pairs]
        pairs = part[pairs]
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        home, volume = self.found.home(), self.found.volume
        hollow = group[(volume[group] < 0) & (home[group] >= 0)]
        every = np.concatenate([pairs, np.stack([hollow, home[hollow]], axis=1)])
        label = _hanging_together(every, len(volume))
        return [np.flatnonzero(label == number) for number in np.unique(label[pairs[:, 0]])]

    def _compare(self, solid: Any, group: Ints) -> _Union:
        """Which bodies came back as they were, and what is fresh."""
        _, faces, _, number = read_solid(solid)
        count, piece = face_components(faces)
        old = np.full(len(self.mesh.faces), -1)
        old[self.mine] = self.found.part
        of = old[number]
        least, most = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
        np.minimum.at(least, piece, of)
        np.maximum.at(most, piece, of)
        size = np.bincount(self.found.part, minlength=len(self.found.volume))
        whole = (least == most) & (np.bincount(piece, minlength=count) == size[most])
        touched = np.setdiff1d(group, most[whole])
        hidden = touched[self.found.idle[touched]]  # left to drop-inner-walls, unless something else was cut
        if len(hidden) == len(touched):
            touched = touched[:0]
        return _Union(solid, np.flatnonzero(~whole[piece]), touched)

    def _solid(self, number: int, *, turned: bool = False) -> Any:
        """A part as a Manifold whose face ids are the mesh's faces."""
        own = self.mine[self.found.part == number]
        used, local = np.unique(self.mesh.faces[own], return_inverse=True)
        local = local.reshape(-1, 3)
        return manifold_of(self.mesh.vertices[used], local[:, ::-1] if turned else local, own)


def _replace_faces(mesh: Mesh, keep: Ints, unions: list[_Union]) -> Mesh:
    """The faces ``keep`` of the mesh and the fresh ones of the unions, whose face ids are faces of the mesh."""
    points, faces, origin = [mesh.vertices], [mesh.faces[keep]], [keep]
    for union in unions:
        vertices, corners, _, number = read_solid(union.solid)
        faces.append(corners[union.fresh] + sum(map(len, points)))
        points.append(vertices)
        origin.append(number[union.fresh])
    every, of = np.concatenate(points), np.concatenate(origin)
    return recut(mesh, every, _as_before(mesh, every, np.concatenate(faces), of), of)


def _as_before(mesh: Mesh, points: Floats, faces: Ints, origin: Ints) -> Ints:
    """Faces (T, 3) that are still the old one with its vertices and its first corner, the others as they come."""
    first, twin = twins(points)
    same = first[twin] < len(mesh.vertices)
    named, wanted = np.where(same, first[twin], np.arange(len(points)))[faces], mesh.faces[origin]
    result = named
    for turn in (1, 2):
        turned = np.roll(named, turn, axis=1)
        result = np.where((turned == wanted).all(axis=1)[:, None], turned, result)
    return result
