"""What is measured at points of the surface: the mesh with points spread over it, and numbers put on its faces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from maquette.checks.welded import welded
from maquette.core.mesh import Floats, Ints, Mesh
from maquette.geometry.sampling import Samples, surface_samples

THINNEST = 1.0  # percentile of the surface that a number stands for


@dataclass(frozen=True)
class Sampled:
    """A mesh after a weld, with points spread evenly over it."""

    mesh: Mesh
    vertices: Floats  # (V', 3)
    faces: Ints  # (F', 3)
    spread: Samples
    of_face: Ints  # (F',) place of each face in the mesh

    @property
    def inside_out(self) -> Self:
        """The same of the air around it: what is measured inwards is now measured outwards."""
        return replace(self, faces=self.faces[:, ::-1], spread=replace(self.spread, normals=-self.spread.normals))

    def on_faces(self, lengths: Floats) -> Floats:
        """The length of each face, (F,): what all but its thinnest hundredth has, else that of the nearest sample.

        lengths (N,) of the samples, NaN where nothing was measured; not all of them are.
        """
        from scipy.spatial import cKDTree

        told = np.isfinite(lengths)
        face, length = self.of_face[self.spread.faces[told]], lengths[told]
        order = np.lexsort((length, face))
        owner, first, count = np.unique(face[order], return_index=True, return_counts=True)
        made = np.full(len(self.mesh.faces), np.inf)
        made[owner] = length[order[first + (count * THINNEST / 100).astype(np.int64)]]
        rest = np.flatnonzero(~np.isfinite(made))
        if len(rest):
            _, near = cKDTree(self.spread.points[told]).query(self.mesh.triangles[rest].mean(axis=1))
            made[rest] = length[near]
        return made


def sampled(mesh: Mesh, count: int) -> Sampled:
    """The mesh with ``count`` points on it, none where it has no surface."""
    whole = welded(mesh)
    spread = surface_samples(whole.vertices, whole.faces, count)
    return Sampled(mesh, whole.vertices, whole.faces, spread, whole.of_face)
