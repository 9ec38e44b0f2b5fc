"""Where a published network sees what stands out: U²-Net-p (Qin and others 2020), shipped with the package.

It learned from ten thousand photographs with drawn masks (DUTS), so it knows what ordinary pictures are of, which no
composite teaches. `data/u2netp.md` says where the file comes from; `training/matte/published.py` made it ready.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from maquette.core.arrays import Bytes, Singles
from maquette.core.memory import remember
from maquette.photo.shipped_network import shipped_network
from maquette.photo.sizes import resize

FILE = "u2netp.onnx"
SIDE = 320
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
MARGIN = 0.1  # of a person's box that is looked at around it
LEAST_CHANCE = 1e-3  # beyond this all chances mean the same
Box = tuple[float, float, float, float]


@remember(4)
def salient_odds(pixels: Bytes, box: Box | None) -> Singles | None:
    """Log odds that a pixel is the subject's, over the picture stretched to a square, (320, 320).

    Mean over the picture (H, W, 3) and its mirror image. ``box`` (left, top, right, bottom in shares) is looked at
    alone, and beside it nothing is the subject. None where the network or onnxruntime is missing.
    """
    session = _session()
    if session is None:
        return None
    if box is None:
        return _odds(session, pixels)
    height, width = pixels.shape[:2]
    left, top, right, bottom = _widen(box)
    columns = slice(int(left * width), max(int(np.ceil(right * width)), int(left * width) + 1))
    rows = slice(int(top * height), max(int(np.ceil(bottom * height)), int(top * height) + 1))
    odds = np.full((height, width), np.log(LEAST_CHANCE), np.float32)
    inside = odds[rows, columns]
    inside[...] = resize(_odds(session, np.ascontiguousarray(pixels[rows, columns])), inside.shape)
    return resize(odds, (SIDE, SIDE))


def _widen(box: Box) -> Box:
    """A box with a margin, within the picture."""
    left, top, right, bottom = box
    across, down = MARGIN * (right - left), MARGIN * (bottom - top)
    return max(left - across, 0.0), max(top - down, 0.0), min(right + across, 1.0), min(bottom + down, 1.0)


def _odds(session: Any, pixels: Bytes) -> Singles:
    """Mean log odds of a picture and its mirror image, (320, 320)."""
    from PIL import Image

    small = Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    scaled = (np.asarray(small) / max(int(pixels.max()), 1) - MEAN) / DEVIATION
    planes = scaled.transpose(2, 0, 1)[None].astype(np.float32)
    both = (planes, np.ascontiguousarray(planes[..., ::-1]))
    with ThreadPoolExecutor(len(both)) as pool:  # a core each; each one's sums stay in their order
        seen, mirrored = pool.map(lambda one: session.run(["mask"], {"picture": one})[0][0, 0], both)
    return ((_logit(seen) + _logit(mirrored[:, ::-1])) / 2).astype(np.float32)


def _logit(chance: Singles) -> Singles:
    """Log odds of chances, within what chances can mean."""
    safe = np.clip(chance, LEAST_CHANCE, 1 - LEAST_CHANCE)
    odds: Singles = np.log(safe / (1 - safe))
    return odds


def _session() -> Any:
    """The network, loaded; None where it or onnxruntime is missing."""
    return shipped_network(FILE)
