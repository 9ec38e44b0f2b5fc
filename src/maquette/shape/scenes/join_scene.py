"""Join scene: everything that stands in a scene as one model."""

from __future__ import annotations

import numpy as np

from maquette.core.asset import Asset, Material
from maquette.core.errors import CannotDo
from maquette.core.mesh import join_meshes
from maquette.core.progress import note
from maquette.core.scene import Scene
from maquette.registry import stage

_MOST_FACES = 20_000_000


@stage
def join_scene(scene: Scene) -> Asset:
    """Make one model of a scene, each instance a part of its own, so that it can be looked at, checked or printed.

    Materials of the models lie one after the other. The scene is sized where all of its models are. Skeletons are left
    out with a note. Refuses a scene of more than 20 million faces.
    """
    total = sum(len(scene.assets[number].mesh.faces) for number in scene.which)
    if total > _MOST_FACES:
        raise CannotDo(f"join-scene: {total:,} faces; at most {_MOST_FACES:,} are joined; keep it a scene")
    if rigged := sum(scene.assets[number].skeleton is not None for number in set(scene.which)):
        note(f"left out the skeletons and clips of {rigged} models; pose them before")
    starts = np.cumsum([0, *(max(len(asset.materials), 1) for asset in scene.assets)])
    meshes, names = [], []
    for number, (which, place) in enumerate(zip(scene.which, scene.places, strict=True)):
        asset = scene.assets[which].without_skeleton()
        scale = float(np.cbrt(np.linalg.det(place[:3, :3])))
        mesh = asset.mesh.moved(place[:3, :3] / scale, scale, place[:3, 3])
        own = np.zeros(len(mesh.faces), np.int32) if mesh.material is None else mesh.material
        part = np.full(len(mesh.faces), number, np.int32)
        meshes.append(mesh.replace(material=(own + starts[which]).astype(np.int32), part=part))
        names.append(f"{asset.title or 'model'} {number + 1}")
    materials = tuple(material for asset in scene.assets for material in _materials(asset))
    sized = all(asset.sized for asset in scene.assets)
    return Asset(join_meshes(meshes), materials, part_names=tuple(names), sized=sized, title=scene.title)


def _materials(asset: Asset) -> tuple[Material, ...]:
    """The asset's materials, a plain one where it has none."""
    return asset.materials or (Material(name="plain", base_color=(0.6, 0.6, 0.6, 1.0)),)
