"""What a job costs, cold, warm and changed: a 1024 px photo through the command line, and `check` of three sizes.

python bench/jobs.py [photo] [--million]

Processor seconds of the whole process, start of Python included; wall seconds beside them.
"""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image

import maquette as mq

BOTH = "import maquette as mq; mq.check(mq.make({photo!r}, height_mm=80.0))"
TICKS = os.sysconf("SC_CLK_TCK")


def photo_of(place: Path, long_side: int = 1024) -> bytes:
    """A photo enlarged or shrunk to this long side, as PNG."""
    image = Image.open(place).convert("RGB")
    scale = long_side / max(image.size)
    stream = io.BytesIO()
    image.resize((round(image.width * scale), round(image.height * scale))).save(stream, "PNG")
    return stream.getvalue()


def time_process(words: list[str], environment: Mapping[str, str], until: Path | None = None) -> tuple[float, float]:
    """Processor and wall seconds of a Python process, or of its share until a file is there."""
    start, before = time.perf_counter(), _children()
    process = subprocess.Popen([sys.executable, *words], env=environment, stdout=subprocess.DEVNULL)
    if until is not None:
        while not until.exists() and process.poll() is None:
            time.sleep(0.01)
        if process.poll() is None:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            reached = sum(int(ticks) for ticks in fields[11:15]) / TICKS, time.perf_counter() - start
            process.wait()
            return reached
    if process.wait() not in (0, 1):
        raise SystemExit(f"{words} ended with {process.returncode}")
    return _children() - before, time.perf_counter() - start


def _children() -> float:
    """Processor seconds of all children that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bumpy(steps: int) -> mq.Asset:
    """A sphere of 80 mm with bumps, 4 * steps² faces, flattened a little below."""
    angles = np.linspace(0, 2 * np.pi, 2 * steps, endpoint=False)
    heights = np.pi * np.arange(1, steps + 1) / (steps + 1)
    theta, phi = np.meshgrid(heights, angles, indexing="ij")
    radius = 40 + 1.5 * np.sin(9 * theta) * np.cos(7 * phi)
    ring = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], -1) * radius[..., None]
    vertices = np.concatenate([ring.reshape(-1, 3), [[0, 0, 40.0], [0, 0, -40.0]]])
    vertices[:, 2] = np.maximum(vertices[:, 2], -36)
    place = np.arange(2 * steps * steps).reshape(steps, 2 * steps)
    upper, lower = place[:-1], place[1:]
    a, b, c, d = upper, np.roll(upper, -1, 1), lower, np.roll(lower, -1, 1)
    faces = [np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)]
    top, bottom = np.full(2 * steps, len(vertices) - 2), np.full(2 * steps, len(vertices) - 1)
    faces += [np.stack([top, place[0], np.roll(place[0], -1)], -1)]
    faces += [np.stack([bottom, np.roll(place[-1], -1), place[-1]], -1)]
    return mq.Asset(mq.Mesh(vertices, np.concatenate(faces)), sized=True)


def main() -> None:
    given = [word for word in sys.argv[1:] if not word.startswith("--")]
    place = Path(given[0]) if given else Path(str(files("skimage") / "data" / "coffee.png"))
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "photo.png").write_bytes(photo_of(place))
        home = {**os.environ, "MAQUETTE_HOME": str(here / "home"), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
                "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(here / "compiled")}  # fmt: skip
        first = ["-m", "maquette", "print", str(here / "photo.png"), "-o", str(here / "first.3mf")]
        # compiles the modules, as an installed package has them
        time_process(first, home | {"MAQUETTE_HOME": str(here / "first")})
        other = home | {"MAQUETTE_HOME": str(here / "other")}
        third = home | {"MAQUETTE_HOME": str(here / "third")}
        job = ["-m", "maquette", "print", str(here / "photo.png"), "--force", "-o"]
        rows = [
            ("print --help", ["-m", "maquette", "print", "--help"], home, None),
            ("print cold, with report", [*job, str(here / "a.3mf")], home, None),
            ("print warm, nothing changed", [*job, str(here / "a.3mf")], home, None),
            ("warm, --height-mm turned, no report",
             [*job, str(here / "b.3mf"), "--height-mm", "71", "--no-report"], home, None),
            ("warm, --height-mm turned, with report", [*job, str(here / "c.3mf"), "--height-mm", "72"], home, None),
            ("solid on disk, cold", [*job, str(here / "d.3mf")], other, here / "d.3mf"),
            ("mq.make then mq.check", ["-c", BOTH.format(photo=str(here / "photo.png"))], third, None),
        ]  # fmt: skip
        for name, words, environment, until in rows:
            processor, wall = time_process(words, environment, until)
            print(f"| {name} | {processor:.2f} | {wall:.2f} |", flush=True)
        for steps in (50, 158, *([500] if "--million" in sys.argv else [])):
            mesh = bumpy(steps)
            mq.save(mesh, here / "mesh.ply")
            empty = home | {"MAQUETTE_HOME": str(here / f"checks{steps}")}
            processor, wall = time_process(["-m", "maquette", "check", str(here / "mesh.ply")], empty)
            print(f"| check of {len(mesh.mesh.faces):,} faces | {processor:.2f} | {wall:.2f} |", flush=True)


if __name__ == "__main__":
    main()
