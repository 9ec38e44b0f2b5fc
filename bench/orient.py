"""Does orient need less support than Tweaker-3, and what does it cost? Prints Markdown tables.

    python bench/orient.py [--faces 10000 100000 1000000] [--repeat 3]
    python bench/orient.py --data DATA --tweaker FOLDER [--models 120] [--slice 24]

The first line times orient with 200 directions and the wall thickness of 100,000 samples on a bumpy torus that stands:
medians of processor time. The second puts every model of DATA (broken/ and meshes/) that is closed and has 100 to
200,000 faces, each once, scaled to 80 mm and turned by quarter turns, through orient and through Tweaker-3 (FOLDER
holds its MeshTweaker.py, github.com/ChristophSchranz/Tweaker-3, GPL-3; extended mode, volume parameters). Judges:
support volume by 40,000 rays from everything that leans out by more than 45 degrees down to the bed or the model, and
for some models the grams of support in PrusaSlicer's G-code (supports on, 0.2 mm layers).
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np

from maquette.checks.wall_thickness import wall_thickness
from maquette.core.asset import Asset
from maquette.core.errors import MaquetteError
from maquette.core.mesh import Mesh
from maquette.flow import disk
from maquette.formats.slicers.slice import slice_
from maquette.geometry.rays import Tracer
from maquette.geometry.sampling import surface_samples
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import is_watertight
from maquette.shape.mend.weld import weld
from maquette.shape.place.orient import orient
from maquette.shape.place.rotate import rotate
from measuring import seconds, torus

SIZE_MM, LAYER_MM, LIMIT = 80.0, 0.2, np.sin(np.radians(45.1))
FEWEST, MOST = 100, 200_000
UPS = ("+Z", "-Z", "+Y", "-Y", "+X", "-X")
GRAMS = 1.24e-3 * np.pi * 1.75**2 / 4  # of a millimetre of filament
EQUAL = 0.02  # share of the larger support that counts as no difference


def standing(face_count: int) -> Mesh:
    """A bumpy torus that stands."""
    mesh = torus(face_count)
    return mesh.with_vertices(mesh.vertices[:, [0, 2, 1]] * [1, 1, -1])


def times(faces: list[int], repeat: int) -> None:
    orient(Asset(standing(1000)))
    print("| faces | orient, 200 directions, CPU s | wall-thickness, 100,000 samples, CPU s |\n|---:|---:|---:|")
    for count in faces:
        asset = Asset(standing(count))
        turning = seconds(lambda asset=asset: orient(asset, directions=200), repeat)
        walls = seconds(lambda asset=asset: tuple(wall_thickness(asset, samples=100_000)), repeat)
        print(f"| {len(asset.mesh.faces):,} | {turning:.2f} | {walls:.2f} |")


def models(data: Path, count: int) -> Iterator[tuple[str, Asset]]:
    """Closed models: all of broken/ first, then some of the packs, the same ones every time."""
    number = 0
    seen: set[tuple[int, float]] = set()
    for name, mesh in _candidates(data):
        try:
            asset = weld(Asset(mesh))
        except MaquetteError:
            continue
        surface = asset.mesh
        if not FEWEST <= len(surface.faces) <= MOST or not is_watertight(surface.faces):
            continue
        volume = signed_volume(surface.vertices, surface.faces)
        likeness = (len(surface.faces), round(volume / surface.diagonal**3, 4))
        if volume < 0.01 * float(np.prod(asset.size)) or likeness in seen:
            continue
        seen.add(likeness)
        scaled = asset.moved(scale=SIZE_MM / max(asset.size), offset=-surface.bounds.mean(axis=0))
        yield name, rotate(scaled.replace(sized=True), up=UPS[number % len(UPS)])
        number += 1
        if number == count:
            return


def _candidates(data: Path) -> Iterator[tuple[str, Mesh]]:
    for path in sorted(data.glob("broken/*/*")):
        if path.suffix.lower() in (".stl", ".obj", ".ply", ".3mf", ".glb") and path.stat().st_size < 12_000_000:
            with contextlib.suppress(MaquetteError, OSError):
                yield f"{path.parent.name}/{path.name}", disk.read(path).mesh
    sys.path.insert(0, str(data / "meshes"))
    from readpack import Pack

    for pack_name in ("pack_shape_only", "pack_train_B"):
        pack = Pack(data / "meshes" / f"{pack_name}.npz.xz")
        for index in np.random.default_rng(0).permutation(len(pack)).tolist():
            parts = pack[index]
            if len(parts) == 1:
                with contextlib.suppress(MaquetteError):
                    yield pack.info[index]["name"], Mesh(parts[0].vertices, parts[0].faces)


def support_mm3(asset: Asset) -> float:
    """Volume between what leans out and the bed or the model below."""
    mesh = asset.mesh
    samples = surface_samples(mesh.vertices, mesh.faces, 40_000)
    height = samples.points[:, 2] - mesh.bounds[0, 2]
    falls = (-samples.normals[:, 2] > LIMIT) & (height > LAYER_MM)
    if not falls.any():
        return 0.0
    tracer = Tracer(mesh.vertices, mesh.faces)
    origins = samples.points[falls] + tracer.step * samples.normals[falls]
    down = np.broadcast_to([0.0, 0.0, -1.0], origins.shape)
    reach = np.minimum(tracer.first(origins, down).distance, height[falls])
    return float((-samples.normals[falls, 2] * reach).sum() * samples.area)


def support_grams(asset: Asset) -> tuple[float, float]:
    """Grams of support and of everything in PrusaSlicer's G-code."""
    files = slice_(asset, supports="auto", infill=5)
    kind, spent, last, relative = "", {"support": 0.0, "all": 0.0}, 0.0, False
    for line in io.StringIO(files.data.decode(errors="replace")):
        if line.startswith(";TYPE:"):
            kind = line[6:].strip()
        elif line.startswith("M83"):
            relative = True
        elif line.startswith("M82"):
            relative = False
        elif line.startswith("G92 E"):
            last = float(line[5:].split()[0])
        elif line.startswith("G1") and (found := re.search(r" E(-?[\d.]+)", line)):
            value = float(found[1])
            step, last = (value, last) if relative else (value - last, value)
            spent["all"] += step
            spent["support"] += step * kind.startswith("Support")
    return spent["support"] * GRAMS, spent["all"] * GRAMS


