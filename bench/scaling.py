"""How the cost of every stage and check grows with the faces: processor seconds at three sizes, and the exponent.

    OMP_NUM_THREADS=1 python bench/scaling.py [--faces 10000 100000 1000000] [--only hollow remesh] [--limit 120]

A bumpy ball of 60 mm with uv, colours and a material goes through every stage of shape/ and checks/ that asks for one
asset, with its defaults and what SETTINGS gives. The exponent is log(cost ratio) / log(face ratio) between two sizes
of which the smaller took 0.1 s at least: 1 is linear, n log n about 1.05; above 1.35 it is marked with !. What would
take more than the limit if it were linear is left out and says so. Stages whose cost is in a grid have exponents near
0. Lines are Markdown and come as they are measured.
"""

from __future__ import annotations

import argparse

import numpy as np

from maquette.core.asset import Asset, Material
from maquette.core.errors import MaquetteError
from maquette.core.mesh import Mesh
from maquette.registry import StageFunction, build
from measuring import seconds

STEEP, COUNTS = 1.35, 0.1
SETTINGS = {
    "emboss": {"text": "MAQUETTE"},
    "remesh": {"edge_mm": "mean edge"},
    "scale-to": {"height_mm": 80.0},
}


def ball(face_count: int) -> Asset:
    """Six grids blown up to a ball of 60 mm with bumps, welded, with uv from above, colours and one material."""
    side = max(round(np.sqrt(face_count / 12)), 1)
    at = np.tan(np.linspace(-1, 1, side + 1) * np.pi / 4)
    i, j = (m.ravel() for m in np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij"))
    grids = []
    for axis in range(3):
        for sign in (1, -1):
            grid = np.empty((len(i), 3))
            grid[:, axis], grid[:, (axis + 1) % 3], grid[:, (axis + 2) % 3] = sign, sign * at[i], at[j]
            grids.append(grid)
    number = np.arange((side + 1) ** 2).reshape(side + 1, side + 1)
    a, b, c, d = (number[s].ravel() for s in (np.s_[:-1, :-1], np.s_[1:, :-1], np.s_[1:, 1:], np.s_[:-1, 1:]))
    quads = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    faces = np.concatenate([quads + k * len(i) for k in range(6)])
    key = np.round(np.concatenate(grids) * 1e9).astype(np.int64)
    _, keep, twin = np.unique(key, axis=0, return_index=True, return_inverse=True)
    way = np.concatenate(grids)[keep]
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    bump = 1 + 0.05 * np.prod(np.sin(way * [7, 6, 8] + [0, 1, 2]), axis=1)
    vertices, faces = 30 * way * bump[:, None], twin.reshape(-1)[faces]
    uv = vertices[faces][:, :, :2] / 80 + 0.5
    color = np.round(127 + 127 * way).astype(np.uint8)
    mesh = Mesh(vertices, faces, uv=uv, color=color, material=np.zeros(len(faces)))
    return Asset(mesh, materials=(Material(name="clay"),), sized=True)


def settings(name: str, mesh: Mesh) -> dict[str, object]:
    """A stage's settings; words stand for what depends on the mesh."""
    edge = np.linalg.norm(mesh.triangles[:, 0] - mesh.triangles[:, 1], axis=1).mean()
    words = {"mean edge": float(edge)}
    return {key: words.get(value, value) for key, value in SETTINGS.get(name, {}).items()}


def time_stage(function: StageFunction, asset: Asset, repeat: int) -> tuple[float, bool]:
    """Processor seconds on a mesh that nobody has asked anything yet, and whether the stage refused."""
    chosen, refused = settings(function.stage.name, asset.mesh), []

    def work() -> None:
        try:
            function(asset.with_mesh(asset.mesh.replace(faces=asset.mesh.faces.copy())), **chosen)
        except MaquetteError as problem:
            refused.append(problem)

    return seconds(work, repeat), bool(refused)


def row(function: StageFunction, balls: list[Asset], limit: float, repeat: int) -> str:
    """One stage at all sizes, as a line of the table."""
    took: list[float] = []
    cells, slopes = [], []
    for asset in balls:
        ratio = len(asset.mesh.faces) / len(balls[max(len(took) - 1, 0)].mesh.faces)
        if took and took[-1] * ratio > limit:
            cells.append(f"left out, would be about {took[-1] * ratio:.0f}")
            continue
        cost, refused = time_stage(function, asset, repeat)
        cells.append(f"{cost:.2f}" + " refused" * refused)
        if took and took[-1] >= COUNTS:
            slope = float(np.log(cost / took[-1]) / np.log(ratio))
            slopes.append(f"{slope:.2f}" + " !" * (slope > STEEP))
        took.append(cost)
    return f"| {function.stage.name} | {' | '.join(cells)} | {', '.join(slopes) or '-'} |"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--faces", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    asked.add_argument("--only", nargs="+", default=[])
    asked.add_argument("--skip", nargs="+", default=[])
    asked.add_argument("--limit", type=float, default=120.0, help="processor seconds that one run may take")
    asked.add_argument("--repeat", type=int, default=1)
    given = asked.parse_args()
    warm, balls = ball(200), [ball(count) for count in given.faces]
    print(f"| stage | {' | '.join(f'{len(b.mesh.faces):,} faces' for b in balls)} | exponents |")
    print("|---" * (len(balls) + 2) + "|", flush=True)
    for function in build().values():
        record = function.stage
        wanted = (not given.only or record.name in given.only) and record.name not in given.skip
        able = all(not s.required or name in SETTINGS.get(record.name, {}) for name, s in record.settings.items())
        if wanted and able and record.room in ("shape", "checks") and len(record.inputs) == 1:
            time_stage(function, warm, 1)  # libraries are loaded on the first call
            print(row(function, balls, given.limit, given.repeat), flush=True)


if __name__ == "__main__":
    main()
