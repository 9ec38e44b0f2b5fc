"""Exploded and cutaway: what a model is made of, drawn apart or cut open."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Ints
from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh, join_meshes
from maquette.core.picture import Picture
from maquette.geometry.cut.solids import carve, stock
from maquette.geometry.topology import face_components
from maquette.registry import stage
from maquette.render.cameras import ViewSetting
from maquette.render.paths.develop import Backdrop
from maquette.render.scene import Samples, Scene
from maquette.render.styles.facets import remade_frame
from maquette.render.styles.substances import Sitting, in_stuff, linear
from maquette.render.surfaces import Surface, plain_surface, textured_surface

_SIZE = Annotated[int, Field(ge=16, le=4096, description="longer side of the picture")]
_BACKGROUND = Annotated[
    Backdrop, Field(description="what stands behind it; transparent keeps the shadow, cutout does not")
]
_RAYS = Annotated[int, Field(ge=1, le=4096, description="paths of light a pixel")]
_MOST = 200  # parts


@stage
def exploded(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: _SIZE = 512,
    spread: Annotated[float, Field(ge=0, le=5, description="how far parts move, of their way from the middle")] = 0.8,
    background: _BACKGROUND = "studio",
    rays: _RAYS = 16,
) -> Picture:
    """Photograph a model with its parts moved apart from its middle, so that each can be seen.

    Parts are those that the model names, else its separate bodies. Refuses a model of one piece: ``split`` makes parts.
    """
    apart = pulled_apart(asset, spread)
    scene = Scene(apart)
    camera = scene.camera("three-quarter" if view == "photo" else view)
    frame = in_stuff(scene, camera, Sitting("studio", background, size_px, rays), textured_surface)
    return Scene(asset).show(frame).replace(camera=scene.in_millimetres(camera))


def labels_of(asset: Asset) -> Ints:
    """Which part each face belongs to, (F,), from 0 on."""
    if asset.mesh.part is not None and len(np.unique(asset.mesh.part)) > 1:
        _, label = np.unique(asset.mesh.part, return_inverse=True)
        return label.astype(np.int64)
    return face_components(np.asarray(asset.mesh.faces))[1]


def pulled_apart(asset: Asset, spread: float) -> Asset:
    """The model with its parts moved away from its middle by ``spread`` times their way from it."""
    label = labels_of(asset)
    count = int(label.max()) + 1 if len(label) else 0
    if not 1 < count <= _MOST:
        hint = "split it first" if count < 2 else f"at most {_MOST} can be drawn apart; unite some first"
        raise CannotDo(f"exploded: the model has {count} separate part{'s' * (count != 1)}; {hint}")
    middle = asset.mesh.bounds.mean(axis=0)
    moved = []
    for number in range(count):
        piece = asset.mesh.keep_faces(label == number)
        way = piece.bounds.mean(axis=0) - middle
        if np.linalg.norm(way) < 0.02 * asset.mesh.diagonal:  # one around the other: they part upwards, in their order
            way = np.array([0.0, 0.0, 0.35 * asset.mesh.diagonal * number / count])
        moved.append(piece.moved(np.eye(3), 1.0, spread * way))
    return asset.replace(mesh=join_meshes(moved), volumes=())


@stage
def cutaway(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: _SIZE = 512,
    across: Annotated[Literal["x", "y", "z"], Field(description="the axis that the cut stands across")] = "y",
    at: Annotated[float, Field(ge=0.02, le=0.98, description="where it lies, of the model's length along it")] = 0.5,
    color: Annotated[str, Field(pattern="^#?[0-9a-fA-F]{6}$", description="color of the cut")] = "c8402f",
    background: _BACKGROUND = "studio",
) -> Picture:
    """Photograph a model cut open by a plane, the half towards the viewer taken away, the cut in a color of its own.

    Refuses a model that is no solid: ``watertight`` makes it one.
    """
    scene = Scene(asset)
    camera = scene.camera(view)
    half = _Half(asset, scene, "xyz".index(across), at, camera.pose[:3, 2], color)
    sitting = Sitting("studio", background, size_px, 16)
    return scene.show(remade_frame(half.scene, half.surface, scene, camera, sitting), camera)


class _Half:
    """What a cut leaves of a model, with the old surface's looks and a new color on the cut."""

    def __init__(self, asset: Asset, scene: Scene, axis: int, at: float, ahead: np.ndarray, color: str) -> None:
        low, high = asset.mesh.bounds
        whole = stock(asset.mesh.vertices, np.asarray(asset.mesh.faces))
        if whole.refusal:
            raise CannotDo(f"cutaway: the model is no solid ({whole.refusal}); run watertight first")
        normal = np.zeros(3)
        normal[axis] = 1.0 if ahead[axis] > 0 else -1.0  # the half away from the viewer stays
        offset = float(normal[axis] * (low[axis] + (high[axis] - low[axis]) * at))
        rest = carve(whole.solid.trim_by_plane(tuple(normal), offset), whole.origin)
        if not len(rest.faces):
            raise CannotDo(f"cutaway: nothing is left at {at:g} across {'xyz'[axis]}; choose another place")
        self.scene = Scene(asset.replace(mesh=Mesh(rest.vertices, rest.faces), materials=(), part_names=(), volumes=()))
        self._old, self._parent, self._color = scene, rest.parent, linear(color)

    def surface(self, scene: Scene, samples: Samples) -> Surface:
        """The old surface where it is left, the cut's color on the cut."""
        parent = self._parent[samples.face]
        point = (samples.point * scene.radius_mm + scene.center_mm - self._old.center_mm) / self._old.radius_mm
        corners = self._old.vertices[self._old.faces[np.maximum(parent, 0)]]
        share = _shares(corners, point).astype(np.float32)
        old = textured_surface(self._old, replace(samples, face=np.maximum(parent, 0), share=share))
        new = plain_surface(samples, self._color, 0.9)
        cut = parent < 0
        color = np.where(cut[:, None], new.color, old.color)
        roughness = np.where(cut, new.roughness, old.roughness)
        metallic = np.where(cut, new.metallic, old.metallic)
        return replace(old, color=color, roughness=roughness, metallic=metallic, normal=samples.normal)


def _shares(corners: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Barycentrics (N, 3) of points (N, 3) in their triangles (N, 3, 3), held within them."""
    ab, ac, ap = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], point - corners[:, 0]
    d00, d01, d11 = (np.einsum("ij,ij->i", one, two) for one, two in ((ab, ab), (ab, ac), (ac, ac)))
    d20, d21 = np.einsum("ij,ij->i", ap, ab), np.einsum("ij,ij->i", ap, ac)
    area = np.maximum(d00 * d11 - d01 * d01, 1e-300)
    v, w = np.clip((d11 * d20 - d01 * d21) / area, 0, 1), np.clip((d00 * d21 - d01 * d20) / area, 0, 1)
    over = np.maximum(v + w, 1.0)
    return np.stack([1 - (v + w) / over, v / over, w / over], axis=1)
