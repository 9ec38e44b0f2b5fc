"""The looks one can choose from: the asset's own colours, clay, lines, normals, and what the photo really showed."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import CannotDo
from maquette.render.color import Colors, hex_color, to_linear
from maquette.render.drawing import Look
from maquette.render.scene import Samples, Scene
from maquette.render.surfaces import Surface, plain_surface, textured_surface

LookName = Literal["textured", "clay", "wire", "normals", "seen", "unlit"]

CLAY = to_linear(hex_color("c2beb7"))
INSIDE = to_linear(hex_color("a85f47"))  # clay seen from within: the surface is open there, or wound wrong
LINE = to_linear(hex_color("2b3a55"))
INVENTED = to_linear(hex_color("d8ccf2")), to_linear(hex_color("6b3fd4"))  # ground and hatch
_LINE_PX, _HATCH_PX = 1.0, 7.0


def look_for(scene: Scene, name: LookName) -> Look:
    """The look of this name, ready for a scene."""
    if name == "seen" and scene.mesh.seen is None:
        raise CannotDo("picture: this asset does not know what a photo showed of it; choose another look")
    return {
        "textured": Look(textured_surface),
        "clay": Look(_clay),
        "wire": Look(_wire),
        "normals": Look(_normals, light="none", mix="first"),
        "seen": Look(_seen_look),
        "unlit": Look(textured_surface, light="none"),
    }[name]


def _clay(scene: Scene, samples: Samples) -> Surface:
    """Grey clay; where the inside of a face shows it is red brown."""
    return plain_surface(samples, np.where(samples.front[:, None], CLAY, INSIDE))


def _wire(scene: Scene, samples: Samples) -> Surface:
    """Clay with the faces' edges drawn on it, about a pixel wide."""
    surface = _clay(scene, samples)
    a, b, c = (scene.vertices[corner] for corner in scene.faces[samples.face].T)
    twice_area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    line = np.zeros(len(samples), np.float32)
    for corner, edge in enumerate((c - b, a - c, b - a)):  # the edge opposite to each corner
        height = twice_area / np.maximum(np.linalg.norm(edge, axis=1), 1e-30)
        away_px = samples.share[:, corner] * height / samples.footprint
        line = np.maximum(line, np.clip(_LINE_PX / 2 + 0.5 - away_px, 0, 1))
    part = (0.8 * line)[:, None]
    return plain_surface(samples, (surface.color * (1 - part) + LINE * part).astype(np.float32))


def _normals(scene: Scene, samples: Samples) -> Surface:
    """Direction of the surface as colour: x, y, z of -1..1 as red, green, blue of 0..1."""
    return plain_surface(samples, to_linear(samples.normal * 0.5 + 0.5))


def _seen_look(scene: Scene, samples: Samples) -> Surface:
    """The asset's colours where the photo showed it, hatched violet where it was invented."""
    assert scene.mesh.seen is not None
    surface = textured_surface(scene, samples)
    seen = np.clip(scene.of_vertices(scene.mesh.seen, samples), 0, 1)[:, None]
    invented = hatch(samples.spot)
    color = surface.color * seen + invented * (1 - seen)
    return plain_surface(samples, color.astype(np.float32))


def hatch(spot: NDArray[np.float32]) -> Colors:
    """Slanted lines over pixel coordinates (N, 2): linear colours (N, 3)."""
    phase = np.mod((spot[:, 0] + spot[:, 1]) / _HATCH_PX, 1.0)
    line = np.clip((0.22 - np.abs(phase - 0.5)) * _HATCH_PX / 2 + 0.5, 0, 1)[:, None]
    ground, stroke = INVENTED
    hatched: Colors = (ground * (1 - line) + stroke * line).astype(np.float32)
    return hatched
