"""A surface moved by its joints: where each joint goes, and each vertex with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from maquette.core.arrays import Floats, Ints


def joint_moves(parents: Ints, places: Floats, turns: Floats, shift: Floats) -> Floats:
    """What each joint does to a point at rest, (J, 4, 4). places (J, 3), turns (J, 4) quaternions, shift (3,)."""
    from scipy.spatial.transform import Rotation

    local = Rotation.from_quat(turns).as_matrix()
    moves = np.zeros((len(parents), 4, 4))
    moves[:, 3, 3] = 1
    for joint, parent in enumerate(parents.tolist()):
        about = np.eye(4)
        about[:3, :3] = local[joint]
        about[:3, 3] = places[joint] - local[joint] @ places[joint]
        if parent < 0:
            about[:3, 3] += shift
            moves[joint] = about
        else:
            moves[joint] = moves[parent] @ about
    return moves


def move_vertices(vertices: Floats, joints: Any, weights: Floats, moves: Floats) -> Floats:
    """Vertices (V, 3) moved by blends of their joints' moves. joints (V, 4), weights (V, 4), or none to stay."""
    result: Floats = vertices * (1 - weights.sum(axis=1, keepdims=True))
    for slot in range(joints.shape[1]):
        move = moves[joints[:, slot]]
        placed = np.einsum("nij,nj->ni", move[:, :3, :3], vertices) + move[:, :3, 3]
        result += weights[:, slot, None] * placed
    return result
