"""Write the matte network as ONNX with 16-bit weights, computed in 32 bits.

python -m training.matte.export KEPT src/maquette/photo/data/matte.onnx
"""

from __future__ import annotations

import argparse
import io
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from training.export import keep_halved
from training.matte.network import OUTPUTS, SIDE, MatteNet


class _Listed(nn.Module):
    """The network with its outputs in a fixed order, as ONNX wants them."""

    def __init__(self, net: MatteNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, planes: Tensor) -> tuple[Tensor, ...]:
        made = self.net(planes)
        return tuple(made[name] for name in (*OUTPUTS, "trust"))


def network(kept: Path) -> tuple[MatteNet, dict[str, object]]:
    """The moving average of the last checkpoint, and what the checkpoint says about itself."""
    state = torch.load(kept / "matte.pt", weights_only=True)
    net = MatteNet()
    net.load_state_dict({name: value.float() for name, value in state["average"].items()})
    return net.eval(), {name: state[name] for name in ("steps", "samples", "minutes")}


def write(net: MatteNet, path: Path, facts: dict[str, object]) -> None:
    """The ONNX file, moved into place whole; any number and size of pictures; ``facts`` go into its metadata."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the old exporter says that it is old, and the new one needs onnxscript
        torch.onnx.export(
            _Listed(net), (torch.zeros(2, 4, SIDE, SIDE),), buffer, input_names=["planes"],
            output_names=[*OUTPUTS, "trust"], opset_version=18, dynamo=False,
            dynamic_axes={"planes": {0: "pictures", 2: "rows", 3: "columns"}},
        )  # fmt: skip
    keep_halved(buffer.getvalue(), path, facts)


def main() -> None:
    """Export the last checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kept", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    net, facts = network(options.kept)
    write(net, options.target, facts)
    print(f"{options.target}: {options.target.stat().st_size / 1e6:.1f} MB, {facts}")


if __name__ == "__main__":
    main()
