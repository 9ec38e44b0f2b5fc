"""A tower of floors, each of another filament."""

from __future__ import annotations

import numpy as np

import shapes
from maquette.core.asset import Asset, Material
from maquette.formats.pictures_in_files import linear_from_srgb
from maquette.geometry.topology import is_watertight

COLORS = ["#FF0000", "#0000FF", "#00FF00", "#FFFFFF", "#101010", "#FFA500", "#800080", "#00FFFF"]


def flat(color: str, name: str = "") -> Material:
    light = linear_from_srgb(np.frombuffer(bytes.fromhex(color[1:]), np.uint8)).tolist()
    return Material(name=name or color, base_color=(*light, 1.0))


def tower(count: int, side: float = 20.0, floor: float = 4.0) -> Asset:
    """A closed box of ``count`` floors, each of another material, its inside empty of walls."""
    rings = np.array(
        [[x, y, z * floor] for z in range(count + 1) for x, y in ((0, 0), (side, 0), (side, side), (0, side))]
    )
    faces, floors = [], []
    for z in range(count):
        for k in range(4):
            a, b = 4 * z + k, 4 * z + (k + 1) % 4
            faces += [[a, b, b + 4], [a, b + 4, a + 4]]
            floors += [z, z]
    top = 4 * count
    faces += [[0, 2, 1], [0, 3, 2], [top, top + 1, top + 2], [top, top + 2, top + 3]]
    floors += [0, 0, count - 1, count - 1]
    mesh = shapes.box().replace(vertices=rings, faces=faces, material=floors)
    assert is_watertight(mesh.faces)
    return Asset(mesh, tuple(flat(c) for c in COLORS[:count]), sized=True, title="tower")
