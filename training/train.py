"""Train, evaluate and resume the sculpting network, on a GPU when there is one, else on the CPU.

    python -m training.solids DATA CACHE                 # once: what is inside each object (18 CPU minutes)
    python -m training.train DATA CACHE --minutes 90     # small network, two one-thread processes on a CPU
    python -m training.train DATA CACHE --minutes 150 --start OTHER_CACHE     # a new plan that begins with old weights
    python -m training.train DATA CACHE --size full --minutes 28 --stop 9.5   # on a GPU, until 28 minutes are used
    python -m training.export CACHE src/maquette/generate/guess/data/sculpt.onnx

Run it again with the same CACHE and it goes on where it stopped. The learning rate follows the minutes trained, so the
plan is `--minutes` whatever the machine; `--stop` only ends this run.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.losses import losses, volume_targets
from training.model import SIZES, Sculptor
from training.muon import Muon
from training.objects import Library
from training.solids import HALF, REACH
from training.views import example

_PIECE = 15 << 20  # bytes: checkpoints are cut so that each file can be carried anywhere
_MIRRORED = 1000  # examples that wait for their turn in the mirror; half a megabyte each
_WARM_UP = 0.02  # of the plan
_HEADS = 0.3  # learning rate of heads, stem and biases beside that of the hidden layers


@dataclass
class Plan:
    """What was asked for on the command line."""

    data: Path
    cache: Path
    size: str
    minutes: float
    stop: float
    batch: int
    rate: float
    procedural: int
    workers: int
    processes: int
    cells: int
    start: Path | None
    bf16: bool
    compiled: bool


class Examples(IterableDataset[dict[str, Any]]):
    """Random views of random objects without end, each once more in a mirror; every worker draws others."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.plan, self.seed = plan, seed

    def __iter__(self) -> Iterator[dict[str, Any]]:
        worker = get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        library = Library(self.plan.data, self.plan.procedural)
        grids = np.load(self.plan.cache / f"solids_{self.plan.cells}.npy", mmap_mode="r")
        side = SIZES[self.plan.size].side
        earlier: list[dict[str, Any]] = []
        for drawn in itertools.count():
            if drawn % 1000 == 0:  # more may have been finished meanwhile
                weights = _finish_weights(grids, library.weights)
            number = int(rng.choice(len(library), p=weights))
            planes, pose = example(library[number], rng, side, own_color=library.has_color(number))
            if not planes["mask"].any():
                continue
            matrix, offset = pose.unplaced()
            made = {
                **planes,
                "object": number,
                "matrix": (matrix / HALF).astype(np.float32),
                "offset": (offset / HALF).astype(np.float32),
                "eye": np.float32(pose.eye),
                "unit": np.float32(REACH / 127 * 2 * HALF / self.plan.cells * pose.scale),
            }
            yield made
            if len(earlier) < _MIRRORED:
                earlier.append(made)
            else:  # a view costs as much as a training step: it is used a second time, long after, left for right
                other = int(rng.integers(_MIRRORED))
                yield mirror_example(earlier[other])
                earlier[other] = made


def mirror_example(made: dict[str, Any]) -> dict[str, Any]:
    """The same example with left and right exchanged: planes, normals, up and the way back to the object's grid."""
    flipped = {name: np.ascontiguousarray(plane[..., ::-1]) for name, plane in made.items() if np.ndim(plane) == 3}
    flipped["normal"][0] *= -1
    return {
        **made,
        **flipped,
        "frame": made["frame"] * np.float32([-1, 1, 1, 1]),
        "matrix": made["matrix"] * np.float32([-1, 1, 1]),
    }


