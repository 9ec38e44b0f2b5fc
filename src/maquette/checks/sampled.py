"""What is measured at points of the surface: the mesh with points spread over it, and numbers put on its faces.

One after the other, checks ask about the same mesh: it is welded, sampled and measured once for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from maquette.checks.welded import weld_by_position
from maquette.core.arrays import Floats, Ints
from maquette.core.memory import once, remember
from maquette.core.mesh import Mesh
from maquette.geometry.inside.slenderness import Chords
from maquette.geometry.inside.thickness import Walls
from maquette.geometry.rays import Tracer
from maquette.geometry.sampling import Samples, surface_samples

THINNEST = 1.0  # percentile of the surface that a number stands for
SAMPLES = 40_000  # of a surface, unless a check is asked for more: a pin of 1 x 5 mm on a figure of 80 mm has thirty


@dataclass(frozen=True)
class _Nearest:
    """Points (N, 3) of a mesh, and which of them lies nearest to the middle of each face.

    Vertices and faces and not the mesh itself, so that what is kept of a mesh does not keep the mesh.
    """

    vertices: Floats
    faces: Ints
    points: Floats

    @once
    def of_face(self) -> Ints:
        """(F,)."""
        return self.among(np.arange(len(self.points)), np.arange(len(self.faces)))

    def among(self, some: Ints, faces: Ints) -> Ints:
        """Of some of the points the one nearest to the middle of each face (M,)."""
        from scipy.spatial import cKDTree

        middles = self.vertices[self.faces[faces]].mean(axis=1)
        near: Ints = some[cKDTree(self.points[some]).query(middles)[1]]
        return near


@dataclass(frozen=True)
class Sampled:
    """A mesh after a weld, with points spread evenly over it."""

    vertices: Floats  # (V', 3)
    faces: Ints  # (F', 3)
    spread: Samples
    of_face: Ints  # (F',) place of each face in the mesh
    tracer: Tracer
    nearest: _Nearest

    @once
    def inside_out(self) -> Sampled:
        """The same of the air around it: what is measured inwards is now measured outwards."""
        return replace(self, faces=self.faces[:, ::-1], spread=replace(self.spread, normals=-self.spread.normals))

    @once
    def walls(self) -> Walls:
        """What rays and balls tell of it at the points."""
        return Walls(self.vertices, self.faces, self.spread, self.tracer)

    @once
    def chords(self) -> Chords:
        """The same, to be measured through."""
        return Chords(self.walls)

    def on_faces(self, lengths: Floats) -> Floats:
        """The length of each face, (F,): what all but its thinnest hundredth has, else that of the nearest sample.

        lengths (N,) of the samples, NaN where nothing was measured; not all of them are.
        """
        finite = np.isfinite(lengths)
        face, length = self.of_face[self.spread.faces[finite]], lengths[finite]
        order = np.lexsort((length, face))
        owner, first, count = np.unique(face[order], return_index=True, return_counts=True)
        result = np.full(len(self.nearest.faces), np.inf)
        result[owner] = length[order[first + (count * THINNEST / 100).astype(np.int64)]]
        rest = np.flatnonzero(~np.isfinite(result))
        if len(rest):
            result[rest] = lengths[self._nearest_told(rest, finite)]
        return result

    def _nearest_told(self, faces: Ints, known: np.ndarray) -> Ints:
        """The sample nearest to the middle of each face (M,), of those that were measured."""
        near = self.nearest.of_face[faces]
        missing = np.flatnonzero(~known[near])
        if len(missing):
            near[missing] = self.nearest.among(np.flatnonzero(known), faces[missing])
        return near


@remember(most=2)
def sample_mesh(mesh: Mesh, count: int) -> Sampled:
    """The mesh with ``count`` points on it, none where it has no surface; kept for the checks that ask next."""
    whole = weld_by_position(mesh)
    spread = surface_samples(whole.vertices, whole.faces, count)
    tracer, nearest = Tracer(whole.vertices, whole.faces), _Nearest(mesh.vertices, mesh.faces, spread.points)
    return Sampled(whole.vertices, whole.faces, spread, whole.of_face, tracer, nearest)
