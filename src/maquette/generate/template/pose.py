"""Pose: how a known model must be turned, stretched and placed to look like a photo, found by looking at it.

Points of its surface are splatted into a small picture; what shows is held against the photo's mask and the network's
normals. A coarse walk around the model, then Nelder and Mead from the best few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bools, Floats
from maquette.generate.guess.network import Guess
from maquette.geometry.sampling import Samples

_YAWS = np.radians(np.arange(0, 360, 15.0))
_BESIDE = np.radians([-12.0, 0.0, 12.0])  # of the elevation that the network says
_KEPT, _ROUNDS = 2, 220  # poses that are polished, looks at each
_NORMALS = 0.5  # what agreeing normals count beside the outline
_STRETCH = 0.15  # what a neper of stretching along one axis costs
_TILT, _DOUBT = 0.4, 0.1  # what a radian beside the elevation that is said costs, beyond so many
_DEEPER, _UNSURE = 0.15, 0.4  # what a neper more or less of depth than is said costs, beyond so many
_BACKWARDS = 0.02  # what showing its back costs: photos show fronts
_MOST = np.log(1.6)  # of stretching along one axis


@dataclass(frozen=True)
class Pose:
    """Nine numbers: yaw, elevation, roll; logs of the stretch along x, y, z and of the size; place in the picture."""

    numbers: Floats

    def placed(self, points: Floats, eye: float) -> Floats:
        """Points of the model (N, 3), z up and about as large as 1, in the camera's frame: right, down, into it."""
        turned = (points * np.exp(self.numbers[3:6])) @ self.rotation.T * np.exp(self.numbers[6])
        depth = turned[:, 2] + 0.4
        deep = 1 + depth / eye
        return np.stack([turned[:, 0] + self.numbers[7] * deep, turned[:, 1] + self.numbers[8] * deep, depth], axis=1)

    @property
    def rotation(self) -> Floats:
        """From the model's axes to right, down, into the picture, (3, 3)."""
        yaw, above, roll = self.numbers[:3]
        spin = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
        level = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
        tilt = np.array([[1, 0, 0], [0, np.cos(above), -np.sin(above)], [0, np.sin(above), np.cos(above)]])
        turn = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
        result: Floats = turn @ tilt @ level @ spin
        return result

    @property
    def up(self) -> Floats:
        """The model's up in the camera's frame, (3,)."""
        return self.rotation[:, 2]


def best_pose(points: Samples, guess: Guess, yaw: float | None = None) -> tuple[Pose, float]:
    """The pose in which the model looks most like the photo, and the IoU of both outlines; ``yaw`` fixes its turn."""
    from scipy.optimize import minimize

    up = guess.up / max(float(np.linalg.norm(guess.up)), 1e-9)
    said = float(np.clip(np.arcsin(np.clip(-up[2], -1, 1)), -0.2, 1.0))
    starts = [
        _fitted_in(np.array([turn, said + more, 0, 0, 0, 0, 0, 0, 0.0]), points, guess)
        for turn in (_YAWS if yaw is None else [yaw])
        for more in _BESIDE
    ]
    worth = [_likeness(start, points, guess, said) for start in starts]
    best: tuple[float, Floats] | None = None
    steps = np.diag([0.12, 0.1, 0.05, 0.1, 0.1, 0.1, 0.05, 0.04, 0.04])
    if yaw is not None:
        steps[0, 0] = 1e-9  # Nelder and Mead hardly leave the plane of their simplex
    for number in np.argsort(worth)[::-1][:_KEPT]:
        simplex = np.vstack([starts[number], starts[number] + steps])
        polished = minimize(
            lambda numbers: -_likeness(numbers, points, guess, said), starts[number], method="Nelder-Mead",
            options={"initial_simplex": simplex, "maxfev": _ROUNDS},
        )  # fmt: skip
        if best is None or -polished.fun > best[0]:
            best = (-float(polished.fun), np.asarray(polished.x))
    assert best is not None
    pose = Pose(best[1])
    shown, _ = picture_of(pose.placed(points.points, guess.eye), points.normals, pose, guess)
    mask = guess.mask >= 0.5
    return pose, float((shown & mask).sum() / max(int((shown | mask).sum()), 1))


