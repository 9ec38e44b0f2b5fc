"""How near a surface is to the true one, where neither size nor direction counts: the F-score of published tables.

Protocol T, as TripoSR, SF3D and SPAR3D describe it (the normalisation is inferred from their numbers): each cloud of
points is centred on its mean and divided by the standard deviation of its coordinates, then comes a rotation by search
and 15 steps of iterative closest point (Besl and McKay 1992). The search ranks on 400 points and re-ranks its best
eight on 2,000.
"""

from __future__ import annotations

import itertools

import numpy as np

from maquette.core.arrays import Floats

POINTS, LIMIT = 10_000, 0.1


def f_score(points: Floats, truth: Floats, limit: float = LIMIT) -> float:
    """Points (P, 3) on a surface, and on the true one (Q, 3) -> 0 to 1, the harmonic mean of precision and recall."""
    points, truth = unit_spread(points), unit_spread(truth)
    aligned = closer(points @ best_rotation(points, truth, 24, 12, 6).T, truth)
    return f_of_aligned(aligned, truth, limit)


def f_of_aligned(points: Floats, truth: Floats, limit: float) -> float:
    """The same of clouds that lie on each other already."""
    from scipy.spatial import cKDTree

    precision = float((cKDTree(truth).query(points)[0] < limit).mean())
    recall = float((cKDTree(points).query(truth)[0] < limit).mean())
    return 2 * precision * recall / max(precision + recall, 1e-9)


def unit_spread(points: Floats) -> Floats:
    """Points (P, 3) around their mean, the standard deviation of all coordinates 1."""
    centered = points - points.mean(axis=0)
    spread: Floats = centered / max(float(centered.std()), 1e-300)
    return spread


def best_rotation(points: Floats, truth: Floats, around: int, above: int, roll: int) -> Floats:
    """The rotation (3, 3) of points with the least Chamfer distance to the truth, of around x above x roll tried."""
    from scipy.spatial.transform import Rotation

    angles = itertools.product(
        np.arange(around) * 360 / around, -90 + (np.arange(above) + 0.5) * 180 / above, np.arange(roll) * 360 / roll
    )
    tried = np.concatenate([np.eye(3)[None], Rotation.from_euler("zyx", list(angles), degrees=True).as_matrix()])
    few, few_truth = _every(points, 400), _every(truth, 400)
    best = tried[np.argsort(_costs(tried, few, few_truth), kind="stable")[:8]]
    rotation: Floats = best[np.argmin(_costs(best, _every(points, 2000), _every(truth, 2000)))]
    return rotation


def closer(points: Floats, truth: Floats, steps: int = 15) -> Floats:
    """Points (P, 3) moved rigidly onto the truth, step by step."""
    from scipy.spatial import cKDTree

    tree = cKDTree(truth)
    for _ in range(steps):
        matched = truth[tree.query(points)[1]]
        middle, goal = points.mean(0), matched.mean(0)
        u, _, v = np.linalg.svd((points - middle).T @ (matched - goal))
        turn = v.T @ np.diag([1, 1, np.sign(np.linalg.det(v.T @ u.T))]) @ u.T
        points = (points - middle) @ turn.T + goal
    return points


def _every(points: Floats, count: int) -> Floats:
    return points[:: max(1, len(points) // count)]


def _costs(rotations: Floats, points: Floats, truth: Floats) -> Floats:
    """Chamfer distances (R,) of all rotations (R, 3, 3)."""
    from scipy.spatial import cKDTree

    there, back = cKDTree(truth), cKDTree(points)
    turned = (points @ rotations.transpose(0, 2, 1)).reshape(-1, 3)
    unturned = (truth @ rotations).reshape(-1, 3)
    forth = there.query(turned)[0].reshape(len(rotations), -1).mean(axis=1)
    costs: Floats = forth + back.query(unturned)[0].reshape(len(rotations), -1).mean(axis=1)
    return costs
