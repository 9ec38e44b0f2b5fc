"""Scene: an asset made ready to be looked at, once for many frames. Samples: what rays of a frame saw."""

from __future__ import annotations

from dataclasses import dataclass, fields
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints, Singles
from maquette.core.asset import Asset, Material
from maquette.core.camera import Camera
from maquette.core.errors import BadInput
from maquette.core.memory import once
from maquette.core.picture import Picture
from maquette.geometry.rays import Tracer
from maquette.geometry.surface import face_normals
from maquette.render.cameras import View, camera_for, pixel_at, rays_through
from maquette.render.normals import corner_normals
from maquette.render.textures import Bitmap

_MAX_LAYERS = 6  # see-through surfaces one behind the other; what lies deeper is not seen
_PLAIN = Material(name="plain", base_color=(0.6, 0.6, 0.6, 1.0))


@dataclass(frozen=True)
class Samples:
    """Spots (N,) of a surface that count towards pixels."""

    pixel: Ints  # (N,) row · width + column
    weight: Singles  # (N,) share of the pixel
    face: Ints  # (N,)
    share: Singles  # (N, 3) barycentrics
    point: Floats  # (N, 3)
    toward: Singles  # (N, 3) unit direction of the ray
    normal: Singles  # (N, 3) shading normal, turned to the viewer
    front: NDArray[np.bool_]  # (N,) the face shows its outside
    footprint: Singles  # (N,) side of a pixel there, in the scene's unit
    spot: Singles  # (N, 2) pixel coordinates

    def __len__(self) -> int:
        return len(self.pixel)

    def only(self, which: object) -> Samples:
        """The samples that a mask, a slice or an index array names."""
        if not isinstance(which, np.ndarray):
            return Samples(*(getattr(self, field.name)[which] for field in fields(self)))
        rows = np.flatnonzero(which) if which.dtype == bool else which
        return Samples(*(getattr(self, field.name).take(rows, axis=0) for field in fields(self)))

    def join(self, *others: Samples) -> Samples:
        """These and those."""
        each = (self, *others)
        return Samples(*(np.concatenate([getattr(s, field.name) for s in each]) for field in fields(self)))


