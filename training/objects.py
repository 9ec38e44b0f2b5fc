"""The objects a network learns from: the mesh packs as triangles with colour, and how often each is drawn."""

from __future__ import annotations

import io
import json
import lzma
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.procedural import shape
from training.thing import Thing

PACKS = ("pack_train_A", "pack_train_B", "pack_shape_only")
_Z_UP = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], float)  # +Y up to +Z up
_SCANNED = {  # sources whose objects look like things, not like drawings of things
    *("ycb", "urdf_household", "gazebo_models", "aws_worlds", "servicesim", "khronos", "sceneview", "polyhaven"),
    *("bigym", "prl_assets", "drake", "webxr_controllers", "prints_cc", "odedstein", "trimesh_models", "keenan"),
}


class Pack:
    """A mesh pack as it lies in the data folder (see its readpack.py); ``pack[i]`` is a Thing."""

    def __init__(self, path: Path) -> None:
        with lzma.open(path) as opened:
            arrays = np.load(io.BytesIO(opened.read()))
        self.info: list[dict[str, str]] = json.loads(arrays["names"].tobytes())
        self._parts = arrays["parts"]  # object, v0, v1, f0, f1, texture, uv low (2), uv high (2), -, has colours
        self._v, self._uv, self._f, self._c = arrays["V"].T, arrays["UV"].T, arrays["F"].T, arrays["C"]
        self._texture, self._offset = arrays["tex"], arrays["tex_off"]
        sizes = np.where(self._parts[:, 11] > 0, self._parts[:, 2] - self._parts[:, 1], 0).astype(int)
        self._colors_at = np.concatenate([[0], np.cumsum(sizes)])
        self._rows: dict[int, list[int]] = {}
        for row, owner in enumerate(self._parts[:, 0].astype(int)):
            self._rows.setdefault(owner, []).append(row)

    def __len__(self) -> int:
        return len(self.info)

    @lru_cache(maxsize=4096)  # noqa: B019 - a pack lives as long as the process
    def _picture(self, index: int) -> NDArray[np.uint8]:
        data = self._texture[self._offset[index] : self._offset[index + 1]].tobytes()
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    def __getitem__(self, index: int) -> Thing:
        vertices, faces, uv, picture, colors = [], [], [], [], []
        pictures: list[NDArray[np.uint8]] = []
        start = 0
        for row in self._rows.get(index, []):
            r = self._parts[row]
            v0, v1, f0, f1, texture = (int(x) for x in r[1:6])
            corners = self._f[f0:f1].astype(np.int64)
            vertices.append(self._v[v0:v1] / 65535.0 - 0.5)
            faces.append(corners + start)
            start += v1 - v0
            flat = self._uv[v0:v1] / 65535.0 * (r[8:10] - r[6:8]) + r[6:8]
            uv.append(flat[corners].astype(np.float32))
            picture.append(np.full(len(corners), len(pictures) if texture >= 0 else -1))
            if texture >= 0:
                pictures.append(self._picture(texture))
            at = self._colors_at[row]
            plain = np.full((v1 - v0, 3), 0.6) if not r[11] else self._c[at : at + v1 - v0] / 255.0
            colors.append(plain[corners].astype(np.float32))
        return Thing(
            np.concatenate(vertices) @ _Z_UP.T,
            np.concatenate(faces),
            np.concatenate(uv),
            np.concatenate(picture),
            np.concatenate(colors),
            pictures,
        )


class Library:
    """All training packs of a data folder, and procedural shapes behind them; ``weights`` say how often each is drawn.

    Sources with many alike objects count by the square root of their number; scanned things count four times, flat
    modules a quarter. Never reads the validation objects.
    """

    def __init__(self, data: Path, procedural: int = 0, share: float = 0.35) -> None:
        self.packs = [Pack(data / "meshes" / f"{name}.npz.xz") for name in PACKS]
        self.index = [(pack, number) for pack, rows in enumerate(self.packs) for number in range(len(rows))]
        info = [self.packs[pack].info[number] for pack, number in self.index]
        sources, owner, counts = np.unique([row["source"] for row in info], return_inverse=True, return_counts=True)
        weights = counts[owner] ** -0.5
        weights *= np.array([4.0 if sources[o] in _SCANNED else 1.0 for o in owner])
        weights *= np.array([{0: 1.0, 1: 0.25, 2: 1.5}[pack] for pack, _ in self.index])
        weights *= (1 - share if procedural else 1.0) / weights.sum()
        self.procedural = procedural
        self.weights = np.concatenate([weights, np.full(procedural, share / procedural if procedural else 0.0)])

    def __len__(self) -> int:
        return len(self.weights)

    def has_color(self, number: int) -> bool:
        """Whether the object brings colours of its own."""
        return number < len(self.index) and self.index[number][0] != 2

    def __getitem__(self, number: int) -> Thing:
        if number < len(self.index):
            pack, row = self.index[number]
            return self.packs[pack][row]
        return shape(number - len(self.index))
