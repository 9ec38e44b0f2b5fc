"""Baked light: does the texture still hold the light of the photo?"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.core.texture_pixels import pixels
from maquette.geometry.look.oklab import light_of
from maquette.geometry.look.shading import fit_shading
from maquette.geometry.look.texels import bilinear
from maquette.geometry.sampling import sample_weights, surface_samples
from maquette.geometry.surface import face_normals
from maquette.registry import stage

_SAMPLES = 20_000
_SWING = 0.12  # of the mean brightness: what photographers' soft light leaves on a matt ball is some 0.2


@stage(destinations=("model",))
def baked_light(asset: Asset) -> Iterable[Finding]:
    """Measure how much of the texture's brightness swings with the direction that the surface faces.

    The number is the standard deviation of that light over its mean, in percent: light that is baked in is lit a second
    time by the engine. Paint that is lighter on top looks the same, so this is a warning. A model without colours is
    not judged.
    """
    colors = _colors(asset)
    if colors is None:
        return
    shading = fit_shading(*colors)
    wrong = shading.swing > _SWING and shading.correlation > 0.3
    yield Finding(
        "baked-light",
        "warn" if wrong else "pass",
        f"{shading.swing:.0%} of the brightness swings with the normal, correlation {shading.correlation:.2f}",
        value=100 * shading.swing,
        unit="% of the mean brightness",
        limit=f"at most {100 * _SWING:g}, or a correlation of at most 0.3",
        source="no standard is known; the limit is ours",
        fix="delight",
    )


def _colors(asset: Asset) -> tuple[np.ndarray, np.ndarray] | None:
    """Linear colours and normals at places spread over the surface; None where it has no colours or no area."""
    mesh = asset.mesh
    textures = [material.base_color_texture for material in asset.materials]
    if not len(mesh.faces) or not (face_normals(mesh.vertices, mesh.faces) != 0).any():
        return None
    if mesh.color is None and (mesh.uv is None or not any(textures)):
        return None
    places = surface_samples(mesh.vertices, mesh.faces, _SAMPLES)
    face, weights = places.faces, sample_weights(len(places.faces))
    light = np.ones((len(face), 3))
    known = np.full(len(face), mesh.color is not None)
    if mesh.color is not None:
        light = light_of(np.round(np.einsum("nk,nkc->nc", weights, mesh.color[mesh.faces[face]])).astype(np.uint8))
    if mesh.uv is not None:
        at = np.einsum("nk,nkc->nc", weights, mesh.uv[face].astype(np.float64))
        of = np.zeros(len(face), np.int64) if mesh.material is None else mesh.material[face]
        for number, texture in enumerate(textures):
            mine = np.flatnonzero(of == number)
            if texture is not None and len(mine):
                read = bilinear(pixels(texture), at[mine], texture.wrap)
                light[mine] = light[mine] * light_of(np.round(read).astype(np.uint8))
                known[mine] = True
    return (light[known], face_normals(mesh.vertices, mesh.faces)[face[known]]) if known.any() else None
