"""What a slicer would fill. vertices (V, 3), faces (F, 3) of a surface on which every edge has two faces.

Closed is not enough: a shell inside a shell and two solids that overlap are closed, and so is a bag turned inside out.
The surface is cut into layers as a slicer cuts it. In each, the loops enclose a signed area, and what is wound round at
least once is filled (Clipper2's positive rule, through manifold3d). Where surfaces overlap or face inward the two
numbers part. A hundred layers of 160 thousand faces take 0.4 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Floats, Ints
from maquette.geometry.inside.parts import containments, volumes_by
from maquette.geometry.surface import face_areas
from maquette.geometry.topology import edges, face_components

_LAYERS = 96
_SHIFT = 0.4142135  # of a layer: no simple fraction, so that cuts seldom run through vertices
_OFF = 1e-3  # of a face's inner circle: nearer than other faces that cross it at its border
_ROUNDING_STEPS = 4  # three corners rounded to 32 bits tilt a plane by a few steps
_FAR = 1e-4  # of the diagonal: however far away a model lies, more than this is its shape and not rounding


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
    """Cut into layers of equal height and fill each one; zeros where edges do not balance and no loop closes."""
    from manifold3d import CrossSection, FillRule

    mate = _mates(faces)
    if mate is None or not len(faces):
        return Fill(0.0, 0.0, 0.0)
    low, high = float(vertices[:, 2].min()), float(vertices[:, 2].max())
    step = (high - low) / layers
    heights: Floats = low + step * (np.arange(layers, dtype=np.float64) + _SHIFT)
    cut = _cut_by_layers(vertices, faces, heights)
    twice = cut.start[:, 0] * cut.end[:, 1] - cut.start[:, 1] * cut.end[:, 0]
    enclosed = np.bincount(cut.layer, weights=twice, minlength=layers) / 2
    loops = _loops(cut, mate, layers)
    scale = 1.0 / max(float(np.abs(cut.start).max(initial=0.0)), 1e-300)  # Clipper2 rounds to fixed decimals
    filled = [
        CrossSection([ring * scale for ring in rings], FillRule.Positive).area() / scale**2 if rings else 0.0
        for rings in loops
    ]
    astray = float(np.abs(enclosed - filled).sum() * step)
    return Fill(float(enclosed.sum() * step), float(np.sum(filled) * step), astray)


@dataclass(frozen=True)
class _Cut:
    """Segments in which faces meet layers: each enters its face by one half-edge, 3·f + c, and leaves by another."""

    layer: Ints  # (S,)
    enter: Ints  # (S,)
    leave: Ints  # (S,)
    start: Floats  # (S, 2) about the middle of the model
    end: Floats  # (S, 2)


def _cut_by_layers(vertices: Floats, faces: Ints, heights: Floats) -> _Cut:
    """Every face by every layer that it reaches through; seen from above the solid lies on the left of a segment."""
    z = vertices[faces, 2]
    first = np.searchsorted(heights, z.min(axis=1), side="right")
    spans = np.searchsorted(heights, z.max(axis=1), side="right") - first
    face = np.repeat(np.arange(len(faces)), spans)
    layer = np.repeat(first - np.cumsum(spans) + spans, spans) + np.arange(len(face))
    above = z[face] > heights[layer, None]  # (S, 3)
    points, half = np.empty((2, len(face), 2)), np.empty((2, len(face)), np.int64)
    for corner in range(3):
        after = (corner + 1) % 3
        falls, rises = above[:, corner] & ~above[:, after], ~above[:, corner] & above[:, after]
        for end, crosses in enumerate((falls, rises)):
            rows = np.flatnonzero(crosses)
            a, b = vertices[faces[face[rows], corner]], vertices[faces[face[rows], after]]
            share = (heights[layer[rows]] - a[:, 2]) / (b[:, 2] - a[:, 2])
            points[end, rows] = a[:, :2] + (b[:, :2] - a[:, :2]) * share[:, None]
            half[end, rows] = 3 * face[rows] + corner
    points -= (vertices[:, :2].min(axis=0) + vertices[:, :2].max(axis=0)) / 2
    return _Cut(layer, half[0], half[1], points[0], points[1])


def _mates(faces: Ints) -> Ints | None:
    """A half-edge that runs back for each that runs forward, (3F,); ``None`` where they do not balance."""
    edge_table = edges(faces)
    if (edge_table.balance != 0).any():
        return None
    order = np.lexsort((edge_table.forward, edge_table.of_half))
    forward, back = order[edge_table.forward[order]], order[~edge_table.forward[order]]
    mate = np.empty(faces.size, np.int64)
    mate[forward], mate[back] = back, forward
    return mate


def _loops(cut: _Cut, mate: Ints, layers: int) -> list[list[Floats]]:
    """Closed rings (N, 2) of each layer."""
    key = cut.enter * layers + cut.layer
    order = np.argsort(key)
    follower = order[np.searchsorted(key[order], mate[cut.leave] * layers + cut.layer)].tolist()
    layer = cut.layer.tolist()
    loops: list[list[Floats]] = [[] for _ in range(layers)]
    seen = bytearray(len(follower))
    for first in range(len(follower)):
        ring = []
        at = first
        while not seen[at]:
            seen[at] = 1
            ring.append(at)
            at = follower[at]
        if ring:
            loops[layer[first]].append(cut.start[ring])
    return loops


def rounding(vertices: Floats) -> float:
    """How deep surfaces may reach into each other before it is more than what a 32-bit file rounds to, a length.

    At most 1e-4 of the diagonal: at map coordinates rounding would otherwise swallow the model.
    """
    steps = _ROUNDING_STEPS * float(np.abs(vertices).max(initial=0.0)) * 2.0**-23
    span = float(np.linalg.norm(np.ptp(vertices, axis=0))) if len(vertices) else 0.0
    return min(steps, _FAR * span)


def closed_faces(faces: Ints) -> Bools:
    """Faces of the parts on which every edge has two faces that are wound alike, (F,) bool."""
    count, part = face_components(faces)
    edge_table = edges(faces)
    torn = (edge_table.count != 2) | (edge_table.balance != 0)
    whole = np.ones(count, dtype=bool)
    whole[part[np.flatnonzero(torn[edge_table.of_half]) // 3]] = False
    mask: Bools = whole[part]
    return mask


def hair(points: Floats, faces: Ints, most: float = 1e-7) -> Floats:
    """How far off each face (N, 3) to ask which space lies there, (N, 1): little next to its inner circle.

    Never more than ``most`` of the diagonal, nor less than what the numbers can tell apart at that place.
    """
    sides = np.linalg.norm(points[faces] - points[np.roll(faces, 1, axis=1)], axis=2).sum(axis=1)
    inner = 2 * face_areas(points, faces) / np.maximum(sides, 1e-300)
    diagonal = float(np.linalg.norm(np.ptp(points, axis=0)))
    least = max(1e-14 * diagonal, 4 * float(np.spacing(np.abs(points).max(initial=0.0))))
    return np.asarray((_OFF * inner).clip(least, max(most * diagonal, least))[:, None], dtype=np.float64)


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
        mask: Bools = self.around >= np.where(self.volume < 0, 2, 1)
        return mask

    @property
    def cavity(self) -> Bools:
        """Parts whose inside is empty while what lies about them is filled, (P,) bool."""
        mask: Bools = (self.volume < 0) & (self.around == 1)
        return mask

    def home(self) -> Ints:
        """The smallest part of positive and larger volume around each part, (P,); -1 where there is none."""
        result = np.full(len(self.volume), -1)
        solid = self.volume[self.outer] > np.abs(self.volume[self.inner])
        inner, outer = self.inner[solid], self.outer[solid]
        order = np.argsort(-self.volume[outer], kind="stable")  # the smallest is written last
        result[inner[order]] = outer[order]
        return result


def nesting(vertices: Floats, faces: Ints) -> Nesting:
    """Parts that hang together over edges, and which lies in which, by one point on each."""
    count, part = face_components(faces)
    volume = volumes_by(part, vertices, faces, count)
    inner, outer = containments(vertices, faces, part, count)
    sign = np.where(volume < 0, -1, 1)
    around = np.bincount(inner, weights=sign[outer], minlength=count).astype(np.int64)
    return Nesting(part, volume, around, inner, outer)
