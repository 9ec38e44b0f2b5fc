"""Turntable: once around the model."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bytes
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.picture import Picture
from maquette.core.together import together
from maquette.registry import stage
from maquette.render.backdrop import Background
from maquette.render.cameras import AZIMUTH_DEG, turning
from maquette.render.frame import Ground, add_legend, photograph
from maquette.render.looks import LookName, look_for
from maquette.render.scene import Scene


@stage
def turntable(
    asset: Asset,
    *,
    frames: Annotated[int, Field(ge=2, le=120, description="pictures a turn")] = 24,
    size_px: Annotated[int, Field(ge=16, le=1024, description="side of each picture")] = 320,
    look: Annotated[
        LookName, Field(description="own colours, clay, lines, directions, what the photo showed, or colours unlit")
    ] = "textured",
    background: Annotated[Background, Field(description="what stands behind the model")] = "studio",
    ground: Annotated[Ground, Field(description="whether it casts a shadow on the floor")] = "shadow",
    seconds: Annotated[float, Field(ge=0.2, le=60, description="how long a turn takes")] = 2.4,
) -> Picture:
    """Turn a model once around its upright axis in the studio's light, as frames of one moving picture.

    The first frame looks from where ``picture`` does by default, a little from above; the viewer then walks to the
    right. Frames share one framing, wide enough for every angle, so the model does not jump.
    """
    scene = Scene(asset)
    return turn_of(scene, look, frames, size_px, background=background, ground=ground, seconds=seconds)


def turn_of(
    scene: Scene,
    look: LookName,
    frames: int,
    size_px: int,
    *,
    background: Background = "studio",
    ground: Ground = "shadow",
    seconds: float = 2.4,
) -> Picture:
    """The same of a scene that is built already."""
    chosen = look_for(scene, look)
    angles = [AZIMUTH_DEG + 360 * number / frames for number in range(frames)]

    def draw(camera: Camera) -> Bytes:
        frame = photograph(scene, camera, chosen, size_px, background, ground)
        return add_legend(frame, scene, look, background)

    cameras = turning(scene.used_vertices, angles)
    titles = [f"frame {number + 1} of {frames}" for number in range(frames)]
    pictures = together([partial(draw, camera) for camera in cameras], titles)
    return scene.show(np.stack(pictures), milliseconds=max(20, round(1000 * seconds / frames)))
