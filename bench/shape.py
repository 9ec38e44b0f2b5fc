"""Seconds of every stage of shape/ at 10 k, 100 k and 1 M faces, and what solidify makes of a folder of broken meshes.

    python bench/shape.py [--faces 10000 100000 1000000] [--against] [--broken FOLDER]

Times are processor seconds of the first call after one on a small mesh. ``--against`` sets simplify beside
fast-simplification on the same surface; ``--broken`` reads meshes with trimesh and needs it.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
from maquette.core.mesh import Mesh
from maquette.registry import build
from maquette.shape.solidify import solidify


def blob(face_count: int) -> Mesh:
    """A closed, bumpy torus of about this many faces, with uv in two charts and colour."""
    across = max(int(np.sqrt(face_count / 5)), 8)
    around = 5 * across // 2
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(around), np.arange(across), indexing="ij"))
    a, b = i * 2 * np.pi / around, j * 2 * np.pi / across
    minor = 20 + np.sin(7 * a) * np.cos(3 * b) + 0.2 * np.sin(60 * a) * np.sin(20 * b)
    ring = 50 + minor * np.cos(b)
    vertices = np.stack([ring * np.cos(a), ring * np.sin(a), minor * np.sin(b)], axis=1)
    right, up = (i + 1) % around, (j + 1) % across
    corners = [np.stack([i, j], 1), np.stack([right, j], 1), np.stack([right, up], 1), np.stack([i, up], 1)]
    grid = np.concatenate([np.stack([corners[k] for k in (0, 1, 2)], 1), np.stack([corners[k] for k in (0, 2, 3)], 1)])
    faces = grid[:, :, 0] * across + grid[:, :, 1]
    wrapped = np.where(
        (grid == 0) & (grid.max(axis=1, keepdims=True) == [around - 1, across - 1]), [around, across], grid
    )
    color = (np.stack([i * 255 // around, j * 255 // across, i * 0 + 99], 1)).astype(np.uint8)
    return Mesh(vertices, faces, uv=wrapped / [around, across], color=color)


def damaged(mesh: Mesh) -> Mesh:
    """A hundredth of the faces missing, half of the rest inside out, and crumbs about it."""
    dice = np.random.default_rng(0)
    whole = mesh.keep_faces(dice.random(len(mesh.faces)) > 0.01)
    return whole.flipped(dice.random(len(whole.faces)) > 0.5)


def stages(mesh: Mesh) -> dict[str, Callable[[], Asset]]:
    """Each stage on a job it has to work for."""
    found = build(rooms=("shape",), plugins=())
    asset, broken = Asset(mesh, sized=True), Asset(damaged(mesh))
    holed = Asset(mesh.keep_faces(np.random.default_rng(1).random(len(mesh.faces)) > 0.01))
    soup = Asset(Mesh(mesh.triangles.reshape(-1, 3), np.arange(mesh.faces.size).reshape(-1, 3), uv=mesh.uv))
    bare = Asset(Mesh(mesh.vertices, mesh.faces))
    small = len(mesh.faces) // 10
    jobs: dict[str, tuple[str, Asset, dict[str, object]]] = {
        "weld": ("weld", soup, {}),
        "fix-winding": ("fix-winding", broken, {}),
        "fill-holes": ("fill-holes", holed, {}),
        "drop-specks": ("drop-specks", holed, {}),
        "smooth": ("smooth", asset, {}),
        "simplify to 10 %, uv": ("simplify", asset, {"max_faces": small}),
        "simplify to 10 %, bare": ("simplify", bare, {"max_faces": small}),
        "scale-to": ("scale-to", asset, {"height_mm": 80}),
        "rotate": ("rotate", asset, {"x_deg": 30}),
        "settle": ("settle", asset, {"contact_share": 0.3}),
        "solidify, solid": ("solidify", asset, {}),
        "solidify, broken": ("solidify", broken, {}),
    }
    return {
        job: (lambda f=found[name], a=given, s=settings: f(a, **s)) for job, (name, given, settings) in jobs.items()
    }


def seconds(job: Callable[[], Asset]) -> float:
    start = time.process_time()
    job()
    return time.process_time() - start


def distance(mesh: Mesh, other: Mesh, count: int = 20_000) -> tuple[float, float]:
    """Root mean square and largest distance between two surfaces, from random points on each to the other."""
    from scipy.spatial import cKDTree

    apart = []
    for near, far in ((mesh, other), (other, mesh)):
        points, _ = scattered(near, count)
        cloud, face = scattered(far, 500_000)
        candidates = face[cKDTree(cloud).query(points, k=6)[1]]  # (N, 6) faces with a sample close by
        corners = far.triangles[candidates.reshape(-1)]
        apart.append(to_triangle(np.repeat(points, 6, axis=0), corners).reshape(-1, 6).min(axis=1))
    both = np.concatenate(apart)
    return float(np.sqrt((both**2).mean())), float(both.max())


def scattered(mesh: Mesh, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Even random points on a surface, (N, 3), and the face of each."""
    dice = np.random.default_rng(3)
    corners = mesh.triangles
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    face = dice.choice(len(area), count, p=area / area.sum())
    s, t = np.sqrt(dice.random(count)), dice.random(count)
    weights = np.stack([1 - s, s * (1 - t), s * t], axis=1)
    return np.einsum("nk,nkd->nd", weights, corners[face]), face


