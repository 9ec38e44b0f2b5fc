"""Colours for what was sculpted: each face takes them from the picture that sees it best.

The pictures are tiles of one texture: the photo with its light toned down, further photos, and the unseen side as the
network pictures it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Floats
from maquette.core.asset import Material, Texture
from maquette.core.subject import Subject
from maquette.generate.guess.input import enlarge
from maquette.generate.guess.network import Guess
from maquette.geometry.flat.detail import blur_within
from maquette.geometry.look.bleed import bleed

_LARGEST_TILE = 1024  # pixels a side
_MIXED = 0.012  # of the window: pixels this near the outline show the background too
_GAIN = (0.6, 1.7)  # by how much taking the light out may darken or lighten a colour


@dataclass(frozen=True)
class Tile:
    """One picture: pixels (T, T, 3), where points fall in it (uv 0..1) and how well it sees each face."""

    pixels: NDArray[np.uint8]
    places: Floats  # (V, 2) of the mesh's vertices
    sight: Floats  # (F,) cosine between face and line of sight, with what speaks for or against the picture


def front_tile(subject: Subject, guess: Guess, delight: float) -> NDArray[np.uint8]:
    """The window of the photo, at most 1024 pixels a side, with a share of its light taken out. (T, T, 3)"""
    size = int(min(_LARGEST_TILE, max(64, round(guess.window.side))))
    planes = [guess.window.crop(subject.pixels[..., channel], size) for channel in range(3)]
    photo = np.stack(planes, axis=-1) / 255
    mask = np.clip(guess.window.crop(np.asarray(subject.mask), size), 0, 1) if subject.mask is not None else None
    inside = guess.mask.astype(np.float64)
    gain: NDArray[np.floating[Any]] = np.ones(3)
    if delight:
        shades = [
            blur_within(guess.albedo[..., c].astype(np.float64), inside, 2.0)
            / np.maximum(blur_within(guess.colors[..., c].astype(np.float64), inside, 2.0), 0.04)
            for c in range(3)
        ]
        grey = np.clip(np.mean(shades, axis=0), *_GAIN) ** delight  # light is mostly white: hues stay the photo's
        gain = enlarge(grey.astype(np.float32), size)[..., None]
    pixels = np.round(np.clip(photo * gain, 0, 1) * 255).astype(np.uint8)
    return bleed(pixels, _without_rim(enlarge(guess.mask, size) if mask is None else mask))


def _without_rim(mask: NDArray[np.float32]) -> NDArray[np.float32]:
    """A mask (T, T) less its outermost pixels, which mix with the background and cover much of the sides.

    What is too thin to have more than a rim is kept.
    """
    from scipy.ndimage import distance_transform_edt

    width = _MIXED * len(mask)
    inside = np.pad(mask >= 0.5, 1)
    core = distance_transform_edt(inside) > width
    thin = distance_transform_edt(~core) > 2 * width
    result: NDArray[np.float32] = (core | (inside & thin))[1:-1, 1:-1].astype(np.float32)
    return result


def tile_texture(tiles: list[Tile], faces: NDArray[np.int64]) -> tuple[Material, NDArray[np.float32]]:
    """One material with all tiles side by side, and the corners' places in it, (F, 3, 2)."""
    from PIL import Image

    side = max(len(tile.pixels) for tile in tiles)
    sheet = Image.new("RGB", (side * len(tiles), side))
    for number, tile in enumerate(tiles):
        pixels = Image.fromarray(tile.pixels)
        sheet.paste(pixels if len(tile.pixels) == side else pixels.resize((side, side)), (number * side, 0))
    best = np.argmax(np.stack([tile.sight for tile in tiles]), axis=0)
    uv = np.empty((len(faces), 3, 2), np.float32)
    edge = 0.5 / side
    for number, tile in enumerate(tiles):
        rows = np.flatnonzero(best == number)
        uv[rows] = np.clip(tile.places, edge, 1 - edge)[faces[rows]]
        uv[rows, :, 0] = (uv[rows, :, 0] + number) / len(tiles)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", compress_level=5)  # 6 takes 1.8 times as long for 4 % less
    return Material(name="photo", roughness=0.8, base_color_texture=Texture(buffer.getvalue())), uv
