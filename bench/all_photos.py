"""`print` on every picture of a folder, and PrusaSlicer's word on what comes out.

    python bench/all_photos.py FOLDER [--every N] [--workers 2] [--no-slice]

A row a picture: route, verdict, seconds, the slicer's defects and warnings; failures are rows too. At the end the
shares, and every exception by name.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from maquette.core.errors import MaquetteError
from maquette.flow.make import make
from maquette.photo.open import ENDINGS
from maquette.registry import registry


def row(place: Path, sliced: bool) -> dict:
    """One picture through the print route."""
    start = time.process_time()
    try:
        made = make(place, "print")
    except MaquetteError as problem:
        return {"name": place.name, "verdict": "refused", "why": f"{type(problem).__name__}: {problem}"}
    bad = [f"{f.check}: {f.message}" for f in made.report.findings if f.verdict in ("warn", "fail")]
    done = {"name": place.name, "route": made.route, "verdict": made.report.verdict, "why": "; ".join(bad)}
    done |= {"cpu_s": round(time.process_time() - start, 1), "faces": len(made.asset.mesh.faces)}
    if not sliced:
        return done
    try:
        summary = json.loads(registry()["slice"](made.asset, supports="auto").parts["model.slice.json"])
    except MaquetteError as problem:
        return done | {"slicer": str(problem)}
    return done | {"slicer": "; ".join([*summary["warnings"], *map(str, summary["defects"].items())])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-slice", action="store_true")
    options = parser.parse_args()
    places = sorted(p for p in options.folder.rglob("*") if p.suffix.lower() in ENDINGS)[:: options.every]
    with ProcessPoolExecutor(options.workers) as pool:
        rows = []
        for found in pool.map(row, places, [not options.no_slice] * len(places)):
            rows.append(found)
            print(json.dumps(found), flush=True)
    made = [r for r in rows if r["verdict"] != "refused"]
    clean = [r for r in made if not r.get("slicer")]
    print(f"\n{len(rows)} pictures, {len(made)} made, {len(clean)} sliced without a word of complaint")
    for verdict in ("pass", "warn", "fail", "refused"):
        print(f"  {verdict:<8} {sum(r['verdict'] == verdict for r in rows)}")
    if made:
        seconds = sorted(r["cpu_s"] for r in made)
        print(f"  CPU seconds: median {seconds[len(seconds) // 2]}, most {seconds[-1]}")


if __name__ == "__main__":
    main()