def to_triangle(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Distance of each point to its triangle: to the plane where it lies above it, else to the nearest side."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    nearest, above = np.full(len(points), np.inf), np.ones(len(points), dtype=bool)
    for corner in range(3):
        start, side = corners[:, corner], corners[:, (corner + 1) % 3] - corners[:, corner]
        arm = points - start
        share = ((arm * side).sum(axis=1) / np.maximum((side * side).sum(axis=1), 1e-300)).clip(0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(arm - share[:, None] * side, axis=1))
        above &= (np.cross(side, arm) * normal).sum(axis=1) >= 0
    return np.where(above, np.abs(((points - corners[:, 0]) * normal).sum(axis=1)), nearest)


def against() -> None:
    """simplify beside fast-simplification: 200 k faces to 20 k."""
    from fast_simplification import simplify as fast

    simplify = build(rooms=("shape",), plugins=())["simplify"]
    mesh = blob(200_000)
    start = time.process_time()
    points, faces = fast(mesh.vertices.copy(), mesh.faces.astype(np.int32), target_count=20_000)
    fast_s = time.process_time() - start
    print("| 200 k to 20 k faces | CPU-s | RMS mm | max mm | keeps uv |\n| --- | --- | --- | --- | --- |")
    rms, most = distance(mesh, Mesh(points, faces))
    print(f"| fast-simplification | {fast_s:.2f} | {rms:.4f} | {most:.3f} | no |")
    start = time.process_time()
    made = simplify(Asset(mesh), max_faces=20_000).mesh
    ours_s = time.process_time() - start
    rms, most = distance(mesh, made)
    print(f"| simplify | {ours_s:.2f} | {rms:.4f} | {most:.3f} | yes |")


def mend(folder: Path) -> None:
    """solidify over every mesh of a folder."""
    import trimesh

    count: Counter[str] = Counter()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        given = trimesh.load(path, process=False, force="mesh")
        mesh = Mesh(np.array(given.vertices), np.array(given.faces))
        start = time.process_time()
        try:
            made = solidify(Asset(mesh))
            verdict, story = "solid", "; ".join(made.history[-1].notes)
            if solidify(Asset(made.mesh)).mesh != made.mesh:
                verdict = "solid, but changed when done again"
        except CannotDo as refusal:
            verdict, story = "refused", str(refusal)
        count[verdict] += 1
        took = time.process_time() - start
        print(f"{verdict:8} {took:6.2f} s {len(mesh.faces):7} faces {path.parent.name}/{path.name}: {story}")
    print(dict(count))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--faces", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--against", action="store_true")
    options.add_argument("--broken", type=Path)
    chosen = options.parse_args()
    for job in stages(blob(1000)).values():
        job()
    rows = {size: {name: seconds(job) for name, job in stages(blob(size)).items()} for size in chosen.faces}
    print(f"| CPU seconds | {' | '.join(f'{size:,} faces' for size in rows)} |")
    print(f"| --- |{' --- |' * len(rows)}")
    for name in next(iter(rows.values())):
        print(f"| {name} | {' | '.join(f'{row[name]:.2f}' for row in rows.values())} |")
    if chosen.against:
        against()
    if chosen.broken:
        mend(chosen.broken)


if __name__ == "__main__":
    main()
