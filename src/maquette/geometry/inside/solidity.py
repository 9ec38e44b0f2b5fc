"""Is it a solid? Every reason why a surface is none, in words and numbers. vertices (V, 3), faces (F, 3).

Edges with two faces each that are wound alike, a positive volume, nothing that cuts through itself, empty space on one
side of every face and filled space on the other: then the winding number is 0 or 1 everywhere, and what a slicer fills
layer by layer is the volume that the surface encloses. That last number is measured as well, for nobody needs to
believe the others. Surfaces may touch, as files round what all but touches. 1.2 s for 160 thousand faces.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.inside.filled import Fill, hair, manifold_status, rounding, slicer_fill
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.inside.near_boxes import faces_near
from maquette.geometry.inside.vertical_crossings import winding_by_crossings
from maquette.geometry.orientation import agreement
from maquette.geometry.surface import face_areas, face_normals, signed_volume
from maquette.geometry.topology import edges, face_components, fan_count

_PAIRS = 200_000  # pairs of crossing faces after which nobody counts on
_ASKED = 4000  # faces whose two sides are looked at
_FEW = 32  # points: it is cheaper to look for the faces above each than to sort all faces into a grid
_BESIDE = 1e-11  # of the diagonal: how far off a face to look, nearer than files can part two faces
_FAULT = 1e-3  # share of the volume that layers may disagree by; layers of a sound surface agree to 1e-8


def flaws(vertices: Floats, faces: Ints, *, fill: Fill | None = None, suspect: Bools | None = None) -> list[str]:
    """Why the surface is no solid, the gravest reason first; nothing for a solid. Weld it by position first.

    A ``fill`` that is known and wrong is reason enough, and no more is asked. Where only the faces ``suspect`` (F,) are
    others than those of a solid, crossings are looked for near them alone.
    """
    if not len(faces):
        return ["0 faces"]
    torn = _torn_edges(vertices, faces)
    if torn:
        return torn
    volume = signed_volume(vertices, faces)
    if volume <= 0:
        return [f"an enclosed volume of {volume:.3g} mm³"]
    status = manifold_status(vertices, faces)
    if status != "NoError":
        return [f"manifold3d's answer {status}"]
    if fill is not None and fill.fault > _FAULT:
        return [in_words(fill)]
    near = np.arange(len(faces)) if suspect is None else faces_near(vertices, faces, suspect)
    asked = faces if len(near) == len(faces) else faces[near]
    crossing_pairs = intersecting_pairs(vertices, asked, tolerance=rounding(vertices), limit=_PAIRS)
    cuts = int((~crossing_pairs.lying).sum())
    least = "" if crossing_pairs.complete else "at least "
    result = [f"{least}{cuts} pairs of faces that cut through each other"] if cuts else []
    astray = () if cuts else _astray(vertices, faces, near[crossing_pairs.pairs[crossing_pairs.lying]].reshape(-1))
    if len(astray):
        result.append(f"{len(astray)} faces with filled or with empty space on both sides")
    fill = fill or slicer_fill(vertices, faces)
    if fill.fault > _FAULT:
        result.append(in_words(fill))
    return result


def find_spoilt_faces(vertices: Floats, faces: Ints, near: Ints) -> Ints:
    """Of the faces ``near`` (N,) of a closed surface those that cut through one another or have one sort of space."""
    crossing_pairs = intersecting_pairs(vertices, faces[near], tolerance=rounding(vertices), limit=_PAIRS)
    cutting, lying = (
        near[crossing_pairs.pairs[which]].reshape(-1) for which in (~crossing_pairs.lying, crossing_pairs.lying)
    )
    return np.union1d(cutting, _astray(vertices, faces, lying))


def in_words(fill: Fill) -> str:
    """What the layers say of a surface that is no solid."""
    return f"{fill.filled:.6g} mm³ that a slicer would fill where {fill.enclosed:.6g} are enclosed"


def _torn_edges(vertices: Floats, faces: Ints) -> list[str]:
    """Edges that do not have two faces that agree."""
    edge_table = edges(faces)
    disagreeing = (edge_table.count == 2) & (edge_table.balance != 0)
    troubles = {
        "open edges": int((edge_table.count == 1).sum()),
        "edges with more than two faces": int((edge_table.count > 2).sum()),
        "pinched vertices": int((fan_count(faces, len(vertices)) > 1).sum()),
        "one-sided parts": int(agreement(vertices, faces).one_sided.sum()) if disagreeing.any() else 0,
        "edges whose faces disagree": int(disagreeing.sum()),
    }
    return [f"{number} {what}" for what, number in troubles.items() if number]


def _astray(vertices: Floats, faces: Ints, lying: Ints) -> Ints:
    """Faces that do not part empty from filled space: asked at one face a part and wherever faces lie on each other."""
    count, part = face_components(faces)
    order = np.argsort(face_areas(vertices, faces), kind="stable")
    largest = np.zeros(count, dtype=np.int64)
    largest[part[order]] = order
    asked = np.unique(np.concatenate([largest, lying]))
    if len(asked) > _ASKED:
        asked = asked[np.linspace(0, len(asked) - 1, _ASKED).astype(np.int64)]
    away = face_normals(vertices, faces[asked]) * hair(vertices, faces[asked], _BESIDE)
    middle = vertices[faces[asked]].mean(axis=1)
    points = np.concatenate([middle + away, middle - away])
    around = winding_by_crossings(vertices, _above(vertices, faces, points), points)
    outside, inside = np.split(around, 2)
    astray: Ints = asked[(outside != 0) | (inside != 1)]
    return astray


def _above(vertices: Floats, faces: Ints, points: Floats) -> Ints:
    """Faces that vertical lines through the points (N, 3) may meet, (M, 3); all of them for many points."""
    if len(points) > _FEW:
        return faces
    flat = vertices[:, :2][faces]
    low, high = flat.min(axis=1), flat.max(axis=1)
    met = np.zeros(len(faces), dtype=bool)
    for point in points[:, :2]:
        met |= ((low <= point) & (point <= high)).all(axis=1)
    return faces[met]
