"""Flat art beside its peers: triangles and seconds, light through lithophanes, every form of every source sliced.

    python bench/flat.py mesh [--hmm PROGRAM] [--large]   heights as triangles, beside hmm, pydelatin and the naive grid
    python bench/flat.py light --data DATA                SSIM of ten photographs seen through their finished meshes
    python bench/flat.py matrix [--forms 'heart;ball']    forms x sources: the gate, PrusaSlicer's words, volumes
    python bench/flat.py route --data DATA                the chooser between relief and full 3D on labelled pictures

Prints Markdown tables; seconds are processor seconds. DATA is the reference data's folder. hmm is
github.com/fogleman/hmm, built with -O3.
"""

from __future__ import annotations

import argparse
import functools
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np
from PIL import Image

import maquette as mq
from flat_matrix import matrix
from flat_route import route
from maquette.core.heightmap import Heightmap
from maquette.core.subject import Subject
from maquette.geometry.flat.light_likeness import Likeness, compare_light, in_layers, wanted_light
from maquette.geometry.flat.see_through import look_through, walls_seen
from maquette.geometry.flat.terrain import deviations
from maquette.geometry.flat.tiled import triangulate_tiled
from maquette.geometry.flat.transmission import screen_light
from maquette.geometry.rays import Tracer
from maquette.geometry.topology import is_watertight

RELIEF, LAYER, LAYER_LYING = 2.4, 0.1, 0.12
PHOTOGRAPHS = (
    "skimage/astronaut.png", "skimage/camera.png", "skimage/chelsea.png", "skimage/coffee.png", "skimage/coins.png",
    "skimage/clock.png", "skimage/wikkie.png", "grocery_store", "azure_samples", "triposr",
)  # fmt: skip


def photograph(width: int, height: int) -> np.ndarray:
    """Heights in mm of a photograph of this size, blurred as a nozzle does, over 2.4 mm."""
    from scipy.ndimage import gaussian_filter
    from skimage import data

    picture = Image.fromarray(data.astronaut()).convert("L").resize((width, height), Image.Resampling.LANCZOS)
    return gaussian_filter(np.asarray(picture, np.float32) / 255 * RELIEF, 2 * width / 2241)


def ours(heights: np.ndarray) -> tuple[int, bool]:
    """Triangles of our plate, and whether it is closed."""
    asset = mq.plate.function(Heightmap(heights + 1.2, 0.1), bound_mm=LAYER)
    return len(asset.mesh.faces), is_watertight(asset.mesh.faces)


def pydelatin(heights: np.ndarray) -> tuple[int, bool]:
    """Triangles of pydelatin's sheet."""
    from pydelatin import Delatin

    return len(Delatin(np.ascontiguousarray(heights), max_error=LAYER).triangles), False


def naive(heights: np.ndarray) -> tuple[int, bool]:
    """Two triangles a place, as arrays: what a lithophane web page makes."""
    rows, columns = heights.shape
    place = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = place[:-1, :-1], place[:-1, 1:], place[1:, :-1], place[1:, 1:]
    faces = np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)])
    return len(faces), False


def hmm(program: str, heights: np.ndarray) -> tuple[int, bool]:
    """Triangles of hmm's solid."""
    with tempfile.TemporaryDirectory() as folder:
        grey = np.round(heights / RELIEF * 65535).astype(np.uint16)
        Image.fromarray(grey).save(Path(folder) / "in.png")
        words = [program, "in.png", "out.stl", "-z", str(RELIEF), "-e", str(LAYER / RELIEF), "-b", "0.5", "-q"]
        subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=200)
        size = (Path(folder) / "out.stl").stat().st_size
    return (size - 84) // 50, True


def mesh(options: argparse.Namespace) -> Iterator[str]:
    """Rows of the table of meshing."""
    yield "| places | | triangles | CPU s | closed |"
    yield "|---|---|---|---|---|"
    sizes = [(2241, 1505)] + ([(4096, 2732)] if options.large else [])
    for width, height in sizes:
        heights = photograph(width, height)
        runs = {"`plate`": ours, "pydelatin, top only": pydelatin, "every place, top only": naive}
        if options.hmm:
            runs["hmm -O3 with base"] = functools.partial(hmm, options.hmm)
        for name, work in runs.items():
            start = processor_seconds()
            count, closed = work(heights)
            seconds = processor_seconds() - start
            yield f"| {width} x {height} | {name} | {count:,} | {seconds:.2f} | {'yes' if closed else 'no'} |"
    if options.large:
        yield from _huge()


