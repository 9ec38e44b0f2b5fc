"""The store at a million faces: put, get and a look at every number, against numpy's own file and pickle.

Run: python bench/store.py [faces]. Medians of five; wall seconds, and megabytes of value per second.
"""

from __future__ import annotations

import pickle
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from maquette.core.mesh import Mesh
from maquette.core.values import digest_of
from maquette.store import Store

KEY = "ab" * 16


def sheet(faces: int) -> Mesh:
    """A wavy sheet of about so many faces, with uv and seen."""
    side = int((faces / 2) ** 0.5)
    x, y = np.meshgrid(np.linspace(0, 100, side + 1), np.linspace(0, 100, side + 1))
    vertices = np.stack([x.ravel(), y.ravel(), np.sin(x.ravel() / 7) * np.cos(y.ravel() / 5)], axis=1)
    i, j = np.meshgrid(np.arange(side), np.arange(side))
    a = (j * (side + 1) + i).ravel()
    right, up, both = a + 1, a + side + 1, a + side + 2
    quads = np.concatenate([np.stack([a, right, both], 1), np.stack([a, both, up], 1)])
    uv = (vertices[:, :2] / 100).astype(np.float32)[quads]
    return Mesh(vertices, quads, uv=uv, seen=np.ones(len(vertices), np.float32))


def median_seconds(work: Callable[[], object]) -> float:
    """The middle of five."""
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def looked_at(mesh: Mesh) -> float:
    """Every number once, so that mapped pages are really read."""
    return float(mesh.vertices.sum() + mesh.faces.sum())


def main() -> None:
    mesh = sheet(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    fields = {"vertices": mesh.vertices, "faces": mesh.faces, "uv": mesh.uv, "seen": mesh.seen}
    megabytes = sum(array.nbytes for array in fields.values()) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        store, archive, pickled = Store(folder), Path(folder) / "mesh.npz", Path(folder) / "mesh.pickle"
        rows = {
            "store put": lambda: store.put(KEY, mesh),
            "store get": lambda: store.get(KEY),
            "store get and look": lambda: looked_at(store.get(KEY)),
            "digest": lambda: digest_of(mesh.replace()),
            "numpy savez": lambda: np.savez(archive, **fields),
            "numpy load into a Mesh": lambda: Mesh(**np.load(archive)),
            "pickle dump": lambda: pickled.write_bytes(pickle.dumps(fields, protocol=5)),
            "pickle load into a Mesh": lambda: Mesh(**pickle.loads(pickled.read_bytes())),
        }
        print(f"{len(mesh.faces)} faces, {megabytes:.0f} MB")
        for name, work in rows.items():
            seconds = median_seconds(work)
            print(f"{name:<26}{seconds:8.3f} s {megabytes / seconds:8.0f} MB/s")


if __name__ == "__main__":
    main()
