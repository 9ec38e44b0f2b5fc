"""The sculpting network: one picture to depth maps, colours and a volume, all in the camera's own frame.

A U-Net with attention at its bottom. Everything is said as a correction to what needs no learning: the front starts as
the balloon over the mask, the thickness as twice its height, the colours as the photo's, and the volume as what lies
between front and back. So an untrained network is silhouette inflation, and training can only add to it.

Input (B, 6, S, S) from `maquette.generate.guess.input.network_input`. Output, all lengths in half pictures:

====================  ==================  ======================================================================
``front`` ``back``    (B, 1, S, S)        depth of the first and of the last surface along each pixel's ray, from the
                                          mean depth of what is seen on
``doubt``             (B, 2, S, S)        log of the expected absolute error of the two
``normal``            (B, 3, S, S)        of the first surface: right, down, into the picture; unit length
``albedo``            (B, 3, S, S)        sRGB of the front without light
``back_albedo``       (B, 3, S, S)        the same of the last surface
``mask``              (B, 1, S, S)        logit: whether the subject covers the pixel
``volume``            (B, Z, V, V)        logit of soft occupancy, sigmoid(-distance / (2 / Z)), at Z depths from
                                          NEAREST on
``residual``          (B, Z, V, V)        what ``volume`` adds to the space between front and back
``frame``             (B, 4)              up in the camera's frame (3), and field of view / 40 degrees
====================  ==================  ======================================================================
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from maquette.generate.guess.input import CHANNELS, NEAREST

MAPS = {"front": 1, "thickness": 1, "normal": 3, "albedo": 3, "back_albedo": 3, "mask": 1}


@dataclass(frozen=True)
class Size:
    """How large a network is. Every width is a multiple of 8; ``bins`` and ``volume_side`` are those of the volume."""

    side: int
    widths: tuple[int, ...]
    decoder: tuple[int, ...]  # widths on the way up, from the picture's own resolution downward
    bins: int
    volume_side: int
    more: int = 0  # convolutions beyond two a level
    attention: int = 2


SIZES = {
    "small": Size(64, (24, 64, 128, 256), (24, 48, 96), bins=64, volume_side=32, attention=6),
    "full": Size(256, (32, 64, 128, 192, 256), (32, 64, 128, 192), bins=128, volume_side=128, more=1),
}


def block(before: int, width: int, stride: int = 1, more: int = 0) -> nn.Sequential:
    """Convolution, group normalisation and ReLU, twice and ``more`` times; the first may halve the plane."""
    layers: list[nn.Module] = []
    for number in range(2 + more):
        own, step = (before, stride) if number == 0 else (width, 1)
        layers += [nn.Conv2d(own, width, 3, step, 1, bias=False), nn.GroupNorm(8, width), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class Attention(nn.Module):
    """A transformer layer over all places of a small plane, with learned positions, in operators that ONNX has."""

    def __init__(self, width: int, places: int, heads: int = 8) -> None:
        super().__init__()
        self.heads = heads
        self.position = nn.Parameter(torch.randn(1, places, width) * 0.02)
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        for last in (self.out, self.think[2]):  # a new layer changes nothing until it has learned to
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape; H · W must be ``places``."""
        batch, width, rows, columns = x.shape
        tokens = x.flatten(2).transpose(1, 2) + self.position
        q, k, v = self.mix(self.before(tokens)).view(batch, rows * columns, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, dim=-1)
        tokens = tokens + self.out((weights @ v).transpose(1, 2).reshape(batch, rows * columns, width))
        tokens = tokens + self.think(self.between(tokens))
        return tokens.transpose(1, 2).view(batch, width, rows, columns)


