"""Unwrap by cones of normals beside plain xatlas on the same bumpy torus, in one run.

    OMP_NUM_THREADS=1 python bench/unwrapping.py [--faces 20000 100000] [--without-xatlas]

Processor seconds of one call each; xatlas alone needs minutes at 100,000 faces. Both are scored by the same kernels.
"""

from __future__ import annotations

import argparse
import time

from maquette.core.asset import Asset
from maquette.geometry.remake.transfer import charts
from maquette.geometry.uv.scores import cover, density_spread, stretch
from maquette.texture.unwrap import unwrap
from measuring import torus


def main() -> None:
    """Print a table row for each size and method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--without-xatlas", action="store_true")
    given = parser.parse_args()
    print("| faces | method | CPU s | L2 | Linf | overlap | fill | density spread | charts |\n|" + "---|" * 9)
    for count in given.faces:
        mesh = torus(count)
        for method in ("cones", "xatlas")[: 1 if given.without_xatlas else 2]:
            start = time.process_time()
            made = unwrap(Asset(mesh), method=method).mesh
            taken = time.process_time() - start
            score, covered = stretch(made.vertices, made.faces, made.uv), cover(made.uv)
            uneven = density_spread(made.vertices, made.faces, made.uv)
            print(
                f"| {len(mesh.faces):,} | {method} | {taken:.1f} | {score.mean:.4f} | {score.worst:.3f} | "
                f"{covered.overlap:.2%} | {covered.fill:.0%} | {uneven:.1%} | "
                f"{charts(made.faces, made.uv).max() + 1} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
