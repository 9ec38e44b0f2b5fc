"""A checkpoint of TripoSR's layout with seeded random weights that give a body, not noise."""

from __future__ import annotations

import math

import numpy as np
import torch

from maquette.generate.triposr.network import Shape, layout

SMALL = Shape(
    image=64, grid=2, vit_width=48, vit_layers=2, vit_heads=4, width=64, layers=2, heads=4, groups=8, plane=8,
    channels=8, neurons=32, hidden=3,
)  # fmt: skip


def random_weights(shape: Shape, seed: int = 0) -> dict[str, torch.Tensor]:
    """Every tensor of the layout: norms at one, matrices scaled by their fan-in."""
    generator = torch.Generator().manual_seed(seed)
    made = {}
    for name, size in layout(shape).items():
        if "norm" in name:
            tensor = torch.ones(size) if name.endswith("weight") else torch.zeros(size)
        else:
            fan = math.prod(size[1:]) if len(size) > 1 else 25.0
            tensor = torch.randn(size, generator=generator) / math.sqrt(fan)
        made[name] = tensor
    return made


def blob_weights(shape: Shape, seed: int = 0) -> dict[str, torch.Tensor]:
    """Random weights whose field is a smooth blob that crosses density 25 inside the box.

    Token embeddings vary slowly over each plane; the decoder's first layer sees them, and one unit that adds up a
    bump in the middle carries the density through the last layer.
    """
    made = random_weights(shape, seed)
    line = torch.linspace(-1, 1, shape.plane)
    bump = 1 - 1.6 * (line[:, None] ** 2 + line[None] ** 2)
    smooth = torch.nn.functional.interpolate(
        torch.randn(3, shape.width, 3, 3, generator=torch.Generator().manual_seed(seed + 1)),
        size=(shape.plane, shape.plane), mode="bicubic",
    )  # fmt: skip
    made["tokenizer.embeddings"] = 0.2 * smooth
    made["tokenizer.embeddings"][:, 0] = bump
    made["backbone.proj_out.weight"] *= 0.02
    up = made["post_processor.upsample.weight"]
    up *= 0.3
    up[:, 0] = 0
    up[0, 0] = 1.0  # channel 0 of every plane is the bump
    first = made["decoder.layers.0.weight"]
    first[0] = 0.05 * first[0]
    first[0, :: shape.channels] = 1.0  # unit 0 adds the three bumps up
    for index in range(1, shape.hidden):
        weight = made[f"decoder.layers.{2 * index}.weight"]
        weight[0] *= 0.02
        weight[0, 0] = 1.3
        made[f"decoder.layers.{2 * index}.bias"][0] = 0.0
    last, bias = made[f"decoder.layers.{2 * shape.hidden}.weight"], made[f"decoder.layers.{2 * shape.hidden}.bias"]
    last[0] *= 0.02
    last[0, 0] = 3.0
    bias[0] = 1.0
    return made


def field_level(weights: dict[str, torch.Tensor], planes: torch.Tensor) -> np.ndarray:
    """Quantiles of the density, for choosing a threshold."""
    from maquette.generate.triposr.field import DensityField, dense

    return np.quantile(dense(DensityField(planes, weights), 24), [0.5, 0.8, 0.9, 1.0])
