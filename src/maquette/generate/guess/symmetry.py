"""The mirror plane of what was sculpted, and the unseen half completed from the seen one.

Most made things have one, upright; seen at an angle, it shows on one side what is hidden on the other. Nothing is
completed where the photo says otherwise: what it shows empty stays empty, what it shows stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from maquette.core.arrays import Floats
from maquette.generate.guess.input import NEAREST
from maquette.generate.guess.volume import Field

_MOST_POINTS = 1500
_ANGLES = 36  # planes tried between 0 and 180 degrees
_SHIFTS = np.linspace(-0.12, 0.12, 9)  # half windows beside the middle
_NEAR = 0.06  # half windows: how far a mirrored point may lie from a surface
_KEPT = 0.9  # what is shown better than this stays as it is
_STOUT = 0.1  # half windows from the outline inward
_ASKEW = np.radians(12)  # a plane nearer to the line of sight hides nothing that the other side shows


@dataclass(frozen=True)
class Plane:
    """Points p with p · normal = offset; normal (3,) of unit length in the camera's frame."""

    normal: Floats
    offset: float
    agreement: float  # share of the visible points whose mirror image fits the photo

    def mirror(self, points: Floats) -> Floats:
        """Points (N, 3) on the other side."""
        return points - 2 * np.outer(points @ self.normal - self.offset, self.normal)


def mirror_plane(field: Field, up: Floats, enough: float) -> Plane | None:
    """The upright plane about which the visible surface fits best, None where ``enough`` of it (0..1) fits nowhere.

    A mirrored point fits when it lies near the sculpted surface or hides behind the visible one; it contradicts when
    it would stand before the visible surface or beside the silhouette.
    """
    points = visible_points(field)
    if len(points) < 50:
        return None
    upward = up / np.linalg.norm(up)
    aside = np.cross(upward, [0.0, 0.0, 1.0])
    if np.linalg.norm(aside) < 0.2:  # seen from straight above: no upright plane to look for
        return None
    aside /= np.linalg.norm(aside)
    ahead = np.cross(aside, upward)
    middle = _centroid(field)
    best: Plane | None = None
    for angle in np.arange(_ANGLES) * np.pi / _ANGLES:
        normal = np.cos(angle) * aside + np.sin(angle) * ahead
        if abs(angle) < _ASKEW or abs(angle - np.pi) < _ASKEW:
            continue
        for shift in _SHIFTS:
            plane = Plane(normal, float(middle @ normal + shift), 0.0)
            fits = _fit(field, plane.mirror(points))
            if best is None or fits > best.agreement:
                best = Plane(normal, plane.offset, fits)
    return best if best is not None and best.agreement >= enough else None


def visible_points(field: Field) -> Floats:
    """Points of the visible surface, (N, 3), at most 1,500, evenly picked."""
    rows, columns = np.nonzero(field.outline > 0)
    pick = np.linspace(0, len(rows) - 1, min(_MOST_POINTS, len(rows))).astype(np.int64)
    rows, columns = rows[pick], columns[pick]
    depth = (field.front[rows, columns] - NEAREST) * field.resolution / 2 - 0.5
    return field.unproject(np.stack([depth, rows, columns], axis=1).astype(np.float64))


def _centroid(field: Field) -> Floats:
    places = np.argwhere(field.values[::4, ::4, ::4] > 0).astype(np.float64) * 4
    centroid: Floats = field.unproject(places).mean(axis=0) if len(places) else np.zeros(3)
    return centroid


def _fit(field: Field, points: Floats) -> float:
    """Share of mirrored points near the surface, less twice the share of those that contradict the photo."""
    beside = field.plane_at(field.outline, points, -1.0)
    ahead = field.plane_at(field.front, points, 9.0) - points[:, 2]
    against = (beside < -_NEAR / 2) | ((ahead > _NEAR) & (beside > _NEAR))
    near = np.abs(field.sample(points)) * field.cell < _NEAR
    return float((near & ~against).mean() + 0.5 * (~near & ~against).mean() - 2 * against.mean())


def complete(field: Field, plane: Plane) -> Field:
    """The field averaged with its mirror image by how well the photo shows either side."""
    points = field.centers()
    other = plane.mirror(points)
    shown, other_shown = _visibility(field, points), _visibility(field, other)
    mirrored = field.sample(other)
    own = field.values.ravel()
    share = np.where(shown > _KEPT, 0.0, other_shown / (shown + other_shown))
    values = own * (1 - share) + mirrored * share
    empty = field.plane_at(field.outline, points, -1.0) < 0
    values = np.where(empty, np.minimum(own, values), values).astype(np.float32)
    return Field(values.reshape(field.values.shape), field.front, field.outline, field.eye, field.cell)


def even_sides(field: Field) -> Field:
    """The field as the mean of itself and its mirror image about the upright plane of the line of sight.

    For what faces the camera: the photo's two halves show the same, so each doubt about depths is halved. Thin parts
    stay where they are, for the mean of two legs apart is none.
    """
    columns = np.flatnonzero((field.outline > 0).any(axis=0))
    if not len(columns):
        return field
    other = columns[0] + columns[-1] - np.arange(field.resolution)
    share = np.clip(field.outline / _STOUT, 0, 1) / 2
    values = field.values + share * (field.values[:, :, other.clip(0, field.resolution - 1)] - field.values)
    return replace(field, values=np.minimum(values, field.outline / np.float32(field.cell)).astype(np.float32))


def _visibility(field: Field, points: Floats) -> Floats:
    """How surely the photo tells what is at points: 1 before and on the visible surface, 0.05 well behind it. (N,)"""
    behind = points[:, 2] - field.plane_at(field.front, points, 9.0)
    beside = field.plane_at(field.outline, points, -1.0) < 0
    return np.where(beside, 1.0, 0.05 + 0.95 * np.clip(1 - behind / (2 * _NEAR), 0, 1))
