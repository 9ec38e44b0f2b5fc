"""Texture power: are the pictures' sides powers of two?"""

from __future__ import annotations

from collections.abc import Iterable

from maquette.core.asset import Asset, textures_of
from maquette.core.errors import BadInput
from maquette.core.report import Finding
from maquette.core.texture_pixels import open_texture
from maquette.registry import stage


@stage(destinations=("model",), any_size=True)
def texture_power(asset: Asset) -> Iterable[Finding]:
    """Count textures with a side that is no power of two; engines scale those when they compress and make mipmaps.

    Only the pictures' headers are read; one that cannot be read is `texture-size`'s to fail.
    """
    odd: list[str] = []
    count = 0
    for material in asset.materials:
        for slot, texture in textures_of(material).items():
            try:
                with open_texture(texture) as picture:
                    width, height = picture.size
            except BadInput:
                continue
            count += 1
            if width & (width - 1) or height & (height - 1):
                odd.append(f"{material.name} {slot.removesuffix('_texture')} is {width} x {height}")
    yield Finding(
        "texture-power",
        "warn" if odd else "pass",
        f"{len(odd)} of {count} textures: {', '.join(odd[:3])}" if odd else f"all {count} textures are powers of two",
        value=len(odd),
        unit="textures",
        limit="at most 0",
        source="block compression and mipmaps of Unity and Unreal; glTF 2.0 asks it of repeating textures on old GPUs",
        fix="fit-textures",
    )
