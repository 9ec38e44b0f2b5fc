"""What colour a model has at a place of a face: textures at the fineness asked for, vertex colours, flat materials."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.texture_pixels import pixels
from maquette.geometry.look.oklab import light_of
from maquette.geometry.look.texels import bilinear
from maquette.geometry.surface import face_areas

_PIECE = 1 << 20  # places looked up at once


class SurfaceColor:
    """Linear light at places of an asset's faces; textures are averaged to texels of about ``fine`` first."""

    def __init__(self, asset: Asset, fine: float) -> None:
        mesh = asset.mesh
        self._asset = asset
        self._material = (
            np.zeros(len(mesh.faces), np.int64) if mesh.material is None else mesh.material.astype(np.int64)
        )
        self._looks = asset.materials or (Material(),)
        self._pictures = [self._picture(number, look, fine) for number, look in enumerate(self._looks)]
        self._vertex = None if mesh.color is None or (mesh.color == 255).all() else light_of(mesh.color)

    @property
    def flat(self) -> bool:
        """Every face has one colour all over."""
        return self._vertex is None and all(picture is None for picture in self._pictures)

    def _picture(self, number: int, look: Material, fine: float) -> NDArray[np.float32] | None:
        """A material's texture as light (H, W, 3), None where it has none or nobody uses it."""
        mesh, texture = self._asset.mesh, look.base_color_texture
        which = np.flatnonzero(self._material == number)
        if texture is None or mesh.uv is None or not len(which):
            return None
        light = light_of(pixels(texture, "RGB", f"quantize-colors: texture of {look.name[:40]}")).astype(np.float32)
        uv = mesh.uv[which].astype(np.float64)
        side, other = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
        on_picture = (
            np.abs(side[:, 0] * other[:, 1] - side[:, 1] * other[:, 0]).sum() / 2 * light.shape[0] * light.shape[1]
        )
        on_surface = face_areas(mesh.vertices, mesh.faces[which]).sum()
        texel = np.sqrt(on_surface / max(on_picture, 1e-9))
        while texel * 2 <= fine and min(light.shape[:2]) > 1:
            light, texel = halve_picture(light), texel * 2
        return light

    def at(self, face: Ints, share: Floats) -> Floats:
        """Light (N, 3) at places of old faces (N,) given by the shares of their corners (N, 3)."""
        result = np.empty((len(face), 3))
        for start in range(0, len(face), _PIECE):
            piece = slice(start, start + _PIECE)
            result[piece] = self._some(face[piece], share[piece])
        return result

    def _some(self, face: Ints, share: Floats) -> Floats:
        mesh, material = self._asset.mesh, self._material[face]
        some = np.array([look.base_color[:3] for look in self._looks])[material]
        if self._vertex is not None:  # colour is a product, as in the pictures we make
            some *= np.einsum("nk,nkd->nd", share, self._vertex[mesh.faces[face]])
        for number, picture in enumerate(self._pictures):
            if picture is not None:
                which = np.flatnonzero(material == number)
                assert mesh.uv is not None
                uv = np.einsum("nk,nkd->nd", share[which], mesh.uv[face[which]].astype(np.float64))
                texture = self._looks[number].base_color_texture
                some[which] *= bilinear(picture, uv, texture.wrap if texture else ())
        return some


def halve_picture(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of every 2 x 2 block, (H, W, 3) -> (H // 2, W // 2, 3)."""
    height, width = light.shape[0] // 2 * 2, light.shape[1] // 2 * 2
    blocks = light[:height, :width].reshape(height // 2, 2, width // 2, 2, 3)
    result: NDArray[np.float32] = blocks.mean(axis=(1, 3))
    return result
