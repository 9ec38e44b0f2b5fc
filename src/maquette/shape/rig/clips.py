"""Stock clips: standing and breathing, walking on the spot, and a turntable, for two legs and for four."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from maquette.core.arrays import Floats
from maquette.core.skeleton import Clip

_STEPS = 16  # keys of a clip, and one more that closes it
_SWING, _KNEE, _ARM, _BREATH = 24.0, 38.0, 20.0, 1.5  # degrees
_DOWN = np.array([0.0, 0.0, -1.0])


@dataclass(frozen=True)
class Cast:
    """Who moves: joints by our own words, their places (J, 3), where it looks (3,), and the axles (3,) of wheels."""

    words: list[str]
    places: Floats
    ahead: Floats
    axles: dict[int, Floats]

    @property
    def left(self) -> Floats:
        """The axis that limbs swing about."""
        return np.cross([0.0, 0.0, 1.0], self.ahead)


def stock_clips(cast: Cast) -> tuple[Clip, ...]:
    """Idle and walk for whoever has legs, a turntable for everything."""
    turntable = _clip("turntable", 8.0, cast, _turn_root)
    if not any(word.endswith("upper leg") for word in cast.words):
        return (*((_clip("spin", 2.0, cast, _spin),) if cast.axles else ()), turntable)
    return _clip("idle", 3.0, cast, _breathe), _clip("walk", 1.1, cast, _walk), turntable


def _clip(name: str, seconds: float, cast: Cast, move: object) -> Clip:
    """A clip of one round of a movement."""
    share = np.linspace(0, 1, _STEPS + 1)
    turns = np.tile([0.0, 0.0, 0.0, 1.0], (len(share), len(cast.words), 1))
    shifts = np.zeros((len(share), 3))
    for key, at in enumerate(share.tolist()):
        move(cast, at, turns[key], shifts[key])  # type: ignore[operator]
    return Clip(name, share * seconds, turns, shifts)


def _turn_root(cast: Cast, at: float, turns: Floats, shift: Floats) -> None:
    turns[0] = Rotation.from_rotvec([0, 0, 2 * np.pi * at]).as_quat()


def _spin(cast: Cast, at: float, turns: Floats, shift: Floats) -> None:
    for joint, axle in cast.axles.items():
        turns[joint] = Rotation.from_rotvec(2 * np.pi * at * axle).as_quat()


def _breathe(cast: Cast, at: float, turns: Floats, shift: Floats) -> None:
    wave = np.sin(2 * np.pi * at)
    for joint, word in enumerate(cast.words):
        if word.endswith("upper arm"):
            turns[joint] = (_about(cast.left, wave * _BREATH) * _hang_down(cast, joint)).as_quat()
        elif word in ("spine", "chest"):
            turns[joint] = _about(cast.left, -wave * _BREATH).as_quat()
        elif word == "head":
            turns[joint] = _about(cast.left, wave * _BREATH).as_quat()
        elif word.startswith("tail"):
            turns[joint] = _about(np.array([0.0, 0, 1]), 4 * wave * _BREATH).as_quat()


def _walk(cast: Cast, at: float, turns: Floats, shift: Floats) -> None:
    for joint, word in enumerate(cast.words):
        side = np.pi if word.startswith("right") != (" front " in word) else 0.0
        phase = 2 * np.pi * at + side
        if word.endswith("upper leg"):
            turns[joint] = _about(cast.left, -_SWING * np.sin(phase)).as_quat()
        elif word.endswith("lower leg"):
            turns[joint] = _about(cast.left, _KNEE * max(0.0, np.cos(phase))).as_quat()
        elif word.endswith("upper arm"):
            turns[joint] = (_about(cast.left, _ARM * np.sin(phase)) * _hang_down(cast, joint)).as_quat()
        elif word.endswith("lower arm"):
            turns[joint] = _about(cast.left, -_ARM / 2 * (1 - np.sin(phase))).as_quat()
        elif word == "spine":
            turns[joint] = _about(np.array([0.0, 0, 1]), 3 * np.sin(2 * np.pi * at)).as_quat()
        elif word.startswith("tail"):
            turns[joint] = _about(np.array([0.0, 0, 1]), 8 * np.sin(2 * np.pi * at)).as_quat()
    height = float(np.ptp(cast.places[:, 2]))
    shift[2] = -0.015 * height * (1 + np.cos(4 * np.pi * at)) / 2


def _hang_down(cast: Cast, joint: int) -> Rotation:
    """The turn that lets an arm hang down, a little off the body; none for one that hangs already."""
    arm = cast.places[joint + 1] - cast.places[joint]
    side = float(np.sign(arm @ cast.left)) * cast.left
    wanted = 0.35 * side - np.array([0.0, 0.0, 1.0])
    axis = np.cross(arm, wanted)
    length = float(np.linalg.norm(axis))
    angle = float(np.arctan2(length, arm @ wanted))
    if length == 0 or (arm @ _DOWN) / max(float(np.linalg.norm(arm)), 1e-300) > 0.9:
        return Rotation.identity()
    return Rotation.from_rotvec(axis / length * angle)


def _about(axis: Floats, degrees: float) -> Rotation:
    return Rotation.from_rotvec(axis * np.radians(degrees))
