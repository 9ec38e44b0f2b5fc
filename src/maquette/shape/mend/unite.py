"""Unite: solids that overlap become one."""

from __future__ import annotations

from typing import Any

import numpy as np

from maquette.core.asset import Asset
from maquette.core.mesh import Floats, Ints, Mesh
from maquette.core.progress import note, progress
from maquette.geometry.cut.solids import read_solid
from maquette.geometry.inside.filled import Nesting, closed_faces, manifold_of, nesting, rounding, slicer_fill
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.welding import twins
from maquette.registry import stage
from maquette.shape.carry.recutting import recut

# A union whose volume differs more from what a slicer fills did not understand its solids: they cut through themselves.
_AMISS = 0.005


@stage(version=2)
def unite(asset: Asset) -> Asset:
    """Merge closed parts that cut through each other into one solid, as a slicer would fill them.

    What lies inside another part goes, and where two surfaces cross they are cut along the line and joined; all other
    triangles stay as they are, and parts that touch nothing are left alone. Material, part and uv come from the
    triangle that each new one was cut from, colour and seen run across it. A cavity belongs to the solid around it.
    Open parts stay as they are. A group of parts whose union would fill another volume than a slicer fills now (0.5 %)
    is left as it was, with a note. Fix the winding first.

    The union is manifold3d's (Lalish; Julian Smith 2009, "Towards robust inexact geometric computation").
    """
    mesh = asset.mesh
    mine = np.flatnonzero(closed_faces(mesh.faces))
    faces = mesh.faces if len(mine) == len(mesh.faces) else mesh.faces[mine]
    found = nesting(mesh.vertices, faces)
    if len(found.volume) < 2:
        return asset
    progress(0.1, "looking for parts that overlap")
    group = _groups(mesh.vertices, faces, found)
    busy = np.flatnonzero(np.bincount(group, minlength=len(group)) > 1)
    pieces, gone = [], np.zeros(len(mesh.faces), dtype=bool)
    merged = 0
    for number, one in enumerate(busy.tolist()):
        progress(0.3 + 0.7 * number / len(busy), f"uniting {int((group == one).sum())} parts")
        here = mine[(group == one)[found.part]]
        piece = _unite(mesh, here, found, mine, group == one)
        if piece is None:
            note(f"left {int((group == one).sum())} parts that overlap; their union would fill another volume")
            continue
        pieces.append(piece)
        gone[here] = True
        merged += int((group == one).sum())
    if not pieces:
        return asset
    note(f"united {merged} overlapping parts into {len(pieces)}")
    return asset.with_mesh(_replace_faces(mesh, np.flatnonzero(~gone), pieces))


def _replace_faces(mesh: Mesh, keep: Ints, pieces: list[Any]) -> Mesh:
    """The faces ``keep`` of the mesh and all triangles of Manifolds whose face ids are faces of it."""
    points, faces, origin = [mesh.vertices], [mesh.faces[keep]], [keep]
    for piece in pieces:
        vertices, corners, _, number = read_solid(piece)
        faces.append(corners + sum(map(len, points)))
        points.append(vertices)
        origin.append(number)
    every, of = np.concatenate(points), np.concatenate(origin)
    return recut(mesh, every, _as_before(mesh, every, np.concatenate(faces), of), of)


def _as_before(mesh: Mesh, points: Floats, faces: Ints, origin: Ints) -> Ints:
    """Faces (T, 3) that are still the old one with its vertices and its first corner, the others as they come."""
    first, twin = twins(points)
    same = first[twin] < len(mesh.vertices)
    named, wanted = np.where(same, first[twin], np.arange(len(points)))[faces], mesh.faces[origin]
    made = named
    for turn in (1, 2):
        turned = np.roll(named, turn, axis=1)
        made = np.where((turned == wanted).all(axis=1)[:, None], turned, made)
    return made


def _groups(vertices: Floats, faces: Ints, found: Nesting) -> Ints:
    """Parts that overlap, directly or through others, share a number, (P,); a cavity goes with its solid."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = len(found.volume)
    pairs = found.part[intersecting_pairs(vertices, faces, tolerance=rounding(vertices)).pairs]
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    if not len(pairs):
        return np.arange(count)
    home = found.home()
    hollow = np.flatnonzero((found.volume < 0) & (home >= 0))
    rows, columns = np.append(pairs[:, 0], hollow), np.append(pairs[:, 1], home[hollow])
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, columns)), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    touched = np.zeros(count, dtype=bool)
    touched[label[pairs[:, 0]]] = True
    made: Ints = np.where(touched[label], label, label.max() + 1 + np.arange(count))
    return np.unique(made, return_inverse=True)[1].reshape(-1)


def _unite(mesh: Mesh, here: Ints, found: Nesting, mine: Ints, chosen: np.ndarray) -> Any:
    """The union of the chosen parts as a Manifold whose face ids are the mesh's; None where it fills another volume."""
    from manifold3d import Manifold, OpType

    solids = {}
    home = found.home()
    for number in np.flatnonzero(chosen & (found.volume >= 0)).tolist():
        own = mine[found.part == number]
        solids[number] = _solid(mesh, own)
    for number in np.flatnonzero(chosen & (found.volume < 0)).tolist():
        if int(home[number]) in solids:
            own = mine[found.part == number]
            solids[int(home[number])] -= _solid(mesh, own, turned=True)
    made = Manifold.batch_boolean(list(solids.values()), OpType.Add)
    vertices, faces = mesh.vertices, mesh.faces[here]
    wanted = slicer_fill(vertices, faces).filled
    if str(made.status().name) != "NoError" or abs(made.volume() - wanted) > _AMISS * max(wanted, 1e-300):
        return None
    return made


def _solid(mesh: Mesh, faces: Ints, *, turned: bool = False) -> Any:
    """Some faces of the mesh as a Manifold with their numbers as face ids."""
    own = mesh.faces[faces]
    used, local = np.unique(own, return_inverse=True)
    local = local.reshape(-1, 3)
    return manifold_of(mesh.vertices[used], local[:, ::-1] if turned else local, faces)
