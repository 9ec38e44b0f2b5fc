"""Textures as arrays: decoded when first needed, halved when seen from afar, read bilinearly."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.asset import Texture
from maquette.core.memory import once
from maquette.core.texture_pixels import pixels
from maquette.geometry.look.texels import fold_places
from maquette.render.color import LINEAR_OF_BYTE, Colors, to_bytes
from maquette.render.coverage import covered_texels


class Bitmap:
    """One texture and the faces that use it, uv (F, 3, 2). ``owner`` is named when it cannot be decoded."""

    def __init__(self, texture: Texture, uv: NDArray[np.float32], owner: str) -> None:
        self._texture, self._uv, self._owner = texture, uv, owner
        self._levels: list[tuple[NDArray[np.uint8], NDArray[np.uint8] | None]] = []
        self._lock = Lock()  # several frames may be drawn at once

    @once
    def pixels(self) -> NDArray[np.uint8]:
        """(H, W, 4) as stored."""
        return pixels(self._texture, "RGBA", f"picture: texture of {self._owner}")

    def level(self, number: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        """The picture halved ``number`` times in linear light, or as often as it can be, and how much its texels count.

        The second is (H, W) uint8, 0 where no face lies; None where all of them count.
        """
        with self._lock:
            if not self._levels:
                self._levels.append((self.pixels, self._count_mask()))
            while len(self._levels) <= number and min(self._levels[-1][0].shape[:2]) > 1:
                self._levels.append(_halve(*self._levels[-1]))
        return self._levels[min(number, len(self._levels) - 1)]

    def _count_mask(self) -> NDArray[np.uint8] | None:
        """255 where a texel belongs to a face, (H, W)."""
        height, width = self.pixels.shape[:2]
        if self._texture.wrap and (self._uv.min(initial=0) < 0 or self._uv.max(initial=1) > 1):
            return None
        covered = covered_texels(self._uv, width, height)
        if covered is None or covered.all():
            return None
        row, column = np.arange(height) * covered.shape[0] // height, np.arange(width) * covered.shape[1] // width
        mask: NDArray[np.uint8] = covered[row[:, None], column[None, :]].astype(np.uint8) * np.uint8(255)
        return mask

    def color(self, uv: NDArray[np.float32], texels: NDArray[np.float32]) -> tuple[Colors, Colors]:
        """Linear colour (N, 3) and opacity (N,) at uv (N, 2), where a pixel of ours covers ``texels`` (N,) of its."""
        light = self._read(uv, texels, LINEAR_OF_BYTE)
        return light[:, :3], light[:, 3]

    def data(self, uv: NDArray[np.float32], texels: NDArray[np.float32]) -> Colors:
        """Plain numbers 0..1 (N, 3): roughness, normals and whatever is no colour."""
        return self._read(uv, texels, (np.arange(256) / 255).astype(np.float32))[:, :3]

    def _read(self, uv: NDArray[np.float32], texels: NDArray[np.float32], table: Colors) -> Colors:
        height, width = self.pixels.shape[:2]
        density = np.maximum(texels * np.sqrt(width * height), 1.0)
        levels = np.minimum(np.log2(density) + 0.5, 16).astype(np.int64)
        result = np.empty((len(uv), 4), np.float32)
        for number in np.unique(levels):
            rows = levels == number
            level, counted = self.level(int(number))
            at = (
                fold_places(uv[rows], self._texture.wrap, level.shape[1], level.shape[0])
                if self._texture.wrap
                else uv[rows]
            )
            result[rows] = _bilinear(level, counted, at, table)
        return result


def _bilinear(pixels: NDArray[np.uint8], counted: NDArray[np.uint8] | None, uv: NDArray[Any], table: Colors) -> Colors:
    """Four neighbours mixed, of those that count; outside 0..1 the picture repeats, as glTF has it by default."""
    height, width = pixels.shape[:2]
    x = np.mod(uv[:, 0].astype(np.float64), 1.0) * width - 0.5
    y = np.mod(uv[:, 1].astype(np.float64), 1.0) * height - 0.5
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    across, down = (x - left).astype(np.float32), (y - top).astype(np.float32)
    rows, columns = [top % height * width, (top + 1) % height * width], [left % width, (left + 1) % width]
    texels = pixels.reshape(-1, 4)
    total, weights = np.zeros((len(uv), 4), np.float32), np.zeros((len(uv), 1), np.float32)
    for i in (0, 1):
        for j in (0, 1):
            at = rows[i] + columns[j]
            weight = (down if i else 1 - down) * (across if j else 1 - across)
            if counted is not None:
                weight = weight * np.maximum(counted.reshape(-1).take(at), np.float32(0.01))
            total += _look_up(texels.take(at, axis=0), table) * weight[:, None]
            weights += weight[:, None]
    return total / weights


def _look_up(texels: NDArray[np.uint8], table: Colors) -> Colors:
    """Bytes (N, 4) to numbers: colour through the table, opacity as it is."""
    result = np.empty(texels.shape, np.float32)
    result[:, :3] = table.take(texels[:, :3])
    result[:, 3] = texels[:, 3] / np.float32(255)
    return result


def _halve(
    pixels: NDArray[np.uint8], counted: NDArray[np.uint8] | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Mean of each 2 x 2 block in linear light, of the texels that count, (H, W, 4) -> (H//2, W//2, 4)."""
    height, width = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
    total = np.zeros((height // 2, width // 2, 4), np.float32)
    weights = np.zeros((height // 2, width // 2, 1), np.float32)
    for row in (0, 1):
        for column in (0, 1):
            block = np.s_[row:height:2, column:width:2]
            weight: Any = np.float32(1) if counted is None else np.maximum(counted[block], np.float32(0.01))[..., None]
            color = pixels[block]
            total[..., :3] += LINEAR_OF_BYTE[color[..., :3]] * weight
            total[..., 3] += color[..., 3] * (weight if counted is None else weight[..., 0])
            weights += weight
    total /= weights
    halved = np.concatenate([to_bytes(total[..., :3]), (total[..., 3:] + 0.5).astype(np.uint8)], axis=2)
    return halved, None if counted is None else (weights[..., 0] / 4).astype(np.uint8)