class Scene:
    """A mesh centred and scaled into the unit ball, its tree for rays, its shading normals and its textures.

    ``sky_rays`` are traced per four pixels for the light of the sky, and a quarter as many for the lamp.
    """

    def __init__(self, asset: Asset, sky_rays: int = 16) -> None:
        self.sky_rays = sky_rays
        mesh = asset.mesh
        if not len(mesh.faces):
            raise BadInput("picture: the mesh has no faces; there is nothing to show")
        used = np.zeros(len(mesh.vertices), dtype=bool)
        used[mesh.faces.reshape(-1)] = True
        low, high = mesh.vertices[used].min(axis=0), mesh.vertices[used].max(axis=0)
        half = high / 2 - low / 2
        self.asset, self.mesh, self.faces = asset, mesh, mesh.faces
        self._center = low / 2 + high / 2
        self._radius = float(half.max() * np.linalg.norm(half / half.max())) if half.max() > 0 else 1.0
        self.vertices = (mesh.vertices - self._center) / self._radius
        self._used = used
        self.low, self.high = self.vertices[used].min(axis=0), self.vertices[used].max(axis=0)
        self.tracer = Tracer(self.vertices, self.faces)
        self.normals = corner_normals(self.vertices, self.faces)
        self.outward = face_normals(self.vertices, self.faces).astype(np.float32)
        self.materials = asset.materials or (_PLAIN if mesh.color is None else Material(),)
        self.material = np.zeros(len(mesh.faces), np.int32) if mesh.material is None else mesh.material
        self._bitmaps: dict[tuple[int, str], Bitmap | None] = {}
        self._lock = Lock()  # several frames may be drawn at once

    def bitmap(self, material: int, kind: str) -> Bitmap | None:
        """The texture ``kind`` (a field of Material) of a material, None where there is none or no uv to read it by."""
        key = (material, kind)
        with self._lock:
            if key not in self._bitmaps:
                texture, uv = getattr(self.materials[material], kind), self.mesh.uv
                if texture is not None and uv is not None:
                    faces = self.material == material
                    uv = uv if faces.all() else uv[faces]  # the mesh's own: textures of one layout ask the same of it
                    self._bitmaps[key] = Bitmap(texture, uv, f"material {self.materials[material].name!r}")
                else:
                    self._bitmaps[key] = None
            return self._bitmaps[key]

    def camera(self, view: View, least: float = 0.0) -> Camera:
        """The camera of a named view, in the scene's unit; a side shows at least the length ``least``."""
        camera = camera_for(self.asset, view, self.used_vertices, least)
        return self.of_millimetres(camera) if view == "photo" else camera

    def of_millimetres(self, camera: Camera) -> Camera:
        """A camera in the asset's own unit, in the scene's."""
        return camera.moved(np.eye(3), 1 / self._radius, -self._center / self._radius)

    def in_millimetres(self, camera: Camera) -> Camera:
        """A camera of the scene, in the asset's own unit."""
        return camera.moved(np.eye(3), self._radius, self._center)

    def show(self, frame: NDArray[np.uint8], camera: Camera | None = None, milliseconds: int = 60) -> Picture:
        """A picture of one frame or several that knows which model and which camera of the scene it comes from."""
        seen = None if camera is None else self.in_millimetres(camera)
        return Picture(frame, milliseconds, model=self.asset.digest, camera=seen)

    @property
    def radius_mm(self) -> float:
        """How many of the asset's millimetres a unit of the scene is."""
        return self._radius

    @property
    def center_mm(self) -> Floats:
        """Where the scene's origin lies in the asset, (3,)."""
        center: Floats = self._center
        return center

    @property
    def used_vertices(self) -> Floats:
        """Vertices that belong to a face, (V', 3)."""
        used: Floats = self.vertices if self._used.all() else self.vertices[self._used]
        return used

    @once
    def see_through(self) -> bool:
        """Whether any material lets light pass."""
        return any(material.alpha_mode != "opaque" for material in self.materials)

    @once
    def uv_per_length(self) -> Singles:
        """How much uv a unit of length covers on each face, (F,); 0 where there is none."""
        if self.mesh.uv is None:
            return np.zeros(len(self.faces), np.float32)
        a, b, c = (self.mesh.uv[:, corner].astype(np.float64) for corner in range(3))
        in_uv = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
        d, e, f = (self.vertices[self.faces[:, corner]] for corner in range(3))
        in_space = np.linalg.norm(np.cross(e - d, f - d), axis=1)
        ratio = np.divide(in_uv, in_space, out=np.zeros_like(in_uv), where=in_space > 1e-14)
        scale: Singles = np.sqrt(np.minimum(ratio, 1e12)).astype(np.float32)
        return scale

    def uv(self, samples: Samples) -> Singles:
        """Texture coordinates (N, 2)."""
        assert self.mesh.uv is not None
        result: Singles = np.einsum("nc,ncj->nj", samples.share, self.mesh.uv.take(samples.face, axis=0))
        return result

    def texels(self, samples: Samples) -> Singles:
        """How much of a texture's side a pixel covers, (N,), stretched where the surface is seen at a slant."""
        facing = np.abs(np.einsum("ij,ij->i", samples.normal, samples.toward))
        width: Singles = samples.footprint * self.uv_per_length.take(samples.face) / np.sqrt(np.maximum(facing, 0.1))
        return width

    def of_vertices(self, values: NDArray[np.generic], samples: Samples) -> Singles:
        """A vertex channel (V,) or (V, K) between the vertices, (N,) or (N, K)."""
        at_corners = values[self.faces[samples.face]].astype(np.float32)
        result: Singles = np.einsum("nc,nc...->n...", samples.share, at_corners)
        return result

    def opacity(self, samples: Samples) -> Singles:
        """How much each sample hides what is behind it, (N,)."""
        result = np.ones(len(samples), np.float32)
        index = self.material[samples.face]
        for number, material in enumerate(self.materials):
            rows = np.flatnonzero(index == number) if material.alpha_mode != "opaque" else np.zeros(0, np.int64)
            if not len(rows):
                continue
            alpha = np.full(len(rows), material.base_color[3], np.float32)
            bitmap = self.bitmap(number, "base_color_texture")
            if bitmap is not None:
                some = samples.only(rows)
                alpha *= bitmap.color(self.uv(some), self.texels(some))[1]
            result[rows] = alpha if material.alpha_mode == "blend" else alpha >= 0.5
        return result

    def at_middles(self, faces: Ints) -> Samples:
        """Samples in the middles of faces (N,), seen straight on."""
        count = len(faces)
        corners = self.vertices[self.faces[faces]]
        return Samples(
            pixel=np.arange(count),
            weight=np.ones(count, np.float32),
            face=faces,
            share=np.full((count, 3), 1 / 3, np.float32),
            point=corners.mean(axis=1),
            toward=-self.normals[faces].mean(axis=1),
            normal=self.normals[faces].mean(axis=1),
            front=np.ones(count, dtype=bool),
            footprint=np.zeros(count, np.float32),
            spot=np.zeros((count, 2), np.float32),
        )

    def look(self, camera: Camera, x: Floats, y: Floats, weight: float, width: int, height: int) -> Samples:
        """What rays through pixel coordinates (N,) meet; behind a see-through surface they go on."""
        origins, directions = rays_through(camera, x / width, y / height)
        rows = np.arange(len(x))
        left = np.full(len(x), weight, np.float32)
        layers: list[Samples] = []
        for _ in range(_MAX_LAYERS if self.see_through else 1):
            layer, hit = self._layer(camera, origins, directions, np.stack([x, y], axis=1)[rows], width, height)
            opacity = self.opacity(layer) if self.see_through else np.ones(len(layer), np.float32)
            layers.append(_weigh(layer, left[hit] * opacity))
            goes_on = opacity < 0.99
            rows, left = rows[hit][goes_on], (left[hit] * (1 - opacity))[goes_on]
            if not len(rows):
                break
            directions = directions[hit][goes_on]
            origins = layer.point[goes_on] + directions * self.tracer.step
        return layers[0].join(*layers[1:]) if len(layers) > 1 else layers[0]

    def _layer(
        self, camera: Camera, origins: Floats, directions: Floats, spot: Floats, width: int, height: int
    ) -> tuple[Samples, Ints]:
        """The first surface along each ray, and which rays met one."""
        hits = self.tracer.first(origins, directions)
        hit = np.flatnonzero(hits.face >= 0)
        face, u, v, toward = hits.face[hit], hits.u[hit], hits.v[hit], directions[hit]
        share = np.stack([1 - u - v, u, v], axis=1).astype(np.float32)
        point = origins[hit] + toward * hits.distance[hit, None]
        normal, front = self.facing_normals(face, share, toward.astype(np.float32))
        depth = np.einsum("ij,j->i", point - camera.position, camera.pose[:3, 2])
        column, row = np.floor(spot[hit, 0]).astype(np.int64), np.floor(spot[hit, 1]).astype(np.int64)
        samples = Samples(
            pixel=row * width + column,
            weight=np.ones(len(hit), np.float32),
            face=face,
            share=share,
            point=point,
            toward=toward.astype(np.float32),
            normal=normal,
            front=front,
            footprint=pixel_at(camera, depth, height).astype(np.float32),
            spot=spot[hit].astype(np.float32),
        )
        return samples, hit

    def facing_normals(self, face: Ints, share: Singles, toward: Singles) -> tuple[Singles, NDArray[np.bool_]]:
        """Shading normals that face the viewer, and where the face's own outside does."""
        normals = np.einsum("nc,ncj->nj", share, self.normals.take(face, axis=0))
        length = np.sqrt(np.einsum("ij,ij->i", normals, normals))
        front = np.einsum("ij,ij->i", self.outward.take(face, axis=0), toward) <= 0
        sign = np.where(front, np.float32(1), np.float32(-1))
        scale = np.divide(sign, length, out=np.zeros_like(length), where=length > 1e-6)
        return normals * scale[:, None], front


def _weigh(samples: Samples, weight: Singles) -> Samples:
    kept: dict[str, Any] = {f.name: getattr(samples, f.name) for f in fields(samples)}
    return Samples(**(kept | {"weight": weight}))
