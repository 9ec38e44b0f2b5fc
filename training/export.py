"""Write the trained network as ONNX with 16-bit weights, computed in 32 bits.

python -m training.export CACHE src/maquette/generate/guess/data/sculpt.onnx
"""

from __future__ import annotations

import argparse
import io
import os
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from training.model import SIZES, Sculptor
from training.train import read_pieces

OUTPUTS = ("front", "back", "doubt", "normal", "albedo", "back_albedo", "mask", "residual", "frame")


class _Listed(nn.Module):
    """The network with its outputs in a fixed order, as ONNX wants them."""

    def __init__(self, net: Sculptor) -> None:
        super().__init__()
        self.net = net

    def forward(self, planes: Tensor) -> tuple[Tensor, ...]:
        made = self.net(planes)
        return tuple(made[name] for name in OUTPUTS)


def network(cache: Path) -> tuple[Sculptor, dict[str, object]]:
    """The moving average of the last checkpoint, and what the checkpoint says about itself."""
    state = read_pieces(cache)
    if state is None:
        raise SystemExit(f"{cache}: no checkpoint; run python -m training.train first")
    net = Sculptor(SIZES[state["size"]])
    net.load_state_dict({name: value.float() for name, value in state["average"].items()})
    return net.eval(), {name: state[name] for name in ("size", "steps", "samples", "minutes")}


def write(net: Sculptor, path: Path, facts: dict[str, object]) -> None:
    """The ONNX file, moved into place whole; ``facts`` go into its metadata."""
    buffer = io.BytesIO()
    side = net.size.side
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the old exporter says that it is old, and the new one needs onnxscript
        torch.onnx.export(
            _Listed(net), (torch.zeros(1, 6, side, side),), buffer, input_names=["planes"], output_names=list(OUTPUTS),
            opset_version=17, dynamo=False,
        )  # fmt: skip
    keep_halved(buffer.getvalue(), path, facts)


def keep_halved(data: bytes, path: Path, facts: Mapping[str, object]) -> None:
    """An ONNX model with 16-bit weights and ``facts`` in its metadata, checked and moved into place whole."""
    import onnx

    model = onnx.load_from_string(data)
    halve(model)
    for name, value in facts.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = name, str(value)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(model.SerializeToString())
    os.replace(fresh, path)


def halve(model: object) -> None:
    """Keep large 32-bit weights as 16 bits and cast them back when the file is loaded."""
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph  # type: ignore[attr-defined]
    casts = []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < 256:
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_16"))
        casts.append(helper.make_node("Cast", [f"{name}_16"], [name], to=TensorProto.FLOAT))
    nodes = casts + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path)
    parser.add_argument("target", type=Path)
    given = parser.parse_args()
    net, facts = network(given.cache)
    write(net, given.target, facts)
    print(f"{given.target}: {given.target.stat().st_size / 1e6:.1f} MB, {facts}")
