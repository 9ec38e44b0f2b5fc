"""Polygons with looks on their corners, as DCC formats hold them, made a piece: checked, cut into triangles, welded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.channels import POLYGON
from maquette.core.progress import note
from maquette.formats.pieces import Coat, Piece, move_piece
from maquette.formats.positions import usable
from maquette.formats.quads import quad_numbers
from maquette.geometry.flat.polygons import triangulate_polygons
from maquette.geometry.welding import twins


@dataclass(frozen=True)
class Polygons:
    """One body of a file. Corners run polygon by polygon; ``uv`` has its origin at the top left, v downwards."""

    points: Floats  # (V, 3)
    corners: Ints  # (C,) indices into points
    counts: Ints  # (P,) corners of each polygon
    material: Ints  # (P,) -1: none
    uv: NDArray[np.float32] | None = None  # (C, 2)
    color: Ints | None = None  # (C,) 0xRRGGBB
    name: str = ""


def piece_of(polygons: Polygons, world: Floats, stage: str) -> Piece | None:
    """A body where it stands, vertices at one position as one; None where nothing of it has an area.

    ``world`` (4, 3) for row vectors; a mirror turns faces over. Losses are said.
    """
    points, corners, counts = polygons.points, polygons.corners, polygons.counts
    if not len(counts) or not len(points):
        return None
    ours, sound = usable(points, np.where((corners >= 0) & (corners < len(points)), corners, -1), counts, stage)
    good = counts >= 3 if sound is None else (counts >= 3) & sound
    if (counts < 3).any():
        note(f"left out {int((counts < 3).sum())} faces of fewer than three corners")
    chosen = np.flatnonzero(np.repeat(good, counts))
    triangles, polygon = triangulate_polygons(ours, corners[chosen], counts[good])
    at = chosen[triangles]  # (T, 3) places among the corners
    keep, twin = twins(ours)
    faces = twin[corners[at]]
    whole = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
    if not whole.all():
        note(f"dropped {int((~whole).sum())} triangles without area")
    at, faces = at[whole], faces[whole]
    if not len(faces):
        return None
    coat = Coat(
        polygons.material[good][polygon[whole]],
        np.zeros((len(faces), 3, 2), np.float32) if polygons.uv is None else _finite(polygons.uv[at]),
        np.full(faces.shape, -1) if polygons.color is None else polygons.color[at],
    )
    quad = quad_numbers(counts[good], polygon[whole]).get(POLYGON.name)
    return move_piece(Piece(ours[keep], faces, coat, polygons.name, quad=quad), world)


def _finite(uv: NDArray[np.float32]) -> NDArray[np.float32]:
    """Numbers as they are, 0 for what is none."""
    return np.where(np.isfinite(uv), uv, np.float32(0))
