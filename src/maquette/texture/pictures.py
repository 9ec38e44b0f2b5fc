"""Textures read at places of a surface, and pixels made textures."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bytes, Floats, Ints
from maquette.core.asset import Asset, Material, Texture
from maquette.core.texture_pixels import open_texture, pixels
from maquette.geometry.look.srgb import LIGHT_OF_BYTE, to_srgb
from maquette.geometry.look.texels import bilinear
from maquette.geometry.uv.raster import Texels, spread

_LARGEST = 8192


def picture_of(values: NDArray[Any]) -> Texture:
    """Pixels (H, W, 3 or 4) uint8 as a PNG; an opacity that is full everywhere is left out.

    Packed lightly, in a third of the time: most pictures are painted over by the next stage.
    """
    from PIL import Image

    if values.shape[2] == 4 and bool((values[:, :, 3] == 255).all()):
        values = values[:, :, :3]
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(values)).save(stream, "PNG", compress_level=1)
    return Texture(stream.getvalue())


def texture_at(asset: Asset, slot: str, face: Ints, weights: Floats) -> Bytes | None:
    """What a kind of texture shows at places face (N,), weights (N, 3): (N, 4), white where a material has none.

    None where no material has one, or without uv.
    """
    uv, index = asset.mesh.uv, asset.mesh.material
    if uv is None or not any(getattr(material, slot) for material in asset.materials):
        return None
    at = np.einsum("nk,nkc->nc", weights, uv[face].astype(np.float64))
    of = np.zeros(len(face), np.int64) if index is None else index[face]
    values = np.full((len(face), 4), 255, np.uint8)
    for number, material in enumerate(asset.materials):
        texture, mine = getattr(material, slot), np.flatnonzero(of == number)
        if texture is not None and len(mine):
            values[mine] = np.round(bilinear(pixels(texture, "RGBA"), at[mine], texture.wrap))
    return values


def material_at(asset: Asset, face: Ints) -> tuple[tuple[Material, ...], Ints]:
    """The materials, a plain one where there are none, and which of them each of these faces (N,) wears."""
    materials = asset.materials or (Material(),)
    index = asset.mesh.material
    return materials, np.zeros(len(face), np.int64) if index is None else index[face].astype(np.int64)


def base_color_at(asset: Asset, face: Ints, weights: Floats) -> Bytes:
    """The colour that is seen without light, factors, texture and vertex colours together, (N, 4) sRGB bytes."""
    materials, of = material_at(asset, face)
    factor = np.array([material.base_color for material in materials])
    factor = np.ones((1, 4)) if (factor == 1).all() else factor[of]
    texture = texture_at(asset, "base_color_texture", face, weights)
    color = asset.mesh.color
    if texture is not None and color is None and (factor == 1).all():
        return texture
    light = np.broadcast_to(factor, (len(face), 4)).copy()
    if texture is not None:
        light[:, :3] *= LIGHT_OF_BYTE[texture[:, :3]]
        light[:, 3] *= texture[:, 3] / 255
    if color is not None:
        light[:, :3] *= LIGHT_OF_BYTE[
            np.round(np.einsum("nk,nkc->nc", weights, color[asset.mesh.faces[face]].astype(np.float64))).astype(int)
        ]
    return np.round(np.concatenate([to_srgb(light[:, :3]), light[:, 3:]], axis=1) * 255).astype(np.uint8)


def orm_at(asset: Asset, face: Ints, weights: Floats) -> Bytes:
    """Occlusion, roughness and metallic, factors and texture together, (N, 3) bytes."""
    materials, of = material_at(asset, face)
    factor = np.array([(1.0, material.roughness, material.metallic) for material in materials])[of]
    texture = texture_at(asset, "orm_texture", face, weights)
    if texture is not None:
        factor = factor * (texture[:, :3] / 255)
    return np.round(factor * 255).astype(np.uint8)


def painted_px(asset: Asset, wish: int) -> int:
    """The side of a texture to paint: as wished, or, with 0, that of the largest base texture there is, else 1024."""
    if wish:
        return wish
    sides = [max(_size_of(one.base_color_texture)) for one in asset.materials if one.base_color_texture is not None]
    return min(max(sides), _LARGEST) if sides else 1024


def _size_of(texture: Texture) -> tuple[int, int]:
    """Width and height by the header."""
    with open_texture(texture) as picture:
        return int(picture.width), int(picture.height)


def paint_all(asset: Asset, texels: Texels, colors: NDArray[Any]) -> Asset:
    """The asset under one picture of colors (T, 4) at its texels, whatever it was painted with before."""
    picture = picture_of(spread(colors, texels))
    materials = tuple(
        material.replace(base_color=(1.0, 1.0, 1.0, 1.0), base_color_texture=picture)
        for material in asset.materials or (Material(name="photo"),)
    )
    mesh = asset.mesh
    index = np.zeros(len(mesh.faces), np.int32) if mesh.material is None else mesh.material
    return asset.replace(mesh=mesh.replace(material=index, color=None), materials=materials)