def tweak(asset: Asset, tweaker: Any) -> Asset:
    """The asset as Tweaker-3 lays it."""
    np.random.seed(0)
    with np.errstate(all="ignore"):
        up = tweaker.Tweak(asset.mesh.triangles.reshape(-1, 3), True, verbose=False, min_volume=True).alignment
    return lay_down(asset, -np.asarray(up, float))


def lay_down(asset: Asset, down: np.ndarray) -> Asset:
    """The asset turned so that a direction points down."""
    z = -down / np.linalg.norm(down)
    x = np.cross([0.0, 1.0, 0.0] if abs(z[1]) < 0.9 else [1.0, 0.0, 0.0], z)
    x /= np.linalg.norm(x)
    return asset.moved(rotation=np.stack([x, np.cross(z, x), z]))


def versus(options: argparse.Namespace) -> None:
    spec = importlib.util.spec_from_file_location("tweaker", options.tweaker / "MeshTweaker.py")
    tweaker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tweaker)
    rows = []
    for name, asset in models(options.data, options.models):
        start = time.process_time()
        ours = {prefer: orient(asset, prefer=prefer) for prefer in ("balanced", "supports")}
        middle = time.process_time()
        theirs = tweak(asset, tweaker)
        stop = time.process_time()
        row = {"name": name, "faces": len(asset.mesh.faces), "s": ((middle - start) / 2, stop - middle)}
        row |= {"tweaker": support_mm3(theirs), "before": support_mm3(asset), "assets": (*ours.values(), theirs)}
        row |= {prefer: support_mm3(one) for prefer, one in ours.items()}
        rows.append(row)
        print(
            f"{name[:50]:50} {row['faces']:7} before {row['before']:8.0f} balanced {row['balanced']:8.0f} "
            f"supports {row['supports']:8.0f} tweaker {row['tweaker']:8.0f} mm3 {row['s'][0]:.2f} {row['s'][1]:.2f} s",
            file=sys.stderr,
            flush=True,
        )
    _table(rows)
    if options.slice:
        _slice_different(rows, options.slice)


