"""Describe scene: what stands where, and what runs into what, as plain data."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field

from maquette.core.files import Files
from maquette.core.scene import Scene
from maquette.registry import stage
from maquette.shape.scenes.overlaps import overlaps


@stage
def describe_scene(
    scene: Scene,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "scene",
) -> Files:
    """Write down a scene as JSON: its models, each thing's place and box in millimetres, and which things collide.

    Collisions are volumes that two closed solids share; of what is no solid only that the boxes cross is said. The
    height of each thing above the floor (z = 0) shows what floats or is sunk.
    """
    names = scene.names()
    things: list[dict[str, Any]] = []
    for number, (which, place) in enumerate(zip(scene.which.tolist(), scene.places, strict=True)):
        box = scene.bounds(number)
        row = {"name": names[number], "model": which, "place": place.tolist(), "low_mm": box[0].tolist()}
        things.append({**row, "high_mm": box[1].tolist(), "above_floor_mm": float(box[0, 2])})
    crossing = [
        {"first": names[pair.first], "second": names[pair.second], "volume_mm3": pair.volume_mm3}
        for pair in overlaps(scene)
    ]
    models = [
        {"title": asset.title, "digest": asset.digest, "faces": len(asset.mesh.faces), "sized": asset.sized}
        for asset in scene.assets
    ]
    record = {
        "title": scene.title,
        "models": models,
        "things": things,
        "collisions": crossing,
        "light": scene.light,
        "backdrop": scene.backdrop,
    }
    name = f"{stem}.json"
    return Files(name, {name: (json.dumps(record, indent=1) + "\n").encode()})
