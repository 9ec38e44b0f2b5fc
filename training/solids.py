"""What is inside an object: a signed distance grid, made once for each and kept on disk.

Most of the meshes are open, doubled or full of inner parts, so nothing is taken from their faces but where they are:
the outside is what a flood from the border reaches and a straight line too that does not come from below (so that a
pinhole or a missing bottom does not empty a body), everything else is solid, and sheets that enclose nothing count as
a little over one cell thick. Grids are (N, N, N) int8 over the cube ±HALF, in x, y, z order; 127 means 4 cells.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.objects import Library
from training.thing import Floats, Ints

HALF = 0.56  # the object reaches ±0.5; the rest keeps the flood's way free
REACH = 4.0  # cells; distances beyond are cut
_SHEET = 0.6  # cells: half the thickness that a sheet without an inside gets
_MOST_POINTS = 400_000


def sampled_surface(vertices: Floats, faces: Ints, spacing: float) -> Floats:
    """Points on the surface no further than about ``spacing`` apart, corners included; at most 400,000."""
    a, b, c = vertices[faces].transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    longest = np.max([np.linalg.norm(p - q, axis=1) for p, q in ((a, b), (b, c), (c, a))], axis=0)
    wanted = np.ceil(2.5 * area / spacing**2 + 2 * longest / spacing).astype(np.int64) + 1
    if wanted.sum() > _MOST_POINTS:
        wanted = np.maximum(1, (wanted * (_MOST_POINTS / wanted.sum())).astype(np.int64))
    face = np.repeat(np.arange(len(faces)), wanted)
    number = np.arange(len(face)) - np.repeat(np.cumsum(wanted) - wanted, wanted)
    u = np.mod(0.5 + number * 0.7548776662466927, 1)  # Roberts' R2 sequence: even, and the same every time
    v = np.mod(0.5 + number * 0.5698402909980532, 1)
    over = u + v > 1
    u[over], v[over] = 1 - u[over], 1 - v[over]
    inner = a[face] + u[:, None] * (b - a)[face] + v[:, None] * (c - a)[face]
    return np.concatenate([inner, a, b, c])


def distances(vertices: Floats, faces: Ints, cells: int) -> NDArray[np.int8]:
    """The signed distance grid of one object, negative inside, (cells, cells, cells)."""
    from scipy.ndimage import binary_dilation, binary_opening, distance_transform_edt, gaussian_filter, label
    from scipy.spatial import cKDTree

    size = 2 * HALF / cells
    points = sampled_surface(vertices, faces, 0.45 * size)
    cell = np.clip(((points + HALF) / size).astype(np.int64), 0, cells - 1)
    shell = np.zeros((cells,) * 3, bool)
    shell[tuple(cell.T)] = True
    regions, _ = label(~shell)
    outside = regions == regions[0, 0, 0]
    outside &= ~binary_opening(outside & ~seen_from_afar(shell), iterations=1)
    inside = ~outside & ~shell
    band = binary_dilation(shell, iterations=2)
    centers = (np.argwhere(band) + 0.5) * size - HALF
    near, _ = cKDTree(points, balanced_tree=False, compact_nodes=False).query(centers, workers=1)
    made = np.minimum(distance_transform_edt(~shell), REACH)
    made[band] = near / size
    side = gaussian_filter(outside.astype(np.float32) - inside, 1.0)
    thick = binary_dilation(inside, iterations=1)
    signed = np.where(outside, made, -made)
    signed[shell] = np.where(thick[shell], made[shell] * np.sign(side[shell]), made[shell] - _SHEET)
    sheet = binary_dilation(shell & ~thick, iterations=2)  # beside a sheet the zero moves out with it
    hollow = outside & ~shell & sheet & ~binary_dilation(inside, iterations=3)
    signed[hollow] = np.maximum(made[hollow] - _SHEET, 0.05)
    return np.round(np.clip(signed / REACH, -1, 1) * 127).astype(np.int8)


def seen_from_afar(shell: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Free cells that a line along an axis or a diagonal, not from below, reaches from the border, (N, N, N)."""
    seen = np.zeros_like(shell)
    for way in product((-1, 0, 1), repeat=3):
        main = next((axis for axis in range(3) if way[axis]), None)
        if main is None or way[2] > 0:
            continue
        slow, lit = np.moveaxis(shell, main, 0)[:: way[main]], np.moveaxis(seen, main, 0)[:: way[main]]
        aside = [way[axis] for axis in range(3) if axis != main]
        row = ~slow[0]
        lit[0] |= row
        for step in range(1, len(slow)):
            row = _shift(row, aside) & ~slow[step]
            lit[step] |= row
    return seen


def _shift(plane: NDArray[np.bool_], aside: list[int]) -> NDArray[np.bool_]:
    """The plane moved by -1, 0 or 1 along each axis; what comes in from beside is lit."""
    for axis, way in enumerate(aside):
        if way:
            plane = np.roll(plane, way, axis)
            edge = [slice(None), slice(None)]
            edge[axis] = slice(0, 1) if way > 0 else slice(-1, None)
            plane[tuple(edge)] = True
    return plane


def prepare(data: Path, cache: Path, cells: int, procedural: int, jobs: int) -> None:
    """Write `solids_N.npy`, one grid an object; objects that stand there already are left out."""
    library = Library(data, procedural)
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"solids_{cells}.npy"
    shape = (len(library), cells, cells, cells)
    if not path.exists() or np.load(path, mmap_mode="r").shape != shape:
        np.lib.format.open_memmap(path, mode="w+", dtype=np.int8, shape=shape).flush()
    grids = np.load(path, mmap_mode="r")
    missing = np.flatnonzero(grids[:, 0, 0, 0] != 127)  # a finished grid is far outside in its corner
    rng = np.random.default_rng(0)
    rng.shuffle(missing)
    parts = [missing[at : at + 64] for at in range(0, len(missing), 64)]
    with ProcessPoolExecutor(jobs, initializer=_open, initargs=(data, procedural)) as pool:
        done = 0
        for count in pool.map(partial(_fill, path, cells), parts):
            done += count
            print(f"{done} of {len(missing)} grids", flush=True)


_library: Library | None = None


def _open(data: Path, procedural: int) -> None:
    global _library  # noqa: PLW0603 - one library a process
    _library = Library(data, procedural)


def _fill(path: Path, cells: int, numbers: NDArray[np.int64]) -> int:
    grids = np.load(path, mmap_mode="r+")
    for number in numbers:
        assert _library is not None
        thing = _library[int(number)]
        grids[number] = distances(thing.vertices, thing.faces, cells)
    return len(numbers)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with meshes/")
    parser.add_argument("cache", type=Path, help="where grids and checkpoints go")
    parser.add_argument("--cells", type=int, default=80, help="cells along a side; 80 takes 0.5 MB an object")
    parser.add_argument("--procedural", type=int, default=1500, help="made-up shapes beside the packs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    prepare(given.data, given.cache, given.cells, given.procedural, given.jobs)
