"""Colour prints: processor seconds at 10 k, 100 k and 1 M faces, and how true borders are next to painting triangles.

    OMP_NUM_THREADS=1 python bench/colors.py [--faces 10000 100000 1000000] [--seconds-only]

The peer is what colour painters do without cutting: every triangle takes the filament nearest to its middle, on the
same number of triangles. Its border is a staircase; ours is measured on the same disc.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from maquette.core.asset import Asset, Material, Texture
from maquette.core.mesh import Mesh
from maquette.formats.threemf.read import read_3mf
from maquette.formats.threemf.write import write_3mf
from maquette.geometry.topology import edges
from maquette.shape.paint.quantize_colors import quantize_colors


def stripes(face_count: int) -> Asset:
    """A torus of 140 mm with a texture of soft stripes in four colours."""
    across = max(int(np.sqrt(face_count / 5)), 8)
    around = 5 * across // 2
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(around), np.arange(across), indexing="ij"))
    a, b = i * 2 * np.pi / around, j * 2 * np.pi / across
    ring = 50 + 20 * np.cos(b)
    vertices = np.stack([ring * np.cos(a), ring * np.sin(a), 20 * np.sin(b)], axis=1)
    right, up = (i + 1) % around, (j + 1) % across
    p, q, r, s = i * across + j, right * across + j, right * across + up, i * across + up
    faces = np.concatenate([np.stack([p, q, r], 1), np.stack([p, r, s], 1)])
    u, v = np.stack([i, i + 1, i + 1, i], 1) / around, np.stack([j, j, j + 1, j + 1], 1) / across
    uv = np.concatenate([np.stack([u, v], -1)[:, [0, 1, 2]], np.stack([u, v], -1)[:, [0, 2, 3]]])
    y, x = np.mgrid[:1024, :1024] / 1024
    wave = np.sin(2 * np.pi * (5 * x + np.sin(2 * np.pi * 2 * y) * 0.3)) + np.sin(2 * np.pi * 3 * y)
    inks = np.array([(230, 230, 225), (200, 40, 40), (30, 60, 150), (240, 190, 40)], np.uint8)
    return Asset(Mesh(vertices, faces, uv=uv), (textured_look(inks[np.digitize(wave, [-0.8, 0.0, 0.8])]),), sized=True)


def textured_look(pixels: Any) -> Material:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return Material(base_color_texture=Texture(out.getvalue()))


def sheet(side: int) -> tuple[Asset, Any]:
    """A square of 40 mm, side x side cells, with a black disc of 12 mm on it; and the picture."""
    size = 1024
    y, x = (np.mgrid[:size, :size] + 0.5) * 40 / size
    grey = np.clip((np.hypot(x - 20, y - 20) - 12) * size / 40 + 0.5, 0, 1) * 255
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(side), np.arange(side), indexing="ij"))
    p = i * (side + 1) + j
    faces = np.concatenate([np.stack([p, p + side + 1, p + side + 2], 1), np.stack([p, p + side + 2, p + 1], 1)])
    gx, gy = np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij")
    vertices = np.stack([gx.ravel(), gy.ravel(), 0 * gx.ravel()], 1) * 40.0 / side
    uv = vertices[faces][:, :, :2] / 40
    picture = np.repeat(np.rint(grey).astype(np.uint8)[..., None], 3, axis=2)
    return Asset(Mesh(vertices, faces, uv=uv), (textured_look(picture),), sized=True), grey


def border(mesh: Mesh, label: Any) -> tuple[float, float]:
    """Length of the border over that of the circle, and its greatest distance from it in millimetres."""
    found = edges(mesh.faces)
    order = np.argsort(found.of_half, kind="stable")
    first = np.concatenate([[0], np.cumsum(found.count)[:-1]])
    inner = np.flatnonzero(found.count == 2)
    one, two = order[first[inner]] // 3, order[first[inner] + 1] // 3
    ends = mesh.vertices[found.ends[inner[label[one] != label[two]]]]
    away = np.hypot(ends[..., 0] - 20, ends[..., 1] - 20) - 12
    return float(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).sum() / (24 * np.pi)), float(np.abs(away).max())


def paint_flat(asset: Asset, grey: Any) -> Any:
    """Every triangle by its middle."""
    middle = asset.mesh.triangles.mean(axis=1)
    place = np.clip((middle[:, :2] / 40 * len(grey)).astype(int), 0, len(grey) - 1)
    return (grey[place[:, 1], place[:, 0]] < 128).astype(int)


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--seconds-only", action="store_true")
    chosen = parser.parse_args()
    print("| faces | after | quantize-colors | write-3mf | read-3mf | MB |\n|---|---|---|---|---|---|")
    for count in chosen.faces:
        asset = stripes(count)
        cut, made = seconds(lambda asset=asset: quantize_colors(asset, count=4))
        write, files = seconds(lambda made=made: write_3mf(made))
        read, back = seconds(lambda files=files: read_3mf(files))
        assert np.array_equal(back.mesh.material, made.mesh.material)
        sizes = f"{len(asset.mesh.faces):,} | {len(made.mesh.faces):,}"
        print(f"| {sizes} | {cut:.2f} s | {write:.2f} s | {read:.2f} s | {len(files.data) / 1e6:.1f} |")
    if chosen.seconds_only:
        return
    print("\n| a disc of 12 mm | triangles | border / circle | farthest off |\n|---|---|---|---|")
    ours = quantize_colors(sheet(1)[0], filaments=("white", "black"))
    rows = [("cut along the border", ours.mesh, ours.mesh.material)]
    for side in (60, 200):
        asset, grey = sheet(side)
        rows.append(("triangles painted", asset.mesh, paint_flat(asset, grey)))
    for name, mesh, label in rows:
        length, off = border(mesh, label)
        print(f"| {name} | {len(mesh.faces):,} | {length:.3f} | {off:.3f} mm |")


if __name__ == "__main__":
    main()
