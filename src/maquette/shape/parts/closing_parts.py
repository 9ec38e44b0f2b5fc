"""Lids on the cuts between parts: each part becomes a body of its own."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Ints
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh, join_meshes
from maquette.core.progress import note
from maquette.geometry.topology import border_halves, edges, is_watertight
from maquette.shape.mend.fill_holes import lay_taut
from maquette.shape.mend.patching import openings


def close_parts(asset: Asset) -> Asset:
    """Part by part, holes closed; parts no longer share vertices. Openings that the model had itself are closed, too.

    A note says how many parts are closed now, and how many could not be.
    """
    mesh = asset.mesh
    assert mesh.part is not None
    pieces = [mesh.keep_faces(mesh.part == number) for number in range(len(asset.part_names))]
    open_before = len(border_halves(mesh.faces))
    lids, closed = [], 0
    for piece in pieces:
        lid = _close(piece) if len(piece.faces) else piece
        closed += is_watertight(lid.faces)
        lids.append(lid)
    result = asset.with_mesh(join_meshes(lids))
    rest = len(pieces) - closed
    why = f"; {rest} stay open" + (f", for the model had {open_before} open edges itself" if open_before else "")
    note(f"closed {closed} of {len(pieces)} parts{why if rest else ''}")
    return result


def _close(piece: Mesh) -> Mesh:
    """One part with its holes closed, vertices that several of its fans share taken apart first."""
    piece = _unpinch(piece)
    holes = openings(piece)
    return lay_taut(piece, holes)[0] if holes.loops else piece


def _unpinch(piece: Mesh) -> Mesh:
    """A part in which every vertex has one fan of faces: a border that runs twice through a vertex is two borders."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    table = edges(piece.faces)
    order, faces = table.order, piece.faces
    same = table.of_half[order][1:] == table.of_half[order][:-1]
    left, right = order[:-1][same], order[1:][same]
    rows: list[Ints] = []
    columns: list[Ints] = []
    for end in (0, 1):
        vertex = table.ends[table.of_half[left], end]
        for side, corners in ((left, rows), (right, columns)):
            face = side // 3
            corners.append(3 * face + (faces[face] == vertex[:, None]).argmax(axis=1))
    row, column = np.concatenate(rows), np.concatenate(columns)
    graph = coo_matrix((np.ones(len(row), np.int8), (row, column)), shape=(faces.size, faces.size))
    _, fan = connected_components(graph, directed=False)
    first = np.unique(fan, return_index=True)[1]
    source = faces.reshape(-1)[first]
    return piece.replace(
        vertices=piece.vertices[source], faces=fan.astype(np.int64).reshape(-1, 3), **piece.vertex_rows(source)
    )
