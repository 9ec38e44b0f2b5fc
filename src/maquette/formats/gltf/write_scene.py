"""Write a scene as GLB: each model once, a node for every place where it stands."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.camera import Camera
from maquette.core.files import Files
from maquette.core.progress import note
from maquette.core.scene import Scene
from maquette.formats.carries import say_lost
from maquette.formats.gltf.draft import Draft
from maquette.formats.gltf.write import add_meshes
from maquette.registry import stage

_SWAP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # +Z up to +Y up


@stage(writes=(".glb",), destinations=("model",))
def write_scene(
    scene: Scene,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "scene",
) -> Files:
    """Write a scene as one GLB in which a model that stands there ten times lies once.

    Millimetres, +Z up become metres, +Y up. Every instance is a node with its translation, rotation and scale, over
    one child for each part of its model; engines draw them as instances. The scene's camera goes along, the names of
    its light and backdrop stand in the extras. Skeletons and clips are left out with a note, for glTF hangs a skin on
    one place alone. Source: glTF 2.0, Khronos 2021, §3.5 and §3.10.
    """
    say_what_stays(scene, ".glb")
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
    if scene.camera is not None:
        nodes.append(_add_camera(draft, scene.camera))
    root: dict[str, Any] = {"name": scene.title or stem, "nodes": nodes}
    if scene.light or scene.backdrop:
        root["extras"] = {"maquette": {"light": scene.light, "backdrop": scene.backdrop}}
    draft.root["scene"] = draft.add("scenes", root)
    return Files(f"{stem}.glb", {f"{stem}.glb": draft.glb()})


def say_what_stays(scene: Scene, ending: str) -> None:
    """Note what the models have and a scene of this kind does not take along."""
    used = [scene.assets[number] for number in np.unique(scene.which)]
    if rigged := [asset for asset in used if asset.skeleton is not None]:
        clips = sum(len(asset.skeleton.clips) for asset in rigged if asset.skeleton is not None)
        note(f"left out the skeletons and {clips} clips of {len(rigged)} models; write each as {ending} by itself")
    for asset in used:
        say_lost(asset.without_skeleton(), ending)


def _add_camera(draft: Draft, camera: Camera) -> int:
    """A node that looks along its own -Z with +Y up, as glTF's cameras do."""
    if camera.projection == "perspective":
        angle = float(2 * np.arctan(camera.span / 2))
        entry: dict[str, Any] = {
            "type": "perspective",
            "perspective": {"yfov": angle, "aspectRatio": camera.aspect, "znear": 0.001},
        }
    else:
        half = camera.span / 2000.0
        entry = {
            "type": "orthographic",
            "orthographic": {"xmag": half * camera.aspect, "ymag": half, "znear": 0.0, "zfar": 1000.0},
        }
    pose = camera.pose.copy()
    pose[:3, 1:3] *= -1  # y up, z towards the viewer
    row = _their_place(pose)
    row["rotation"] = [float(x) + 0.0 for x in _quaternion(_SWAP @ pose[:3, :3])]
    return draft.add("nodes", {"name": "camera", "camera": draft.add("cameras", entry), **row})


def _their_place(place: Floats) -> dict[str, list[float]]:
    """A place as glTF has it: metres, +Y up, translation, rotation as a quaternion, scale."""
    scale = float(np.cbrt(np.linalg.det(place[:3, :3])))
    turn = _SWAP @ (place[:3, :3] / scale) @ _SWAP.T
    row = {"translation": [float(x) + 0.0 for x in _SWAP @ place[:3, 3] / 1000.0]}
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
