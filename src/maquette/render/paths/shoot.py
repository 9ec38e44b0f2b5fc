"""Shoot: a photograph of a scene through its own camera, in its own light."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from maquette.core.picture import Picture
from maquette.core.progress import progress
from maquette.core.scene import Scene as Arrangement
from maquette.registry import LocalFile, stage
from maquette.render.paths.develop import BACKDROPS, Tone
from maquette.render.paths.photograph import Exposure, azimuth_of, photograph_shot, set_up
from maquette.render.paths.probe import read_environment
from maquette.render.paths.rigs import LIGHTS
from maquette.render.scene import Scene


@stage
def shoot(
    scene: Arrangement,
    *,
    size_px: Annotated[int, Field(ge=16, le=4096, description="longer side of the picture")] = 768,
    tone: Annotated[Tone, Field(description="how light fits the screen")] = "soft",
    blur: Annotated[float, Field(ge=0, le=1, description="how far the lens is open: 0 is sharp everywhere")] = 0.0,
    rays: Annotated[int, Field(ge=1, le=4096, description="paths of light a pixel")] = 16,
    environment: Annotated[
        LocalFile, Field(description="HDR or EXR panorama whose light replaces the lamps; empty: none")
    ] = "",
) -> Picture:
    """Photograph a scene through its camera, in its light and before its backdrop, as `light-scene` set them.

    Where the scene has none it is seen from the right of the front, in the studio. The picture names the joined model.
    """
    progress(0.0, "building the scene")
    asset = scene.as_asset()
    view = Scene(asset)
    camera = view.camera("three-quarter") if scene.camera is None else view.of_millimetres(scene.camera)
    rig = next((light for light in LIGHTS if light == scene.light), LIGHTS[0])
    lamps = read_environment(environment, azimuth_of(camera)) if environment else rig
    behind = next((name for name in BACKDROPS if name == scene.backdrop), BACKDROPS[0])
    shot = set_up(view, camera, lamps, floor=behind != "cutout", blur=blur)
    return view.show(photograph_shot(shot, Exposure(size_px, rays, behind, tone)), camera)
