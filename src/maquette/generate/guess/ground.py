"""Up and down: which way a sculpted thing stands, and an underside that it can stand on.

A photo seldom shows the underside, and a network rounds off what it does not see. Things stand: so what hangs low over
the ground, and is neither seen to be empty nor far from it, is drawn down to one plane.
"""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats
from maquette.generate.guess.plumb import likely_up
from maquette.generate.guess.volume import Field
from maquette.geometry.printing.resting import hull, hull_area

_REACH = 0.06  # of the height: what hangs no higher is drawn down
_STEPS = 10
_CUT = 0.012  # of the height that the plane may lie above the very lowest point
_LAYER = 0.03  # of the height: what lies lower carries
_WORSE = 0.8  # of the carrying area: a turn that leaves less is not believed
_AHEAD = np.array([0.0, -1.0, 0.0])  # up of a camera that is held level


def believable_up(field: Field, said: Floats) -> Floats:
    """The network's idea of up (3,) as far as it is worth believing: a turn must not take away what it stands on."""
    up = likely_up(said)
    points = _solid(field)
    if len(points) < 10 or _carrying(points, up) < _WORSE * _carrying(points, _AHEAD):
        return _AHEAD.copy()
    return up


def _solid(field: Field) -> Floats:
    """Middles of every other solid cell, (N, 3)."""
    return field.unproject(np.argwhere(field.values[::2, ::2, ::2] > 0) * 2.0)


def _carrying(points: Floats, up: Floats) -> float:
    """Area of the hull of the lowest layer, as a share of the hull of all, seen from above."""
    side = np.cross(up, [0.0, 0.0, 1.0])
    side /= max(float(np.linalg.norm(side)), 1e-9)
    flat, height = points @ np.stack([side, np.cross(up, side)], axis=1), points @ up
    low = height < height.min() + _LAYER * np.ptp(height)
    return hull_area(hull(flat[low])) / max(hull_area(hull(flat)), 1e-9)


def ground(field: Field, up: Floats) -> Field:
    """The field closed down to a plane across ``up`` (3,), behind what is seen and within the outline.

    Where the photo shows daylight under the thing, and higher above the ground, nothing is added.
    """
    points = field.centers()
    height = (points @ up).astype(np.float32).reshape(field.values.shape)
    solid = field.values > 0
    if not solid.any():
        return field
    low, high = float(height[solid].min()), float(height[solid].max())
    plane, reach = low + _CUT * (high - low), _REACH * (high - low)
    near = np.flatnonzero((height.ravel() > plane - 2 * field.cell) & (height.ravel() < plane + reach))
    raised = np.full(len(near), -6.0)
    for step in (np.arange(_STEPS) + 1) / _STEPS:
        above = points[near] + np.outer(np.minimum(step * reach, plane + reach - height.ravel()[near]), up)
        raised = np.maximum(raised, field.sample(above))
    depth = points[near, 2]
    hidden = (depth - field.plane_at(field.front, points[near], 9.0)) / field.cell
    raised = np.minimum(raised, np.minimum(hidden, field.plane_at(field.outline, points[near], -1.0) / field.cell))
    values = field.values.ravel().copy()
    values[near] = np.maximum(values[near], raised)
    values = np.minimum(values.reshape(height.shape), (height - plane) / np.float32(field.cell))
    return Field(values.astype(np.float32), field.front, field.outline, field.eye, field.cell)
