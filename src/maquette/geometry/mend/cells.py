"""Surfaces that meet in crowded edges part space into cells; what bounds the outermost cell is the solid's outside.

All faces of a tetrahedral mesh, walls within a box, balls joined by sheets: three and more faces meet in an edge, and
which way round a wall between two cells is wound means nothing. Sorted by angle around each edge, every side of a face
looks into a wedge that it shares with the next face's side; sides that hang together over wedges bound one cell. Faces
must not cross each other away from their edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.mend.crowding import angles_around, next_around, regular_patches
from maquette.geometry.surface import face_areas
from maquette.geometry.topology import edges, face_components

_SHEETS_ON_SHEETS = 3  # times that what hangs on a sheet is a sheet as well
_MOSTLY = 0.5  # of a part's area: when more than this hangs out as sheets, they are what somebody meant


@dataclass(frozen=True)
class Outside:
    """Which faces bound the outermost cell on one side only, and which of them look the wrong way."""

    keep: Bools  # (F,)
    turn: Bools  # (F,)


def outside(vertices: Floats, faces: Ints) -> Outside | None:
    """The outside of parts with crowded edges; ``None`` where nothing is to be dropped. (V, 3), (F, 3).

    Only parts are looked at whose faces cannot be wound alike across crowded edges, and only if their outside is
    closed and not less than half of their area hangs out of it as sheets. All other faces are kept as they are.
    """
    edge_table = edges(faces)
    count, part = face_components(faces)
    odd = (edge_table.count > 2) & (edge_table.balance != 0)
    if not odd.any():
        return None
    mine = np.zeros(count, dtype=bool)
    mine[part[np.flatnonzero(odd[edge_table.of_half]) // 3]] = True
    chosen = np.flatnonzero(mine[part])
    some, of = faces[chosen], np.unique(part[chosen], return_inverse=True)[1].reshape(-1)
    front, back = _outer_sides(vertices, some, of)
    hull = front != back
    sound = _closed_parts(some, hull, back, of)
    area = face_areas(vertices, some)
    sheets = np.bincount(of, weights=area * (front & back))
    sound &= sheets <= _MOSTLY * np.bincount(of, weights=area)
    keep, turn = np.ones(len(faces), dtype=bool), np.zeros(len(faces), dtype=bool)
    keep[chosen] = hull | ~sound[of]
    turn[chosen] = hull & back & sound[of]
    return None if keep.all() and not turn.any() else Outside(keep, turn)


def hanging_sheets(vertices: Floats, faces: Ints) -> Bools:
    """Faces of sheets that hang between solids or off them, open elsewhere, (F,); they may run through the solids.

    A sheet is what hangs together over edges with two faces and has both open and crowded edges. They count only where
    everything else of their part is closed without them, and is more than half of its area.
    """
    count, part = face_components(faces)
    sheet = np.zeros(len(faces), dtype=bool)
    for _ in range(_SHEETS_ON_SHEETS):
        rest = np.flatnonzero(~sheet)
        fresh = _with_open_and_crowded_edges(faces[rest])
        if not fresh.any() or fresh.all():
            break
        sheet[rest[fresh]] = True
    if not sheet.any():
        return sheet
    rest = np.flatnonzero(~sheet)
    edge_table = edges(faces[rest])
    sound = np.bincount(part, weights=sheet, minlength=count) > 0
    sound[part[rest[np.flatnonzero((edge_table.count != 2)[edge_table.of_half]) // 3]]] = False
    area = face_areas(vertices, faces)
    sound &= np.bincount(part, weights=area * sheet) <= _MOSTLY * np.bincount(part, weights=area)
    return sheet & sound[part]


def _with_open_and_crowded_edges(faces: Ints) -> Bools:
    """Faces of patches, as edges with two faces make them, that have an open edge and a crowded one, (F,)."""
    edge_table = edges(faces)
    patch = regular_patches(faces)
    size = int(patch.max(initial=0)) + 1
    is_open, crowded = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    number = edge_table.count[edge_table.of_half]
    is_open[patch[np.flatnonzero(number == 1) // 3]] = True
    crowded[patch[np.flatnonzero(number > 2) // 3]] = True
    mask: Bools = (is_open & crowded)[patch]
    return mask


def _outer_sides(vertices: Floats, faces: Ints, part: Ints) -> tuple[Bools, Bools]:
    """Whether the front and the back of each face look into the outermost cell of its part, (F,) twice."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edge_table = edges(faces)
    half = edge_table.order
    crowded = np.flatnonzero(edge_table.count[edge_table.of_half[half]] > 2)
    turn = np.zeros(len(half))
    turn[crowded] = angles_around(vertices, faces, edge_table, half[crowded])
    half = half[np.lexsort((turn, edge_table.of_half[half]))]
    after = half[next_around(edge_table.of_half[half])]
    rising = 2 * (half // 3) + ~edge_table.forward[half]  # the side that looks towards the next face: the front is even
    falling = 2 * (after // 3) + edge_table.forward[after]
    size = 2 * len(faces)
    graph = coo_matrix((np.ones(len(half), np.int8), (rising, falling)), shape=(size, size))
    count, cell = connected_components(graph, directed=False)
    each = np.stack([_cones(vertices, faces, part)] * 2, axis=1) * [1, -1]  # seen from the front and from the back
    volume = np.bincount(cell, weights=each.reshape(-1), minlength=count)
    of_cell = np.zeros(count, np.int64)
    of_cell[cell[0::2]] = part
    of_cell[cell[1::2]] = part
    largest = np.zeros(int(part.max()) + 1, np.int64)
    order = np.argsort(volume, kind="stable")
    largest[of_cell[order]] = order  # seen from outside a cell encloses what is within
    outer = np.zeros(count, dtype=bool)
    outer[largest] = True
    return outer[cell[0::2]], outer[cell[1::2]]


def _cones(vertices: Floats, faces: Ints, part: Ints) -> Floats:
    """Volume of the cone over each face from the middle of its part, (F,)."""
    corners = vertices[faces]
    number = np.bincount(part)
    middle = np.stack([np.bincount(part, weights=corners[:, 0, axis]) / number for axis in range(3)], axis=1)
    a, b, c = (corners[:, corner] - middle[part] for corner in range(3))
    cones: Floats = np.einsum("ij,ij->i", a, np.cross(b, c)) / 6
    return cones


def _closed_parts(faces: Ints, hull: Bools, back: Bools, part: Ints) -> Bools:
    """Parts whose faces ``hull``, those with their back outward turned, close, (P,)."""
    sound = np.bincount(part, weights=hull, minlength=int(part.max()) + 1) >= 4
    kept = np.flatnonzero(hull)
    wound = faces[kept].copy()
    wound[back[kept]] = wound[back[kept]][:, ::-1]
    edge_table = edges(wound)
    torn = np.flatnonzero((edge_table.balance != 0)[edge_table.of_half]) // 3
    sound[part[kept[torn]]] = False
    return sound
