"""Joints for things made of parts: a hinge where a part meets what carries it, an axle in the middle of a wheel."""

from __future__ import annotations

import itertools

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.rigging.heat import strongest
from maquette.geometry.segmenting.dual import folds
from maquette.geometry.surface import face_areas
from maquette.shape.rig.fitting import Bone

_ROUND = 0.12  # how much the two diameters of a wheel may differ
_FLAT = 0.85  # of its diameter: a wheel is no wider


def bones_of_parts(asset: Asset) -> tuple[list[Bone], Ints, Floats]:
    """A bone a part, the largest first, and how they hold the vertices: joints (V, 4), weights (V, 4)."""
    mesh = asset.mesh
    if mesh.part is None or len(asset.part_names) < 2:
        raise CannotDo("rig: the model has no parts to move against each other; take it apart with segment first")
    part, count = mesh.part.astype(np.int64), len(asset.part_names)
    parent, meeting = _tree(mesh, part, count)
    order = _parents_first(parent)
    if len(order) < 2:
        raise CannotDo("rig: but one part has faces, nothing moves against it; take the model apart with segment first")
    place = {number: row for row, number in enumerate(order)}
    corners = [mesh.vertices[np.unique(mesh.faces[part == number])] for number in order]
    axles = [_axle(own) if row else None for row, own in enumerate(corners)]
    names = _names([asset.part_names[number] for number in order], axles)
    bones: list[Bone] = []
    for number, name, own, axle in zip(order, names, corners, axles, strict=True):
        middle = (own.min(axis=0) + own.max(axis=0)) / 2
        up = parent[number]
        at = middle if up < 0 or axle is not None else meeting[number]
        bones.append(Bone(name, names[place[up]] if up >= 0 else "", at, axle=axle))
    areas = face_areas(mesh.vertices, mesh.faces)
    held = np.zeros((len(mesh.vertices), len(order)))
    rank = np.array([place.get(number, 0) for number in range(count)])
    np.add.at(held, (mesh.faces.reshape(-1), np.repeat(rank[part], 3)), np.repeat(areas + 1e-12, 3))
    joints, weights = strongest(held / np.maximum(held.sum(axis=1, keepdims=True), 1e-300))
    return bones, joints, weights


def _names(parts: list[str], axles: list[Floats | None]) -> list[str]:
    """What joints are called, each its own way even where case and spaces do not count; wheels by that word."""
    names: list[str] = []
    taken: set[str] = set()
    for part, axle in zip(parts, axles, strict=True):
        word = " ".join(([] if axle is None else ["wheel"]) + (part.split() or ["part"]))
        tries = (word if rank == 1 else f"{word} {rank}" for rank in itertools.count(1))
        name = next(one for one in tries if _plain(one) not in taken)
        taken.add(_plain(name))
        names.append(name)
    return names


def _plain(name: str) -> str:
    """A name without what engines leave out."""
    return name.replace(" ", "").replace("_", "").lower()


def _tree(mesh: Mesh, part: Ints, count: int) -> tuple[dict[int, int], dict[int, Floats]]:
    """The part that carries each that has faces (-1: the largest), and where they meet."""
    size = np.bincount(part, weights=face_areas(mesh.vertices, mesh.faces), minlength=count)
    root = int(size.argmax())
    apart, places = _meetings(mesh, part, count)
    parent, inner = {root: -1}, [root]
    left = [number for number in np.unique(part).tolist() if number != root]
    meeting: dict[int, Floats] = {}
    while left:
        carrier, number = min(((c, n) for c in inner for n in left), key=lambda pair: float(apart[pair]))
        parent[number], meeting[number] = carrier, places[carrier, number]
        inner.append(number)
        left.remove(number)
    return parent, meeting


def _meetings(mesh: Mesh, part: Ints, count: int) -> tuple[Floats, Floats]:
    """How far parts lie from each other (P, P), 0 where they share an edge, and where they come nearest (P, P, 3)."""
    from scipy.spatial import cKDTree

    graph = folds(mesh.vertices, mesh.faces)
    middles = mesh.triangles.mean(axis=1)
    points = [middles[part == number] for number in range(count)]
    trees = [cKDTree(some) if len(some) else None for some in points]
    apart, places = np.full((count, count), np.inf), np.zeros((count, count, 3))
    one, two = part[graph.pair].min(axis=1), part[graph.pair].max(axis=1)
    for a, tree in enumerate(trees):
        for b in range(a + 1, count):
            border = graph.ends[(one == a) & (two == b)]
            if len(border):
                apart[a, b], places[a, b] = 0.0, mesh.vertices[border].mean(axis=(0, 1))
            elif tree is not None and len(points[b]):
                some = points[b][:: len(points[b]) // 50 + 1]
                distance = tree.query(some)[0]
                apart[a, b], places[a, b] = distance.min() + 1e-9, some[distance.argmin()]
            apart[b, a], places[b, a] = apart[a, b], places[a, b]
    return apart, places


def _parents_first(parent: dict[int, int]) -> list[int]:
    """Parts in an order in which each follows what carries it."""
    order = [number for number, up in parent.items() if up < 0]
    for number in order:
        order += sorted(child for child, up in parent.items() if up == number)
    return order


def _axle(points: Floats) -> Floats | None:
    """What a wheel rolls about (3,), its top to −Y or +X; None unless as high as long, less wide, and round."""
    size = np.ptp(points, axis=0)
    across = int(np.argmin(size[:2]))
    along = 1 - across
    if abs(size[along] - size[2]) > _ROUND * size[2] or size[across] > _FLAT * size[2]:
        return None
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    radius = np.hypot(points[:, along] - middle[along], points[:, 2] - middle[2])
    if radius.max() >= size[2] / 2 * 1.12:  # a square's corners lie 1.41 times as far
        return None
    axle: Floats = np.eye(3)[across]
    return axle
