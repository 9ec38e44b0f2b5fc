"""What a surface is made of at each sample: colour, metal, roughness, glow and the fine normal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Singles
from maquette.core.asset import Material
from maquette.render.color import LINEAR_OF_BYTE, Colors
from maquette.render.scene import Samples, Scene
from maquette.render.textures import Bitmap

DIELECTRIC = 0.04  # reflectance of plastic, paint, skin: glTF 2.0 §3.9.6


@dataclass(frozen=True)
class Layers:
    """What only a photograph shows of a material: its clear coat, and the share of light that goes through it."""

    coat: Singles  # (N,) share of the surface that lacquer covers
    coat_roughness: Singles  # (N,)
    clear: Singles  # (N,)
    ior: Singles  # (N,)

    @classmethod
    def of(cls, materials: Sequence[Material], index: NDArray[np.int32]) -> Layers | None:
        """Those of the materials that the samples (N,) show; None where nothing is coated or clear."""
        if not any(material.clearcoat or material.transmission for material in materials):
            return None
        rows = [(m.clearcoat, m.clearcoat_roughness, m.transmission, m.ior or 1.5) for m in materials]
        return cls(*np.array(rows, np.float32).take(index, axis=0).T)

    def only(self, which: NDArray[np.int64]) -> Layers:
        """Those of some samples."""
        return Layers(*(getattr(self, field.name).take(which) for field in fields(self)))


@dataclass(frozen=True)
class Surface:
    """Material at N samples, in linear light."""

    color: Colors  # (N, 3)
    metallic: Singles  # (N,)
    roughness: Singles  # (N,)
    reflectance: Singles  # (N,) what a mirror-smooth one would throw back at right angles, metal apart
    glow: Colors  # (N, 3)
    normal: Singles  # (N, 3)
    layers: Layers | None = None

    def only(self, which: slice | NDArray[np.int64]) -> Surface:
        """The samples that a slice or an index array names, without their layers."""
        some: list[Any] = [getattr(self, field.name)[which] for field in fields(self)[:-1]]
        return Surface(*some)

    def join(self, other: Surface) -> Surface:
        """These samples and those, without their layers."""
        both: list[Any] = [np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)[:-1]]
        return Surface(*both)


def plain_surface(samples: Samples, color: Colors, roughness: float = 0.75, reflectance: float = DIELECTRIC) -> Surface:
    """One substance of any colour, (3,) or (N, 3)."""
    count = len(samples)
    return Surface(
        color=np.broadcast_to(color.astype(np.float32), (count, 3)),
        metallic=np.zeros(count, np.float32),
        roughness=np.full(count, roughness, np.float32),
        reflectance=np.full(count, reflectance, np.float32),
        glow=np.zeros((count, 3), np.float32),
        normal=samples.normal,
    )


def textured_surface(scene: Scene, samples: Samples) -> Surface:
    """The asset's own materials, glTF 2.0 §3.9: factors times textures times vertex colours."""
    count, index = len(samples), scene.material.take(samples.face)
    result = Surface(
        color=np.empty((count, 3), np.float32),
        metallic=np.empty(count, np.float32),
        roughness=np.empty(count, np.float32),
        reflectance=np.full(count, DIELECTRIC, np.float32),
        glow=np.empty((count, 3), np.float32),
        normal=samples.normal.copy(),
        layers=Layers.of(scene.materials, index),
    )
    for number in np.flatnonzero(np.bincount(index)):
        rows = np.flatnonzero(index == number)
        _put(result, rows, scene, samples if len(rows) == count else samples.only(rows), int(number))
    return result


def _put(surface: Surface, rows: NDArray[np.int64], scene: Scene, samples: Samples, number: int) -> None:
    """Fill in the samples that show one material."""
    material: Material = scene.materials[number]
    surface.color[rows] = np.array(material.base_color[:3], np.float32)
    surface.metallic[rows], surface.roughness[rows] = material.metallic, material.roughness
    surface.glow[rows] = np.array(material.emissive, np.float32)
    base = scene.bitmap(number, "base_color_texture")
    if scene.mesh.color is not None:
        surface.color[rows] *= scene.of_vertices(LINEAR_OF_BYTE[scene.mesh.color], samples)
    kinds = ("base_color_texture", "orm_texture", "emissive_texture", "normal_texture")
    if all(scene.bitmap(number, kind) is None for kind in kinds):
        return
    uv, texels = scene.uv(samples), scene.texels(samples)
    if base is not None:
        surface.color[rows] *= base.color(uv, texels)[0]
    packed = scene.bitmap(number, "orm_texture")
    if packed is not None:
        numbers = packed.data(uv, texels)
        surface.roughness[rows] *= numbers[:, 1]
        surface.metallic[rows] *= numbers[:, 2]
    glow = scene.bitmap(number, "emissive_texture")
    if glow is not None:
        surface.glow[rows] *= glow.color(uv, texels)[0]
    bumps = scene.bitmap(number, "normal_texture")
    if bumps is not None:
        surface.normal[rows] = _bump(scene, samples, bumps, uv, texels)


def _bump(scene: Scene, samples: Samples, bumps: Bitmap, uv: Singles, texels: Singles) -> Singles:
    """Normals turned by a tangent-space map, +Y up in the map as glTF has it. Tangents follow the face's uv."""
    assert scene.mesh.uv is not None
    a, b, c = (scene.vertices[corner] for corner in scene.faces[samples.face].T)
    ua, ub, uc = (scene.mesh.uv[samples.face, corner].astype(np.float64) for corner in range(3))
    (du1, dv1), (du2, dv2) = (ub - ua).T, (uc - ua).T
    sign = np.sign(du1 * dv2 - du2 * dv1)[:, None]
    along_u = ((b - a) * dv2[:, None] - (c - a) * dv1[:, None]) * sign
    along_v = ((c - a) * du1[:, None] - (b - a) * du2[:, None]) * sign
    normal = samples.normal
    x, y = (_across(normal, direction.astype(np.float32)) for direction in (along_u, -along_v))  # v runs downwards
    bump = bumps.data(uv, texels) * 2 - 1
    bumped = x * bump[:, :1] + y * bump[:, 1:2] + normal * np.maximum(bump[:, 2:], 0.05)
    bumped /= np.maximum(np.linalg.norm(bumped, axis=1, keepdims=True), 1e-6)
    return np.where((sign != 0) & (np.einsum("ij,ij->i", bumped, samples.toward) < 0)[:, None], bumped, normal)


def _across(normal: Singles, direction: Singles) -> Singles:
    """Unit part of ``direction`` that lies in the surface; zero where there is none."""
    flat = direction - normal * np.einsum("ij,ij->i", direction, normal)[:, None]
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    unit: Singles = np.divide(flat, length, out=np.zeros_like(flat), where=length > 0)
    return unit
