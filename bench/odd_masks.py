"""A thousand masks that nobody would draw: is every sculpted surface closed, does anything crash, same bytes twice?

    python bench/odd_masks.py --count 1000 --log out/masks.jsonl     # goes on where the log ends

Each mask is one of a dozen kinds (specks, frames, checkers, spirals, hairs, islands, noise, soft ramps, slivers at the
border, everything) with a picture of noise, of one color or of stripes under it, and a kind of shape at random. A
result is closed, faces outward and has a size; anything else must be one of the four errors.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import hashlib
import json
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

import maquette as mq
from maquette.core.errors import MaquetteError
from maquette.core.subject import Subject
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import is_watertight

SHAPES = ("auto", "auto", "auto", "body", "completed", "mirrored", "turned", "box", "slab")
TWICE = 25  # every so many are made twice and compared
RESOLUTION = 48


def draw_mask(
    rng: np.random.Generator, shape: tuple[int, int], draw: Callable[[ImageDraw.ImageDraw], None]
) -> np.ndarray:
    """A mask (H, W) with what ``draw`` puts on it."""
    image = Image.new("L", shape[::-1])
    draw(ImageDraw.Draw(image))
    return np.asarray(image, np.float32) / 255


def specks(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return (rng.random(shape) < rng.choice([1e-4, 1e-3, 0.02, 0.5])).astype(np.float32)


def frame(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    plane = np.ones(shape, np.float32)
    thick = int(rng.integers(1, max(2, min(shape) // 3)))
    plane[thick:-thick, thick:-thick] = 0
    return plane


def checkers(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    rows, columns = np.indices(shape) // int(rng.choice([1, 2, 7, 30]))
    return ((rows + columns) % 2).astype(np.float32)


def spiral(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    turns = np.linspace(0, rng.uniform(4, 40), 600)
    reach = turns / turns[-1] * min(shape) / 2.1
    path = [(shape[1] / 2 + r * np.cos(t), shape[0] / 2 + r * np.sin(t)) for r, t in zip(reach, turns, strict=True)]
    return draw_mask(shape, lambda pen: pen.line(path, fill=255, width=int(rng.integers(1, 9))))


def hairs(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    ends = rng.uniform(0, 1, (int(rng.integers(1, 60)), 4)) * [shape[1], shape[0], shape[1], shape[0]]

    def draw(pen: ImageDraw.ImageDraw) -> None:
        for row in ends:
            pen.line(tuple(row), fill=255, width=int(rng.integers(1, 4)))

    return draw_mask(shape, draw)


def islands(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    middles = rng.uniform(0, 1, (int(rng.integers(2, 40)), 3)) * [shape[1], shape[0], min(shape) / 5]

    def draw(pen: ImageDraw.ImageDraw) -> None:
        for x, y, r in middles:
            pen.ellipse((x - r, y - r, x + r, y + r), fill=255)

    return draw_mask(shape, draw)


def noise(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    plane = gaussian_filter(rng.normal(size=shape), rng.uniform(0.5, min(shape) / 6))
    return (plane > np.quantile(plane, rng.uniform(0.1, 0.98))).astype(np.float32)


def ramp(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return np.broadcast_to(np.linspace(0, rng.uniform(0.4, 1), shape[1], dtype=np.float32), shape).copy()


def sliver(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    plane = np.zeros(shape, np.float32)
    wide = int(rng.integers(1, 6))
    if rng.integers(2):
        plane[:, -wide:] = 1
    else:
        plane[:wide] = 1
    return plane


def polygon(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    corners = [tuple(p) for p in rng.uniform(-0.3, 1.3, (int(rng.integers(3, 30)), 2)) * [shape[1], shape[0]]]
    return draw_mask(shape, lambda pen: pen.polygon(corners, fill=255))


def everything(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return np.full(shape, rng.choice([0.0, 0.49, 0.5, 1.0]), np.float32)


def pixel(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    plane = np.zeros(shape, np.float32)
    plane[int(rng.integers(shape[0])), int(rng.integers(shape[1]))] = 1
    return plane


KINDS = (specks, frame, checkers, spiral, hairs, islands, noise, ramp, sliver, polygon, everything, pixel)


def odd_subject(rng: np.random.Generator) -> tuple[str, Subject]:
    """A mask's kind, and the subject."""
    shape = tuple(int(n) for n in rng.choice([3, 17, 64, 120, 255, 400], 2, p=[0.05, 0.1, 0.2, 0.3, 0.25, 0.1]))
    kind = KINDS[int(rng.integers(len(KINDS)))]
    mask = np.clip(kind(rng, shape), 0, 1).astype(np.float32)
    if rng.random() < 0.2:
        mask = np.clip(gaussian_filter(mask, 2), 0, 1)
    look = rng.integers(3)
    pixels = rng.integers(0, 256, (*shape, 3)) if look == 0 else np.full((*shape, 3), rng.integers(0, 256))
    if look == 2:
        pixels = pixels * (np.arange(shape[1]) % 7 < 3)[None, :, None]
    return kind.__name__, Subject(pixels.astype(np.uint8), mask=mask)


def one(number: int) -> dict[str, Any]:
    """What comes of one mask."""
    rng = np.random.default_rng([41, number])
    kind, subject = odd_subject(rng)
    shape = str(rng.choice(SHAPES))
    row: dict[str, Any] = {"number": number, "kind": kind, "size": list(subject.mask.shape), "shape": shape}
    start = time.process_time()
    try:
        mesh = mq.sculpt(subject, resolution=RESOLUTION, shape=shape).mesh
        row["faces"], row["closed"] = len(mesh.faces), bool(is_watertight(mesh.faces))
        row["volume"] = float(signed_volume(mesh.vertices, mesh.faces))
        row["finite"] = bool(np.isfinite(mesh.vertices).all())
        row["result"] = "solid" if row["closed"] and row["volume"] > 0 and row["finite"] else "BAD"
        if number % TWICE == 0:
            again = mq.sculpt(subject, resolution=RESOLUTION, shape=shape).mesh
            same = [hashlib.sha256(m.vertices.tobytes() + m.faces.tobytes()).digest() for m in (mesh, again)]
            row["same"] = same[0] == same[1]
    except MaquetteError as problem:
        row["result"], row["words"] = type(problem).__name__, str(problem)
    except Exception as problem:  # what this file is for
        row["result"], row["words"] = "CRASH", f"{type(problem).__name__}: {problem}"
    row["seconds"] = round(time.process_time() - start, 2)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--log", type=Path, default=Path("out/masks.jsonl"))
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    given.log.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in given.log.read_text().splitlines()] if given.log.exists() else []
    with given.log.open("a") as log:
        for number in range(len(rows), given.count):
            rows.append(one(number))
            print(json.dumps(rows[-1]), file=log, flush=True)
    seconds = [row["seconds"] for row in rows]
    other = sum(not row.get("same", True) for row in rows)
    print(dict(Counter(row["result"] for row in rows)), f"{sum(seconds):.0f} CPU s, longest {max(seconds):.1f};")
    print(f"made twice {sum('same' in row for row in rows)}, other bytes {other}")
    for row in rows:
        if row["result"] in ("BAD", "CRASH"):
            print(json.dumps(row))


if __name__ == "__main__":
    main()
