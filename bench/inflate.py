"""Inflate on shapes whose solid is known, beside marching cubes over the same implicit solid y² = u(x, z).

Run: python bench/inflate.py. Process seconds, the median of three, for 1024 pixel photos; error is that of the volume.
The peer solves Poisson on the pixels that lie inside, at the grid that gives about as many faces, and meshes with
scikit-image's marching cubes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from maquette.core.subject import Subject
from maquette.generate.inflate import inflate
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import face_components, is_watertight

SIZE = 1024
Solid = tuple[np.ndarray, np.ndarray]


def far(x: float, y: float) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    return np.hypot(columns - x, rows - y)


def shapes() -> dict[str, tuple[np.ndarray, float | None, int]]:
    """Signed distance in pixels, true volume in pixels³ where there is a formula, and number of parts."""
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    ring = np.minimum(430 - far(512, 512), far(512, 512) - 200)
    r = np.linspace(200, 430, 200_001)
    swell = 430**2 - r**2 - (430**2 - 200**2) * np.log(430 / r) / np.log(430 / 200)
    ring_volume = float(np.trapezoid(4 * np.pi * r * np.sqrt(np.maximum(swell, 0)), r))
    wire = np.minimum(1.0 - np.abs(rows - 512), 400 - np.abs(columns - 512))  # 2 pixels between two balls
    return {
        "disc of radius 430": (430 - far(512, 512), 4 / 3 * np.pi * 430**3, 1),
        "ring 200 to 430": (ring, ring_volume, 1),
        "balls on a 2 px wire": (np.maximum.reduce([90 - far(150, 512), 90 - far(874, 512), wire]), None, 1),
    }


def marching_cubes(mask: np.ndarray, cells: int) -> Solid:
    """The peer: u by five-point differences on the pixels inside, then the level set of u − y² on a cubic grid."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import spsolve
    from skimage.measure import block_reduce
    from skimage.measure import marching_cubes as mesh_level

    step = SIZE // cells
    inside = np.pad(block_reduce(mask, step, np.mean) >= 0.5, 1)
    number = np.full(inside.shape, -1)
    number[inside] = np.arange(inside.sum())
    rows, columns, values = [number[inside]], [number[inside]], [np.full(inside.sum(), 4.0)]
    for axis in (0, 1):
        one, other = (number[tuple(np.roll([slice(*part), slice(None)], axis))] for part in ((1, None), (None, -1)))
        both = (one >= 0) & (other >= 0)
        rows += [one[both], other[both]]
        columns += [other[both], one[both]]
        values += [np.full(2 * both.sum(), -1.0)]
    system = coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))).tocsc()
    swell = np.full(inside.shape, -1.0)
    swell[inside] = spsolve(system, np.full(int(inside.sum()), 4.0))
    reach = int(np.sqrt(swell.max())) + 2
    depth = np.arange(-reach, reach + 1)
    vertices, faces, _, _ = mesh_level(swell[..., None] - depth**2, 0.0)
    return vertices * step, faces.astype(np.int64)[:, ::-1]


def ours(mask: np.ndarray) -> Solid:
    photo = Subject(np.full((SIZE, SIZE, 3), 128, np.uint8), mask=mask.astype(np.float32), mm_per_pixel=1.0)
    mesh = inflate(photo, depth=1.0, thickest=0.0, surface=0.0).mesh
    return mesh.vertices, mesh.faces


def angles(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Smallest angle of each triangle in degrees."""
    corner = vertices[faces]
    one, other = np.roll(corner, -1, axis=1) - corner, np.roll(corner, 1, axis=1) - corner
    length = np.linalg.norm(one, axis=2) * np.linalg.norm(other, axis=2)
    return np.degrees(np.arccos(np.clip((one * other).sum(2) / np.maximum(length, 1e-12), -1, 1))).min(axis=1)


def median(work: Callable[[], Solid]) -> tuple[float, Solid]:
    taken = []
    for _ in range(3):
        start = time.process_time()
        made = work()
        taken.append(time.process_time() - start)
    return statistics.median(taken), made


def main() -> None:
    print(f"{'shape':<24}{'mask':<6}{'by':<17}{'s':>6}{'faces':>9}{'error':>9}{'1 % angle':>11}{'parts':>7}  closed")
    for name, (distance, volume, parts) in shapes().items():
        for kind, mask in (("soft", np.clip(distance + 0.5, 0, 1)), ("hard", (distance > 0).astype(float))):
            for by, work in (("inflate", ours), ("marching cubes", lambda grid: marching_cubes(grid, 128))):
                seconds, (vertices, faces) = median(lambda work=work, mask=mask: work(mask))
                error = "" if volume is None else f"{signed_volume(vertices, faces) / volume - 1:+.2%}"
                found = f"{face_components(faces)[0]}/{parts}"
                low = np.quantile(angles(vertices, faces), 0.01)
                print(
                    f"{name:<24}{kind:<6}{by:<17}{seconds:>6.2f}{len(faces):>9}{error:>9}{low:>10.1f}°{found:>7}"
                    f"  {'yes' if is_watertight(faces) else 'no'}"
                )


if __name__ == "__main__":
    main()
