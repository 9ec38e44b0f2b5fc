"""Collision: a few convex hulls round a model, for the physics of engines."""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats, Ints
from maquette.core.asset import Asset, Material
from maquette.core.errors import BadInput, CannotDo, Unavailable
from maquette.core.mesh import Mesh, join_meshes
from maquette.core.progress import note, progress
from maquette.geometry.surface import signed_volume
from maquette.geometry.welding import twins
from maquette.registry import stage

_GET = "collision: convex decomposition needs coacd; pip install 'maquette[physics]'"
_ENOUGH = 20_000  # faces that are taken apart; more only cost time
_SCRIPT = """
import io, sys
import numpy as np
import coacd
given = np.load(io.BytesIO(sys.stdin.buffer.read()))
coacd.set_log_level("error")
pieces = coacd.run_coacd(coacd.Mesh(given["points"], given["faces"]), threshold=float(given["numbers"][0]),
                         max_convex_hull=int(given["numbers"][1]), seed=0, mcts_iterations=60)
out = io.BytesIO()
names = ("points", "faces")
np.savez(out, **{name + str(n): part for n, piece in enumerate(pieces) for name, part in zip(names, piece)})
sys.stdout.buffer.write(out.getvalue())
"""
_NAMES = {
    "unreal": "UCX_{name}_{number:02d}",
    "godot": "{name}_{number:02d}-convcolonly",
    "unity": "{name}_COL{number:02d}",
}


def missing_coacd() -> str:
    """The line that gets coacd; empty where it is here."""
    from importlib.util import find_spec

    return "" if find_spec("coacd") else _GET


@stage(missing=missing_coacd, adds=True)
def collision(
    asset: Asset,
    *,
    names: Annotated[
        Literal["unreal", "unity", "godot"],
        Field(description="whose names the hulls get: UCX_chair_00, chair_COL00 or chair_00-convcolonly"),
    ] = "unreal",
    concavity: Annotated[
        float, Field(ge=0.01, le=1, description="how hollow a piece may be that one hull stands for; less: more hulls")
    ] = 0.05,
    max_hulls: Annotated[int, Field(ge=1, le=128, description="how many hulls at most")] = 16,
) -> Asset:
    """Add convex hulls of the model's pieces as parts of their own, named as an engine looks for them.

    The model stays as it is; its hulls wear a plain material. A note says how many there are and how much more room
    they take than the model. Refuses a model without faces. Wei and others 2022 (CoACD).
    """
    mesh = asset.mesh
    if not len(mesh.faces):
        raise BadInput("collision: the model has no faces; there is nothing to run into")
    if missing_coacd():
        raise Unavailable(_GET)
    progress(0.1, "take it apart")
    hulls = _hulls(mesh, concavity, max_hulls)
    name = asset.title or "model"
    room = sum(abs(signed_volume(hull.vertices, hull.faces)) for hull in hulls)
    own = abs(signed_volume(mesh.vertices, mesh.faces))
    extra = f", {room / own:.0%} of its volume" if own > 0 else ""
    note(f"{len(hulls)} hulls of {sum(len(hull.faces) for hull in hulls)} faces{extra}")
    return _with_hulls(asset, hulls, [_NAMES[names].format(name=name, number=one) for one in range(len(hulls))])


def _hulls(mesh: Mesh, concavity: float, most: int) -> list[Mesh]:
    """Convex pieces in millimetres."""
    from fast_simplification import simplify

    keep, twin = twins(mesh.vertices)
    points, faces = mesh.vertices[keep], twin[mesh.faces]
    faces = faces[(faces != np.roll(faces, 1, axis=1)).all(axis=1)]
    middle, size = points.mean(axis=0), max(mesh.diagonal, 1e-300)
    points = (points - middle) / size
    if len(faces) > _ENOUGH:
        points, faces = simplify(points, faces.astype(np.int32), target_count=_ENOUGH)
    return [Mesh(at * size + middle, corners) for at, corners in _decompose(points, faces, concavity, most)]


def _decompose(points: Floats, faces: Ints, concavity: float, most: int) -> list[tuple[Floats, Ints]]:
    """Convex pieces of a surface, by coacd in a process of its own: beside onnxruntime in one, it crashes (1.0.14)."""
    package = io.BytesIO()
    np.savez(package, points=points, faces=faces, numbers=np.array([concavity, most]))
    done = subprocess.run([sys.executable, "-c", _SCRIPT], input=package.getvalue(), capture_output=True, check=False)
    start = done.stdout.find(b"PK")
    if done.returncode or start < 0:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no word of why"]
        raise CannotDo(f"collision: coacd gave up ({reason[0][:120]}); mend the model, or allow more concavity")
    with np.load(io.BytesIO(done.stdout[start:])) as pieces:
        count = len(pieces.files) // 2
        return [(pieces[f"points{one}"], pieces[f"faces{one}"].astype(np.int64)) for one in range(count)]


def _with_hulls(asset: Asset, hulls: list[Mesh], names: list[str]) -> Asset:
    """The asset with its hulls as further parts."""
    mesh, materials = asset.mesh, asset.materials or (Material(name="plain"),)
    count = len(mesh.faces)
    own = asset.part_names or (asset.title or "model",)
    part = np.zeros(count, np.int32) if mesh.part is None else mesh.part
    worn = np.zeros(count, np.int32) if mesh.material is None else mesh.material
    dressed = [
        hull.replace(
            part=np.full(len(hull.faces), len(own) + number, np.int32),
            material=np.full(len(hull.faces), len(materials), np.int32),
        )
        for number, hull in enumerate(hulls)
    ]
    return asset.replace(
        mesh=join_meshes([mesh.replace(part=part, material=worn), *dressed]),
        materials=(*materials, Material(name="collision", base_color=(0.2, 0.8, 0.3, 0.4), alpha_mode="blend")),
        part_names=(*own, *names),
    )
