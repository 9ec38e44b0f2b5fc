"""Does a slicer fill what we call solid? Broken meshes, our own prints and other people's meshes through PrusaSlicer.

    python bench/corpus.py DATA [--log corpus.jsonl] [--every N] [--meshes 300] [--only broken|prints|meshes] [--table]

DATA holds broken/, images/, meshes/ and MANIFEST.csv. Each model is made solid (`solidify`; pictures go through
`print`), scaled to 80 mm, written as STL or 3MF and given to PrusaSlicer, with one perimeter, 100 % infill and nothing
beside the model. Counted is what slices without a word and whose filament takes the volume that we say is filled,
within 1 %. A model that stands on a tip has no first layer: it is given a base (`settle`, else `flatten-base`) and
sliced again. One whose filament is off though its polygons are right is sliced again at 200 and at 380 mm, where lines
are finer beside it.

Three volumes stand side by side. *Filled*: the area with a winding number above 0 in the middle of every layer, by
manifold3d and Clipper2, times the layer. *Polygons*: PrusaSlicer's own sum over its sliced polygons, which its resin
mode writes down, so lines of plastic play no part. *Filament*: what the G-code extrudes. On solids with a known volume,
at 60 mm: polygons are off by 1e-8 (cube), 2e-6 (sphere), 1e-4 (torus). Filament depends on the overlap of infill and
perimeter: 0 % gives cube -0.4, sphere -0.5, torus -0.4 %, a flat stick -2.4, a rocket -1.5 %; 5 %: -0.4, -0.4, 0.0,
-1.2, -1.0; 15 %: +0.2, -0.1, +0.5, +1.3, -0.2; perimeters only: -0.3, -0.3, -0.3, -2.7, -0.9; so it is 12 %. What is
thinner than a line cannot be extruded truly: where filament is off and polygons are not, the reason is the line.

Rows are appended to the log as JSON lines; what stands there already is not run again.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo, MaquetteError
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.flow import disk
from maquette.flow.make import make
from maquette.geometry.surface import signed_volume
from maquette.photo.open import ENDINGS
from maquette.registry import registry

SIZE_MM, LAYER_MM, LINE_MM, BED_MM = 80.0, 0.25, 0.42, 400
LARGER_MM = (200.0, 380.0)
FILAMENT_AREA = np.pi * 1.75**2 / 4
CLOSE = 0.01
MOST_MM3 = 1_500_000.0  # about half a minute of slicing
SECONDS, SLICER_SECONDS = 120, 900  # of the processor to make a solid; by the clock for PrusaSlicer
SEED = 0
PLACE = ["--bed-shape", f"0x0,{BED_MM}x0,{BED_MM}x{BED_MM},0x{BED_MM}", "--center", f"{BED_MM / 2:g},{BED_MM / 2:g}"]
WIDTHS = ["", "perimeter-", "external-perimeter-", "infill-", "solid-infill-", "top-infill-", "first-layer-"]
FILAMENT = {
    "--nozzle-diameter": "0.4",
    "--layer-height": f"{LAYER_MM}",
    "--first-layer-height": f"{LAYER_MM}",
    "--perimeters": "1",
    "--infill-overlap": "12%",
    "--fill-density": "100%",
    "--fill-pattern": "rectilinear",
    "--skirts": "0",
    "--filament-diameter": "1.75",
    "--max-print-height": f"{BED_MM}",
    **{f"--{where}extrusion-width": f"{LINE_MM}" for where in WIDTHS},
}
POLYGONS = {
    "--layer-height": f"{LAYER_MM}",
    "--initial-layer-height": f"{LAYER_MM}",
    "--faded-layers": "3",
    "--display-width": f"{BED_MM}",
    "--display-height": f"{BED_MM}",
    "--display-pixels-x": "64",
    "--display-pixels-y": "64",
}
QUIET = re.compile(r"Initializing StaticPrintConfigs|^\d+ => |Slicing result exported|^\s*$")


def broken_files(data: Path) -> Iterator[tuple[str, Callable[[], Asset]]]:
    """The damaged files, each made solid."""
    for place in sorted(p for p in (data / "broken").rglob("*") if p.suffix in (".obj", ".off", ".ply", ".stl")):
        yield f"broken/{place.relative_to(data / 'broken')}", lambda place=place: solid(read(place))


def prints(data: Path) -> Iterator[tuple[str, Callable[[], Asset]]]:
    """What `print` makes of every picture."""
    for place in sorted(p for p in (data / "images").rglob("*") if p.suffix.lower() in ENDINGS):
        yield f"images/{place.relative_to(data / 'images')}", lambda place=place: make(place, "print").asset


def meshes(data: Path, count: int) -> Iterator[tuple[str, Callable[[], Asset]]]:
    """A seeded choice of the meshes, each made solid."""
    with (data / "MANIFEST.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kind"] == "mesh"]
    for index in sorted(np.random.default_rng(SEED).permutation(len(rows))[:count]):
        row = rows[index]
        yield (
            f"meshes/{row['split']}/{row['path']}",
            lambda row=row: solid(read_mesh(data, row["split"], row["path"])),
        )


def solid(asset: Asset) -> Asset:
    made: Asset = registry()["solidify"](asset)
    return made


def read(place: Path) -> Asset:
    """A mesh file; OFF is read here, since nobody prints from it."""
    if place.suffix != ".off":
        asset: Asset = disk.read(place)
        return asset
    words = re.sub(r"#.*", "", place.read_text()).split()
    start = 0 if words[0][0].isdigit() else 1
    vertex_count, face_count = int(words[start]), int(words[start + 1])
    flat = np.array(words[start + 3 : start + 3 + 3 * vertex_count], dtype=float).reshape(-1, 3)
    rest, faces = words[start + 3 + 3 * vertex_count :], []
    at = 0
    for _ in range(face_count):
        corner = [int(w) for w in rest[at + 1 : at + 1 + int(rest[at])]]
        faces += [(corner[0], corner[i], corner[i + 1]) for i in range(1, len(corner) - 1)]
        at += 1 + int(rest[at])
        while at < len(rest) and "." in rest[at]:  # colours of the face
            at += 1
    return Asset(Mesh(flat, faces))


def read_mesh(data: Path, split: str, path: str) -> Asset:
    """A mesh of the packs or of the validation folder, turned from +Y up to +Z up."""
    loose = data / "meshes" / split / Path(path).name
    if loose.is_file():
        return read(loose)
    pack, numbers = open_pack(data, split)
    parts = pack[numbers[path.removesuffix(".glb")]]
    offsets = np.cumsum([0] + [len(part.vertices) for part in parts])
    vertices = np.concatenate([part.vertices for part in parts])
    faces = np.concatenate([part.faces + offset for part, offset in zip(parts, offsets, strict=False)])
    return Asset(Mesh(vertices[:, [0, 2, 1]] * [1, -1, 1] * 100, faces))


@cache
def open_pack(data: Path, split: str) -> tuple[Any, dict[str, int]]:
    """A pack and its objects' numbers by name."""
    sys.path.insert(0, str(data / "meshes"))
    from readpack import Pack

    pack = Pack(data / "meshes" / f"pack_{split.replace('-', '_')}.npz.xz")
    return pack, {info["name"]: number for number, info in enumerate(pack.info)}


