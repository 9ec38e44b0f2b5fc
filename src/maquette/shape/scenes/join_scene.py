"""Join scene: everything that stands in a scene as one model."""

from __future__ import annotations

from maquette.core.asset import Asset
from maquette.core.errors import CannotDo
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
    return scene.as_asset()
