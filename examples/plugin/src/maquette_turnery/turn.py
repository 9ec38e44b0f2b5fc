"""Turn: the subject's outline spun about its upright axis, as on a lathe. For vases, bottles, bowls and pawns."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset, Material
from maquette.core.camera import Camera
from maquette.core.channels import Channel, declare
from maquette.core.errors import BadInput
from maquette.core.mesh import Mesh
from maquette.core.subject import Subject
from maquette.geometry.surface import vertex_normals
from maquette.registry import stage

# A channel of our own: how far the lathe's cutter stood from the axis, on every vertex. This row says all there is to
# say of it: from here on it is carried through mending, cutting and thinning, and written into files that hold it.
RADIUS = declare(Channel("radius", "vertex", "f4"))

_FRAME_MM = 100.0  # what an unmeasured picture's height is taken for, as Maquette's own generators do


@stage(licence="Apache-2.0")
def turn(
    subject: Subject,
    *,
    sides: Annotated[int, Field(ge=3, le=720, description="flat sides of the turned thing; 96 looks round")] = 96,
    rings: Annotated[int, Field(ge=2, le=1000, description="how many circles its height is made of")] = 160,
) -> Asset:
    """Spin the subject's outline about its upright axis, as a lathe would.

    Each circle is as wide as the mask is at its height, in the subject's mean color. The result is closed. Without a
    known scale the picture's height counts as 100 mm. Refuses a subject without a mask.
    """
    if subject.mask is None or not (subject.mask >= 0.5).any():
        raise BadInput("turn: the subject has no mask; cut it out first with matte")
    mm = subject.mm_per_pixel or _FRAME_MM / subject.height
    heights, radii, middle = profile(subject.mask, rings)
    mesh = spin_profile(radii * mm, (subject.height / 2 - heights) * mm, sides)
    return Asset(
        mesh.replace(
            **{RADIUS.name: np.hypot(mesh.vertices[:, 0], mesh.vertices[:, 1])},
            vertices=mesh.vertices + [(middle - subject.width / 2) * mm, 0, 0],
            material=np.zeros(len(mesh.faces)),
            seen=np.clip(-vertex_normals(mesh.vertices, mesh.faces)[:, 1] / 0.7, 0, 1),  # the photo shows the front
        ),
        materials=(Material(name="turned", base_color=_mean_color(subject)),),
        sized=subject.mm_per_pixel is not None,
        title=subject.title,
        camera=_camera(subject, mm),
        source=subject,
    )


def profile(mask: np.ndarray, rings: int) -> tuple[np.ndarray, np.ndarray, float]:
    """mask (H, W) -> heights (R,) in pixels from the top, downwards, radii (R,) in pixels, and the axis' column."""
    widths = mask.sum(axis=1)  # soft edges count for what they cover
    rows = np.flatnonzero((mask >= 0.5).any(axis=1))
    columns = mask.sum(axis=0)
    middle = float((columns * (np.arange(len(columns)) + 0.5)).sum() / columns.sum())
    heights = np.linspace(rows[0] + 0.5, rows[-1] + 0.5, rings)
    radii = np.interp(heights, np.arange(len(widths)) + 0.5, widths / 2)
    return heights, np.maximum(radii, 0.25), middle


def spin_profile(radii: np.ndarray, z: np.ndarray, sides: int) -> Mesh:
    """A closed surface of revolution. radii (R,), z (R,) falling -> 2·sides·R faces, Euler number 2."""
    angle = np.arange(sides) * 2 * np.pi / sides
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rings = np.concatenate(
        [radii[:, None, None] * circle, np.broadcast_to(z[:, None, None], (len(z), sides, 1))], axis=2
    ).reshape(-1, 3)
    vertices = np.concatenate([rings, [[0, 0, z[0]], [0, 0, z[-1]]]])
    row, column = np.mgrid[: len(radii) - 1, :sides]
    here, right = row * sides + column, row * sides + (column + 1) % sides
    below, across = here + sides, right + sides
    walls = [np.stack([here, below, right], -1), np.stack([right, below, across], -1)]
    last, turn_on = (len(radii) - 1) * sides, (np.arange(sides) + 1) % sides
    lid = np.stack([np.full(sides, len(rings)), np.arange(sides), turn_on], -1)
    foot = np.stack([np.full(sides, len(rings) + 1), last + turn_on, last + np.arange(sides)], -1)
    faces = np.concatenate([*(wall.reshape(-1, 3) for wall in walls), lid, foot])
    return Mesh(vertices, faces)


def _mean_color(subject: Subject) -> tuple[float, float, float, float]:
    """The subject's mean color, linear as glTF wants factors."""
    srgb = subject.pixels[subject.mask >= 0.5].mean(axis=0) / 255
    red, green, blue = srgb**2.2
    return float(red), float(green), float(blue), 1.0


def _camera(subject: Subject, mm: float) -> Camera:
    """From the front and without perspective, the picture's middle on the origin."""
    span = subject.height * mm
    return Camera.looking((0, 1, 0), distance=2 * span, span=span, aspect=subject.width / subject.height)
