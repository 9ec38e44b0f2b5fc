"""Processor seconds of what prepares a model for printing, at 10 k, 100 k and 1 M faces, and what each of them made.

    python bench/fixes.py [--faces 10000 100000] [--only hollow thicken]

The model is a bumpy torus of 140 mm with uv and colour; for thicken a fin of 0.3 mm stands on it, for wall-mount it is
a plate with as many faces. The first job also pays for the imports, about a second.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import time
from collections.abc import Callable

import numpy as np

from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import is_watertight
from maquette.registry import build
from maquette.shape.carry.combining import combine_solids
from measuring import painted_torus

JOBS: dict[str, tuple[str, dict[str, object]]] = {
    "thicken a fin": ("thicken", {}),
    "thicken nothing": ("thicken", {}),
    "hollow, FDM roof": ("hollow", {}),
    "hollow, resin, 2 holes": ("hollow", {"printer": "resin-small"}),
    "flatten-base, cut": ("flatten-base", {"height_mm": 5.0}),
    "flatten-base, fill": ("flatten-base", {"how": "fill", "height_mm": 5.0}),
    "plinth with words": ("plinth", {"text": "Maquette 2026", "height_mm": 12.0}),
    "keyring, loop": ("keyring", {"at": "left"}),
    "wall-mount": ("wall-mount", {}),
}


def box(size: tuple[float, float, float], corner: tuple[float, float, float]) -> Mesh:
    """A closed box."""
    from manifold3d import Manifold

    from maquette.geometry.cut.solids import surface_of

    return Mesh(*surface_of(Manifold.cube(size).translate(corner)))


def plate(face_count: int) -> Mesh:
    """A slab of 100 x 80 x 10 mm with about this many faces."""
    from manifold3d import Manifold

    from maquette.geometry.cut.solids import surface_of

    side = np.sqrt(2 * (2 * 100 * 80 + 2 * 180 * 10) / face_count)
    return Mesh(*surface_of(Manifold.cube((100.0, 80.0, 10.0)).refine_to_length(float(side))))


def model(job: str, face_count: int) -> Asset:
    """What a job works on."""
    if job == "wall-mount":
        return Asset(plate(face_count), sized=True)
    mesh = painted_torus(face_count)
    if job == "thicken a fin":
        mesh = combine_solids("bench", mesh, [box((20.0, 0.3, 15.0), (40.0, 0.0, 15.0))], "unite")
    return Asset(mesh, sized=True)


def time_job(job: Callable[[], Asset]) -> tuple[float, Asset]:
    """Processor seconds and the result."""
    start = time.process_time()
    made = job()
    return time.process_time() - start, made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--only", nargs="+", default=[], help="names of stages")
    options = parser.parse_args()
    found = build(rooms=("shape",), plugins=())
    print("| job | faces | CPU s | faces after | volume, cm³ | closed |\n|---|---|---|---|---|---|")
    for job, (name, settings) in JOBS.items():
        if options.only and name not in options.only:
            continue
        for count in options.faces:
            asset = model(job, count)
            seconds, made = time_job(lambda a=asset, f=found[name], s=settings: f(a, **s))
            before, after = (signed_volume(m.vertices, m.faces) / 1000 for m in (asset.mesh, made.mesh))
            closed = "yes" if is_watertight(made.mesh.faces) else "NO"
            sizes = f"{len(asset.mesh.faces):,} | {seconds:.2f} | {len(made.mesh.faces):,}"
            print(f"| {job} | {sizes} | {before:.1f} -> {after:.1f} | {closed} |", flush=True)


if __name__ == "__main__":
    main()
