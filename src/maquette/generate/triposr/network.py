"""The TripoSR network as functions over its published tensors, from arXiv 2403.02151 and the checkpoint's layout.

    photo 512² ─ViT-B/16─▶ 1025 image tokens ─16 blocks─▶ 3072 triplane tokens ─upsample─▶ planes (3, 40, 64, 64)
                                                                        point ─3 samples, MLP─▶ density, colour

There are no module objects: a function takes the tensors it needs by their published names, so a wrong name cannot
hide, no weight is initialised only to be overwritten, and a memory-mapped file is used where it lies.

Sizes stand in :class:`Shape`; the published one is the default, tests use a smaller one of the same layout.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Tensor = Any  # torch.Tensor; torch is an extra and must not be imported to read this file
Weights = Mapping[str, Tensor]

PIXEL_MEAN = (0.485, 0.456, 0.406)  # ImageNet, as DINO was trained
PIXEL_DEVIATION = (0.229, 0.224, 0.225)
DENSITY_BIAS = -1.0  # density = exp(raw - 1)
RADIUS = 0.87  # the field lives in [-0.87, 0.87]³, a little more than √3 / 2


@dataclass(frozen=True)
class Shape:
    """Sizes of the network; the defaults are the published checkpoint's: 549 tensors, 419,275,628 numbers."""

    image: int = 512  # side of the picture that goes in
    patch: int = 16
    grid: int = 14  # patches per side that the position embedding was trained for
    vit_width: int = 768
    vit_layers: int = 12
    vit_heads: int = 12
    width: int = 1024  # of a triplane token
    layers: int = 16
    heads: int = 16
    groups: int = 32  # of the group norm before the blocks
    plane: int = 32  # tokens per side of a plane
    channels: int = 40  # of an upsampled plane
    neurons: int = 64  # of the field's MLP
    hidden: int = 9


