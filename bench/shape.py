"""Seconds of every stage of shape/ at 10 k, 100 k and 1 M faces.

    python bench/shape.py [--faces 10000 100000 1000000] [--against]

Times are processor seconds of the first call after one on a small mesh. ``--against`` sets simplify beside
fast-simplification on the same surface. What solidify makes of broken meshes is in mending.py and corpus.py.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.registry import build
from measuring import painted_torus, seconds


def damage(mesh: Mesh) -> Mesh:
    """A hundredth of the faces missing, half of the rest inside out, and crumbs about it."""
    dice = np.random.default_rng(0)
    whole = mesh.keep_faces(dice.random(len(mesh.faces)) > 0.01)
    return whole.flipped(dice.random(len(whole.faces)) > 0.5)


def stages(mesh: Mesh) -> dict[str, Callable[[], Asset]]:
    """Each stage on a job it has to work for."""
    found = build(rooms=("shape",), plugins=())
    asset, broken = Asset(mesh, sized=True), Asset(damage(mesh))
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


def distance(mesh: Mesh, other: Mesh, count: int = 20_000) -> tuple[float, float]:
    """Root mean square and largest distance between two surfaces, from random points on each to the other."""
    from scipy.spatial import cKDTree

    apart = []
    for near, far in ((mesh, other), (other, mesh)):
        points, _ = scatter_points(near, count)
        cloud, face = scatter_points(far, 500_000)
        candidates = face[cKDTree(cloud).query(points, k=6)[1]]  # (N, 6) faces with a sample close by
        corners = far.triangles[candidates.reshape(-1)]
        apart.append(to_triangle(np.repeat(points, 6, axis=0), corners).reshape(-1, 6).min(axis=1))
    both = np.concatenate(apart)
    return float(np.sqrt((both**2).mean())), float(both.max())


def scatter_points(mesh: Mesh, count: int) -> tuple[np.ndarray, np.ndarray]:
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
    mesh = painted_torus(200_000)
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


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--faces", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--against", action="store_true")
    chosen = options.parse_args()
    for job in stages(painted_torus(1000)).values():
        job()
    rows = {size: {name: seconds(job) for name, job in stages(painted_torus(size)).items()} for size in chosen.faces}
    print(f"| CPU seconds | {' | '.join(f'{size:,} faces' for size in rows)} |")
    print(f"| --- |{' --- |' * len(rows)}")
    for name in next(iter(rows.values())):
        print(f"| {name} | {' | '.join(f'{row[name]:.2f}' for row in rows.values())} |")
    if chosen.against:
        against()


if __name__ == "__main__":
    main()
