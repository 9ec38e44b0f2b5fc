"""What file formats need to know about the pictures inside them: colour spaces, packing, tinting, sampling.

A texture travels as the bytes it came in. Only where a format cannot say what we mean is it decoded and written
again, always as PNG.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from maquette.core.asset import Texture
from maquette.core.texture_pixels import open_texture, pixels
from maquette.geometry.look.oklab import light_of as linear_from_srgb
from maquette.geometry.look.oklab import srgb_of as srgb_from_linear

__all__ = [
    "as_png",
    "encode_png",
    "linear_from_srgb",
    "pack_orm",
    "pixel_count",
    "pixels",
    "srgb_from_linear",
    "tint",
]


def pixel_count(texture: Texture) -> int:
    """How many pixels a texture has, by its header."""
    with open_texture(texture) as picture:
        return int(picture.width * picture.height)


def encode_png(picture: NDArray[np.uint8], like: Texture | None = None) -> Texture:
    """Pixels as a PNG texture, with the edges of another one."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(picture).save(out, format="PNG", compress_level=6)
    return Texture(out.getvalue(), () if like is None else like.wrap)


def as_png(texture: Texture) -> Texture:
    """The same picture as PNG."""
    return texture if texture.media_type == "image/png" else encode_png(pixels(texture, "RGBA"), texture)


def tint(texture: Texture, factor: tuple[float, float, float, float]) -> Texture:
    """A base colour texture with its linear factor multiplied in."""
    if factor == (1.0, 1.0, 1.0, 1.0):
        return texture
    picture = pixels(texture, "RGBA")
    tables = [srgb_from_linear(linear_from_srgb(np.arange(256, dtype=np.uint8)) * f) for f in factor[:3]]
    alpha = np.rint(np.arange(256) * factor[3]).astype(np.uint8)
    channels = [table[picture[:, :, c]] for c, table in enumerate([*tables, alpha])]
    return encode_png(np.stack(channels, axis=2), texture)


def pack_orm(occlusion: Texture | None, metallic_roughness: Texture | None) -> Texture | None:
    """One picture with occlusion in red, roughness in green and metallic in blue; what is missing is white.

    Two references to one picture are that picture, byte for byte.
    """
    if metallic_roughness is None and occlusion is None:
        return None
    if metallic_roughness is None or occlusion is None:
        known = occlusion or metallic_roughness
        orm = pixels(known).copy() if known else np.zeros((1, 1, 3), np.uint8)
        blank = (0,) if occlusion is None else (1, 2)
        if known and (orm[:, :, blank] == 255).all():
            return known
        orm[:, :, blank] = 255
        return encode_png(orm, known)
    if occlusion.data == metallic_roughness.data:
        return occlusion
    orm = pixels(metallic_roughness).copy()
    orm[:, :, 0] = _resize(pixels(occlusion)[:, :, 0], orm.shape[:2])
    return encode_png(orm, metallic_roughness)


def _resize(channel: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    from PIL import Image

    if channel.shape == shape:
        return channel
    return np.asarray(Image.fromarray(channel).resize((shape[1], shape[0]), Image.Resampling.BILINEAR))
