"""Inflate: the subject's outline blown up to a round solid. No weights; what every learned generator must beat.

Tried for the mesh: marching cubes over y² = u(x, z) loses limbs thinner than a cell and leaves slivers, a lattice cut
by the outline loses hairlines. Triangles over the outline itself keep both, and the rim lies on the photo's outline
to a fraction of a pixel.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.mesh import Mesh
from maquette.core.progress import progress
from maquette.core.subject import Subject
from maquette.generate.outline_sheet import mask_of, sheet_of
from maquette.generate.photo_texture import photo_material, projected_uv, shrink_pixels
from maquette.geometry.flat.detail import brightness, detail, reduce_blocks, sample
from maquette.geometry.flat.dome import blown_up, double_sheet
from maquette.geometry.flat.planar import Sheet
from maquette.geometry.surface import vertex_normals
from maquette.registry import stage

_FRAME_MM = 100.0  # what an unmeasured picture's height is taken for
_CAP_POWER = 2.0  # how suddenly a thick part stops growing: 2 is soft, 8 a plateau with an edge
_DETAIL_SHARE = 0.02  # displacement at detail 1, of the subject's longer side


@stage
def inflate(
    subject: Subject,
    *,
    depth: Annotated[float, Field(gt=0, le=3, description="depth over width: 1 turns a disc into a ball")] = 0.85,
    thickest: Annotated[
        float, Field(ge=0, le=2, description="parts stay thinner than this share of the longer side; 0: no limit")
    ] = 0.7,
    surface: Annotated[float, Field(ge=0, le=1, description="relief from light and dark on the front; 0: none")] = 0.3,
    resolution: Annotated[int, Field(ge=16, le=400, description="triangles along the subject's longer side")] = 144,
    smallest_share: Annotated[
        float, Field(ge=0, le=1, description="islands and holes below this share of the largest island's area go")
    ] = 0.0005,
) -> Asset:
    """Blow the subject's outline up to a round, closed solid with the photo on it.

    Front and back mirror each other but for the front's relief; the back shows the photo mirrored, and ``seen`` falls
    from 1 on the front to 0 at the rim and behind. Thin limbs stay connected, holes in the mask stay holes, each
    island becomes a solid of its own. Edges everywhere border two faces. Without a known scale the picture's height
    counts as 100 mm. Refuses a subject without a mask, and masks that are noise.

    Height is sqrt(u) with Laplace(u) = -4 and u = 0 on the outline (after Repoussé, Joshi and Carr 2008), which gives
    a ball for a disc; a thick part levels off below ``thickest``.
    """
    longer = _longer_side(mask_of(subject, "inflate"))
    edge, cap = longer / resolution, thickest * longer / 2

    def lift(swell: Floats) -> Floats:
        return _cap(depth * np.sqrt(swell), cap)

    sheet = sheet_of(subject, "inflate", edge=edge, smallest_share=smallest_share)
    progress(0.4, "outline triangulated")
    sheet, swell = blown_up(sheet, lift)
    progress(0.8, "blown up")
    back = lift(swell)
    front = _carve(subject, sheet.points, back, edge, surface * _DETAIL_SHARE * longer)
    camera = photo_camera(subject)
    return Asset(
        _solid(sheet, front, back, subject, camera),
        materials=(photo_material(subject.pixels, subject.mask),),
        sized=subject.mm_per_pixel is not None,
        title=subject.title,
        camera=camera,
        source=subject,
    )


def photo_camera(subject: Subject) -> Camera:
    """The camera that is assumed: from the front, without perspective, the picture's centre on the origin."""
    span = subject.height * subject.mm_per_pixel if subject.mm_per_pixel else _FRAME_MM
    return Camera.looking((0, 1, 0), distance=2 * span, span=span, aspect=subject.width / subject.height)


def _longer_side(mask: NDArray[np.float32]) -> float:
    """Longer side of the box around the mask, in pixels."""
    inside = mask >= 0.5
    return float(max(np.ptp(np.flatnonzero(inside.any(axis=axis))) for axis in (0, 1)) + 1)


def _cap(height: Floats, cap: float) -> Floats:
    """Heights that stay what they are while low and level off below ``cap``: a smooth minimum; 0: no cap."""
    if cap == 0:
        return height
    result: Floats = height / (1 + (height / cap) ** _CAP_POWER) ** (1 / _CAP_POWER)
    return result


def _carve(subject: Subject, places: Floats, height: Floats, edge: float, strength: float) -> Floats:
    """Front heights with the photo's light and dark on them, fading to the rim; (P,) at places (P, 2), in pixels."""
    if strength == 0 or subject.mask is None:
        return height
    factor = max(1, int(edge / 2))
    light = brightness(shrink_pixels(subject.pixels, factor))
    mask = reduce_blocks(subject.mask, factor)
    band = detail(light, np.clip(2 * mask - 1, 0, 1), 0.6 * edge / factor, 5 * edge / factor)
    grown = np.clip(height / (5 * strength), 0, 1)
    fade = grown**2 * (3 - 2 * grown)
    result: Floats = height + strength * fade * sample(band, places / factor)
    return result


def _solid(sheet: Sheet, front: Floats, back: Floats, subject: Subject, camera: Camera) -> Mesh:
    """The sheet raised to ``front`` toward the viewer and to ``back`` away from them, (P,) pixels each, sewn shut."""
    border = len(sheet.rim)
    faces, over = double_sheet(sheet.faces, border, len(sheet.points))
    faces = faces[:, ::-1]  # rows run down, so counter-clockwise on the sheet is clockwise seen from the front
    flat = sheet.points[over] - [subject.width / 2, subject.height / 2]
    away = np.concatenate([-front, back[border:]])
    vertices = camera.span / subject.height * np.stack([flat[:, 0], away, -flat[:, 1]], axis=1)
    return Mesh(
        vertices,
        faces,
        uv=projected_uv(camera, vertices, faces),
        material=np.zeros(len(faces), np.int32),
        seen=_seen_share(vertices, faces),
    )


def _seen_share(vertices: Floats, faces: NDArray[np.int64]) -> NDArray[np.float32]:
    """1 where the front faces the camera, 0 where it is edge on and on the back, (V,)."""
    facing = np.clip(-vertex_normals(vertices, faces)[:, 1] / 0.7, 0, 1)  # full up to 45 degrees
    return facing.astype(np.float32)
