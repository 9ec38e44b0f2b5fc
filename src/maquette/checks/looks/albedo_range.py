"""Albedo range: is the paint as dark or bright as real paint can be?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.core.texture_pixels import pixels
from maquette.geometry.look.texels import bilinear
from maquette.geometry.sampling import sample_weights, surface_samples
from maquette.registry import stage

_LOW, _HIGH = 30, 243  # sRGB bytes
_SHARE = 0.05  # of the surface
_SAMPLES = 10_000


@stage(destinations=("model",), any_size=True)
def albedo_range(asset: Asset) -> Iterable[Finding]:
    """Measure the share of the textured surface that is darker than coal or brighter than snow.

    Physically based engines light such paint wrongly: black swallows all light, white gives back more than it got.
    Often it is a shadow or a highlight of the photo. A model without a base colour texture is not judged.
    """
    mesh = asset.mesh
    if mesh.uv is None or not any(material.base_color_texture for material in asset.materials):
        return
    places = surface_samples(mesh.vertices, mesh.faces, _SAMPLES)
    face = places.faces
    at = np.einsum("nk,nkc->nc", sample_weights(len(face)), mesh.uv[face].astype(np.float64))
    of = np.zeros(len(face), np.int64) if mesh.material is None else mesh.material[face]
    dark = bright = count = 0
    for number, material in enumerate(asset.materials):
        texture, mine = material.base_color_texture, np.flatnonzero(of == number)
        if texture is not None and len(mine) and material.metallic < 0.5:
            shown = bilinear(pixels(texture), at[mine], texture.wrap)
            dark += int((shown.max(axis=1) < _LOW).sum())
            bright += int((shown.min(axis=1) > _HIGH).sum())
            count += len(mine)
    off = (dark + bright) / max(count, 1)
    yield Finding(
        "albedo-range",
        "warn" if off > _SHARE else "pass",
        f"{dark / max(count, 1):.1%} of the surface is darker than {_LOW}, {bright / max(count, 1):.1%} brighter "
        f"than {_HIGH}",
        value=100 * off,
        unit="% of the surface",
        limit=f"at most {100 * _SHARE:g}",
        source="Khronos 3D Commerce asset creation guidelines: base color sRGB 30 to 243",
        fix="delight",
    )
