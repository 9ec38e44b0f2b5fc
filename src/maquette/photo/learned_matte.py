"""A matting network that the user has, as an ONNX file: U²-Net, IS-Net, BiRefNet, MODNet and their like.

They differ in input size and in how pixels are scaled, and agree in the rest: one picture (1, 3, H, W) in, a map of one
channel out. The size is read off the model; the scaling is ImageNet's, which all of them train with or tolerate.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadInput, BadSetting, Unavailable

MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])  # ImageNet
FREE_PX = 1024  # side for models that take any


def predict(pixels: NDArray[np.uint8], weights: str) -> NDArray[np.float32]:
    """The model's map for a picture, (h, w) 0..1 at the model's own size.

    ``BadSetting`` without a file, ``BadInput`` for a file that is no such model, ``Unavailable`` without onnxruntime.
    """
    from PIL import Image

    session = _session(weights)
    entry = session.get_inputs()[0]
    if len(entry.shape) != 4:
        raise BadInput(f"matte: {Path(weights).name} takes {entry.shape}, not one picture (1, 3, H, W); take another")
    height, width = (side if isinstance(side, int) and side > 0 else FREE_PX for side in entry.shape[2:])
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
    scaled = (np.asarray(image, np.float32) / 255.0 - MEAN) / DEVIATION
    try:
        made = session.run(None, {entry.name: scaled.transpose(2, 0, 1)[None].astype(np.float32)})[0]
    except Exception as problem:  # onnxruntime raises classes of its own for anything a model may do
        reason = str(problem).partition("\n")[0][:160]
        raise BadInput(f"matte: {Path(weights).name} failed on the picture ({reason}); take another model") from None
    values = np.asarray(made, np.float32).squeeze()
    if values.ndim != 2 or not np.isfinite(values).all():
        raise BadInput(f"matte: {Path(weights).name} gives {np.shape(made)}, not one map; take another model")
    return _unit(values)


def _unit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map to 0..1: probabilities as they are, logits through the sigmoid."""
    if values.min() >= 0 and values.max() <= 1:
        return values
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))), np.float32)


def _session(weights: str) -> Any:
    """The model, loaded."""
    try:
        import onnxruntime
    except ImportError:
        raise Unavailable("matte: method = 'onnx' needs onnxruntime; pip install onnxruntime") from None
    if not weights:
        raise BadSetting("matte: method = 'onnx' needs weights; name an ONNX matting model of yours")
    if not Path(weights).is_file():
        raise BadInput(f"matte: no file {weights}; check the name")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2  # one picture; more threads only wait for each other
    try:
        return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # whatever a broken or hostile model file makes it raise
        reason = str(problem).partition("\n")[0][:160]
        raise BadInput(f"matte: {Path(weights).name} is no ONNX model that loads ({reason})") from None
