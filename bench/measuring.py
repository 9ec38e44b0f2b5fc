"""What several benchmarks share: a bumpy torus of as many faces as wanted, and the clock."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from maquette.core.mesh import Mesh


def torus(face_count: int) -> Mesh:
    """A closed, bumpy torus of about this many faces, 140 mm wide and lying, without anything on it."""
    around, across = _cells(face_count)
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(around), np.arange(across), indexing="ij"))
    a, b = i * 2 * np.pi / around, j * 2 * np.pi / across
    minor = 20 + np.sin(7 * a) * np.cos(3 * b) + 0.2 * np.sin(60 * a) * np.sin(20 * b)
    ring = 50 + minor * np.cos(b)
    right, up = (i + 1) % around, (j + 1) % across
    p, q, r, s = i * across + j, right * across + j, right * across + up, i * across + up
    faces = np.concatenate([np.stack([p, q, r], 1), np.stack([p, r, s], 1)])
    return Mesh(np.stack([ring * np.cos(a), ring * np.sin(a), minor * np.sin(b)], axis=1), faces)


def painted_torus(face_count: int) -> Mesh:
    """The same with uv in two charts and colour."""
    mesh, (around, across) = torus(face_count), _cells(face_count)
    i, j = np.divmod(np.arange(len(mesh.vertices)), across)
    grid = np.stack([i, j], axis=1)[mesh.faces]
    beyond = (grid == 0) & (grid.max(axis=1, keepdims=True) == [around - 1, across - 1])
    color = np.stack([i * 255 // around, j * 255 // across, i * 0 + 99], 1).astype(np.uint8)
    return mesh.replace(uv=np.where(beyond, [around, across], grid) / [around, across], color=color)


def _cells(face_count: int) -> tuple[int, int]:
    """Quads around the torus and around its tube."""
    across = max(int(np.sqrt(face_count / 5)), 8)
    return 5 * across // 2, across


def seconds(work: Callable[[], object], repeat: int = 1) -> float:
    """Processor seconds, the median of so many rounds."""
    taken = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)
