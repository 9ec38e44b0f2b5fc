"""Bodies of different colours as one solid: each triangle knows whose surface it is, as its part and its material."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maquette.core.arrays import Ints
from maquette.core.asset import Asset, Material
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.cut.solids import read_solid
from maquette.geometry.look.oklab import light_of

Color = tuple[int, int, int]

LIGHT, DARK = (244, 242, 236), (38, 40, 44)


@dataclass(frozen=True)
class Body:
    """A Manifold, what it is called and its colour."""

    solid: Any
    name: str
    color: Color


def asset_of(bodies: list[Body], title: str, stage: str) -> Asset:
    """Bodies united, where two of them lie on each other the later one's surface counts; ``CannotDo`` for nothing.

    Bodies of one colour share a material; each has its own part.
    """
    from manifold3d import Manifold, OpType

    bodies = [body for body in bodies if not body.solid.is_empty()]
    if not bodies:
        raise CannotDo(f"{stage}: nothing is left of the drawing; make it larger or its margins smaller")
    marked = [body.solid.as_original() for body in bodies]
    origins = [solid.original_id() for solid in marked]
    parts = [
        solid if number == len(marked) - 1 else solid - Manifold.batch_boolean(marked[number + 1 :], OpType.Add)
        for number, solid in enumerate(marked)
    ]
    whole = Manifold.batch_boolean(parts, OpType.Add)
    vertices, faces, owner, _ = read_solid(whole)
    part = np.zeros(len(faces), np.int64)
    for number, origin in enumerate(origins):
        part[owner == origin] = number
    return _asset(Mesh(vertices, faces, part=part.astype(np.int32)), part, bodies, title)


def _asset(mesh: Mesh, part: Ints, bodies: list[Body], title: str) -> Asset:
    """The mesh with its parts' names and colours."""
    colors = list(dict.fromkeys(body.color for body in bodies))
    which = np.array([colors.index(body.color) for body in bodies])
    looks = []
    for color in colors:
        red, green, blue = light_of(np.array(color, np.uint8)).tolist()
        looks.append(Material(name="#{:02X}{:02X}{:02X}".format(*color), base_color=(red, green, blue, 1.0)))
    mesh = mesh.replace(material=which[part].astype(np.int32))
    return Asset(mesh, tuple(looks), tuple(body.name for body in bodies), sized=True, title=title)


def ground_for(colors: Any) -> Color:
    """A light ground for dark colours (A, 3), a dark one for light."""
    luma = np.asarray(colors, np.float64).reshape(-1, 3) @ [0.2126, 0.7152, 0.0722]
    return DARK if len(luma) and luma.mean() > 150 else LIGHT
