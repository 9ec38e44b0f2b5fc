"""Mesh files against numpy-stl, trimesh and meshio, in turns in one process, CPU seconds and wall seconds.

    OMP_NUM_THREADS=1 python bench/mesh_files.py [--rounds 5] [--faces 1000000] [--text-faces 200000]

Writing goes from positions and indices in memory to a file, reading from the file to positions and indices. Ours and
trimesh weld what they read, meshio welds STL, numpy-stl never does. Prints a table in Markdown: medians over the
rounds, and in brackets how many times our CPU time that is.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import meshio
import numpy as np
import stl
import trimesh

from maquette.core.asset import Asset
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.registry import registry

warnings.simplefilter("ignore")


def wavy(faces: int) -> Mesh:
    """A waved sheet of about so many triangles, row by row; every number fits 32 bits."""
    rows = max(int((faces / 4) ** 0.5), 1)
    columns = faces // (2 * rows)
    x, y = np.meshgrid(np.arange(columns + 1) * 0.1, np.arange(rows + 1) * 0.1)
    points = np.stack([x.ravel(), y.ravel(), np.sin(x.ravel()) * np.cos(y.ravel())], axis=1)
    a = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).ravel()
    square = np.stack([a, a + 1, a + columns + 2, a, a + columns + 2, a + columns + 1], axis=1)
    return Mesh(points.astype(np.float32).astype(np.float64), square.reshape(-1, 3))


def ours_write(mesh: Mesh, path: Path, text: bool) -> None:
    settings = {} if path.suffix == ".obj" else {"encoding": "ascii" if text else "binary"}
    files = registry()[f"write-{path.suffix[1:]}"](Asset(mesh), stem=path.stem, **settings)
    path.write_bytes(files.data)


def ours_read(path: Path) -> tuple[int, int]:
    mesh = registry()[f"read-{path.suffix[1:]}"](Files(path.name, {path.name: path.read_bytes()})).mesh
    return len(mesh.faces), len(mesh.vertices)


def numpy_stl_write(mesh: Mesh, path: Path, text: bool) -> None:
    made = stl.mesh.Mesh(np.zeros(len(mesh.faces), stl.mesh.Mesh.dtype))
    made.vectors[:] = mesh.vertices[mesh.faces]
    made.save(os.fspath(path), mode=stl.Mode.ASCII if text else stl.Mode.BINARY)


def numpy_stl_read(path: Path) -> tuple[int, int]:
    made = stl.mesh.Mesh.from_file(os.fspath(path))
    return len(made.vectors), 3 * len(made.vectors)


def trimesh_write(mesh: Mesh, path: Path, text: bool) -> None:
    made = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    kind = "stl_ascii" if text and path.suffix == ".stl" else path.suffix[1:]
    settings = {"encoding": "ascii" if text else "binary"} if path.suffix == ".ply" else {}
    made.export(os.fspath(path), file_type=kind, **settings)


def trimesh_read(path: Path) -> tuple[int, int]:
    made = trimesh.load(os.fspath(path), force="mesh")
    return len(made.faces), len(made.vertices)


def meshio_write(mesh: Mesh, path: Path, text: bool) -> None:
    settings = {} if path.suffix == ".obj" else {"binary": not text}
    meshio.Mesh(mesh.vertices, [("triangle", mesh.faces.astype(np.int32))]).write(path, **settings)


def meshio_read(path: Path) -> tuple[int, int]:
    made = meshio.read(path)
    return sum(len(cells.data) for cells in made.cells), len(made.points)


PEERS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "maquette": (ours_write, ours_read),
    "numpy-stl": (numpy_stl_write, numpy_stl_read),
    "trimesh": (trimesh_write, trimesh_read),
    "meshio": (meshio_write, meshio_read),
}


def time_call(call: Callable[[], Any]) -> tuple[float, float, Any]:
    """CPU seconds, wall seconds, result."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    return time.process_time() - cpu, time.perf_counter() - wall, result


def compare_kind(mesh: Mesh, kind: str, text: bool, rounds: int, folder: Path) -> list[str]:
    """Two rows of the table: writing and reading one kind of file, everybody in turn."""
    times: dict[tuple[str, str], list[tuple[float, float]]] = {}
    found: dict[str, tuple[int, int]] = {}
    for _ in range(rounds):
        for name, (write, read) in PEERS.items():
            if name == "numpy-stl" and kind != ".stl":
                continue
            path = folder / f"{name}{kind}"
            cpu, wall, _ = time_call(lambda write=write, path=path: write(mesh, path, text))
            times.setdefault((name, "write"), []).append((cpu, wall))
            cpu, wall, found[name] = time_call(lambda read=read, path=path: read(path))
            times.setdefault((name, "read"), []).append((cpu, wall))
            path.unlink()
    assert found["maquette"] == (len(mesh.faces), len(mesh.vertices)), found
    label = f"{kind[1:].upper()}{' text' if text else ' binary' if kind != '.obj' else ''}, {len(mesh.faces):,} faces"
    return [f"| {label}, {way} | {' | '.join(cells(times, way))} |" for way in ("write", "read")]


def cells(times: dict[tuple[str, str], list[tuple[float, float]]], way: str) -> list[str]:
    """Median CPU / wall seconds per peer, and the ratio to ours."""
    own = statistics.median(cpu for cpu, _ in times["maquette", way])
    made = []
    for name in PEERS:
        pairs = times.get((name, way))
        if pairs is None:
            made.append("–")
            continue
        cpu, wall = (statistics.median(pair[i] for pair in pairs) for i in (0, 1))
        made.append(f"{cpu:.2f} / {wall:.2f}" + ("" if name == "maquette" else f" ({cpu / own:.1f}×)"))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--faces", type=int, default=1_000_000)
    parser.add_argument("--text-faces", type=int, default=200_000)
    chosen = parser.parse_args()
    registry()  # building it is no part of writing the first file
    large, small = wavy(chosen.faces), wavy(chosen.text_faces)
    versions = ", ".join(f"{p} {__import__('importlib.metadata').metadata.version(p)}" for p in list(PEERS)[1:])
    print(f"numpy {np.__version__}, {versions}; CPU s / wall s, medians of {chosen.rounds} rounds\n")
    print(f"| file | {' | '.join(PEERS)} |\n|---{'|---:' * len(PEERS)}|")
    cases = [
        (large, ".stl", False),
        (small, ".stl", True),
        (small, ".obj", True),
        (small, ".ply", False),
        (small, ".ply", True),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for mesh, kind, text in cases:
            print("\n".join(compare_kind(mesh, kind, text, chosen.rounds, Path(folder))), flush=True)


if __name__ == "__main__":
    main()
