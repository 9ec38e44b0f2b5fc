"""Write a scene as GLB: each model once, a node for every place where it stands."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.files import Files
from maquette.core.scene import Scene
from maquette.formats.gltf.draft import Draft
from maquette.formats.gltf.write import add_meshes
from maquette.registry import stage


@stage(writes=(".glb",), destinations=("model",))
def write_scene(
    scene: Scene,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "scene",
) -> Files:
    """Write a scene as one GLB in which a model that stands there ten times lies once.

    Millimetres, +Z up become metres, +Y up. Every instance is a node with its translation, rotation and scale, over
    one child for each part of its model; engines draw them as instances. Source: glTF 2.0, Khronos 2021, §3.5.
    """
    draft = Draft({"version": "2.0", "generator": f"maquette {version('maquette')}"})
    titles = [asset.title or f"model {number + 1}" for number, asset in enumerate(scene.assets)]
    meshes = [add_meshes(draft, asset, title) for asset, title in zip(scene.assets, titles, strict=True)]
    nodes = []
    for number, (which, place) in enumerate(zip(scene.which, scene.places, strict=True)):
        row: dict[str, Any] = {"name": f"{titles[which]} {number + 1}", **_their_place(place)}
        if len(meshes[which]) == 1:
            row["mesh"] = meshes[which][0][1]
        else:
            row["children"] = [draft.add("nodes", {"name": name, "mesh": mesh}) for name, mesh in meshes[which]]
        nodes.append(draft.add("nodes", row))
    draft.root["scene"] = draft.add("scenes", {"name": scene.title or stem, "nodes": nodes})
    return Files(f"{stem}.glb", {f"{stem}.glb": draft.glb()})


def _their_place(place: Floats) -> dict[str, list[float]]:
    """A place as glTF has it: metres, +Y up, translation, rotation as a quaternion, scale."""
    swap = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    scale = float(np.cbrt(np.linalg.det(place[:3, :3])))
    turn = swap @ (place[:3, :3] / scale) @ swap.T
    row = {"translation": [float(x) + 0.0 for x in swap @ place[:3, 3] / 1000.0]}
    quaternion = _quaternion(turn)
    if abs(quaternion[3]) < 1 - 1e-12:
        row["rotation"] = [float(x) + 0.0 for x in quaternion]
    if abs(scale - 1) > 1e-12:
        row["scale"] = [scale] * 3
    return row


def _quaternion(turn: Floats) -> Floats:
    """x, y, z, w of a rotation (3, 3); Shepperd 1978, by the largest of the four."""
    trace = float(np.trace(turn))
    squares = np.array([*np.diag(turn), trace])
    largest = int(squares.argmax())
    if largest == 3:
        row = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1], 1 + trace])
    else:
        i, j, k = largest, (largest + 1) % 3, (largest + 2) % 3
        row = np.empty(4)
        row[i] = 1 + 2 * turn[i, i] - trace
        row[j], row[k] = turn[j, i] + turn[i, j], turn[k, i] + turn[i, k]
        row[3] = turn[k, j] - turn[j, k]
    unit: Floats = row / np.linalg.norm(row)
    return unit
