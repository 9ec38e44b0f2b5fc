"""What a photo shows of a surface: where each texel lies in the picture, and how well it is seen there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from maquette.core.arrays import Floats, Ints, Singles
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
from maquette.texture.pictures import painted_px

_SHARED = 0.02  # of the texels: beyond it front and back have one color
SURE = 0.15  # squared cosine from which the photo alone counts: seen at less than 67 degrees
_BIAS = 2e-3  # of the diagonal: how far off the surface it is asked whether the way to the camera is free


@dataclass(frozen=True)
class Places:
    """N places of the surface: points and unit normals, (N, 3) each, and the plain normals of their faces."""

    points: Floats
    normals: Floats
    outward: Floats


@dataclass(frozen=True)
class Sight:
    """How a photo shows a layout: how well each texel is seen (T,), 0..1, and where in the photo it lies (T, 2).

    Places of texels that are not seen at all are 0.
    """

    texels: Texels
    place: Floats
    weight: Floats


class Lens:
    """The camera and the photo of an asset, asked what they show."""

    def __init__(self, asset: Asset, stage: str, erode_px: float) -> None:
        """Refuses an asset without uv, camera or photo, and one whose faces share texels."""
        if asset.mesh.uv is None:
            raise BadInput(f"{stage}: the model has no uv to paint on; unwrap it first")
        if asset.camera is None or asset.source is None:
            raise BadInput(f"{stage}: the model does not know its photo and camera; make it from a photo")
        shared = cover(asset.mesh.uv).overlap
        if shared > _SHARED:
            raise CannotDo(
                f"{stage}: {shared:.0%} of the texels belong to several faces; "
                "`unwrap --old-uv replace` gives each its own"
            )
        self.camera: Camera = asset.camera
        self.source: Subject = asset.source
        self.mesh = asset.mesh
        self.tracer = Tracer(asset.mesh.vertices, asset.mesh.faces)
        self._sure = _sure_inside(self.source, erode_px)
        self._smooth = vertex_normals(asset.mesh.vertices, asset.mesh.faces)
        self.outward = face_normals(asset.mesh.vertices, asset.mesh.faces)

    def places(self, texels: Texels, rows: Ints) -> Places:
        """Some of the texels as places of the surface."""
        face, weights = texels.face[rows], texels.weights[rows]
        corners = self.mesh.faces[face]
        points = np.einsum("nk,nkc->nc", weights, self.mesh.vertices[corners])
        normals = unit(np.einsum("nk,nkc->nc", weights, self._smooth[corners]))
        return Places(points, normals, self.outward[face])

    def to_eye(self, points: Floats) -> Floats:
        """Unit directions from points (N, 3) back to the eye."""
        if self.camera.projection == "orthographic":
            return np.broadcast_to(-self.camera.pose[:3, 2], points.shape)
        return unit(self.camera.position - points)

    def shown(self, at: Places) -> tuple[Floats, Floats]:
        """Where places lie in the photo (N, 2), 0..1, and how well they are seen (N,), 0..1.

        Seen is what faces the camera, has a free way to it and lies inside the mask, some pixels from its edge; the
        weight is the squared cosine of the view.
        """
        place, _ = self.camera.project(at.points)
        back = self.to_eye(at.points)
        weight = np.maximum(np.minimum(dot(at.normals, back), dot(at.outward, back)), 0.0) ** 2
        within = ((place > 0) & (place < 1)).all(axis=1)
        weight[~within] = 0.0
        asked = np.flatnonzero(weight > 0)
        weight[asked] *= bilinear(self._sure, place[asked], ("clamp", "clamp"))[:, 0]
        asked = asked[weight[asked] > 0]
        start = at.points[asked] + _BIAS * self.mesh.diagonal * at.normals[asked]
        weight[asked[self.tracer.is_blocked(start, back[asked], np.inf)]] = 0.0
        return place, weight

    def colors(self, place: Floats) -> Floats:
        """The photo's sRGB bytes at places (N, 2), as floats (N, 3)."""
        return bilinear(self.source.pixels, np.clip(place, 0, 1), ("clamp", "clamp"))


def sight(asset: Asset, lens: Lens, texture_px: int) -> Sight:
    """Look at a whole layout through its own photo's camera; what faces away is not even asked for."""
    mesh = asset.mesh
    texels = texels_of(mesh.uv, painted_px(asset, texture_px))  # type: ignore[arg-type]
    middle = mesh.triangles.mean(axis=1)
    facing = dot(face_normals(mesh.vertices, mesh.faces), lens.to_eye(middle)) > -0.05
    rows = np.flatnonzero(facing[texels.face])
    place, weight = np.zeros((len(texels.texel), 2)), np.zeros(len(texels.texel))
    place[rows], weight[rows] = lens.shown(lens.places(texels, rows))
    return Sight(texels, place, weight)


def _sure_inside(source: Subject, erode_px: float) -> Floats:
    """How surely pixels (H, W, 1) show the subject: 0 up to ``erode_px`` from its edge, 1 at twice that."""
    from scipy.ndimage import distance_transform_edt

    mask: Singles = np.ones(source.pixels.shape[:2], np.float32) if source.mask is None else source.mask
    depth = distance_transform_edt(np.pad(mask >= 0.5, 1))[1:-1, 1:-1]
    sure: Floats = np.clip(depth / max(erode_px, 0.5) - 1, 0, 1)[:, :, None]
    return sure
