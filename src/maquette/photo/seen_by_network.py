"""Where our own network sees the subject: a chance for each pixel, and how far it trusts itself.

The network (training/matte, `data/matte.onnx`) was trained on composites only, so it is one opinion among several:
`segment` lets its chances speak beside the colors and cuts along the picture's own edges. Without the file the cut
goes by saliency, as it did before there was a network.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]
Bytes = NDArray[np.uint8]
FILE = "data/matte.onnx"
CLICK = 50  # the disc of a click has this part of the side as radius, as in training
_FAR = np.float32(12)  # logits beyond mean the same


@dataclass(frozen=True)
class Pointing:
    """What a person pointed at, in shares of width and height.

    ``inside`` and ``outside`` are points (x, y), ``box`` is left, top, right, bottom.
    """

    inside: tuple[tuple[float, float], ...] = ()
    outside: tuple[tuple[float, float], ...] = ()
    box: tuple[float, float, float, float] | None = None

    def __bool__(self) -> bool:
        return bool(self.inside or self.outside or self.box)

    def plane(self, shape: tuple[int, int]) -> Singles:
        """The network's hint, (H, W): 1 on the subject, -1 beside it, 0 where nothing was said."""
        height, width = shape
        rows, columns = np.mgrid[:height, :width]
        made = np.zeros(shape, np.float32)
        if self.box is not None:
            left, top, right, bottom = self.box
            beside = (columns < left * width - 1) | (columns > right * width)
            made[beside | (rows < top * height - 1) | (rows > bottom * height)] = -1
        radius = max(2, max(shape) // CLICK)
        for points, value in ((self.outside, -1), (self.inside, 1)):
            for x, y in points:
                made[np.hypot(columns + 0.5 - x * width, rows + 0.5 - y * height) <= radius] = value
        return made


@dataclass(frozen=True)
class Sight:
    """What the network says, (S, S) over the whole picture stretched to a square.

    ``odds`` is the logarithm of the odds that a pixel is the subject's, ``doubt`` 0..1 how likely that is wrong, and
    ``trust`` 0..1 how much of mask and truth will be shared.
    """

    odds: Singles
    doubt: Singles
    trust: float

    @property
    def chance(self) -> Singles:
        """The odds as chances, 0..1."""
        made: Singles = 1 / (1 + np.exp(-self.odds))
        return made


def looked_at(pixels: Bytes, pointing: Pointing | None = None) -> Sight | None:
    """What the network sees in pixels (H, W, 3), the mean of the picture and its mirror image.

    None where the network or onnxruntime is missing.
    """
    from PIL import Image

    session = _session()
    if session is None:
        return None
    side = int(session.get_inputs()[0].shape[2])
    small = Image.fromarray(pixels).resize((side, side), Image.Resampling.BOX, reducing_gap=None)
    color = (np.asarray(small, np.float32) / 255 - 0.5) * 4
    hint = pointing.plane((side, side)) if pointing else np.zeros((side, side), np.float32)
    planes = np.concatenate([color, hint[..., None]], axis=2).transpose(2, 0, 1)
    both = np.stack([planes, planes[..., ::-1]])
    mask, doubt, trust = session.run(["mask", "doubt", "trust"], {"planes": np.ascontiguousarray(both)})
    odds = np.clip((mask[0, 0] + mask[1, 0, :, ::-1]) / 2, -_FAR, _FAR)
    wrong = 1 / (1 + np.exp(-(doubt[0, 0] + doubt[1, 0, :, ::-1]) / 2))
    sure = 1 / (1 + np.exp(-float(trust.mean())))
    return Sight(odds.astype(np.float32), wrong.astype(np.float32), sure)


@functools.lru_cache(maxsize=1)
def _session() -> Any:
    """The network, loaded; None where it or onnxruntime is missing."""
    try:
        import onnxruntime
    except ImportError:
        return None
    file = files("maquette.photo") / FILE
    if not file.is_file():
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # the same sums in the same order everywhere
    return onnxruntime.InferenceSession(file.read_bytes(), options, providers=["CPUExecutionProvider"])
