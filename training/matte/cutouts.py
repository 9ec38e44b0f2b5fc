"""Cut-outs that composites are made from: objects seen by random cameras, with the shadow they throw on their ground.

    python -m training.matte.cutouts DATA CACHE --minutes 30       # may be run again: views are added at the end

A view is kept as eight 8-bit planes, so that light, colours and shadow can still be changed when it is used:
albedo (3), light, gloss, alpha, cast shadow and ambient shadow on the ground. Views lie one behind the other in
``cutouts.bin``; ``cutouts.txt`` has one line each: offset, height, width, the subject's box in it, object number.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maquette.geometry.rays import Tracer
from training.objects import Library
from training.paint import paint_points
from training.thing import Thing
from training.views import Pose, random_pose

Rng = np.random.Generator
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

SIDE, WIDER = 384, 1.4  # pixels of a view, and how much wider than the object's own frame it looks (for the shadow)
ALBEDO, LIGHT, GLOSS, ALPHA, CAST, AMBIENT = slice(0, 3), 3, 4, 5, 6, 7
PROCEDURAL = 1500  # made-up shapes
HELD_OUT = 23  # objects whose number is a multiple are for validation only


def is_held_out(number: int) -> bool:
    """Whether an object is kept from the training."""
    return number % HELD_OUT == 0


def view(thing: Thing, rng: Rng, *, own_color: bool) -> tuple[Bytes, bool]:
    """One view, (SIDE, SIDE, 8), and whether the ground under the object is seen."""
    pose = random_pose(thing, rng, elevation=(-5, 60))
    vertices = pose.placed(thing.vertices)
    tracer = Tracer(vertices, thing.faces)
    eye, ways = _rays(pose, SIDE)
    hits = tracer.first(np.broadcast_to(eye, ways.shape), ways)
    seen = np.flatnonzero(hits.face >= 0)
    unit = ways[seen] / np.linalg.norm(ways[seen], axis=1)[:, None]
    points = eye + unit * hits.distance[seen][:, None]
    normals = _normals(vertices, thing.faces[hits.face[seen]], unit)
    up = pose.rotation @ [0, 0, 1.0]
    way = _key_light(rng, up)
    lit = normals @ way > 0
    lit &= ~tracer.is_blocked(points + normals * (4 * tracer.step), np.broadcast_to(way, points.shape), np.inf)
    matrix, offset = pose.unplaced()
    places = points @ matrix.T + offset
    bare = thing.color(hits.face[seen], hits.u[seen], hits.v[seen]) if own_color else None
    color, _ = paint_points(bare, bare, places, places, rng)
    planes = np.zeros((SIDE * SIDE, 8), np.float32)
    planes[seen, ALBEDO] = color
    planes[seen, LIGHT] = _light(normals, way, lit, up, rng)
    half = way - [0, 0, 1]
    half /= max(float(np.linalg.norm(half)), 1e-6)
    planes[seen, GLOSS] = np.clip(normals @ half, 0, None) ** rng.uniform(8, 90) * lit
    planes[seen, ALPHA] = 1
    planes = planes.reshape(SIDE, SIDE, 8)
    floor = float((vertices[np.unique(thing.faces)] @ up).min())
    has_ground = float(up @ eye) > floor + 0.05
    if has_ground:
        planes[..., CAST], planes[..., AMBIENT] = _shadows(tracer, pose, up, floor, way, rng)
    return np.clip(planes * 255 + 0.5, 0, 255).astype(np.uint8), has_ground


def _rays(pose: Pose, side: int) -> tuple[Floats, Floats]:
    """The eye (3,) and directions through pixels (side², 3), in the camera's frame."""
    grid = ((np.arange(side) + 0.5) * (2 / side) - 1) * WIDER
    u, v = np.meshgrid(grid, grid)
    return np.array([0, 0, -pose.eye]), np.stack([u.ravel(), v.ravel(), np.full(side * side, pose.eye)], axis=1)


def _normals(vertices: Floats, corners: NDArray[np.int64], ways: Floats) -> Floats:
    """Unit normals of faces, turned toward the eye, (N, 3)."""
    a, b, c = vertices[corners].transpose(1, 0, 2)
    normal: Floats = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-12)[:, None]
    normal[np.einsum("nk,nk->n", normal, ways) > 0] *= -1
    return normal


def _key_light(rng: Rng, up: Floats) -> Floats:
    """A direction toward the light, mostly from above and from the eye's side."""
    way: Floats = rng.normal(0, 0.6, 3) + up * rng.uniform(0.3, 1.5) - [0, 0, rng.uniform(0, 0.9)]
    return way / max(float(np.linalg.norm(way)), 1e-6)


