"""Filaments in 3MF: which extruder prints which triangle, as slicers write and read it.

Slicers ignore the standard's colours on triangles. PrusaSlicer reads ``slic3rpe:mmu_segmentation``, Bambu Studio and
OrcaSlicer read ``paint_color`` (PrusaSlicer as a second choice); both hold the same code, a tree that divides the
triangle and names an extruder at its leaves (PrusaSlicer ``TriangleSelector``, OrcaSlicer ``bbs_3mf.cpp``). The colours
of the filaments stand in files of their own; Bambu Studio reads them in its own projects only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.errors import BadInput
from maquette.core.mesh import Mesh
from maquette.core.progress import note
from maquette.formats.threemf.package import Package

MOST = 16  # extruders that a code of one or two digits names, and that an AMS chain feeds
BAMBU_PALETTE = "Metadata/project_settings.config"
PRUSA_PALETTE = "Metadata/Slic3r_PE.config"
_LONGEST = 4096  # digits of a code: 7 levels of division
_DEEPEST = 12  # levels of division
_CHILDREN = {  # corners and midpoints 01, 12, 20 as 0..5, after turning the special side to the front
    1: ((0, 1, 4), (4, 2, 0)),
    2: ((0, 3, 5), (3, 1, 5), (1, 2, 5)),
    3: ((0, 3, 5), (3, 1, 4), (4, 2, 5), (3, 4, 5)),
}


def code(filament: int) -> str:
    """The code of a whole triangle printed by one filament, 1..16; empty for 0, the object's own."""
    if filament == 0:
        return ""
    return f"{filament << 2:X}" if filament < 3 else f"{filament - 3:X}C"


def palette_file(colors: Sequence[str]) -> bytes:
    """Filament colours as Bambu Studio and OrcaSlicer keep them in a project."""
    return json.dumps({"filament_colour": list(colors)}, indent=1).encode() + b"\n"


def palette_of(package: Package) -> list[str]:
    """Colours ``#RRGGBB`` of the filaments by extruder, as Bambu Studio, OrcaSlicer or PrusaSlicer saved them."""
    listed: Any = []
    if BAMBU_PALETTE in package:
        try:
            settings = json.loads(package.data(BAMBU_PALETTE))
            listed = settings.get("filament_colour", []) if isinstance(settings, dict) else []
        except (ValueError, RecursionError):
            listed = []
    elif PRUSA_PALETTE in package:
        text = package.data(PRUSA_PALETTE).decode(errors="replace")
        lines = dict(re.findall(r"^; (extruder_colour|filament_colour) = (.*)$", text, flags=re.M))
        by_extruder, by_filament = (lines.get(k, "").split(";") for k in ("extruder_colour", "filament_colour"))
        listed = [a.strip('" ') or b.strip('" ') for a, b in zip(by_extruder, by_filament, strict=False)] or by_filament
    colors = [text if isinstance(text, str) else "" for text in listed[:64]] if isinstance(listed, list) else []
    return [text[:7].upper() if re.fullmatch("#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?", text) else "" for text in colors]


@dataclass(frozen=True)
class Leaf:
    """One piece of a divided triangle: its filament, and its corners as weights of the triangle's."""

    filament: int
    corners: Floats  # (3, 3)


def leaves(text: str) -> list[Leaf]:
    """The pieces that a code divides its triangle into; ``BadInput`` where it is no such code."""
    try:
        if len(text) > _LONGEST:
            raise ValueError("too long")
        digits = [int(digit, 16) for digit in reversed(text)]
        return _leaves(digits)
    except (ValueError, IndexError):
        raise BadInput(f"read-3mf: the paint code {text[:40]!r} cannot be read; the file is damaged") from None


def _leaves(digits: list[int]) -> list[Leaf]:
    leaves: list[Leaf] = []
    stack, at = [(np.eye(3), 0)], 0
    while stack:
        corners, depth = stack.pop()
        sides, special = digits[at] & 3, digits[at] >> 2
        at += 1
        if sides:
            if depth == _DEEPEST or special == 3:
                raise ValueError("divided too often")
            turned = np.roll(corners, -special, axis=0)
            points = np.concatenate([turned, (turned + np.roll(turned, -1, axis=0)) / 2])
            stack += [(points[list(child)], depth + 1) for child in _CHILDREN[sides]]  # the last child comes first
            continue
        filament = special
        if special == 3:
            while digits[at] == 15:  # OrcaSlicer beyond 17: each F stands for fifteen more
                filament, at = filament + 15, at + 1
            filament, at = filament + digits[at], at + 1
        leaves.append(Leaf(filament, corners))
    if at != len(digits):
        raise ValueError("digits left over")
    return leaves


