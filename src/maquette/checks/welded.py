"""What the checks look at: the mesh with vertices that share a position made one, the asset itself left alone.

A seam in a texture, or a file that stores triangles one by one, splits vertices where the surface is whole. Asked
before welding, nearly every generated model is "not watertight".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.memory import once, remember
from maquette.core.mesh import Mesh
from maquette.geometry.topology import Edges, edges
from maquette.geometry.welding import twins


@dataclass(frozen=True)
class Welded:
    """Positions (V', 3), faces (F', 3) over them without those that collapse, and their place (F',) in the mesh."""

    vertices: Floats
    faces: Ints
    of_face: Ints

    @once
    def edges(self) -> Edges:
        """Edges of the welded faces."""
        return edges(self.faces)

    def faces_at(self, which: np.ndarray) -> Ints:
        """Faces of the mesh, in order, that lie on the edges ``which`` (E,) bool."""
        halves = np.flatnonzero(which[self.edges.of_half])
        return self.of_face[np.unique(halves // 3)]


@remember(most=4)
def weld_by_position(mesh: Mesh, grid: float = 0.0) -> Welded:
    """The mesh after a weld by position, exact or on a grid; kept for the checks that ask next."""
    keep, twin = twins(mesh.vertices, grid)
    faces = twin[mesh.faces]
    whole = np.flatnonzero((faces != np.roll(faces, 1, axis=1)).all(axis=1))
    return Welded(_shut(mesh.vertices[keep]), _shut(faces[whole]), whole)


def _shut(array: NDArray[Any]) -> NDArray[Any]:
    """The array, read-only, so that what is worked out about it can be kept."""
    array.flags.writeable = False
    return array


def grain(mesh: Mesh) -> float:
    """The step between neighbouring 32-bit numbers at the mesh's largest coordinate: what files round to."""
    return float(np.abs(mesh.bounds).max() * 2.0**-23)


def face_overlay(mesh: Mesh, faces: Ints) -> Floats:
    """An overlay (F,): 1 on the given faces, 0 elsewhere."""
    overlay = np.zeros(len(mesh.faces))
    overlay[faces] = 1.0
    return overlay
