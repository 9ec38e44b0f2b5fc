"""How long a picture takes on the processor: `python bench/render.py [faces …]`.

A bumpy ball with uv and a 1024² texture, at about 10 k, 188 k and 1 M faces. Seconds of processor time of all threads,
median of three; what is built once (tree, normals) apart from what each frame costs.
"""

from __future__ import annotations

import io
import sys

import numpy as np
from PIL import Image

from maquette.core.asset import Asset, Material, Texture
from maquette.core.mesh import Mesh
from maquette.geometry.rays import Tracer
from maquette.render.drawing import draw
from maquette.render.ground import ground_shadow
from maquette.render.looks import look_for
from maquette.render.normals import corner_normals
from maquette.render.scene import Scene
from measuring import seconds

SIZES = (512, 1024)
ROUNDS = 3


def bumpy_ball(face_count: int) -> Asset:
    """A sphere of rings and sectors with bumps, and a texture of checks."""
    rings = max(3, round((face_count / 4) ** 0.5))
    sectors = 2 * rings
    v, u = np.meshgrid(np.arange(rings + 1) / rings, np.arange(sectors + 1) / sectors, indexing="ij")
    polar, around = v * np.pi, u * 2 * np.pi
    radius = 50 * (1 + 0.08 * np.sin(9 * around) * np.sin(7 * polar) * np.sin(polar))
    xyz = [np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)]
    vertices = np.stack([(radius * axis).ravel() for axis in xyz], axis=1)
    i, j = (grid.ravel() for grid in np.meshgrid(np.arange(rings), np.arange(sectors), indexing="ij"))
    a = i * (sectors + 1) + j
    b, c, d = a + sectors + 1, a + sectors + 2, a + 1
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    uv = np.stack([u.ravel(), v.ravel()], axis=1)[faces]
    checks = (np.indices((1024, 1024)) // 64).sum(axis=0) % 2
    pixels = np.where(checks[..., None], [225, 120, 60], [240, 230, 215]).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return Asset(Mesh(vertices, faces, uv=uv), materials=(Material(base_color_texture=Texture(buffer.getvalue())),))


def main() -> None:
    counts = [int(text) for text in sys.argv[1:]] or [10_000, 188_000, 1_000_000]
    print("| faces | tree | normals | scene, all | look | 512² | 1024² | floor shadow 512² |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for count in counts:
        asset = bumpy_ball(count)
        mesh = asset.mesh
        scene = Scene(asset)
        camera = scene.camera("three-quarter")
        built = [
            seconds(lambda: Tracer(mesh.vertices, mesh.faces), ROUNDS),  # noqa: B023
            seconds(lambda: corner_normals(mesh.vertices, mesh.faces), ROUNDS),  # noqa: B023
            seconds(lambda: Scene(asset), ROUNDS),  # noqa: B023
        ]
        floor = seconds(lambda: ground_shadow(scene, camera, 512, 512), ROUNDS)  # noqa: B023
        for name in ("unlit", "textured", "clay"):
            look = look_for(scene, name)
            frames = [seconds(lambda: draw(scene, camera, look, side, side), ROUNDS) for side in SIZES]  # noqa: B023
            cells = [f"{number:.2f}" for number in (*built, *frames, floor)]
            print(f"| {len(mesh.faces):,} | {' | '.join(cells[:3])} | {name} | {' | '.join(cells[3:])} |")


if __name__ == "__main__":
    main()