def _table(rows: list[dict[str, Any]]) -> None:
    print(f"\n{len(rows)} closed models at {SIZE_MM:g} mm, support volume by 40,000 rays, mm³\n")
    print("| | less than Tweaker-3 | equal (2 %) | more | total cm³ | Tweaker-3 cm³ | as it came | CPU s | its |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for prefer in ("balanced", "supports"):
        _line(prefer, [(row[prefer], row["tweaker"]) for row in rows], rows)


def _line(prefer: str, pairs: list[tuple[float, float]], rows: list[dict[str, Any]]) -> None:
    same = [abs(a - b) <= EQUAL * max(a, b) for a, b in pairs]
    less = sum(a < b for (a, b), equal in zip(pairs, same, strict=True) if not equal)
    mine, its, before = (sum(row[key] for row in rows) / 1e3 for key in (prefer, "tweaker", "before"))
    own, other = (statistics.median(row["s"][k] for row in rows) for k in range(2))
    print(
        f"| {prefer} | {less} ({less / len(rows):.0%}) | {sum(same)} ({sum(same) / len(rows):.0%}) | "
        f"{len(rows) - less - sum(same)} | {mine:.0f} | {its:.0f} | {before:.0f} | {own:.2f} | {other:.2f} |"
    )


def _slice_different(rows: list[dict[str, Any]], count: int) -> None:
    """PrusaSlicer's word on models where the choice differs, evenly over the corpus."""
    differ = [row for row in rows if any(abs(row[k] - row["tweaker"]) > 100 for k in ("balanced", "supports"))]
    chosen = [differ[i] for i in np.linspace(0, len(differ) - 1, min(count, len(differ))).astype(int)]
    print(f"\nPrusaSlicer, supports on, grams of support (all filament), {len(chosen)} of {len(differ)} that differ\n")
    print("| model | faces | balanced | supports | Tweaker-3 |\n|---|---:|---:|---:|---:|")
    grams = []
    for row in chosen:
        try:
            one = [support_grams(asset) for asset in row["assets"]]
        except MaquetteError as problem:
            print(f"| {row['name'][:40]} | {row['faces']} | {str(problem)[:60]} | | |", flush=True)
            continue
        grams.append([support for support, _ in one])
        cells = " | ".join(f"{support:.2f} ({whole:.1f})" for support, whole in one)
        print(f"| {row['name'][:40]} | {row['faces']:,} | {cells} |", flush=True)
    table = np.array(grams)
    for column, prefer in enumerate(("balanced", "supports")):
        less, more = table[:, column] < 0.98 * table[:, 2], table[:, column] > 1.02 * table[:, 2]
        print(
            f"\n{prefer}: less support than Tweaker-3 on {less.sum()} of {len(table)}, more on {more.sum()}; "
            f"{table[:, column].sum():.1f} g against {table[:, 2].sum():.1f} g"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--faces", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--tweaker", type=Path)
    parser.add_argument("--models", type=int, default=120)
    parser.add_argument("--slice", type=int, default=24)
    options = parser.parse_args()
    if options.tweaker:
        versus(options)
    else:
        times(options.faces, options.repeat)


if __name__ == "__main__":
    main()