def row(name: str, source: Callable[[], Asset]) -> dict[str, Any]:
    """One model: made, measured and sliced; a refusal is a row too."""
    start = time.process_time()
    try:
        with time_limit(SECONDS):
            asset = source()
            found: dict[str, Any] = {"name": name, "faces": len(asset.mesh.faces)}
            found["make_s"] = round(time.process_time() - start, 2)
            found |= judge_asset(asset, name, SIZE_MM)
            for base in ("settle", "flatten-base"):
                if "first layer" not in found.get("gave_up", ""):
                    break
                with contextlib.suppress(CannotDo):
                    asset = registry()[base](asset)
                    found |= {"gave_up": "", "base": base, **judge_asset(asset, name, SIZE_MM)}
            for size in LARGER_MM:
                thin = found.get("filament") and off(found, "filament") > CLOSE >= off(found, "polygons")
                if thin and found["filled"] * (size / found["mm"]) ** 3 < MOST_MM3:
                    found.setdefault("filament_at_80", found["filament"] / found["filled"])
                    found |= judge_asset(asset, name, size)
            return found
    except MaquetteError as problem:
        return {"name": name, "refused": f"{type(problem).__name__}: {problem}"}
    except TimeoutError:
        return {"name": name, "refused": f"took longer than {SECONDS} s of the processor"}
    except subprocess.TimeoutExpired:
        return found | {"gave_up": f"PrusaSlicer took longer than {SLICER_SECONDS} s"}


