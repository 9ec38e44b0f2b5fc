"""The photo as a texture: laid on through the camera, its colours carried beyond the subject's edge."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Material, Texture
from maquette.core.camera import Camera
from maquette.geometry.flat.detail import brightness
from maquette.geometry.look.bleed import bleed

_LARGEST = 2048  # pixels along a side: what web and AR viewers accept without complaint


def photo_material(
    pixels: NDArray[np.uint8], mask: NDArray[np.float32] | None = None, *, ground: bool = False
) -> Material:
    """A matte material with the photo as its colour, as lossless PNG of at most 2048 pixels a side.

    pixels (H, W, 3), mask (H, W): colours inside the mask are carried outward over its edge; None: kept as they are.
    ``ground`` puts the subject on a plain light ground instead, or a dark one when the subject itself is light.
    """
    from PIL import Image

    scale = _LARGEST / max(pixels.shape)
    if scale < 1:
        size = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
        pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
        if mask is not None:
            mask = np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.BOX))
    if mask is not None:
        pixels = bleed(pixels, mask)
        pixels = _on_ground(pixels, mask) if ground else pixels
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=6)
    return Material(name="photo", roughness=0.8, base_color_texture=Texture(buffer.getvalue()))


def _on_ground(pixels: NDArray[np.uint8], mask: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The subject over an even grey that sets it off. (H, W, 3), (H, W) -> (H, W, 3)"""
    subject = brightness(pixels)[mask >= 0.5]
    grey = 40.0 if len(subject) and subject.mean() > 0.65 else 235.0
    share = mask[..., None].astype(np.float64)
    return np.round(pixels * share + grey * (1 - share)).astype(np.uint8)


def shrink_pixels(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Pixels (H, W, 3) with blocks of ``factor`` by ``factor`` averaged to one, so that huge photos cost no memory."""
    from PIL import Image

    return pixels if factor == 1 else np.asarray(Image.fromarray(pixels).reduce(factor))


def projected_uv(camera: Camera, vertices: Floats, faces: Ints) -> NDArray[np.float32]:
    """Where each corner lies in the camera's picture, (F, 3, 2)."""
    flat, _ = camera.project(vertices)
    return np.clip(flat, 0, 1).astype(np.float32)[faces]
