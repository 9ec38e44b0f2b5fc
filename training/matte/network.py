"""The matte network: a picture and what a person pointed at, to where the subject is, its edge, and its own doubt.

A U-Net with a light encoder; attention over 16 x 16 and 8 x 8 places tells it what stands out from what. Places are
told to it as numbers, so it learns small pictures first and goes on with large ones.

Input (B, 4, S, S): sRGB less 0.5, times 4, and ``hint`` -1..1; S any multiple of 32. Output, all logits (B, 1, S, S):
``mask``; ``edge``, the band where the mask is neither 0 nor 1; ``doubt``, where the mask is likely wrong; and
``trust`` (B, 1), how much of mask and truth will be shared.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

SIDE = 256
WIDTHS = (16, 32, 64, 128, 160)  # at 1/2, 1/4 … 1/32 of the picture
DEPTH = (0, 2, 4, 4, 2)  # convolutions beyond the one that halves the plane
ATTENTION = {3: 2, 4: 2}  # level: layers
OUTPUTS = ("mask", "edge", "doubt")


class Unit(nn.Sequential):
    """Convolution, group normalisation, ReLU."""

    def __init__(self, before: int, width: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.GroupNorm(8, width), nn.ReLU(inplace=True)
        )


class Attention(nn.Module):
    """A transformer layer over all places of a small plane of any size."""

    def __init__(self, width: int, heads: int = 8) -> None:
        super().__init__()
        self.heads = heads
        self.position = nn.Linear(8, width, bias=False)
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        for last in (self.out, self.think[2]):  # a new layer changes nothing until it has learned to
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        batch, width, rows, columns = x.shape
        tokens = x.flatten(2).transpose(1, 2) + self.position(places(x))
        q, k, v = self.mix(self.before(tokens)).view(batch, rows * columns, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, dim=-1)
        tokens = tokens + self.out((weights @ v).transpose(1, 2).reshape(batch, rows * columns, width))
        tokens = tokens + self.think(self.between(tokens))
        return tokens.transpose(1, 2).view(batch, width, rows, columns)


def places(like: Tensor) -> Tensor:
    """Eight numbers that say where each place of a plane (B, C, H, W) is, (H · W, 8); for any size, in ONNX too."""
    ones = torch.ones_like(like[0, 0])
    y = (ones.cumsum(0) - 0.5) * 2 / ones.sum(0, keepdim=True) - 1
    x = (ones.cumsum(1) - 0.5) * 2 / ones.sum(1, keepdim=True) - 1
    parts = (x, y, x * x, y * y, torch.sin(3 * x), torch.cos(3 * x), torch.sin(3 * y), torch.cos(3 * y))
    return torch.stack([part.flatten() for part in parts], dim=-1)


class MatteNet(nn.Module):
    """The network; see the top of the file."""

    def __init__(self) -> None:
        super().__init__()
        levels: list[nn.Module] = []
        before = 4
        for level, (width, depth) in enumerate(zip(WIDTHS, DEPTH, strict=True)):
            parts: list[nn.Module] = [Unit(before, width, 2)] + [Unit(width, width) for _ in range(depth)]
            parts += [Attention(width) for _ in range(ATTENTION.get(level, 0))]
            levels.append(nn.Sequential(*parts))
            before = width
        self.encode = nn.ModuleList(levels)
        self.decode = nn.ModuleList(
            nn.Sequential(Unit(low + own, own), Unit(own, own))
            for own, low in itertools.pairwise(WIDTHS)
        )  # fmt: skip
        self.head = nn.Conv2d(WIDTHS[0], 4 * len(OUTPUTS), 3, padding=1)
        self.early = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in WIDTHS[2:4])  # guide the training only
        self.trust = nn.Sequential(nn.Linear(WIDTHS[-1], 48), nn.ReLU(), nn.Linear(48, 1))
        nn.init.normal_(self.head.weight, std=1e-2)
        nn.init.zeros_(self.head.bias)

    def hidden(self) -> list[nn.Parameter]:
        """The weights between input and heads, for an optimiser that treats matrices as such."""
        inner = [*self.encode[0][1:], *self.encode[1:], *self.decode]
        return [w for module in inner for n, w in module.named_parameters() if w.ndim in (2, 4) and "position" not in n]

    def forward(self, planes: Tensor) -> dict[str, Tensor]:
        """Planes to logits, as in the table above; ``early`` ones at 1/8 and 1/16 too."""
        x, kept = planes, []
        for encode in self.encode:
            x = encode(x)
            kept.append(x)
        trust = self.trust(x.detach().mean(dim=(2, 3)))
        made: dict[str, Tensor] = {"trust": trust}
        for level in reversed(range(len(self.decode))):
            x = torch.cat([functional.interpolate(x, scale_factor=2.0, mode="nearest"), kept[level]], dim=1)
            x = self.decode[level](x)
            if level in (2, 3):
                made[f"early{level}"] = self.early[level - 2](x)
        said = functional.pixel_shuffle(self.head(x), 2)
        made.update(zip(OUTPUTS, torch.split(said, 1, dim=1), strict=True))
        return made