def _light(normals: Floats, way: Floats, lit: NDArray[np.bool_], up: Floats, rng: Rng) -> Floats:
    """Light that falls on each point, about 0..1: key, second light, sky; an even studio now and then."""
    fill = rng.normal([0, -0.3, -1], 0.6)
    parts = rng.dirichlet([2.0, 1.0, 1.5]) * rng.uniform(0.8, 1.5)
    even = 0.5 if rng.random() < 0.12 else 0.0
    key = np.clip(normals @ way, 0, None) * lit
    side = np.clip(normals @ (fill / np.linalg.norm(fill)), 0, None)
    sky = 0.5 + 0.5 * normals @ up
    made = 1.4 * parts[0] * key + 1.1 * parts[1] * side + parts[2] * (0.35 + 0.55 * sky)
    rim = 1 + np.clip(normals[:, 2], -1, 0)
    return ((1 - even) * made + 0.6 * even) * (1 - rng.uniform(0, 0.4) * rim**2)


def _shadows(tracer: Tracer, pose: Pose, up: Floats, floor: float, way: Floats, rng: Rng) -> tuple[Floats, Floats]:
    """Share of key light and of sky that the object keeps from its ground, (SIDE, SIDE) each."""
    cast = _kept_off(tracer, pose, up, floor, way + rng.normal(0, rng.choice([0.02, 0.08, 0.2]), (5, 3)), SIDE // 2)
    dome = rng.normal(0, 1, (14, 3))
    dome = dome / np.linalg.norm(dome, axis=1)[:, None] + up
    return cast, _kept_off(tracer, pose, up, floor, dome, SIDE // 4)


def _kept_off(tracer: Tracer, pose: Pose, up: Floats, floor: float, ways: Floats, side: int) -> Floats:
    """Share of ``ways`` (N, 3) that is blocked at each point of the ground, enlarged to (SIDE, SIDE)."""
    import cv2

    eye, rays = _rays(pose, side)
    fall = rays @ up
    far = np.divide(floor - eye @ up, fall, out=np.full(len(fall), -1.0), where=fall < -1e-6)
    on = np.flatnonzero((far > 0) & (far < 6))
    points = eye + rays[on] * far[on][:, None] + up * (8 * tracer.step)
    made = np.zeros(side * side, np.float32)
    for way in ways:
        if way @ up > 0.02:
            made[on] += tracer.is_blocked(points, np.broadcast_to(way, points.shape), np.inf)
    made = (made / len(ways)).reshape(side, side)
    return np.asarray(cv2.GaussianBlur(cv2.resize(made, (SIDE, SIDE)), (0, 0), 0.6 * SIDE / side), np.float64)


@dataclass(frozen=True)
class Cutout:
    """Where a view lies: offset in the file, height and width, the subject's box (top, bottom, left, right), whose."""

    offset: int
    height: int
    width: int
    box: tuple[int, int, int, int]
    number: int
    has_ground: bool


class Store:
    """The views made so far."""

    def __init__(self, cache: Path) -> None:
        self.path = cache
        self.rows: list[Cutout] = []
        self.refresh()

    def refresh(self) -> None:
        """Read the list again: more may have been made meanwhile."""
        lines = (self.path / "cutouts.txt").read_text().splitlines()
        numbers = [[int(word) for word in line.split()] for line in lines]
        self.rows = [
            Cutout(n[0], n[1], n[2], (n[3], n[4], n[5], n[6]), n[7], bool(n[8])) for n in numbers if len(n) == 9
        ]
        self.bytes = np.memmap(self.path / "cutouts.bin", np.uint8, "r")

    def planes(self, row: Cutout) -> Bytes:
        """(height, width, 8)."""
        size = row.height * row.width * 8
        return self.bytes[row.offset : row.offset + size].reshape(row.height, row.width, 8)


def add(cache: Path, planes: Bytes, number: int, has_ground: bool) -> None:
    """Trim a view to what is in it and put it at the end of the store."""
    full = planes[..., [ALPHA, CAST, AMBIENT]].max(axis=2) > 12
    rows, columns = np.flatnonzero(full.any(axis=1)), np.flatnonzero(full.any(axis=0))
    part = planes[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    alpha = part[..., ALPHA] > 127
    down, across = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    with (cache / "cutouts.bin").open("ab") as file:
        offset = file.tell()
        file.write(np.ascontiguousarray(part).tobytes())
    box = (down[0], down[-1] + 1, across[0], across[-1] + 1)
    row = [offset, *part.shape[:2], *box, number, int(has_ground)]
    with (cache / "cutouts.txt").open("a") as file:
        file.write(" ".join(str(int(value)) for value in row) + "\n")


def main() -> None:
    """Make views until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--minutes", type=float, default=30)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    library = Library(options.data, PROCEDURAL, share=0.25)
    start, count = time.monotonic(), 0
    rng = np.random.default_rng(int(time.time()))
    while time.monotonic() - start < 60 * options.minutes:
        number = int(rng.choice(len(library), p=library.weights))
        planes, has_ground = view(library[number], rng, own_color=library.has_color(number))
        share = float((planes[..., ALPHA] > 127).mean())
        if share < 0.004:
            continue
        add(options.cache, planes, number, has_ground)
        count += 1
        if count % 50 == 0:
            print(f"{count} views, {(time.monotonic() - start) / count:.2f} s each", flush=True)


if __name__ == "__main__":
    main()