class Sculptor(nn.Module):
    """The network of a `Size`."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        widths, decoder = size.widths, size.decoder
        self.encode = nn.ModuleList(
            block(before, width, 1 if level == 0 else 2, size.more)
            for level, (before, width) in enumerate(itertools.pairwise((CHANNELS + 2, *widths)))
        )
        bottom = size.side >> (len(widths) - 1)
        self.attend = nn.Sequential(*(Attention(widths[-1], bottom * bottom) for _ in range(size.attention)))
        below = (*decoder[1:], widths[-1])
        self.decode = nn.ModuleList(
            block(low + skip, own, 1, size.more) for low, skip, own in zip(below, widths, decoder, strict=False)
        )
        self.maps = nn.Conv2d(decoder[0], sum(MAPS.values()), 3, padding=1)
        self.doubt = nn.Conv2d(decoder[0], 2, 3, padding=1)
        self.volume_level = (size.side // size.volume_side).bit_length() - 1
        wide = decoder[self.volume_level]
        self.volume = nn.Sequential(
            nn.Conv2d(wide, 2 * size.bins, 3, padding=1, bias=False),
            nn.GroupNorm(8, 2 * size.bins),
            nn.ReLU(inplace=True),
            nn.Conv2d(2 * size.bins, size.bins, 1),
        )  # fmt: skip
        self.frame = nn.Sequential(nn.Linear(widths[-1], 64), nn.SiLU(), nn.Linear(64, 4))
        for head in (self.maps, self.doubt, self.volume[3]):
            nn.init.normal_(head.weight, std=1e-2)
            nn.init.zeros_(head.bias)
        depths = (torch.arange(size.bins) + 0.5) * (2 / size.bins) + NEAREST
        axis = (torch.arange(size.side) + 0.5) * (2 / size.side) - 1
        places = torch.stack(torch.meshgrid(axis, axis, indexing="ij"))[None]
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("depths", depths.view(1, size.bins, 1, 1), persistent=False)

    def hidden(self) -> list[nn.Parameter]:
        """The weights between input and heads, for an optimiser that treats matrices as such."""
        inner = [*self.encode[0][3:], *self.encode[1:], self.attend, *self.decode, self.volume[0]]
        return [weight for module in inner for weight in module.parameters() if weight.ndim in (2, 4)]

    def forward(self, planes: Tensor) -> dict[str, Tensor]:
        """Input planes to all that is said of them, as in the table above."""
        x = torch.cat([planes, self.places.expand(len(planes), -1, -1, -1)], dim=1)
        kept = []
        for encode in self.encode:
            x = encode(x)
            kept.append(x)
        x = self.attend(x)
        frame = self.frame(x.mean(dim=(2, 3)))
        volume = x
        for level in reversed(range(len(self.decode))):
            x = torch.cat([functional.interpolate(x, scale_factor=2.0, mode="nearest"), kept[level]], dim=1)
            x = self.decode[level](x)
            if level == self.volume_level:
                volume = self.volume(x)
        made = self._maps(planes, self.maps(x))
        made["doubt"] = self.doubt(x.detach()) - 2.0
        made["residual"] = volume
        made["volume"] = self._between(made) + volume
        made["frame"] = frame + frame.new_tensor([0.0, -1.0, 0.0, 1.0])
        return made

    @staticmethod
    def _maps(planes: Tensor, said: Tensor) -> dict[str, Tensor]:
        """Corrections turned into depths, directions and colours."""
        part = dict(zip(MAPS, torch.split(said, list(MAPS.values()), dim=1), strict=True))
        colors, mask, height = planes[:, :3], planes[:, 3:4], planes[:, 5:6]
        ahead = planes.new_tensor([0.0, 0.0, -1.0]).view(1, 3, 1, 1)
        known = (mask.amax(dim=(2, 3), keepdim=True) > 0.75).to(planes.dtype)  # 0.5 everywhere: nobody cut it out
        height = known * height + (1 - known) * 0.2
        mean = (height * mask).sum(dim=(2, 3), keepdim=True) / mask.sum(dim=(2, 3), keepdim=True).clamp(min=1.0)
        front = part["front"] - (height - mean)
        return {
            "front": front,
            "back": front + (2 * height + 0.02) * torch.exp(torch.clamp(part["thickness"], -4, 4)),
            "normal": functional.normalize(part["normal"] + ahead, dim=1),
            "albedo": colors + part["albedo"],
            "back_albedo": colors + part["back_albedo"],
            "mask": part["mask"] + known * 8 * (mask - 0.5),
        }

    def _between(self, made: dict[str, Tensor]) -> Tensor:
        """What the maps say about the volume: inside between front and back, where the mask is."""
        pool = 2**self.volume_level
        front, back, mask = (functional.avg_pool2d(made[name], pool) for name in ("front", "back", "mask"))
        inside = torch.minimum(self.depths - front, back - self.depths) * (self.size.bins / 2)
        return torch.clamp(torch.minimum(inside, mask), -6, 6)
