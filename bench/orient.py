"""Processor seconds of orient with 200 directions, and of the wall thickness of 100,000 samples.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python bench/orient.py [--faces 10000 100000 1000000] [--repeat 3]

The model is a bumpy torus on its side, so that orient has something to turn. Medians of processor time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from maquette.checks.wall_thickness import wall_thickness
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.shape.orient import orient


def bumpy(face_count: int) -> Mesh:
    """A closed torus with bumps, standing, of about this many faces."""
    across = max(int(np.sqrt(face_count / 5)), 8)
    around = 5 * across // 2
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(around), np.arange(across), indexing="ij"))
    a, b = i * 2 * np.pi / around, j * 2 * np.pi / across
    minor = 20 + np.sin(7 * a) * np.cos(3 * b) + 0.2 * np.sin(60 * a) * np.sin(20 * b)
    ring = 50 + minor * np.cos(b)
    vertices = np.stack([ring * np.cos(a), minor * np.sin(b), -ring * np.sin(a)], axis=1)
    right, up = (i + 1) % around, (j + 1) % across
    p, q, r, s = i * across + j, right * across + j, right * across + up, i * across + up
    return Mesh(vertices, np.concatenate([np.stack([p, q, r], 1), np.stack([p, r, s], 1)]))


def seconds(work: Callable[[], object], repeat: int) -> float:
    taken = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--faces", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    orient(Asset(bumpy(1000)))
    for count in options.faces:
        asset = Asset(bumpy(count))
        turning = seconds(lambda asset=asset: orient(asset, directions=200), options.repeat)
        walls = seconds(lambda asset=asset: tuple(wall_thickness(asset, samples=100_000)), options.repeat)
        print(f"{len(asset.mesh.faces):>9,} faces  orient {turning:6.2f} s  wall-thickness {walls:6.2f} s")


if __name__ == "__main__":
    main()
