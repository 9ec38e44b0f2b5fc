"""Axes of glTF and ours, and quaternions that do not turn the long way."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats


def theirs(rows: Floats) -> Floats:
    """+Z up, front −Y -> +Y up, front +Z."""
    return np.stack([rows[..., 0], rows[..., 2], -rows[..., 1]], axis=-1)


def ours(rows: Floats) -> Floats:
    """+Y up, front +Z -> +Z up, front −Y."""
    return np.stack([rows[..., 0], -rows[..., 2], rows[..., 1]], axis=-1)


def along_short_ways(quaternions: Floats) -> Floats:
    """Unit quaternions (T, 4), each with the sign that is nearer to the one before."""
    unit = quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)
    flips = np.where((unit[1:] * unit[:-1]).sum(axis=1) < 0, -1.0, 1.0)
    signed: Floats = unit * np.concatenate([[1.0], np.cumprod(flips)])[:, None]
    return signed
