"""What a slicer would fill. vertices (V, 3), faces (F, 3) of a surface on which every edge has two faces.

Closed is not enough: a shell inside a shell and two solids that overlap are closed, and so is a bag turned inside out.
The surface is cut into layers as a slicer cuts it. In each, the loops enclose a signed area, and what is wound round at
least once is filled (Clipper2's positive rule, through manifold3d). Where surfaces overlap or face inward the two
numbers part. A hundred layers of 160 thousand faces take 0.1 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.geometry.parts import containments, volumes_by
from maquette.geometry.topology import edges, face_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_LAYERS = 96
_SHIFT = 0.4142135  # of a layer: no simple fraction, so that cuts seldom run through vertices
_ROUNDING_STEPS = 4  # three corners rounded to 32 bits tilt a plane by a few steps


@dataclass(frozen=True)
class Fill:
    """Volumes by layers: what the surface encloses with its sign, and what a slicer fills."""

    enclosed: float
    filled: float
    astray: float  # volume by which the layers differ, added up without cancelling

    @property
    def fault(self) -> float:
        """``astray`` as a share of what is filled: 0 for a solid; inf where nothing is filled."""
        return self.astray / self.filled if self.filled > 0 else float("inf")


def manifold_of(vertices: Floats, faces: Ints, face_id: Ints | None = None) -> Any:
    """The surface as a ``manifold3d.Manifold``; ``face_id`` (F,) is handed through booleans. Ask for its status."""
    from manifold3d import Manifold, Mesh64

    number = np.arange(len(faces)) if face_id is None else face_id
    return Manifold(
        Mesh64(np.array(vertices, order="C"), faces.astype(np.uint64), face_id=np.asarray(number, dtype=np.uint64))
    )


def manifold_status(vertices: Floats, faces: Ints) -> str:
    """What manifold3d says of the surface: ``NoError`` or the name of what it refuses."""
    return str(manifold_of(vertices, faces).status().name)


def slicer_fill(vertices: Floats, faces: Ints, layers: int = _LAYERS) -> Fill:
    """Cut into layers of equal height and fill each one; zeros where manifold3d refuses the surface."""
    solid = manifold_of(vertices, faces)
    if str(solid.status().name) != "NoError" or not len(faces):
        return Fill(0.0, 0.0, 0.0)
    low, high = float(vertices[:, 2].min()), float(vertices[:, 2].max())
    step = (high - low) / layers
    heights = low + step * (np.arange(layers) + _SHIFT)
    enclosed = _enclosed_areas(vertices, faces, heights)
    filled = np.array([solid.slice(float(height)).area() for height in heights])
    return Fill(float(enclosed.sum() * step), float(filled.sum() * step), float(np.abs(enclosed - filled).sum() * step))


def _enclosed_areas(vertices: Floats, faces: Ints, heights: Floats) -> Floats:
    """Signed area that the loops of each layer enclose, (L,): half the sum of p x q over their segments p to q."""
    z = vertices[faces, 2]
    first = np.searchsorted(heights, z.min(axis=1), side="right")
    spans = np.searchsorted(heights, z.max(axis=1), side="right") - first
    face = np.repeat(np.arange(len(faces)), spans)
    layer = np.repeat(first - np.cumsum(spans) + spans, spans) + np.arange(len(face))
    above = z[face] > heights[layer, None]  # (N, 3)
    points = np.empty((2, len(face), 2))
    for corner in range(3):
        after = (corner + 1) % 3
        for end, crosses in enumerate((~above[:, corner] & above[:, after], above[:, corner] & ~above[:, after])):
            rows = np.flatnonzero(crosses)
            a, b = vertices[faces[face[rows], corner]], vertices[faces[face[rows], after]]
            share = (heights[layer[rows]] - a[:, 2]) / (b[:, 2] - a[:, 2])
            points[end, rows] = a[:, :2] + (b[:, :2] - a[:, :2]) * share[:, None]
    points -= vertices[:, :2].mean(axis=0)
    up, down = points  # seen from above the solid lies left of the way from where the rim goes down to where it rises
    twice = down[:, 0] * up[:, 1] - down[:, 1] * up[:, 0]
    return np.asarray(np.bincount(layer, weights=twice, minlength=len(heights)) / 2, dtype=np.float64)


def rounding(vertices: Floats) -> float:
    """How deep surfaces may reach into each other before it is more than what a 32-bit file rounds to, a length."""
    return float(_ROUNDING_STEPS * np.abs(vertices).max(initial=0.0) * 2.0**-23)


def closed_faces(faces: Ints) -> Bools:
    """Faces of the parts on which every edge has two faces that are wound alike, (F,) bool."""
    count, part = face_components(faces)
    found = edges(faces)
    torn = (found.count != 2) | (found.balance != 0)
    whole = np.ones(count, dtype=bool)
    whole[part[np.flatnonzero(torn[found.of_half]) // 3]] = False
    made: Bools = whole[part]
    return made


@dataclass(frozen=True)
class Nesting:
    """Closed parts, and what lies in what. ``around`` is the winding number of all other parts where a part lies."""

    part: Ints  # (F,)
    volume: Floats  # (P,) signed
    around: Ints  # (P,) 0 about a solid, 1 about a cavity
    inner: Ints  # (N,) pairs: part inner lies in part outer
    outer: Ints  # (N,)

    @property
    def sound(self) -> bool:
        """Every part parts filled space from empty space, and its faces look at the empty side."""
        return bool((self.around == np.where(self.volume < 0, 1, 0)).all())

    @property
    def idle(self) -> Bools:
        """Parts within filled space whose own inside is filled as well: they part nothing, (P,) bool."""
        made: Bools = self.around >= np.where(self.volume < 0, 2, 1)
        return made

    @property
    def cavity(self) -> Bools:
        """Parts whose inside is empty while what lies about them is filled, (P,) bool."""
        made: Bools = (self.volume < 0) & (self.around == 1)
        return made

    def home(self) -> Ints:
        """The smallest part of positive volume around each part, (P,); -1 where there is none."""
        made = np.full(len(self.volume), -1)
        solid = self.volume[self.outer] > 0
        inner, outer = self.inner[solid], self.outer[solid]
        order = np.argsort(-self.volume[outer], kind="stable")  # the smallest is written last
        made[inner[order]] = outer[order]
        return made


def nesting(vertices: Floats, faces: Ints) -> Nesting:
    """Parts that hang together over edges, and which lies in which, by one point on each."""
    count, part = face_components(faces)
    volume = volumes_by(part, vertices, faces, count)
    inner, outer = containments(vertices, faces, part, count)
    sign = np.where(volume < 0, -1, 1)
    around = np.bincount(inner, weights=sign[outer], minlength=count).astype(np.int64)
    return Nesting(part, volume, around, inner, outer)