def layout(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Every tensor's published name and shape."""
    names: dict[str, tuple[int, ...]] = {}
    vit, wide = shape.vit_width, shape.width

    def linear(name: str, outputs: int, inputs: int, bias: bool = True) -> None:
        names[f"{name}.weight"] = (outputs, inputs)
        if bias:
            names[f"{name}.bias"] = (outputs,)

    def norm(name: str, size: int) -> None:
        names[f"{name}.weight"] = names[f"{name}.bias"] = (size,)

    encoder = "image_tokenizer.model"
    names[f"{encoder}.embeddings.cls_token"] = (1, 1, vit)
    names[f"{encoder}.embeddings.position_embeddings"] = (1, shape.grid**2 + 1, vit)
    names[f"{encoder}.embeddings.patch_embeddings.projection.weight"] = (vit, 3, shape.patch, shape.patch)
    names[f"{encoder}.embeddings.patch_embeddings.projection.bias"] = (vit,)
    for index in range(shape.vit_layers):
        layer = f"{encoder}.encoder.layer.{index}"
        for part in ("query", "key", "value"):
            linear(f"{layer}.attention.attention.{part}", vit, vit)
        linear(f"{layer}.attention.output.dense", vit, vit)
        linear(f"{layer}.intermediate.dense", 4 * vit, vit)
        linear(f"{layer}.output.dense", vit, 4 * vit)
        norm(f"{layer}.layernorm_before", vit)
        norm(f"{layer}.layernorm_after", vit)
    norm(f"{encoder}.layernorm", vit)
    linear(f"{encoder}.pooler.dense", vit, vit)  # in the file, never used

    names["tokenizer.embeddings"] = (3, wide, shape.plane, shape.plane)
    norm("backbone.norm", wide)
    linear("backbone.proj_in", wide, wide)
    for index in range(shape.layers):
        block = f"backbone.transformer_blocks.{index}"
        for attention, source in (("attn1", wide), ("attn2", vit)):
            linear(f"{block}.{attention}.to_q", wide, wide, bias=False)
            linear(f"{block}.{attention}.to_k", wide, source, bias=False)
            linear(f"{block}.{attention}.to_v", wide, source, bias=False)
            linear(f"{block}.{attention}.to_out.0", wide, wide)
        for name in ("norm1", "norm2", "norm3"):
            norm(f"{block}.{name}", wide)
        linear(f"{block}.ff.net.0.proj", 8 * wide, wide)
        linear(f"{block}.ff.net.2", wide, 4 * wide)
    linear("backbone.proj_out", wide, wide)

    names["post_processor.upsample.weight"] = (wide, shape.channels, 2, 2)
    names["post_processor.upsample.bias"] = (shape.channels,)
    sizes = [3 * shape.channels, *[shape.neurons] * shape.hidden, 4]
    for index, (inputs, outputs) in enumerate(pairwise(sizes)):
        linear(f"decoder.layers.{2 * index}", outputs, inputs)
    return names


def image_tokens(pixels: Tensor, w: Weights, shape: Shape) -> Tensor:
    """The ViT (Dosovitskiy 2021, weights DINO, Caron 2021): pixels (3, S, S) 0..1 -> tokens (1 + (S/patch)², width)."""
    import torch
    from torch.nn import functional

    root = "image_tokenizer.model"
    mean, deviation = (torch.tensor(v, device=pixels.device).view(3, 1, 1) for v in (PIXEL_MEAN, PIXEL_DEVIATION))
    projection = f"{root}.embeddings.patch_embeddings.projection"
    patches = functional.conv2d(
        ((pixels - mean) / deviation)[None], w[f"{projection}.weight"], w[f"{projection}.bias"], stride=shape.patch
    )  # (1, width, n, n)
    side = patches.shape[-1]
    x = torch.cat([w[f"{root}.embeddings.cls_token"][0], patches[0].flatten(1).T])  # (1 + n², width)
    x = x + position_embedding(w[f"{root}.embeddings.position_embeddings"][0], shape.grid, side)
    for index in range(shape.vit_layers):
        layer = f"{root}.encoder.layer.{index}"
        y = _norm(x, w, f"{layer}.layernorm_before", 1e-12)
        inner = f"{layer}.attention.attention"
        query, key, value = (_linear(y, w, f"{inner}.{part}") for part in ("query", "key", "value"))
        mixed = _attend(query, key, value, shape.vit_heads)
        x = x + _linear(mixed, w, f"{layer}.attention.output.dense")
        y = _norm(x, w, f"{layer}.layernorm_after", 1e-12)
        y = functional.gelu(_linear(y, w, f"{layer}.intermediate.dense"))
        x = x + _linear(y, w, f"{layer}.output.dense")
    return _norm(x, w, f"{root}.layernorm", 1e-12)


def position_embedding(learned: Tensor, grid: int, side: int) -> Tensor:
    """Position embedding (1 + grid², width) resampled to side² patches, bicubic.

    The published weights were trained through transformers 4.35, which asks for ``(side + 0.1) / grid`` as the scale
    and maps coordinates by that number, not by the exact one; the same is done here.
    """
    import torch
    from torch.nn import functional

    if side == grid:
        return learned
    spatial = learned[1:].T.reshape(1, -1, grid, grid)
    scale = (side + 0.1) / grid
    resampled = functional.interpolate(spatial, scale_factor=(scale, scale), mode="bicubic", align_corners=False)
    return torch.cat([learned[:1], resampled[0, :, :side, :side].flatten(1).T])


def planes(tokens: Tensor, w: Weights, shape: Shape, report: Callable[[float], None] = lambda _: None) -> Tensor:
    """Image tokens (N, vit_width) -> three feature planes (3, channels, 2·plane, 2·plane), in the order xy, xz, yz."""
    from torch.nn import functional

    start = w["tokenizer.embeddings"].permute(1, 0, 2, 3).flatten(1)  # (width, 3·plane²)
    x = functional.group_norm(start[None], shape.groups, w["backbone.norm.weight"], w["backbone.norm.bias"], eps=1e-6)
    x = _linear(x[0].T, w, "backbone.proj_in")  # (3·plane², width)
    for index in range(shape.layers):
        x = _block(x, tokens, w, f"backbone.transformer_blocks.{index}", shape)
        report((index + 1) / shape.layers)
    x = _linear(x, w, "backbone.proj_out").T + start
    small = x.reshape(shape.width, 3, shape.plane, shape.plane).permute(1, 0, 2, 3)
    return functional.conv_transpose2d(
        small, w["post_processor.upsample.weight"], w["post_processor.upsample.bias"], stride=2
    )


def _block(x: Tensor, image: Tensor, w: Weights, name: str, shape: Shape) -> Tensor:
    """Self-attention, attention to the image, gated feed-forward (GEGLU, Shazeer 2020), each with its residual."""
    from torch.nn import functional

    for attention, norm in (("attn1", "norm1"), ("attn2", "norm2")):
        y = _norm(x, w, f"{name}.{norm}", 1e-5)
        source = y if attention == "attn1" else image
        inner = f"{name}.{attention}"
        query = _linear(y, w, f"{inner}.to_q")
        mixed = _attend(query, _linear(source, w, f"{inner}.to_k"), _linear(source, w, f"{inner}.to_v"), shape.heads)
        x = x + _linear(mixed, w, f"{inner}.to_out.0")
    value, gate = _linear(_norm(x, w, f"{name}.norm3", 1e-5), w, f"{name}.ff.net.0.proj").chunk(2, dim=-1)
    return x + _linear(value * functional.gelu(gate), w, f"{name}.ff.net.2")


def _linear(x: Tensor, w: Weights, name: str) -> Tensor:
    """x (N, in) -> (N, out); the bias where there is one."""
    from torch.nn import functional

    return functional.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def _norm(x: Tensor, w: Weights, name: str, epsilon: float) -> Tensor:
    """Layer norm over the last axis."""
    from torch.nn import functional

    return functional.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], eps=epsilon)


def _attend(query: Tensor, key: Tensor, value: Tensor, heads: int) -> Tensor:
    """Scaled dot-product attention: query (N, C), key and value (M, C) -> (N, C)."""
    from torch.nn import functional

    q, k, v = (
        t.unflatten(-1, (heads, -1)).transpose(0, 1)[None] for t in (query, key, value)
    )  # (1, heads, N, C/heads)
    mixed = functional.scaled_dot_product_attention(q, k, v, scale=1 / math.sqrt(q.shape[-1]))
    return mixed[0].transpose(0, 1).flatten(1)
