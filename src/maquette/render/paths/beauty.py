"""Beauty: a photograph of a model in a photo studio, a room or the open."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.picture import Picture
from maquette.core.progress import progress
from maquette.registry import LocalFile, stage
from maquette.render.cameras import ViewSetting
from maquette.render.paths.develop import Backdrop, Tone
from maquette.render.paths.photograph import Exposure, azimuth_of, photograph_shot, set_up
from maquette.render.paths.probe import read_environment
from maquette.render.paths.rigs import Light
from maquette.render.scene import Scene


@stage
def beauty(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=4096, description="longer side of the picture")] = 512,
    light: Annotated[Light, Field(description="the lamps or the sky around it")] = "studio",
    background: Annotated[
        Backdrop, Field(description="what stands behind it; transparent keeps the shadow, cutout does not")
    ] = "studio",
    tone: Annotated[
        Tone,
        Field(description="how light fits the screen: soft keeps colors, agx and filmic are film's, srgb cuts"),
    ] = "soft",
    blur: Annotated[float, Field(ge=0, le=1, description="how far the lens is open: 0 is sharp everywhere")] = 0.0,
    rays: Annotated[int, Field(ge=1, le=4096, description="paths of light a pixel")] = 16,
    environment: Annotated[
        LocalFile, Field(description="HDR or EXR panorama whose light replaces the lamps; empty: none")
    ] = "",
) -> Picture:
    """Photograph a model with real light: soft shadows, reflections, light that colors what is beside it.

    Paths of light are followed from the eye over several bounces to lamps that stand around the viewer; the noise that
    few paths leave is taken out with the surface as a guide. Metal mirrors the room, roughness blurs it. The model
    stands on a floor that only shows shadows. The same model, settings and seed give the same bytes on any number of
    cores.

    Refuses a mesh without faces, a texture that cannot be decoded, ``photo`` where no camera is known, and a panorama
    that is damaged, too large or of another kind.
    """
    progress(0.0, "building the scene")
    scene = Scene(asset)
    camera = scene.camera(view)
    lamps = read_environment(environment, azimuth_of(camera)) if environment else light
    shot = set_up(scene, camera, lamps, floor=background != "cutout", blur=blur)
    frame = photograph_shot(shot, Exposure(size_px, rays, background, tone))
    return scene.show(frame, camera)