def _finish_weights(grids: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights with 0 for objects whose grid is not made yet."""
    made = weights * (grids[:, 0, 0, 0] == 127)
    if made.sum() == 0:
        raise SystemExit("no grids yet: run python -m training.solids first")
    return made / made.sum()


class Trainer:
    """A network, its optimiser, its moving average and where they are kept."""

    def __init__(self, plan: Plan, rank: int) -> None:
        self.plan, self.rank = plan, rank
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(0)
        self.net = Sculptor(SIZES[plan.size]).to(self.device, memory_format=torch.channels_last)
        self.average = {name: value.detach().clone() for name, value in self.net.state_dict().items()}
        self.said: Any = torch.compile(self.net) if plan.compiled else self.net
        hidden = self.net.hidden()
        inner = {id(weight) for weight in hidden}
        rest = [weight for weight in self.net.parameters() if id(weight) not in inner]
        self.optimisers: tuple[torch.optim.Optimizer, ...] = (
            Muon(hidden, lr=plan.rate, bf16=plan.bf16),
            torch.optim.AdamW(rest, lr=_HEADS * plan.rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
        )
        self.steps = self.samples = 0
        self.minutes = 0.0
        self._resume()
        grids = np.load(plan.cache / f"solids_{plan.cells}.npy", mmap_mode="r")
        self.grids: Any = torch.from_numpy(np.array(grids)).to(self.device) if self.device.type == "cuda" else grids

    def run(self) -> None:
        """Train until the plan, or this run's time, is used up; keep a checkpoint every three minutes."""
        torch.set_float32_matmul_precision("high")
        loader = self._loader()
        start = kept = time.monotonic()
        before, seen = self.minutes, {}
        for batch in loader:
            self.minutes = before + (time.monotonic() - start) / 60
            share = self.minutes / self.plan.minutes
            if self._is_done(share, time.monotonic() - start):
                break
            for optimiser, rate in zip(self.optimisers, (self.plan.rate, _HEADS * self.plan.rate), strict=True):
                for group in optimiser.param_groups:
                    group["lr"] = rate * _rate(share)
            parts = self._step({name: torch.as_tensor(value).to(self.device) for name, value in batch.items()})
            for name, value in parts.items():
                seen[name] = 0.98 * seen.get(name, value) + 0.02 * value
            if self.steps % 50 == 0:
                self._tell(seen, time.monotonic() - start)
            if time.monotonic() - kept > 180:
                self.keep()
                kept = time.monotonic()
        self.keep()

    def _is_done(self, share: float, seconds: float) -> bool:
        """All processes stop at the same step."""
        flag = torch.tensor(float(share >= 1 or seconds > 60 * self.plan.stop))
        if self.plan.processes > 1:
            distributed.all_reduce(flag)
        return bool(flag > 0)

    def _loader(self) -> Any:
        seed = self.steps * 64 + self.rank
        examples = Examples(self.plan, seed)
        if self.plan.workers == 0:
            return DataLoader(examples, batch_size=self.plan.batch)
        return DataLoader(
            examples, batch_size=self.plan.batch, num_workers=self.plan.workers, pin_memory=True, prefetch_factor=4
        )

    def _step(self, batch: dict[str, Tensor]) -> dict[str, float]:
        size = self.net.size
        half = torch.autocast(self.device.type, torch.bfloat16, enabled=self.plan.bf16)
        distance = self._distance(batch)
        with half:
            said = self.said(batch["input"].contiguous(memory_format=torch.channels_last))
        parts = losses({name: value.float() for name, value in said.items()}, batch, distance)
        self.net.zero_grad(set_to_none=True)
        total = torch.stack(list(parts.values())).sum()
        total.backward()
        self._share_gradients()
        norm = nn.utils.clip_grad_norm_(self.net.parameters(), 10.0)
        if torch.isfinite(norm):
            for optimiser in self.optimisers:
                optimiser.step()
        self.steps += 1
        self.samples += self.plan.processes * len(distance)
        keep = min(0.998, (1 + self.steps) / (20 + self.steps))
        with torch.no_grad():
            now = self.net.state_dict()
            values = [now[name] for name in self.average]
            torch._foreach_lerp_(list(self.average.values()), values, 1 - keep)
        assert distance.shape[1] == size.bins
        return {name: float(value.detach()) for name, value in parts.items()} if self.steps % 5 == 0 else {}

    def _distance(self, batch: dict[str, Tensor]) -> Tensor:
        """Signed distances of the batch at the volume's places, in half pictures."""
        size, numbers = self.net.size, batch["object"]
        if self.device.type == "cuda":
            grids = self.grids[numbers].to(torch.float16)
        else:
            grids = torch.from_numpy(np.stack([self.grids[int(number)] for number in numbers])).float()
        found = volume_targets(grids, batch["matrix"], batch["offset"], batch["eye"], size.bins, size.volume_side)
        return found.float() * batch["unit"].view(-1, 1, 1, 1)

    def _share_gradients(self) -> None:
        """The mean of all processes' gradients."""
        if self.plan.processes == 1:
            return
        gradients = [p.grad for p in self.net.parameters() if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        distributed.all_reduce(flat)
        flat /= self.plan.processes
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def _tell(self, seen: dict[str, float], seconds: float) -> None:
        if self.rank == 0:
            parts = " ".join(f"{name} {value:.3f}" for name, value in seen.items())
            print(f"{self.minutes:.1f} min {self.samples} samples {self.steps} steps | {parts}", flush=True)

    def keep(self) -> None:
        """Write the checkpoint in pieces of at most 15 MiB, to new names first."""
        if self.rank:
            return
        state = {
            "size": self.plan.size, "net": self.net.state_dict(), "average": self.average,
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "steps": self.steps, "samples": self.samples,
            "minutes": self.minutes, "plan": json.dumps(vars(self.plan), default=str),
        }  # fmt: skip
        if self.plan.size == "full":  # what a small store takes: halves, and the optimiser warms up again
            state["optimisers"] = None
            state["net"], state["average"] = _halves(state["net"]), _halves(state["average"])
        write_pieces(self.plan.cache, state)

    def _resume(self) -> None:
        state = read_pieces(self.plan.cache)
        if state is None and self.plan.start:
            self._begin_with(read_pieces(self.plan.start))
        if state is None or state["size"] != self.plan.size:
            return
        self.net.load_state_dict(state["net"])
        self.average = {n: v.to(self.device, self.average[n].dtype) for n, v in state["average"].items()}
        for optimiser, kept in zip(self.optimisers, state["optimisers"] or (), strict=False):
            optimiser.load_state_dict(kept)
        self.steps, self.samples, self.minutes = state["steps"], state["samples"], state["minutes"]

    def _begin_with(self, state: dict[str, Any] | None) -> None:
        """Weights and number of samples of another plan; layers that it had not stay as they are made."""
        if state is None:
            raise SystemExit(f"no checkpoint in {self.plan.start}")
        self.net.load_state_dict(state["average"], strict=False)
        self.average = {name: value.detach().clone() for name, value in self.net.state_dict().items()}
        self.samples = state["samples"]


def _halves(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.half() for name, value in state.items()}


def _rate(share: float) -> float:
    """Share of the highest learning rate: a short rise, then half a cosine down to 2 %."""
    if share < _WARM_UP:
        return max(share / _WARM_UP, 0.02)
    return float(0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * min(1.0, (share - _WARM_UP) / (1 - _WARM_UP)))))


