"""Train and resume the matte network on a CPU.

    python -m training.matte.grounds DATA CACHE                  # once
    python -m training.matte.cutouts DATA CACHE --minutes 20     # once; more may be made while it trains
    python -m training.matte.train DATA CACHE KEPT --minutes 100

Run it again with the same KEPT and it goes on where it stopped. The learning rate follows the minutes trained. Pictures
are 128 px for most of the plan and 192 px at its end, so that many are seen.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from training.matte.composites import Example, Maker
from training.matte.cutouts import Store
from training.matte.grounds import Grounds
from training.matte.network import MatteNet
from training.muon import Muon

PLAN = ((0.84, 128, 16), (1.0, 192, 16))  # until which share of the plan, pixels, pictures a step
WAITING, MORE = 600, 2  # examples that wait for another turn, and how many of them come with each new one
WARM_UP = 0.02
HEADS = 0.3  # learning rate of heads, stem and biases beside that of the hidden layers
FLAT_SOURCES = {"fluent_emoji_3d": 3, "noto_emoji": 2}  # every n-th is kept for the benchmark


def planes_of(pixels: np.ndarray, hint: np.ndarray) -> np.ndarray:
    """(S, S, 3) uint8 and (S, S) to the network's input (4, S, S)."""
    color = (pixels.astype(np.float32) / 255 - 0.5) * 4
    return np.concatenate([color, hint[..., None]], axis=2).transpose(2, 0, 1)


def drawn_cutouts(data: Path) -> list[np.ndarray]:
    """The drawn cut-outs that the benchmark does not use, at 400 px, (h, w, 4) uint8."""
    made = []
    for source, step in FLAT_SOURCES.items():
        for number, path in enumerate(sorted((data / "images" / source).glob("*.png"))):
            image = Image.open(path)
            if number % step and image.mode == "RGBA":
                image = image.crop(image.getchannel("A").getbbox())
                image.thumbnail((400, 400))
                made.append(np.asarray(image))
    return made


