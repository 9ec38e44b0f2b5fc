"""Where several photos of one thing were taken from, and one field out of what each of them shows.

The front photo's frame is everybody's: right, down, into the picture, in half windows of the front photo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats
from maquette.core.errors import BadInput
from maquette.generate.guess.network import Guess
from maquette.generate.guess.volume import Field

AROUND = {"front": 0.0, "right": 90.0, "back": 180.0, "left": 270.0}
_SLACK = 0.03  # half windows: how far silhouettes of different photos may disagree before they carve
_LENS_SLACK = 0.12  # the same for each half window nearer or farther than depth 0, for the lens is a guess
LONG_LENS = 5.67  # half windows from the eye: 20 degrees, taken for photos of a set, whose outlines must agree
_SURE = 0.12  # half windows beside the visible surface over which a photo's word fades; its depth is a guess


@dataclass(frozen=True)
class Station:
    """A photo's place: front-frame points p -> its own frame ``scale * rotation @ p + offset``."""

    degrees: float
    rotation: Floats
    scale: float
    offset: Floats

    def local(self, points: Floats) -> Floats:
        """Points (N, 3) of the front's frame in this photo's frame."""
        result: Floats = self.scale * (points @ self.rotation.T) + self.offset
        return result

    def eye(self, distance: float) -> Floats:
        """This photo's eye, ``distance`` half windows before its depth 0, in the front's frame. (3,)"""
        result: Floats = self.rotation.T @ (np.array([0.0, 0.0, -distance]) - self.offset) / self.scale
        return result


FRONT = Station(0.0, np.eye(3), 1.0, np.zeros(3))


def degrees_around(name: str) -> float:
    """How far to the right of the front a photo of this name stands; ``BadInput`` for names that say nothing."""
    if name in AROUND:
        return AROUND[name]
    try:
        return float(name) % 360
    except ValueError:
        known = ", ".join(AROUND)
        raise BadInput(f"sculpt: view {name!r} is no place; call photos {known}, or degrees around as 45") from None


def stations(names: list[str], fields: Mapping[str, Field], guesses: Mapping[str, Guess]) -> dict[str, Station]:
    """Each photo's place: turned by its name, scaled to the same height, all looking down alike.

    By how much is the mean of what the network takes for up in each: people walk around a thing, they do not climb.
    """
    result = {"front": FRONT}
    ups = np.array([guess.up / max(float(np.linalg.norm(guess.up)), 1e-9) for guess in guesses.values()])
    front = _levelling(ups.mean(axis=0) * [0, 1, 1])
    low, high = _extent(fields["front"], front)
    for name in names:
        if name == "front":
            continue
        own_low, own_high = _extent(fields[name], front)
        scale = (own_high[1] - own_low[1]) / max(high[1] - low[1], 1e-6)
        rotation = front.T @ _turn(degrees_around(name)) @ front
        offset = front.T @ ((own_low + own_high) / 2) - scale * rotation @ (front.T @ ((low + high) / 2))
        result[name] = Station(degrees_around(name), rotation, float(scale), offset)
    return result


def merged_field(fields: Mapping[str, Field], places: Mapping[str, Station]) -> Field:
    """One field on the front's grid: silhouettes carve, and between them each photo counts where it sees."""
    front = fields["front"]
    points = front.centers()
    total, weight = np.zeros(len(points)), np.zeros(len(points))
    carved = np.full(len(points), np.inf)
    for name, field in fields.items():
        local = places[name].local(points)
        beside = field.plane_at(field.outline, local, -1.0)
        behind = local[:, 2] - field.plane_at(field.front, local, 9.0)
        trust = 0.05 + 0.95 * np.exp(-((behind / _SURE) ** 2))
        total += trust * field.sample(local)
        weight += trust
        slack = 0.0 if name == "front" else _SLACK + _LENS_SLACK * np.abs(local[:, 2])
        carved = np.minimum(carved, np.where(beside < -slack, (beside + slack) / field.cell, np.inf))
    values = np.minimum(total / weight, carved).astype(np.float32).reshape(front.values.shape)
    return Field(values, front.front, front.outline, front.eye, front.cell)


def _turn(degrees: float) -> Floats:
    """Level front frame -> level frame of a viewer who walked this far to the right."""
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])


def _levelling(up: Floats) -> Floats:
    """The smallest rotation (3, 3) that takes ``up`` to straight up, (0, -1, 0)."""
    return least_turn(up, np.array([0.0, -1.0, 0.0]))


def least_turn(start: Floats, end: Floats, share: float = 1.0) -> Floats:
    """The smallest rotation (3, 3) from one direction to another, or a share of it; none where they are opposite."""
    length = np.linalg.norm(start)
    if length < 1e-9:
        return np.eye(3)
    a, b = start / length, end / np.linalg.norm(end)
    axis, cosine = np.cross(a, b), float(a @ b)
    sine = float(np.linalg.norm(axis))
    if cosine < -0.999 or sine < 1e-12:
        return np.eye(3)
    angle = share * np.arctan2(sine, cosine)
    x, y, z = axis / sine
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    result: Floats = np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew
    return result


def _extent(field: Field, rotation: Floats) -> tuple[Floats, Floats]:
    """Box of the solid cells after a rotation, two corners (3,)."""
    solid = np.argwhere(field.values[::2, ::2, ::2] > 0).astype(np.float64) * 2
    if not len(solid):
        return -np.ones(3), np.ones(3)
    points = field.unproject(solid) @ rotation.T
    return points.min(axis=0), points.max(axis=0)