def write_pieces(folder: Path, state: dict[str, Any]) -> None:
    """`sculpt.0.part`, `sculpt.1.part`, … in place of those of before."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    data = buffer.getvalue()
    count = -(-len(data) // _PIECE)
    for number in range(count):
        (folder / f"sculpt.{number}.new").write_bytes(data[number * _PIECE : (number + 1) * _PIECE])
    for old in folder.glob("sculpt.*.part"):
        old.unlink()
    for number in range(count):
        os.replace(folder / f"sculpt.{number}.new", folder / f"sculpt.{number}.part")


def read_pieces(folder: Path) -> dict[str, Any] | None:
    """The checkpoint in this folder, None where there is none."""
    pieces = sorted(folder.glob("sculpt.*.part"), key=lambda path: int(path.suffixes[-2][1:]))
    if not pieces:
        return None
    data = io.BytesIO(b"".join(piece.read_bytes() for piece in pieces))
    with torch.serialization.safe_globals([np._core.multiarray.scalar, np.dtype, np.dtypes.Float64DType]):
        state: dict[str, Any] = torch.load(data, map_location="cpu")
    return state


def _process(rank: int, plan: Plan) -> None:
    if plan.processes > 1:
        torch.set_num_threads(1)
        distributed.init_process_group("gloo", rank=rank, world_size=plan.processes)
    Trainer(plan, rank).run()


def _has_bf16() -> bool:
    """Whether this CPU multiplies matrices of bfloat16 itself: then a step takes half the time."""
    flags = Path("/proc/cpuinfo")
    return flags.exists() and any(flag in flags.read_text() for flag in ("amx_bf16", "avx512_bf16"))


def _free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Read the command line and train."""
    cuda = torch.cuda.is_available()
    cores = os.cpu_count() or 1
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with meshes/")
    parser.add_argument("cache", type=Path, help="where grids and checkpoints are")
    parser.add_argument("--size", choices=SIZES, default="full" if cuda else "small")
    parser.add_argument("--minutes", type=float, default=90, help="the whole plan; the learning rate ends there")
    parser.add_argument("--stop", type=float, default=1e9, help="minutes after which this run ends, plan or not")
    parser.add_argument("--batch", type=int, default=64 if cuda else 8, help="examples a step and process")
    parser.add_argument("--rate", type=float, default=8e-3, help="highest learning rate of the hidden layers")
    parser.add_argument("--procedural", type=int, default=1500, help="as given to training.solids")
    parser.add_argument("--cells", type=int, default=80, help="as given to training.solids")
    parser.add_argument("--workers", type=int, default=cores if cuda else 0, help="processes that make examples")
    parser.add_argument("--processes", type=int, default=1 if cuda else min(2, cores), help="one-thread trainers")
    parser.add_argument("--start", type=Path, help="a cache whose checkpoint gives the first weights of a new plan")
    fast = argparse.BooleanOptionalAction
    parser.add_argument("--bf16", action=fast, default=cuda or _has_bf16(), help="multiply in 16 bits")
    parser.add_argument("--compiled", action=fast, default=bool(shutil.which("g++")), help="needs a C++ compiler")
    plan = Plan(**vars(parser.parse_args()))
    if plan.processes == 1:
        _process(0, plan)
        return
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", str(_free_port()))
    torch.multiprocessing.spawn(_process, args=(plan,), nprocs=plan.processes)


if __name__ == "__main__":
    main()
