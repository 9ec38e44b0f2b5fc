"""Things whose size everybody knows, to stand beside a model."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.mesh import Mesh
from maquette.geometry.cut.solids import surface_of
from maquette.geometry.flat.lathe import turn_profile

Familiar = Literal["none", "coin", "can", "card", "hand"]
_LENGTH = 189.0  # mm from the wrist to the tip of the middle finger
# Fingers of a left hand seen from its palm: knuckle and tip (x, z) and the radius, mm.
_FINGERS = (
    ((-31.0, 96.0), (-46.0, 158.0), 8.0),
    ((-11.0, 102.0), (-15.0, 176.0), 8.6),
    ((10.0, 103.0), (11.0, 180.0), 8.8),
    ((30.0, 99.0), (37.0, 170.0), 8.6),
)


def familiar_object(name: str) -> Asset:
    """A thing of known size that stands on the floor.

    A 1 euro coin (23.25 x 2.33 mm), a 330 ml can, a bank card (ISO 7810), or an adult's hand held up, 189 mm long.
    """
    profiles: dict[str, list[list[float]]] = {
        "coin": [[0, 0], [11.4, 0], [11.625, 0.2], [11.625, 2.13], [11.4, 2.33], [0, 2.33]],
        "can": [[0, 3], [23, 0], [26, 2], [33.1, 12], [33.1, 104], [27, 113.5], [27, 115.2], [25.5, 115.2], [25, 113]],
    }
    looks = {
        "coin": Material("coin", (0.78, 0.68, 0.42, 1.0), metallic=1.0, roughness=0.3),
        "can": Material("can", (0.72, 0.72, 0.74, 1.0), metallic=1.0, roughness=0.28),
        "card": Material("card", (0.06, 0.16, 0.42, 1.0), roughness=0.4),
        "hand": Material("hand", (0.62, 0.40, 0.30, 1.0), roughness=0.6),
    }
    if name == "card":
        corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [85.60 / 2, 53.98 / 2]
        vertices = np.concatenate([np.column_stack([corner, np.full(4, z)]) for z in (0.0, 0.76)])
        sides = [[i, (i + 1) % 4, (i + 1) % 4 + 4] for i in range(4)] + [[i, (i + 1) % 4 + 4, i + 4] for i in range(4)]
        faces = np.array([[0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7], *sides])
    elif name == "hand":
        vertices, faces = _hand()
    else:
        outline = profiles[name]
        vertices, faces = turn_profile(np.array([*outline, [0.0, outline[-1][1]]][: None if outline[-1][0] else -1]))
    mesh = Mesh(vertices, faces, material=np.zeros(len(faces), np.int32))
    return Asset(mesh, (looks[name],), sized=True, title=name)


def _hand() -> tuple[Floats, Ints]:
    """An open hand held up, its palm to the front: a palm, four fingers and a thumb, one closed solid."""
    palm = _between([(-31.0, 92.0, 10.0), (32.0, 96.0, 11.0), (26.0, 12.0, 13.0), (-20.0, 12.0, 13.0)])
    wrist = _between([(-18.0, 0.0, 12.6), (18.0, 0.0, 12.6), (20.0, 20.0, 12.4), (-18.0, 20.0, 12.4)])
    fingers = [_between([(*start, radius + 1.0), (*end, radius)]) for start, end, radius in _FINGERS]
    thumb = _between([(26.0, 22.0, 14.0), (52.0, 72.0, 10.5)]) + _between([(52.0, 72.0, 10.3), (62.0, 104.0, 9.0)])
    whole = palm + wrist + thumb
    for finger in fingers:
        whole = whole + finger
    whole = whole.trim_by_plane((0.0, 0.0, 1.0), 0.0)
    vertices, faces = surface_of(whole)
    return vertices * (_LENGTH / float(vertices[:, 2].max())), faces


def _between(balls: list[tuple[float, float, float]]) -> Any:
    """The hull of balls (x, z, radius) in the plane y = 0."""
    from manifold3d import Manifold

    return Manifold.batch_hull([Manifold.sphere(radius, 32).translate((x, 0.0, z)) for x, z, radius in balls])
