"""Light scene: from where a scene is looked at, what lights it and what stands behind it."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from maquette.core.camera import Camera
from maquette.core.scene import Scene
from maquette.registry import stage

_LENS = 2 * np.tan(np.radians(24.0) / 2)  # an 85 mm portrait lens
_FILL = 0.86  # of the picture's side that the scene's ball fills


@stage
def light_scene(
    scene: Scene,
    *,
    light: Annotated[
        Literal["studio", "three-point", "window", "overcast", "golden-hour", "night-neon"],
        Field(description="the lamps or the sky around it"),
    ] = "studio",
    backdrop: Annotated[
        Literal["studio", "white", "dark", "transparent"], Field(description="what stands behind it")
    ] = "studio",
    azimuth_deg: Annotated[float, Field(ge=-360, le=360, description="how far the viewer walked to the right")] = 35.0,
    elevation_deg: Annotated[float, Field(ge=-85, le=85, description="how far the viewer stands above it")] = 22.0,
    closer: Annotated[float, Field(ge=0.1, le=20, description="2 shows half as much, larger")] = 1.0,
) -> Scene:
    """Set a scene's light, backdrop and camera, which go along into its files and into `shoot`.

    The camera looks at the scene's middle from where all of it is in the picture.
    """
    boxes = np.stack([scene.bounds(number) for number in range(len(scene.which))])
    low, high = boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
    radius = max(float(np.linalg.norm(high - low)) / 2, 1e-6)
    around, above = np.radians(azimuth_deg), np.radians(elevation_deg)
    toward = (-np.sin(around) * np.cos(above), np.cos(around) * np.cos(above), -np.sin(above))
    half = np.arctan(_LENS / 2 * _FILL)
    middle = tuple(((low + high) / 2).tolist())
    camera = Camera.looking(
        toward, middle, distance=radius / np.sin(half), span=float(_LENS / closer), projection="perspective"
    )
    return scene.replace(camera=camera, light=light, backdrop=backdrop)
