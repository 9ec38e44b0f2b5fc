"""The networks that ship with this room, loaded once and the same on every machine."""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Any


@functools.lru_cache(maxsize=4)
def shipped_network(name: str) -> Any:
    """The network of a file in ``photo/data`` as a session; None where the file or onnxruntime is missing."""
    try:
        import onnxruntime
    except ImportError:
        return None
    file = files("maquette.photo") / "data" / name
    if not file.is_file():
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # the same sums in the same order everywhere
    options.log_severity_level = 3  # U²-Net's file makes it warn of outputs of its own making
    return onnxruntime.InferenceSession(file.read_bytes(), options, providers=["CPUExecutionProvider"])
