"""Tilt-shift: a photograph that is sharp in a band only, as if a large thing were a small model."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.picture import Picture
from maquette.core.progress import progress
from maquette.registry import stage
from maquette.render.cameras import frame, orbit
from maquette.render.paths.photograph import Exposure, photograph_shot, set_up
from maquette.render.paths.rigs import Light
from maquette.render.paths.shot import Lens
from maquette.render.scene import Scene

_WIDEST = 0.3  # of the model's radius: the opening at blur 1


@stage
def tilt_shift(
    asset: Asset,
    *,
    size_px: Annotated[int, Field(ge=16, le=4096, description="side of the picture")] = 512,
    height: Annotated[float, Field(ge=0, le=1, description="where the sharp band lies: 0 top, 1 foot")] = 0.5,
    tilt_deg: Annotated[
        float, Field(ge=-80, le=80, description="tilt of the lens; below 0 the ground comes into focus instead")
    ] = 45.0,
    blur: Annotated[float, Field(ge=0, le=1, description="how far the lens is open: 0 is sharp everywhere")] = 0.3,
    elevation_deg: Annotated[float, Field(ge=0, le=80, description="how far the viewer stands above it")] = 32.0,
    light: Annotated[Light, Field(description="the lamps or the sky around it")] = "golden-hour",
    rays: Annotated[int, Field(ge=1, le=4096, description="paths of light a pixel")] = 32,
) -> Picture:
    """Photograph a model or a scene with a tilted lens: a band is sharp, what lies above and below it melts away.

    The lens turns the plane of what is sharp against the ground (Scheimpflug 1904), so that streets look like toys
    on a table; turned the other way, by the degrees that the ground leans, all of the ground is sharp. The viewer
    stands as for ``picture``, higher up.
    """
    progress(0.0, "building the scene")
    scene = Scene(asset)
    camera = frame(scene.used_vertices, *orbit(35.0, elevation_deg), projection="perspective")
    middle = (scene.low + scene.high) / 2
    depth = float((middle - camera.position) @ camera.pose[:3, 2])
    shot = replace(set_up(scene, camera, light), lens=Lens(_WIDEST * blur, max(depth, 1e-6), -tilt_deg, height))
    picture = photograph_shot(shot, Exposure(size_px, rays))
    return scene.show(np.asarray(picture), camera)