def judge_asset(asset: Asset, name: str, size_mm: float) -> dict[str, Any]:
    """The model at one size: our volumes, PrusaSlicer's words and volumes."""
    asset = asset.moved(scale=size_mm / max(asset.size))
    asset = asset.moved(offset=-asset.mesh.bounds[0])
    volume, filled = signed_volume(asset.mesh.vertices, asset.mesh.faces), filled_volume(asset.mesh)
    writer, ending = ("write-3mf", ".3mf") if name.startswith("images") else ("write-stl", ".stl")
    files: Files = registry()[writer](asset)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"model{ending}").write_bytes(files.data)
        return {"mm": size_mm, "volume": volume, "filled": filled} | slice_model(Path(folder), f"model{ending}")


def off(found: dict[str, Any], what: str) -> float:
    """How far a volume is from the filled one, as a share of it."""
    return abs((found.get(what) or 0.0) / found["filled"] - 1)


def filled_volume(mesh: Mesh) -> float:
    """Volume where the winding number is above 0: areas of the sections in the middle of every layer, times the layer.

    Sections are manifold3d's, so `CannotDo` where the mesh is none.
    """
    from manifold3d import CrossSection, FillRule, Manifold, Mesh64

    body = Manifold(Mesh64(np.array(mesh.vertices), mesh.faces.astype(np.uint64)))
    if body.status().name != "NoError":
        raise CannotDo(f"filled: manifold3d says {body.status().name}")
    heights = np.arange(LAYER_MM / 2, mesh.bounds[1, 2], LAYER_MM)
    sections = (body.slice(float(height)).to_polygons() for height in heights)
    return float(sum(CrossSection(s, FillRule.Positive).area() for s in sections if s) * LAYER_MM)


def slice_model(folder: Path, model: str) -> dict[str, Any]:
    """PrusaSlicer's words, its polygons' volume and its filament's, in mm3."""
    facts = dict(re.findall(r"^(\w+) =\s+(.+?)\s*$", ran(["--info", model], folder).stdout, flags=re.M))
    doubts = ("open_edges", "facets_reversed", "backwards_edges", "degenerate_facets", "edges_fixed", "facets_removed")
    found: dict[str, Any] = {"defects": {k: int(float(facts[k])) for k in doubts if float(facts.get(k, 0))}}
    done = ran(["--export-gcode", "-o", "m.gcode", *flags(FILAMENT), *PLACE, model], folder)
    said = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if not QUIET.search(line)]
    found["words"] = sorted({re.sub(r"^\[.*?\]\s*(\[.*?\]\s*)*", "", line).strip() for line in said})
    if (folder / "m.gcode").exists():
        with (folder / "m.gcode").open() as stream:
            text = stream.read()
        used = re.search(r"filament used \[mm\] = ([\d.]+)", text)
        found["filament"] = float(used[1]) * FILAMENT_AREA if used else None
    else:
        found["gave_up"] = "; ".join(found["words"])[-200:]
    resin = [
        "--printer-technology",
        "SLA",
        "--no-supports-enable",
        "--no-pad-enable",
        "--max-print-height",
        f"{BED_MM}",
    ]
    ran(["--export-sla", "-o", "m.sl1", *resin, *flags(POLYGONS), *PLACE, model], folder)
    if (folder / "m.sl1").exists():
        settings = zipfile.ZipFile(folder / "m.sl1").read("config.ini").decode()
        used = re.search(r"usedMaterial = ([\d.]+)", settings)
        found["polygons"] = float(used[1]) * 1000 if used else None
    return found


