"""What a photo shows of a surface: where each texel lies in the picture, and how well it is seen there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Singles
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.errors import BadInput, CannotDo
from maquette.core.subject import Subject
from maquette.geometry.look.texels import bilinear
from maquette.geometry.rays import Tracer
from maquette.geometry.rows import dot, unit
from maquette.geometry.surface import face_normals, vertex_normals
from maquette.geometry.uv.raster import Texels, texels_of
from maquette.geometry.uv.scores import cover

_SHARED = 0.02  # of the texels: beyond it front and back have one color
SURE = 0.15  # squared cosine from which the photo alone counts: seen at less than 67 degrees
_BIAS = 2e-3  # of the diagonal: how far off the surface it is asked whether the way to the camera is free


@dataclass(frozen=True)
class Sight:
    """Texels with their place in the photo (T, 2), 0..1 from the top left, and how well each is seen (T,), 0..1."""

    texels: Texels
    points: Floats  # (T, 3)
    normals: Floats  # (T, 3)
    place: Floats
    weight: Floats


def sight(asset: Asset, stage: str, texture_px: int, erode_px: float) -> Sight:
    """Look at an asset through its own photo's camera.

    Seen is what faces the camera, has a free way to it and lies inside the mask, ``erode_px`` photo pixels from its
    edge; the weight is the squared cosine of the view. Refuses an asset without uv, camera or photo.
    """
    camera, source, uv = asset.camera, asset.source, asset.mesh.uv
    if uv is None:
        raise BadInput(f"{stage}: the model has no uv to paint on; unwrap it first")
    if camera is None or source is None:
        raise BadInput(f"{stage}: the model does not know its photo and camera; make it from a photo")
    shared = cover(uv).overlap
    if shared > _SHARED:
        raise CannotDo(
            f"{stage}: {shared:.0%} of the texels belong to several faces; `unwrap --old-uv replace` gives each its own"
        )
    mesh = asset.mesh
    texels = texels_of(uv, texture_px)
    points = texels.at(mesh.triangles)
    normals = unit(texels.at(vertex_normals(mesh.vertices, mesh.faces)[mesh.faces]))
    place, _ = camera.project(points)
    back = _to_camera(camera, points)
    facing = np.minimum(dot(normals, back), dot(face_normals(mesh.vertices, mesh.faces)[texels.face], back))
    weight = np.maximum(facing, 0.0) ** 2 * _inside(source, place, erode_px)
    asked = np.flatnonzero(weight > 0)
    start = points[asked] + _BIAS * mesh.diagonal * normals[asked]
    weight[asked[Tracer(mesh.vertices, mesh.faces).is_blocked(start, back[asked], np.inf)]] = 0.0
    return Sight(texels, points, normals, place, weight)


def _to_camera(camera: Camera, points: Floats) -> Floats:
    """Unit directions from points (N, 3) back to the eye."""
    if camera.projection == "orthographic":
        return np.broadcast_to(-camera.pose[:3, 2], points.shape)
    return unit(camera.position - points)


def _inside(source: Subject, place: Floats, erode_px: float) -> Floats:
    """How surely places (N, 2) of the photo show the subject: 0 up to ``erode_px`` from its edge, 1 at twice that."""
    from scipy.ndimage import distance_transform_edt

    mask: Singles = np.ones(source.pixels.shape[:2], np.float32) if source.mask is None else source.mask
    depth = distance_transform_edt(np.pad(mask >= 0.5, 1))[1:-1, 1:-1]
    sure = np.clip(depth / max(erode_px, 0.5) - 1, 0, 1)
    within = ((place > 0) & (place < 1)).all(axis=1)
    return np.where(within, bilinear(sure[:, :, None], np.clip(place, 0, 1), ("clamp", "clamp"))[:, 0], 0.0)