def _fitted_in(numbers: Floats, points: Samples, guess: Guess) -> Floats:
    """The numbers with size and place such that the model fills the mask's box."""
    rows, columns = np.nonzero(guess.mask >= 0.5)
    side = len(guess.mask)
    low, high = (np.array([f(columns), f(rows)]) * 2 / side - 1 for f in (np.min, np.max))
    for _ in range(3):
        placed = Pose(numbers).placed(points.points, guess.eye)
        flat = placed[:, :2] / (1 + placed[:, 2:] / guess.eye)
        size = np.ptp(flat, axis=0)
        numbers = numbers.copy()
        numbers[6] += np.log(max(float((high - low).max()), 1e-3) / max(float(size.max()), 1e-6))
        numbers[7:9] += (low + high) / 2 - (flat.min(axis=0) + flat.max(axis=0)) / 2
    return numbers


def _likeness(numbers: Floats, points: Samples, guess: Guess, said: float) -> float:
    """How much the model looks like the photo in a pose: outlines, normals, less what stretching and tilting cost.

    ``said`` is the elevation that the network takes the camera to have.
    """
    pose = Pose(numbers)
    placed = pose.placed(points.points, guess.eye)
    shown, normals = picture_of(placed, points.normals, pose, guess)
    mask = guess.mask >= 0.5
    both = shown & mask
    if both.sum() < 20:
        return -1.0
    iou = both.sum() / (shown | mask).sum()
    cosine = float((normals * guess.normal).sum(axis=-1)[both].mean())
    stretched = np.abs(numbers[3:6] - numbers[3:6].mean())
    costs = _TILT * max(abs(numbers[1] - said) - _DOUBT, 0) + _STRETCH * stretched.sum() + 0.1 * abs(numbers[2])
    deeper = np.log(max(float(np.ptp(placed[:, 2])), 1e-3) / _depth_said(guess))
    costs += _DEEPER * max(abs(deeper) - _UNSURE, 0)
    costs += 10 * np.maximum(stretched - _MOST, 0).sum()
    return float(iou + _NORMALS * cosine - costs - _BACKWARDS * (np.cos(numbers[0]) < -0.3))


def _depth_said(guess: Guess) -> float:
    """How far the thing reaches into the picture by the network's word, half windows."""
    inside = guess.mask >= 0.5
    return max(float(np.quantile(guess.back[inside], 0.95) - np.quantile(guess.front[inside], 0.05)), 0.05)


def picture_of(placed: Floats, normals: Floats, pose: Pose, guess: Guess) -> tuple[Bools, NDArray[np.float32]]:
    """Where points (N, 3) of a surface show over the window (S, S), and the normals there (S, S, 3).

    ``normals`` (N, 3) are the model's own, before stretching.
    """
    from scipy.ndimage import binary_closing

    side = len(guess.mask)
    at = (placed[:, :2] / (1 + placed[:, 2:] / guess.eye) + 1) * side / 2
    inside = np.flatnonzero(((at >= 0) & (at < side)).all(axis=1) & (placed[:, 2] > -0.9 * guess.eye))
    order = inside[np.argsort(-placed[inside, 2], kind="stable")]
    column, row = at[order].astype(np.int64).T
    shown, seen = np.zeros((side, side), bool), np.zeros((side, side, 3), np.float32)
    shown[row, column] = True
    turned = (normals[order] / np.exp(pose.numbers[3:6])) @ pose.rotation.T
    turned /= np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9)
    turned[turned[:, 2] > 0] *= -1  # open surfaces are seen from behind too
    seen[row, column] = turned
    return binary_closing(shown, np.ones((3, 3)), iterations=1) | shown, seen