def _huge() -> Iterator[str]:
    """16k x 8k from a file in memory's map, tile by tile."""
    with tempfile.TemporaryDirectory() as folder:
        heights = np.memmap(Path(folder) / "heights", np.float32, "w+", shape=(8192, 16384))
        for row in range(0, 8192, 1024):
            heights[row : row + 1024] = photograph(16384, 1024) if row == 0 else heights[:1024][::-1]
        before, start = peak(), processor_seconds()
        places, faces = triangulate_tiled(heights, LAYER)
        took = f"{processor_seconds() - start:.1f} | peak {before} to {peak()} MB"
        yield f"| 16384 x 8192 | tiles of 2048 | {len(faces):,} | {took} |"
        box = heights[:2049, :2049]
        inside = (places[faces] <= 2048).all(axis=(1, 2))
        worst = deviations(np.asarray(box), places, faces[inside]).max()
        yield f"| | worst deviation in its first tile | {worst:.4f} mm | | |"


def processor_seconds() -> float:
    """Processor seconds so far, of this process and of those it ran."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak() -> int:
    """Most memory so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def light(options: argparse.Namespace) -> Iterator[str]:
    """Rows of the table of light: what falls through the finished mesh against the photograph, SSIM and CIEDE2000.

    Lying, a slicer ends walls on whole layers: the same mesh, made for so many layers between white and black.
    """
    counts = (0, 20, 28, 36, 44, 56)
    yield "| photograph | standing | CIEDE2000 | " + " | ".join(f"lying, {count} layers" for count in counts[1:]) + " |"
    yield "|---|---|---|" + "---|" * len(counts[1:])
    every = []
    for path in photographs(options.data):
        subject = Subject(np.asarray(Image.open(path).convert("RGB")))
        row = [likeness(subject, options, count) for count in counts]
        every.append([one.ssim for one in row])
        cells = " | ".join(f"{one.ssim:.3f}" for one in row[1:])
        yield f"| {path.stem} | {row[0].ssim:.3f} | {row[0].delta_e:.2f} | {cells} |"
    both = [f"{least:.3f} / {mean:.3f}" for least, mean in zip(np.min(every, 0), np.mean(every, 0), strict=True)]
    yield f"| least / mean | {both[0]} | | " + " | ".join(both[1:]) + " |"


def photographs(data: Path) -> Iterator[Path]:
    """Ten photographs: those of skimage, and the first of other folders."""
    for name in PHOTOGRAPHS:
        place = data / "images" / name
        yield place if place.is_file() else sorted(p for p in place.iterdir() if p.suffix in (".jpg", ".png"))[0]


def likeness(subject: Subject, options: argparse.Namespace, layers: int) -> Likeness:
    """How like its photograph a lithophane is with a lamp behind it; lying, where it has so many layers."""
    thick = {"least_mm": 0.84, "most_mm": 0.84 + layers * LAYER_LYING} if layers else {}
    heights = mq.lithophane_heights(subject, width_mm=options.width, pitch_mm=0.12, detail_mm=options.detail, **thick)
    mesh = mq.plate(heights, bound_mm=0.02).mesh
    look = look_through(mesh.vertices, "below", min(640, subject.width))
    walls = walls_seen(Tracer(mesh.vertices, np.asarray(mesh.faces)), look)
    walls = in_layers(walls, LAYER_LYING) if layers else walls
    return compare_light(screen_light(walls, 3.5)[0], wanted_light(subject.pixels, walls.shape), walls > 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["mesh", "light", "matrix", "route"])
    parser.add_argument("--data", type=Path, default=Path("../../shared/data"))
    parser.add_argument("--hmm", default="")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--width", type=float, default=120.0)
    parser.add_argument("--detail", type=float, default=0.2)
    parser.add_argument("--labels", default="routes.json", help="of the chooser, beside this file")
    parser.add_argument("--pictures", type=Path, help="folder of the labelled pictures; DATA/images if left out")
    parser.add_argument("--forms", default="", help="of the matrix, with ; between them; all if left out")
    options = parser.parse_args()
    start = time.time()
    for line in {"mesh": mesh, "light": light, "matrix": matrix, "route": route}[options.what](options):
        print(line, flush=True)
    print(f"\n{time.time() - start:.0f} s by the clock")


if __name__ == "__main__":
    main()
