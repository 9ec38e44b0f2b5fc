"""Rotate: the model turned about its middle."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.registry import stage

# What takes each direction to +Z with the least turning; half turns go about x, so left stays left.
_UPRIGHT = {"+Z": (0, 0), "-Z": (0, 180), "+Y": (0, 90), "-Y": (0, -90), "+X": (1, -90), "-X": (1, 90)}


@stage(version=2, places=True)
def rotate(
    asset: Asset,
    *,
    up: Annotated[
        Literal["+Z", "-Z", "+Y", "-Y", "+X", "-X"],
        Field(description="which way is up in it now; this becomes +Z first"),
    ] = "+Z",
    x_deg: Annotated[float, Field(ge=-360, le=360, description="turn about x (to the right), nodding")] = 0.0,
    y_deg: Annotated[float, Field(ge=-360, le=360, description="turn about y (into the picture), rolling")] = 0.0,
    z_deg: Annotated[float, Field(ge=-360, le=360, description="turn about z (up), as on a turntable")] = 0.0,
) -> Asset:
    """Turn the model about the middle of its box: first upright, then about x, y and z in this order.

    Positive angles turn counter-clockwise seen from the axis' tip. Quarter turns are exact. The camera goes along.
    """
    axis, angle = _UPRIGHT[up]
    turn = np.eye(3)
    for number, degrees in ((axis, angle), (0, x_deg), (1, y_deg), (2, z_deg)):
        turn = _about(number, degrees) @ turn
    if (turn == np.eye(3)).all():
        return asset
    middle = asset.mesh.bounds.mean(axis=0)
    return asset.moved(rotation=turn, offset=middle - turn @ middle)


def _about(axis: int, degrees: float) -> Floats:
    """Rotation matrix (3, 3) about x, y or z; whole numbers at quarter turns."""
    quarters, rest = divmod(degrees, 90.0)
    angle = np.radians(rest)
    cos, sin = np.cos(angle), np.sin(angle)
    for _ in range(int(quarters) % 4):
        cos, sin = -sin, cos
    a, b = (axis + 1) % 3, (axis + 2) % 3
    turn = np.eye(3)
    turn[a, a], turn[a, b], turn[b, a], turn[b, b] = cos, -sin, sin, cos
    return turn + 0.0
