"""Colour is a product: vertex colour × base colour × texture (glTF 2.0 §3.9.2), whatever a format has words for.

Writers whose format knows one colour a corner ask here for the product of the first two; a texture of one colour all
over counts as part of the base colour. Readers of such formats bring corner colours, which become vertex colours or
materials here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material, Texture
from maquette.core.progress import note
from maquette.core.texture_pixels import pixels
from maquette.formats.pictures_in_files import encode_png, linear_from_srgb, pixel_count, srgb_from_linear
from maquette.geometry.rays import Tracer

Bytes = NDArray[np.uint8]

MOST_FLAT = 4096  # colours of whole triangles that become materials of their own
_MOST_LOOKED_AT = 1 << 22  # pixels of a texture that is asked whether it has one colour
_BAKED_PX = 512  # a smaller texture grows to this before colours of vertices are painted into it
_MOST_BAKED_PX = 2048


def materials_of(asset: Asset) -> Ints:
    """The material of each face, (F,)."""
    mesh = asset.mesh
    return np.zeros(len(mesh.faces), np.int64) if mesh.material is None else mesh.material.astype(np.int64)


def without_plain_textures(asset: Asset) -> Asset:
    """The same with textures of one colour folded into the base colour where vertices are coloured too.

    White colours of vertices, which change nothing, go.
    """
    mesh = asset.mesh
    if mesh.color is None:
        return asset
    if (mesh.color == 255).all():
        return asset.with_mesh(mesh.replace(color=None))
    colored = (mesh.color[mesh.faces] < 255).any(axis=(1, 2))
    which = set(np.unique(materials_of(asset)[colored]).tolist())
    looks = (_fold_texture(look) if number in which else look for number, look in enumerate(asset.materials))
    return asset.replace(materials=tuple(looks))


def _fold_texture(material: Material) -> Material:
    texture = material.base_color_texture
    if texture is None or pixel_count(texture) > _MOST_LOOKED_AT:
        return material
    picture = pixels(texture, "RGBA").reshape(-1, 4)
    if (picture != picture[0]).any():
        return material
    light = linear_from_srgb(picture[0, :3]) * np.array(material.base_color[:3])
    alpha = float(picture[0, 3]) / 255 * material.base_color[3]
    red, green, blue = np.clip(light, 0, 1).tolist()
    return material.replace(base_color=(red, green, blue, alpha), base_color_texture=None)


def faces_with_texture(asset: Asset) -> NDArray[np.bool_]:
    """Which faces show a texture, (F,)."""
    own = np.array([material.base_color_texture is not None for material in asset.materials], bool)
    if asset.mesh.uv is None or not len(own):
        return np.zeros(len(asset.mesh.faces), bool)
    return own[materials_of(asset)]


def corner_colors(asset: Asset) -> Bytes:
    """Vertex colour × base colour at every corner as sRGB, (F, 3, 3); textures are not looked at."""
    mesh = asset.mesh
    base = np.array([material.base_color[:3] for material in asset.materials] or [(1.0, 1.0, 1.0)])
    light = np.broadcast_to(base[materials_of(asset)][:, None], (len(mesh.faces), 3, 3))
    if mesh.color is None:
        table = srgb_from_linear(base)
        return np.broadcast_to(table[materials_of(asset)][:, None], (len(mesh.faces), 3, 3))
    if (base == 1.0).all():
        return mesh.color[mesh.faces]
    return srgb_from_linear(light * linear_from_srgb(mesh.color)[mesh.faces])


def on_vertices(faces: Ints, corners: Bytes, count: int) -> tuple[Bytes, bool]:
    """Corner colours (F, 3, 3) on vertices (count, 3), means where several meet, and whether all agree."""
    vertex, rgb = faces.reshape(-1), corners.reshape(-1, 3)
    colors = np.full((count, 3), 255, np.uint8)
    colors[vertex] = rgb
    if (colors[vertex] == rgb).all():
        return colors, True
    counts = np.maximum(np.bincount(vertex, minlength=count), 1)
    total = np.stack([np.bincount(vertex, weights=channel, minlength=count) for channel in rgb.T], axis=1)
    mean = np.rint(total / counts[:, None]).astype(np.uint8)
    mean[np.bincount(vertex, minlength=count) == 0] = 255
    return mean, False


def is_flat(corners: Bytes) -> bool:
    """True when every face has one colour."""
    return bool((corners == corners[:, :1]).all())


def modulate_texture(texture: Texture, uv: NDArray[np.float32], corners: Bytes) -> Texture:
    """A texture with colours of corners (F, 3, 3) painted over it where their faces lie, uv (F, 3, 2)."""
    from PIL import Image

    colors = linear_from_srgb(corners)
    if (corners == corners[:1, :1]).all():
        red, green, blue = colors[0, 0].tolist()
        return _times(texture, np.array([red, green, blue]))
    if uv.min() < 0 or uv.max() > 1:
        note("vertex colours over a texture that repeats became one tint, their mean")
        return _times(texture, colors.reshape(-1, 3).mean(axis=0))
    picture = pixels(texture, "RGBA")
    height, width = (min(max(side, _BAKED_PX), _MOST_BAKED_PX) for side in picture.shape[:2])
    if (height, width) != picture.shape[:2]:
        picture = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR))
    product = picture.copy()
    product[..., :3] = srgb_from_linear(linear_from_srgb(picture[..., :3]) * _paint_texels(uv, colors, height, width))
    return encode_png(product, texture)


def _times(texture: Texture, light: Floats) -> Texture:
    picture = pixels(texture, "RGBA")
    table = srgb_from_linear(linear_from_srgb(np.arange(256, dtype=np.uint8))[:, None] * light)  # (256, 3)
    color = np.stack([table[picture[..., channel], channel] for channel in range(3)], axis=-1)
    return encode_png(np.concatenate([color, picture[..., 3:]], axis=-1), texture)


def _paint_texels(uv: NDArray[np.float32], colors: Floats, height: int, width: int) -> Floats:
    """Corner colours (F, 3, 3) spread over the picture (H, W, 3); a texel beside the faces takes the nearest one."""
    from scipy.ndimage import distance_transform_edt

    flat = np.concatenate([uv.reshape(-1, 2), np.zeros((uv.size // 2, 1))], axis=1).astype(np.float64)
    u, v = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    origins = np.stack([u.ravel(), v.ravel(), np.ones(u.size)], axis=1)
    hits = Tracer(flat, np.arange(len(flat)).reshape(-1, 3)).first(origins, np.tile([0.0, 0.0, -1.0], (u.size, 1)))
    seen = hits.face >= 0
    sheet = np.ones((height * width, 3))
    corner, a, b = colors[hits.face[seen]], hits.u[seen, None], hits.v[seen, None]
    sheet[seen] = corner[:, 0] * (1 - a - b) + corner[:, 1] * a + corner[:, 2] * b
    rows, columns = distance_transform_edt(~seen.reshape(height, width), return_distances=False, return_indices=True)
    spread: Floats = sheet.reshape(height, width, 3)[rows, columns]
    return spread


def settle_colors(
    faces: Ints, vertex_count: int, material: Ints, corner: Ints, materials: list[Material]
) -> tuple[Ints, Bytes | None, list[Material]]:
    """Corner colours (F, 3) as vertex colours where they agree, as materials where triangles are flat, else averaged.

    Colours are 0xRRGGBB, -1 where a corner has none; those count as white where they meet others. Returns the faces'
    materials (F,), the vertices' colours (V, 3) or None, and all materials.
    """
    has = corner[:, 0] >= 0
    if not has.any():
        return material, None, materials
    rgb = unpack_rgb(np.where(corner < 0, 0xFFFFFF, corner))
    color, agree = on_vertices(faces, rgb, vertex_count)
    if not agree and is_flat(rgb[has]):
        distinct, place = np.unique(corner[has][:, 0], return_inverse=True)
        if len(distinct) <= MOST_FLAT:
            number = material.copy()
            number[has] = len(materials) + place.reshape(-1)
            return number, None, materials + [flat_material(int(value)) for value in distinct]
    if not agree:
        note("corners that meet had several colours; vertices got their mean")
    return material, color, materials


def unpack_rgb(packed: Ints) -> Bytes:
    """0xRRGGBB as bytes, (…,) -> (…, 3)."""
    return np.stack([packed >> 16 & 255, packed >> 8 & 255, packed & 255], axis=-1).astype(np.uint8)


def pack_rgb(rgb: NDArray[Any]) -> Ints:
    """Bytes as 0xRRGGBB, (…, 3) -> (…,)."""
    whole = rgb.astype(np.int64)
    result: Ints = (whole[..., 0] << 16) | (whole[..., 1] << 8) | whole[..., 2]
    return result


def flat_material(value: int) -> Material:
    """A material of one colour 0xRRGGBB, named after it."""
    red, green, blue = linear_from_srgb(unpack_rgb(np.array(value))).tolist()
    return Material(name=f"#{value:06X}", base_color=(red, green, blue, 1.0))
