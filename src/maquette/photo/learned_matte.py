"""A matting network as an ONNX file: a published one by its name, or one that the user has.

They differ in input size and in how pixels are scaled, and agree in the rest: one picture (1, 3, H, W) in, a map of one
channel out. For the user's own the size is read off the model; the scaling is ImageNet's, which all of them train with
or tolerate.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadInput, BadSetting, Unavailable
from maquette.photo.matting_models import MODELS
from maquette.photo.salient_network import salient_odds

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet
FREE_PX = 1024  # side for models that take any


def predict(pixels: NDArray[np.uint8], method: str, weights: str) -> NDArray[np.float32]:
    """The map of a published network (``u2netp`` …) or of the file ``weights`` (``onnx``), (h, w) 0..1 at its own size.

    ``u2netp`` ships with the package; a file of it may be named all the same.

    ``BadSetting`` without a file, ``BadInput`` for a file that is no such model, ``Unavailable`` without onnxruntime
    or when the published file is not here yet.
    """
    if method == "onnx":
        return _map(pixels, weights, MEAN, DEVIATION, 0)
    if method == "u2netp" and not weights and (odds := salient_odds(pixels, None)) is not None:
        return np.asarray(1 / (1 + np.exp(-odds)), np.float32)
    model = MODELS[method]
    return _map(pixels, weights or str(model.file()), *model.scaling, model.side)


def _map(
    pixels: NDArray[np.uint8], weights: str, mean: tuple[float, ...], deviation: tuple[float, ...], side: int
) -> NDArray[np.float32]:
    """What a model says about a picture; ``side`` is for models that take any size."""
    from PIL import Image

    session = _session(weights)
    entry = session.get_inputs()[0]
    if len(entry.shape) != 4:
        raise BadInput(f"matte: {Path(weights).name} takes {entry.shape}, not one picture (1, 3, H, W); take another")
    height, width = (
        length if isinstance(length, int) and length > 0 else side or FREE_PX for length in entry.shape[2:]
    )
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
    scaled = (np.asarray(image, np.float32) / max(int(pixels.max()), 1) - np.array(mean)) / np.array(deviation)
    try:
        answer = session.run(None, {entry.name: scaled.transpose(2, 0, 1)[None].astype(np.float32)})[0]
    except Exception as problem:  # onnxruntime raises classes of its own for anything a model may do
        reason = str(problem).partition("\n")[0][:160]
        raise BadInput(f"matte: {Path(weights).name} failed on the picture ({reason}); take another model") from None
    values = np.asarray(answer, np.float32).squeeze()
    if values.ndim == 3:
        values = values[0]  # several maps of one picture: the first is the answer
    if values.ndim != 2 or not np.isfinite(values).all():
        raise BadInput(f"matte: {Path(weights).name} gives {np.shape(answer)}, not one map; take another model")
    return _unit(values)


def _unit(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map to 0..1: probabilities as they are, logits through the sigmoid."""
    if values.min() >= 0 and values.max() <= 1:
        return values
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -60, 60))), np.float32)


@functools.lru_cache(maxsize=1)
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
