"""A closed solid turned from a profile."""

from __future__ import annotations

import itertools

import numpy as np

from maquette.core.arrays import Floats, Ints


def turn_profile(profile: Floats, around: int = 96) -> tuple[Floats, Ints]:
    """A profile (N, 2) of radius and height, from the foot's middle to the top's, turned about z: vertices and faces.

    Points of radius 0 become one vertex each; the solid is closed where the profile starts and ends on the axis.
    """
    angle = np.arange(around) / around * 2 * np.pi
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    vertices: list[Floats] = []
    first: list[Ints] = []
    count = 0
    for radius, height in profile:
        if radius == 0:
            vertices.append(np.array([[0.0, 0.0, height]]))
            first.append(np.full(around, count))
            count += 1
        else:
            vertices.append(np.column_stack([radius * ring, np.full(around, height)]))
            first.append(count + np.arange(around))
            count += around
    faces: list[Ints] = []
    for below, above in itertools.pairwise(first):
        here, there = below, np.roll(below, -1)
        up, over = above, np.roll(above, -1)
        if below[0] != below[1]:
            faces.append(np.stack([here, there, up if above[0] == above[1] else over], axis=1))
        if above[0] != above[1]:
            faces.append(np.stack([here, over, up], axis=1))
    return np.concatenate(vertices), np.concatenate(faces)
