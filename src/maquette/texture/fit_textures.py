"""Fit textures: pictures made as large as a target takes them."""

from __future__ import annotations

import io
from typing import Annotated, Any, Literal

from pydantic import Field

from maquette.core.asset import Asset, Material, Texture, textures_of
from maquette.core.progress import note
from maquette.core.texture_pixels import open_texture
from maquette.registry import stage


@stage
def fit_textures(
    asset: Asset,
    *,
    max_px: Annotated[int, Field(ge=16, le=8192, description="longest side that may be left")] = 2048,
    sides: Annotated[
        Literal["power-of-two", "any"], Field(description="the nearest powers of two, or the sides in proportion")
    ] = "power-of-two",
    pack: Annotated[
        Literal["keep", "jpeg"],
        Field(
            description="jpeg: opaque pictures but normal maps become JPEG, a fifth of a PNG's size at no visible loss"
        ),
    ] = "keep",
) -> Asset:
    """Scale textures down to what a target loads, their sides to the nearest powers of two.

    uv is a share of the picture, so it stays true whatever the sides become. Pictures that fit keep their bytes; others
    become PNG, or JPEG again at quality 92 where they were. Colors are averaged as they are stored. Normal maps are
    never packed with loss: blocks of 8 texels show in the light.
    """
    known: dict[Texture, Texture] = {}
    materials = []
    for material in asset.materials:
        fitted = {slot: _fit_texture(texture, max_px, sides, known) for slot, texture in textures_of(material).items()}
        materials.append(material.replace(**fitted))
    changed = sum(old != new for old, new in known.items())
    if changed:
        note(f"scaled {changed} of {len(known)} textures to at most {max_px} px")
    if pack == "jpeg":
        packed: dict[Texture, Texture] = {}
        materials = [_pack_material(material, packed) for material in materials]
        count = sum(old != new for old, new in packed.items())
        changed += count
        if count:
            note(f"packed {count} textures as JPEG")
    if not changed:
        return asset
    return asset.replace(materials=tuple(materials))


def _pack_material(material: Material, known: dict[Texture, Texture]) -> Material:
    """A material with its opaque pictures as JPEG; its normal map stays."""
    for slot, texture in textures_of(material).items():
        if slot != "normal_texture" and texture.media_type == "image/png":
            if texture not in known:
                known[texture] = _as_jpeg(texture)
            material = material.replace(**{slot: known[texture]})
    return material


def _as_jpeg(texture: Texture) -> Texture:
    """The picture as JPEG at quality 92 with all of its colors' detail; as it is where it is see-through."""
    with open_texture(texture, "fit-textures: a picture") as picture:
        if "A" in picture.getbands() or "transparency" in picture.info:
            return texture
        stream = io.BytesIO()
        picture.convert("RGB").save(stream, "JPEG", quality=92, subsampling=0)
    return Texture(stream.getvalue(), texture.wrap) if stream.tell() < len(texture.data) else texture


def _fit_texture(texture: Texture, most: int, sides: str, known: dict[Texture, Texture]) -> Texture:
    """The texture at its new size, made once."""
    if texture not in known:
        with open_texture(texture, "fit-textures: a picture") as picture:
            size = _size(picture.size, most, sides)
            known[texture] = texture if size == picture.size else _scale_picture(texture, picture, size)
    return known[texture]


def _size(size: tuple[int, int], most: int, sides: str) -> tuple[int, int]:
    """Width and height as they shall be."""
    if sides == "any":
        share = min(1.0, most / max(size))
        return max(round(size[0] * share), 1), max(round(size[1] * share), 1)
    top = 1 << (most.bit_length() - 1)
    width, height = (min(_nearest_power(side), top) for side in size)
    return width, height


def _nearest_power(side: int) -> int:
    """The power of two nearest in proportion: 2044 -> 2048, 1500 -> 2048, 1400 -> 1024."""
    low = 1 << (side.bit_length() - 1)
    return low if side * side < 2 * low * low else 2 * low


def _scale_picture(texture: Texture, picture: Any, size: tuple[int, int]) -> Texture:
    """The picture at another size, in the file format that it had unless that was WebP."""
    from PIL import Image

    mode = "RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB"
    fitted = picture.convert(mode).resize(size, Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    if texture.media_type == "image/jpeg":
        fitted.convert("RGB").save(stream, "JPEG", quality=92)
    else:
        fitted.save(stream, "PNG")
    return Texture(stream.getvalue(), texture.wrap)
