"""Delight: the photo's light taken out of the texture."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.asset import Asset, Material
from maquette.core.errors import CannotDo
from maquette.core.progress import note, progress
from maquette.core.texture_pixels import pixels
from maquette.geometry.look.oklab import light_of, srgb_of
from maquette.geometry.look.shading import Shading, fit_shading
from maquette.geometry.sampling import sample_weights, surface_samples
from maquette.geometry.surface import face_normals, vertex_normals
from maquette.geometry.uv.raster import spread, texels_of
from maquette.geometry.uv.scores import cover
from maquette.registry import stage
from maquette.texture.pictures import base_color_at, picture_of

_SAMPLES = 30_000
_SHARED = 0.02  # of the texels: beyond it a texel has two normals, and no light is the right one
_FAINT = 0.02  # swing below which what was found is noise


@stage
def delight(
    asset: Asset,
    *,
    strength: Annotated[float, Field(ge=0, le=1, description="0 leaves the colours, 1 takes all of the light")] = 0.7,
) -> Asset:
    """Divide out the light that colours got where they were photographed, as far as the normals tell it.

    Light is fitted as nine numbers in the normal, paint as one brightness a hue; hues stay, cast shadows stay as they
    do not follow the normals. Works on textures and on colours at vertices. Refuses textures that several faces share;
    `unwrap` lays them out anew. Horn 1974 for the idea, Ramamoorthi and Hanrahan 2001 for the light.
    """
    mesh = asset.mesh
    textured = mesh.uv is not None and any(material.base_color_texture for material in asset.materials)
    if not strength or not len(mesh.faces) or not (textured or mesh.color is not None):
        return asset
    if not (face_normals(mesh.vertices, mesh.faces) != 0).any():
        return asset
    progress(0.1, "find the light")
    places = surface_samples(mesh.vertices, mesh.faces, _SAMPLES)
    weights = sample_weights(len(places.faces))
    normals = _smooth_normals(asset, places.faces, weights)
    light = fit_shading(light_of(base_color_at(asset, places.faces, weights)[:, :3]), normals)
    if light.swing < _FAINT:
        note(f"the light is even within {light.swing:.1%}; nothing to take out")
        return asset
    if mesh.color is not None:
        normals = vertex_normals(mesh.vertices, mesh.faces)
        asset = asset.with_mesh(mesh.replace(color=_even_out(mesh.color, light.at(normals), strength)))
    elif textured:
        asset = _on_textures(asset, light, strength)
    note(f"light swung by {light.swing:.0%} of its mean with the normals; {strength:.0%} of it taken out")
    return asset


def _smooth_normals(asset: Asset, face: Any, weights: Any) -> NDArray[np.float64]:
    """Unit normals between the corners' at places of the surface, (N, 3)."""
    mesh = asset.mesh
    corners = vertex_normals(mesh.vertices, mesh.faces)[mesh.faces[face]]
    mixed = np.einsum("nk,nkc->nc", weights, corners)
    length = np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.where(length > 0, mixed / np.where(length > 0, length, 1), [0.0, 0.0, 1.0])


def _even_out(srgb: NDArray[np.uint8], light: NDArray[np.float64], strength: float) -> NDArray[np.uint8]:
    """Colours (N, 3) as they would be under even light."""
    return srgb_of(light_of(srgb) / (light**strength)[:, None])


def _on_textures(asset: Asset, light: Shading, strength: float) -> Asset:
    """Every base colour texture with the light divided out texel by texel."""
    shared = cover(asset.mesh.uv).overlap  # type: ignore[arg-type]
    if shared > _SHARED:
        raise CannotDo(
            f"delight: {shared:.0%} of the texels belong to several faces, each in another light; "
            "`unwrap --old-uv replace` gives each its own"
        )
    index = asset.mesh.material
    materials: list[Material] = []
    for number, material in enumerate(asset.materials):
        progress(0.3 + 0.6 * number / len(asset.materials), material.name)
        mine = np.arange(len(asset.mesh.faces)) if index is None else np.flatnonzero(index == number)
        lit = material.base_color_texture is not None and len(mine) > 0
        materials.append(_without_light(asset, material, mine, light, strength) if lit else material)
    return asset.replace(materials=tuple(materials))


def _without_light(asset: Asset, material: Material, mine: Any, light: Shading, strength: float) -> Material:
    """A material whose texture (H, W) was divided by the light on the faces that wear it."""
    texture = material.base_color_texture
    if texture is None or asset.mesh.uv is None:
        return material
    old = pixels(texture, "RGBA")
    height, width = old.shape[:2]
    texels = texels_of(asset.mesh.uv[mine], width, height)
    if not len(texels.texel):
        return material
    normals = _smooth_normals(asset, mine[texels.face], texels.weights)
    new = old.reshape(-1, 4)[texels.texel]
    new[:, :3] = _even_out(new[:, :3], light.at(normals), strength)
    evened = picture_of(spread(new, texels)).replace(wrap=texture.wrap)
    return material.replace(base_color_texture=evened)