def flags(options: dict[str, str]) -> list[str]:
    return [part for pair in options.items() for part in pair]


def ran(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["prusa-slicer", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SLICER_SECONDS,
        check=False,
    )


@contextlib.contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """``TimeoutError`` after so many seconds of the processor."""

    def stop(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def reason(found: dict[str, Any]) -> str:
    """Why a row is an exception; nothing where it is none."""
    if "refused" in found:
        return found["refused"]
    if found.get("gave_up"):
        return f"PrusaSlicer gave up: {found['gave_up']}"
    reasons = [f"{count} {name}" for name, count in found["defects"].items()]
    words = "; ".join(found["words"])
    air = re.search(r"Empty layer between [\d.]+ and [\d.]+", words)
    reasons += [f"a part hangs in the air: {air[0]}"] if air else found["words"]
    filled, polygons, filament = found["filled"], found.get("polygons"), found.get("filament") or 0.0
    if off(found, "filament") > CLOSE:
        told = "" if polygons is None else f"; its own polygons {polygons / filled - 1:+.2%}"
        thin = off(found, "polygons") <= CLOSE
        cause = ": filled right, but finer than a line of plastic" if thin else ""
        reasons.append(f"filament {filament / filled - 1:+.2%} of the filled volume{told}{cause}")
    return "; ".join(reasons)


def table(rows: list[dict[str, Any]]) -> str:
    """Shares by kind, and every exception with its reason, as Markdown; volumes within 1 % of the filled one."""
    lines = ["| from | models | solid | sliced | no word | signed volume | polygons | filament | no word, filament |"]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for kind in ("broken", "images", "meshes"):
        mine = [r for r in rows if r["name"].startswith(kind)]
        made = [r for r in mine if "refused" not in r]
        done = [r for r in made if r.get("filament")]
        quiet = [r for r in done if not r["words"] and not r["defects"]]
        true = [[r for r in done if off(r, what) <= CLOSE] for what in ("volume", "polygons", "filament")]
        clean = [r for r in done if not reason(r)]
        counts = [f"{len(part)}" for part in (mine, made, done, quiet, *true)]
        lines.append(
            f"| {kind} | {' | '.join(counts)} | {len(clean)} ({len(clean) / max(len(made), 1):.1%} of solid) |"
        )
    lines += ["", *(f"- `{r['name']}`: {reason(r)}" for r in rows if reason(r))]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--log", type=Path, default=Path("corpus.jsonl"))
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--meshes", type=int, default=300)
    parser.add_argument("--only", choices=("broken", "prints", "meshes"))
    parser.add_argument("--table", action="store_true", help="print the table of the log and stop")
    options = parser.parse_args()
    options.log.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in options.log.read_text().splitlines()] if options.log.exists() else []
    known = {r["name"] for r in rows}
    sources = {"broken": broken_files(options.data), "prints": prints(options.data)}
    sources["meshes"] = meshes(options.data, options.meshes)
    for kind, entries in sources.items():
        if options.table or options.only not in (None, kind):
            continue
        for name, source in list(entries)[:: options.every]:
            if name in known:
                continue
            rows.append(row(name, source))
            with options.log.open("a") as stream:
                stream.write(json.dumps(rows[-1]) + "\n")
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    print(table(sorted(rows, key=lambda r: r["name"])))


if __name__ == "__main__":
    main()
