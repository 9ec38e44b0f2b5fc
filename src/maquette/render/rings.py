"""Rings around marked faces that would otherwise be missed: too small to see, or behind something."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bytes
from maquette.core.camera import Camera
from maquette.render.scene import Scene

_COLOR = (224, 49, 45)
_ENOUGH = 40  # red pixels in a cell and its neighbours that need no ring
_PLENTY = 600  # red pixels in the picture beside which hidden faces are no news
_CELL = 32  # pixels; one ring for all that lies in a cell
_MOST = 24


def ring(frame: Bytes, scene: Scene, camera: Camera, marked: NDArray[np.bool_]) -> Bytes:
    """The frame (H, W, 4) with a ring for each group of marked faces (F,) bool around which hardly any red is seen."""
    faces = np.flatnonzero(marked)
    height, width = frame.shape[:2]
    middle = scene.vertices[scene.faces[faces]].mean(axis=1)
    spot, depth = camera.project(middle)
    spot = spot * [width, height]
    inside = (spot >= 0).all(axis=1) & (spot < [width, height]).all(axis=1) & (depth > 0)
    spot, hidden = spot[inside], _is_hidden(scene, camera, middle[inside])
    red = _red_near(frame)
    cell = (spot // _CELL).astype(np.int64)  # (N, 2) column, row
    groups, group = np.unique(cell[:, 1] * red.shape[1] + cell[:, 0], return_inverse=True)
    plenty = _is_red(frame).sum() > _PLENTY
    sum_of_frames, count = frame.astype(np.float32), 0
    for number in np.flatnonzero(red.reshape(-1)[groups] < _ENOUGH):
        mine = group == number
        unseen = bool(hidden[mine].all())
        if count == _MOST or (unseen and plenty):
            continue
        low, high = spot[mine].min(axis=0), spot[mine].max(axis=0)
        _draw_ring(sum_of_frames, (low + high) / 2, 9 + float((high - low).max()) / 2, 1.0 if unseen else 2.2)
        count += 1
    return np.round(sum_of_frames).clip(0, 255).astype(np.uint8)


def _is_red(frame: Bytes) -> NDArray[np.bool_]:
    """Clearly red pixels (H, W)."""
    color = frame[..., :3].astype(np.int64)
    result: NDArray[np.bool_] = color[..., 0] > 1.6 * np.maximum(color[..., 1], color[..., 2])
    return result


def _red_near(frame: Bytes) -> NDArray[np.int64]:
    """How many red pixels lie in each cell of the frame and the eight around it, (rows, columns)."""
    rows, columns = -(-frame.shape[0] // _CELL), -(-frame.shape[1] // _CELL)
    row, column = np.nonzero(_is_red(frame))
    counts = np.bincount(row // _CELL * columns + column // _CELL, minlength=rows * columns).reshape(rows, columns)
    padded = np.pad(counts, 1)
    around = [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    total: NDArray[np.int64] = np.sum(around, axis=0, dtype=np.int64)
    return total


def _is_hidden(scene: Scene, camera: Camera, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether something stands between the viewer and the points (N, 3)."""
    if camera.projection == "orthographic":
        back = np.broadcast_to(-camera.pose[:3, 2], points.shape)
    else:
        back = camera.position - points
    length = np.linalg.norm(back, axis=1)
    direction = back / np.maximum(length, 1e-12)[:, None]
    return scene.tracer.is_blocked(points + direction * 200 * scene.tracer.step, direction, np.inf)


def _draw_ring(frame: NDArray[np.float32], center: NDArray[np.float64], radius: float, thick: float) -> None:
    """A red ring with smooth edges over the frame (H, W, 4), in place."""
    reach = int(radius + thick + 2)
    left, top = (int(c) - reach for c in center)
    rows = slice(max(top, 0), min(top + 2 * reach + 1, frame.shape[0]))
    columns = slice(max(left, 0), min(left + 2 * reach + 1, frame.shape[1]))
    y, x = np.mgrid[rows, columns] + 0.5
    away = np.abs(np.hypot(x - center[0], y - center[1]) - radius)
    cover = np.clip(thick / 2 + 0.5 - away, 0, 1)[..., None]
    part = frame[rows, columns]
    ink = np.array([*_COLOR, 255], np.float32)
    frame[rows, columns] = part * (1 - cover) + ink * cover
