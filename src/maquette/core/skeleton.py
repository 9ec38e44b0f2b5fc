"""Skeleton: the joints that bend a model, and the clips that move it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.channels import Channel, declare
from maquette.core.errors import BadInput
from maquette.core.values import Value, frozen_array, noun

# Which joints move a vertex, and how much each: four at most, weights that add up to 1. A new vertex takes both from
# one old one, for weights of other joints cannot be mixed.
JOINTS = declare(Channel("joints", "vertex", "u2", (4,), blend="nearest"))
WEIGHTS = declare(Channel("weights", "vertex", "f4", (4,), blend="nearest"))
SKIN = (JOINTS.name, WEIGHTS.name)
_ROUNDING = 1e-6


@noun
class Clip(Value):
    """A movement: at each of ``times`` (T,) seconds, how each joint is turned from rest, (T, J, 4) quaternions x y z w.

    Turns are about the axes of the model, after those of the joint's parents. ``shifts`` (T, 3) mm move the root.
    """

    name: str
    times: Floats
    turns: Floats
    shifts: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", frozen_array(self.times, np.float64, (None,), "clip: times"))
        count = len(self.times)
        object.__setattr__(self, "turns", frozen_array(self.turns, np.float64, (count, None, 4), "clip: turns"))
        object.__setattr__(self, "shifts", frozen_array(self.shifts, np.float64, (count, 3), "clip: shifts"))
        if count < 1 or (np.diff(self.times) <= 0).any():
            raise BadInput(f"clip {self.name!r}: its {count} times do not rise")


@noun
class Skeleton(Value):
    """Joints by name, each after its parent (-1: none), where they lie at rest (J, 3) in mm, and clips.

    At rest every joint has the axes of the model.
    """

    names: tuple[str, ...]
    parents: Ints
    places: Floats
    clips: tuple[Clip, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.names)
        object.__setattr__(self, "parents", frozen_array(self.parents, np.int64, (count,), "skeleton: parents"))
        object.__setattr__(self, "places", frozen_array(self.places, np.float64, (count, 3), "skeleton: places"))
        if not count or (self.parents >= np.arange(count)).any() or (self.parents < -1).any():
            raise BadInput(f"skeleton: of {count} joints one comes before its parent")
        if wrong := [clip.name for clip in self.clips if clip.turns.shape[1] != count]:
            raise BadInput(f"skeleton: clip {wrong[0]!r} does not turn {count} joints")

    def __repr__(self) -> str:
        return f"Skeleton({len(self.names)} joints, clips: {', '.join(clip.name for clip in self.clips) or 'none'})"

    def moved(self, turn: Floats, scale: float, shift: Any) -> Self:
        """Rotated (3, 3), then scaled, then shifted; clips go along."""
        from scipy.spatial.transform import Rotation

        frame = Rotation.from_matrix(turn)
        clips = tuple(
            clip.replace(
                turns=(frame * Rotation.from_quat(clip.turns.reshape(-1, 4)) * frame.inv())
                .as_quat()
                .reshape(clip.turns.shape),
                shifts=scale * clip.shifts @ turn.T,
            )
            for clip in self.clips
        )
        return self.replace(places=scale * (self.places @ turn.T) + shift, clips=clips)


def skin_of(channels: Mapping[str, NDArray[Any]]) -> tuple[Ints, Floats] | None:
    """Joints (V, 4) and weights (V, 4) of a mesh's channels; None where it has none."""
    if not set(SKIN) <= channels.keys():
        return None
    return even_weights(channels[JOINTS.name], channels[WEIGHTS.name])


def even_weights(joints: NDArray[Any], weights: NDArray[Any]) -> tuple[Ints, Floats]:
    """Weights (V, 4) that add up to 1, joints 0 where they are 0; rows without any weight stay so."""
    weights = np.maximum(weights.astype(np.float64), 0.0)
    total = weights.sum(axis=1, keepdims=True)
    even = np.where(np.abs(total - 1) < _ROUNDING, weights, weights / np.where(total > 0, total, 1.0))
    return np.where(even > 0, joints, 0).astype(np.int64), even