def divide_painted(mesh: Mesh, codes: dict[int, str], most: int = 1 << 31) -> tuple[Mesh, Ints, Ints]:
    """The mesh cut where its paint cuts triangles; the faces' filaments (F',) and old faces (F',).

    Every cut runs through midpoints, so a neighbour that is cut elsewhere is cut along, and what was closed stays so.
    """
    by_text = {text: leaves(text) for text in set(codes.values())}
    count = sum(len(by_text[text]) for text in codes.values())
    if count > most:
        raise BadInput(f"read-3mf: {len(codes)} painted triangles unfold to {count} pieces; paint it more coarsely")
    filament = np.zeros(len(mesh.faces), np.int64)
    pieces: list[tuple[int, Leaf]] = []
    for face, text in codes.items():
        if len(by_text[text]) == 1:
            filament[face] = by_text[text][0].filament
        else:
            pieces += [(face, leaf) for leaf in by_text[text]]
    if not pieces:
        return mesh, filament, np.arange(len(mesh.faces))
    note(f"cut {len({face for face, _ in pieces})} triangles that were painted in parts")
    keep = np.setdiff1d(np.arange(len(mesh.faces)), [face for face, _ in pieces])
    corner = np.stack([leaf.corners for _, leaf in pieces]) @ mesh.triangles[[face for face, _ in pieces]]
    vertices, faces = _join(mesh.vertices, mesh.faces[keep], corner)
    of_face = np.concatenate([keep, [face for face, _ in pieces]])
    filament = np.concatenate([filament[keep], [leaf.filament for _, leaf in pieces]])
    faces, row = _cut_along(vertices, faces)
    return mesh.replace(vertices=vertices, faces=faces), filament[row], of_face[row]


def _join(vertices: Floats, faces: Ints, corners: Floats) -> tuple[Floats, Ints]:
    """Vertices and faces with more triangles (N, 3, 3) that share corners with them, up to the last digits."""
    from maquette.geometry.welding import twins

    points = np.concatenate([vertices, corners.reshape(-1, 3)])
    keep, twin = twins(points, 1e-9 * max(float(np.ptp(vertices, axis=0).max()), 1e-30))
    more = np.arange(len(vertices), len(points)).reshape(-1, 3)
    return points[keep], twin[np.concatenate([faces, more])]


def _cut_along(vertices: Floats, faces: Ints) -> tuple[Ints, Ints]:
    """Faces cut until no vertex lies in the middle of an edge; each one's row among the old ones."""
    from scipy.spatial import cKDTree

    tree, row = cKDTree(vertices), np.arange(len(faces))
    reach = 1e-8 * max(float(np.ptp(vertices, axis=0).max()), 1e-30)
    for _ in range(2 * _DEEPEST):
        ends = vertices[faces], vertices[np.roll(faces, -1, axis=1)]
        away, nearest = tree.query((ends[0] + ends[1]) / 2, distance_upper_bound=reach)
        hit = np.isfinite(away) & (nearest != faces) & (nearest != np.roll(faces, -1, axis=1))
        if not hit.any():
            break
        some = hit.any(axis=1)
        first = hit[some].argmax(axis=1)
        a, b, c = (faces[some][np.arange(len(first)), (first + k) % 3] for k in range(3))
        middle = nearest[some][np.arange(len(first)), first]
        faces = np.concatenate([faces[~some], np.stack([a, middle, c], 1), np.stack([middle, b, c], 1)])
        row = np.concatenate([row[~some], row[some], row[some]])
    return faces, row


def filament_column(filament: NDArray[Any]) -> NDArray[Any]:
    """The codes of filaments (F,) as an array of text."""
    table = np.array([code(number) for number in range(MOST + 1)], dtype=object)
    codes: NDArray[Any] = table[filament]
    return codes
