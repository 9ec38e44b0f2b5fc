"""The photo as a texture: laid on through the camera, its colours carried beyond the subject's edge."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from maquette.core.asset import Material, Texture
from maquette.core.camera import Camera
from maquette.core.mesh import Floats, Ints
from maquette.geometry.bleed import bled

_LARGEST = 2048  # pixels along a side: what web and AR viewers accept without complaint


def photo_material(pixels: NDArray[np.uint8], mask: NDArray[np.float32] | None = None) -> Material:
    """A matte material with the photo as its colour, as lossless PNG of at most 2048 pixels a side.

    pixels (H, W, 3), mask (H, W): colours inside the mask are carried outward over its edge; None: kept as they are.
    """
    from PIL import Image

    scale = _LARGEST / max(pixels.shape)
    if scale < 1:
        size = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
        pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
        if mask is not None:
            mask = np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.BOX))
    if mask is not None:
        pixels = bled(pixels, mask)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=6)
    return Material(name="photo", roughness=0.8, base_color_texture=Texture(buffer.getvalue()))


def projected_uv(camera: Camera, vertices: Floats, faces: Ints) -> NDArray[np.float32]:
    """Where each corner lies in the camera's picture, (F, 3, 2)."""
    flat, _ = camera.project(vertices)
    return np.clip(flat, 0, 1).astype(np.float32)[faces]
