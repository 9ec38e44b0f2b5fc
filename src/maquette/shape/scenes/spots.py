"""Spots: where a thing comes to stand in a scene, as the 4 x 4 place of its instance."""

from __future__ import annotations

import numpy as np

from maquette.core.arrays import Floats


def turn_about_up(degrees: float) -> Floats:
    """The rotation (3, 3) about the upright axis, counter-clockwise from above."""
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]])


def foot_of(low: Floats, high: Floats) -> Floats:
    """The middle of a box's underside, (3,), from its lowest and highest corner, (3,) each."""
    return np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])


def place_on(foot: Floats, spot: Floats, turn_deg: float, scale: float = 1.0) -> Floats:
    """The place (4, 4) that brings a thing's foot (3,) to a spot (3,), turned and scaled about it."""
    place = np.eye(4)
    place[:3, :3] = scale * turn_about_up(turn_deg)
    place[:3, 3] = spot - place[:3, :3] @ foot
    return place