class Stream:
    """Examples without end, each once more in a mirror and another light."""

    def __init__(self, data: Path, cache: Path, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.maker = Maker(
            Store(cache), Grounds(cache, held_out=False), PLAN[0][1], held_out=False, flat=drawn_cutouts(data)
        )  # fmt: skip
        self.earlier: list[Example] = []
        self.drawn = 0

    def batch(self, side: int, count: int) -> tuple[Tensor, Tensor]:
        """Input (B, 4, S, S) and truth (B, 1, S, S)."""
        if side != self.maker.side:
            self.maker.side, self.earlier = side, []
        if self.drawn % 100 == 0:
            self.maker.refresh()
        self.drawn += 1
        some: list[Example] = []
        while len(some) < count:
            example = self.maker.example(self.rng)
            some.append(example)
            if len(self.earlier) < WAITING:
                self.earlier.append(example)
                continue
            places = self.rng.integers(WAITING, size=MORE)
            some += [self._again(self.earlier[place]) for place in places]
            self.earlier[places[0]] = example
        some = some[:count]
        planes = np.stack([planes_of(e.pixels, e.hint) for e in some])
        truth = np.stack([e.alpha for e in some])[:, None]
        return torch.from_numpy(np.ascontiguousarray(planes, np.float32)), torch.from_numpy(truth.astype(np.float32))

    def _again(self, example: Example) -> Example:
        """A mirror image or not, moved, larger or smaller, under another light, perhaps with its colours exchanged."""
        side = len(example.alpha)
        zoom, shift = np.exp(self.rng.normal(0, 0.12)), self.rng.normal(0, 0.06, 2) * side
        flip = float(self.rng.choice([-1.0, 1.0]))
        across = side / 2 * (1 - zoom * flip) + shift[0]
        matrix = np.array([[zoom * flip, 0, across], [0, zoom, side / 2 * (1 - zoom) + shift[1]]])
        gain, more = np.exp(self.rng.normal(0, 0.15)), max(self.rng.normal(0, 12), -20.0)
        pixels = example.pixels[..., self.rng.permutation(3)] if self.rng.random() < 0.4 else example.pixels
        pixels = cv2.convertScaleAbs(np.ascontiguousarray(pixels), alpha=gain, beta=more)
        pixels = cv2.warpAffine(pixels, matrix, (side, side), borderMode=cv2.BORDER_REFLECT_101)
        alpha = cv2.warpAffine(example.alpha, matrix, (side, side), borderMode=cv2.BORDER_REFLECT_101)
        return Example(pixels, alpha, cv2.warpAffine(example.hint, matrix, (side, side), flags=cv2.INTER_NEAREST))


def losses(said: dict[str, Tensor], truth: Tensor) -> dict[str, Tensor]:
    """What the network is scored on: each pixel, the overlap of the whole, the soft edge, and its own doubt."""
    mask = said["mask"].float()
    chance = torch.sigmoid(mask)
    both = (chance * truth).sum(dim=(1, 2, 3))
    either = (chance + truth - chance * truth).sum(dim=(1, 2, 3))
    overlap = (both + 1) / (either + 1)
    high = functional.max_pool2d(truth, 3, 1, 1)
    low = -functional.max_pool2d(-truth, 3, 1, 1)
    edge = ((high - low) > 0.15).float()
    bce = functional.binary_cross_entropy_with_logits
    with torch.no_grad():
        wrong = (chance - truth).abs()
        hard = ((chance > 0.5) & (truth > 0.5)).sum(dim=(1, 2, 3)) / (
            ((chance > 0.5) | (truth > 0.5)).sum(dim=(1, 2, 3)).clamp(min=1)
        )
    parts = {
        "pixel": bce(mask, truth, weight=1 + 2 * edge),
        "overlap": 1 - overlap.mean(),
        "edge": 0.3 * bce(said["edge"].float(), edge),
        "doubt": 0.2 * bce(said["doubt"].float(), wrong),
        "trust": 0.1 * bce(said["trust"].float()[:, 0], hard),
    }
    for name, share in (("early2", 0.2), ("early3", 0.2)):
        coarse = functional.adaptive_avg_pool2d(truth, said[name].shape[-1])
        parts[name] = share * bce(said[name].float(), coarse)
    return parts


class Trainer:
    """The network, its optimisers, its moving average, and where they are kept."""

    def __init__(self, options: argparse.Namespace) -> None:
        torch.manual_seed(0)
        self.options = options
        self.net = MatteNet().to(memory_format=torch.channels_last)
        self.average = {name: value.detach().clone() for name, value in self.net.state_dict().items()}
        self.said = torch.compile(self.net, dynamic=False) if options.compiled else self.net
        hidden = self.net.hidden()
        inner = {id(weight) for weight in hidden}
        rest = [weight for weight in self.net.parameters() if id(weight) not in inner]
        self.optimisers: tuple[torch.optim.Optimizer, ...] = (
            Muon(hidden, lr=options.rate, bf16=True),
            torch.optim.AdamW(rest, lr=HEADS * options.rate, betas=(0.9, 0.98), weight_decay=0.0),
        )
        self.steps = self.samples = 0
        self.minutes = 0.0
        self.path = options.kept / "matte.pt"
        if self.path.exists():
            state = torch.load(self.path, weights_only=True)
            self.net.load_state_dict(state["net"])
            self.average = state["average"]
            for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
                optimiser.load_state_dict(kept)
            self.steps, self.samples, self.minutes = state["steps"], state["samples"], state["minutes"]

    def run(self) -> None:
        """Train until the plan is used up; keep a checkpoint every three minutes."""
        stream = Stream(self.options.data, self.options.cache, self.steps)
        start = kept = time.monotonic()
        before, seen = self.minutes, {}
        while (share := self.minutes / self.options.minutes) < 1:
            side, count = next((side, count) for until, side, count in PLAN if share < until)
            for optimiser, rate in zip(self.optimisers, (1.0, HEADS), strict=True):
                for group in optimiser.param_groups:
                    group["lr"] = self.options.rate * rate * rate_at(share)
            planes, truth = stream.batch(side, count)
            for name, value in self._step(planes, truth).items():
                seen[name] = 0.95 * seen.get(name, value) + 0.05 * value
            self.minutes = before + (time.monotonic() - start) / 60
            if self.steps % 25 == 0:
                parts = " ".join(f"{name} {value:.3f}" for name, value in seen.items())
                print(
                    f"{self.minutes:.1f} min {side} px {self.samples} samples {self.steps} steps | {parts}", flush=True
                )
            if time.monotonic() - kept > 180:
                self.keep()
                kept = time.monotonic()
        self.keep()

    def _step(self, planes: Tensor, truth: Tensor) -> dict[str, float]:
        with torch.autocast("cpu", torch.bfloat16):
            said = self.said(planes.contiguous(memory_format=torch.channels_last))
        parts = losses(said, truth)
        self.net.zero_grad(set_to_none=True)
        torch.stack(list(parts.values())).sum().backward()
        norm = nn.utils.clip_grad_norm_(self.net.parameters(), 10.0)
        if torch.isfinite(norm):
            for optimiser in self.optimisers:
                optimiser.step()
        self.steps += 1
        self.samples += len(planes)
        keep = min(0.995, (1 + self.steps) / (20 + self.steps))
        with torch.no_grad():
            now = self.net.state_dict()
            torch._foreach_lerp_(list(self.average.values()), [now[name] for name in self.average], 1 - keep)
        return {name: float(value.detach()) for name, value in parts.items()}

    def keep(self) -> None:
        """Write the checkpoint, moved into place whole."""
        state = {
            "net": self.net.state_dict(), "average": self.average,
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "steps": self.steps, "samples": self.samples, "minutes": self.minutes,
        }  # fmt: skip
        fresh = self.path.with_suffix(".new")
        torch.save(state, fresh)
        os.replace(fresh, self.path)


def rate_at(share: float) -> float:
    """Learning rate over the plan, as a share of the highest: up, level, and down along a cosine."""
    if share < WARM_UP:
        return share / WARM_UP + 0.02
    return float(0.02 + 0.98 * (0.5 + 0.5 * np.cos(np.pi * max(0.0, (share - 0.3) / 0.7))))


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("kept", type=Path)
    parser.add_argument("--minutes", type=float, default=100)
    parser.add_argument("--rate", type=float, default=0.006)
    parser.add_argument("--compiled", action="store_true", help="needs a C++ compiler")
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    Trainer(options).run()


if __name__ == "__main__":
    main()
