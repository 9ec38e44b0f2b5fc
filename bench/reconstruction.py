"""How near a reconstructed surface is to the true one: the protocols of published single-image tables, written down.

- **T** (as TripoSR, SF3D and SPAR3D describe it; the normalisation is inferred from their numbers): 10,000 points on
  each surface, each cloud centred on its mean and divided by the standard deviation of its coordinates, rotation by
  search and then 15 steps of ICP; CD is the mean of the two directions, F at 0.1, 0.2 and 0.5.
- **Z** (ZeroShape, utils/eval_3D.py): 10,000 points, centred on the mean and divided by the larger of the x and y
  extents in the true camera's frame, 24 x 24 x 12 rotations, no ICP; F at 0.01, 0.02 and 0.05.
- **B**: boxes scaled to -1..1 along their longest side, no rotation; F at 0.02, 0.05 and 0.1.

Search and ICP are those of `maquette.geometry.f_score`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from maquette.geometry.f_score import best_rotation, closer, f_of_aligned, unit_spread

Floats = NDArray[np.float64]

POINTS = 10_000


@dataclass(frozen=True)
class Score:
    """Chamfer distance and F-scores at the protocol's three thresholds."""

    chamfer: float
    fine: float
    middle: float
    coarse: float


def on_surface(vertices: Floats, faces: NDArray[np.int64], count: int = POINTS, seed: int = 0) -> Floats:
    """Points spread evenly over the surface, (count, 3)."""
    rng = np.random.default_rng(seed)
    a, b, c = vertices[faces].transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    face = rng.choice(len(faces), count, p=area / area.sum())
    u, v = rng.random((2, count, 1))
    over = u + v > 1
    u, v = np.where(over, 1 - u, u), np.where(over, 1 - v, v)
    return a[face] + u * (b - a)[face] + v * (c - a)[face]


def score_clouds(points: Floats, truth: Floats, thresholds: tuple[float, float, float]) -> Score:
    """Score of two clouds that are already aligned."""
    accuracy, completeness = cKDTree(truth).query(points)[0], cKDTree(points).query(truth)[0]
    f_scores = (f_of_aligned(points, truth, limit) for limit in thresholds)
    return Score(float((accuracy.mean() + completeness.mean()) / 2), *f_scores)


def protocol_t(points: Floats, truth: Floats, *, search: bool = True) -> Score:
    """Protocol T; without ``search`` the clouds stay in the camera's frame, ICP included."""
    points, truth = unit_spread(points), unit_spread(truth)
    rotation = best_rotation(points, truth, 24, 12, 6) if search else np.eye(3)
    return score_clouds(closer(points @ rotation.T, truth), truth, (0.1, 0.2, 0.5))


def protocol_z(points: Floats, truth: Floats, *, search: bool = True) -> Score:
    """Protocol Z; clouds come in the camera's frame, x right and z up, so the picture's axes are x and z."""
    truth = _unit_extent(truth)
    rotation = best_rotation(_unit_extent(points), truth, 24, 24, 12) if search else np.eye(3)
    return score_clouds(_unit_extent(points @ rotation.T), truth, (0.01, 0.02, 0.05))


def protocol_b(points: Floats, truth: Floats) -> Score:
    """Protocol B."""
    return score_clouds(_unit_box(points), _unit_box(truth), (0.02, 0.05, 0.1))


def _unit_extent(points: Floats) -> Floats:
    centered = points - points.mean(axis=0)
    made: Floats = centered / max(np.ptp(centered[:, 0]), np.ptp(centered[:, 2]))
    return made


def _unit_box(points: Floats) -> Floats:
    low, high = points.min(axis=0), points.max(axis=0)
    made: Floats = (points - (low + high) / 2) / ((high - low).max() / 2)
    return made
