"""Processor seconds of every check at 10 k, 100 k and 1 M faces, beside trimesh where it has an answer to the same.

    OMP_NUM_THREADS=1 python bench/checks.py [--faces 10000 100000 1000000] [--repeat 3] [--only islands bridges]
        [--printer prusa-mk4]

Each check sees the mesh as a binary STL stores it, every triangle with vertices of its own, once whole and once
damaged (a hundredth of the faces missing, a hundredth turned, a rod through it, crumbs about it). Medians; trimesh
merges the vertices itself, which is part of its answer as it is of ours. Ratios are from the same run. What
checks share, as the weld, is forgotten before each run, so that each pays for its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

from maquette.core.asset import Asset, Material
from maquette.core.camera import Camera
from maquette.core.mesh import Mesh
from maquette.core.report import Finding
from maquette.core.subject import Subject
from maquette.registry import build
from measuring import seconds, torus


def blob(face_count: int) -> Mesh:
    """A bumpy torus as a file would store it, its uv from above."""
    bare = torus(face_count)
    vertices = bare.vertices.astype(np.float32)
    uv = vertices[bare.faces][:, :, :2] / 160 + 0.5
    return Mesh(vertices, bare.faces, uv=uv, material=np.zeros(len(bare.faces)))


def as_stored(mesh: Mesh) -> Mesh:
    """Every triangle with vertices of its own."""
    return mesh.replace(vertices=mesh.triangles.reshape(-1, 3), faces=np.arange(mesh.faces.size).reshape(-1, 3))


def damage(mesh: Mesh) -> Mesh:
    """The same with what goes wrong in generated meshes."""
    dice = np.random.default_rng(0)
    holed = mesh.keep_faces(dice.random(len(mesh.faces)) > 0.01)
    turned = holed.flipped(dice.random(len(holed.faces)) < 0.01)
    rod = blob(500)
    rod = rod.with_vertices(rod.vertices * [2, 0.1, 0.1])
    crumbs = [rod.with_vertices(rod.vertices * 0.001 + dice.uniform(-90, 90, 3)) for _ in range(20)]
    pieces = [turned, rod, *crumbs]
    offsets = np.cumsum([0] + [len(piece.vertices) for piece in pieces[:-1]])
    return Mesh(
        np.concatenate([piece.vertices for piece in pieces]),
        np.concatenate([piece.faces + offset for piece, offset in zip(pieces, offsets, strict=True)]),
        uv=np.concatenate([piece.uv for piece in pieces]),
        material=np.concatenate([piece.material for piece in pieces]),
    )


def asset_of(mesh: Mesh) -> Asset:
    """With a camera and a photo from above, so that every check has something to look at."""
    y, x = np.mgrid[-80:80:512j, -80:80:512j]
    mask = (np.abs(np.hypot(x, y) - 50) < 20).astype(np.float32)
    photo = Subject(pixels=np.zeros((512, 512, 3)), mask=mask)
    camera = Camera.looking((0, 0, -1), distance=200.0, span=160.0)
    return Asset(mesh, (Material(),), sized=True, camera=camera, source=photo)


def peers(mesh: Mesh) -> dict[str, Callable[[], Any]]:
    """What trimesh asks of the same triangles."""
    import trimesh

    def merge_vertices() -> Any:
        return trimesh.Trimesh(mesh.vertices, mesh.faces, process=False, merge_norm=True, merge_tex=True)

    def ask(question: Callable[[Any], Any]) -> Callable[[], Any]:
        def run() -> Any:
            made = merge_vertices()
            made.merge_vertices()
            return question(made)

        return run

    return {
        "watertight": ask(lambda made: made.is_watertight),
        "winding": ask(lambda made: (made.is_winding_consistent, made.volume)),
        "specks": ask(lambda made: made.split(only_watertight=False)),
        "degenerate": ask(lambda made: made.nondegenerate_faces()),
    }


def afresh(work: Callable[[], Any]) -> Callable[[], Any]:
    """The same work without what an earlier check has left behind."""
    from maquette.core.memory import forget_everything

    def run() -> Any:
        forget_everything()
        return work()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[], help="names of checks; all when left out")
    parser.add_argument("--printer", default="prusa-mk4")
    chosen = parser.parse_args()
    checks = build(rooms=("checks",), plugins=())
    checks = {name: made for name, made in checks.items() if name in chosen.only or not chosen.only}
    warm = asset_of(as_stored(blob(1000)))
    for check in checks.values():
        check(warm)
    for count in chosen.faces:
        for state, mesh in (("whole", as_stored(blob(count))), ("damaged", as_stored(damage(blob(count))))):
            asset, other = asset_of(mesh), peers(mesh)
            print(f"\n{len(mesh.faces):,} faces, {state}\n{'check':20}   ours s  trimesh s   ratio  verdict")
            for name, check in checks.items():
                settings = check.stage.for_roles({"printer": chosen.printer})
                found: list[Finding] = []
                ask = afresh(lambda: found.extend(check(asset, **settings)))  # noqa: B023
                ours = seconds(ask, chosen.repeat)
                once = found[: len(found) // chosen.repeat]
                verdicts = ", ".join(f"{f.verdict} {'-' if f.value is None else format(f.value, 'g')}" for f in once)
                theirs = seconds(other[name], chosen.repeat) if name in other else None
                beside = f"{theirs:10.3f} {theirs / max(ours, 1e-9):6.1f}x" if theirs is not None else " " * 18
                print(f"{name:20} {ours:8.3f} {beside}  {verdicts}", flush=True)


if __name__ == "__main__":
    main()
