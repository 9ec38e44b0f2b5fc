"""Picture: one look at a model."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from maquette.core.asset import Asset
from maquette.core.picture import Picture
from maquette.core.progress import progress
from maquette.registry import stage
from maquette.render.backdrop import Background
from maquette.render.cameras import ViewSetting
from maquette.render.frame import Ground, add_legend, photograph
from maquette.render.looks import LookName, look_for
from maquette.render.scene import Scene


@stage
def picture(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=2048, description="longer side of the picture")] = 512,
    look: Annotated[
        LookName, Field(description="own colours, clay, lines, directions, what the photo showed, or colours unlit")
    ] = "textured",
    background: Annotated[Background, Field(description="what stands behind the model")] = "studio",
    ground: Annotated[Ground, Field(description="whether it casts a shadow on the floor, seen from above")] = "shadow",
) -> Picture:
    """Make a picture of a model, on the processor and without a display.

    The model fills the frame whatever its size; nothing of it is changed. ``clay`` shows the inside of faces red
    brown, ``normals`` gives x, y, z as red, green, blue without mixing colours, ``seen`` hatches what was invented and
    says how much that is in a strip of 40 pixels below. ``transparent`` gives straight alpha. Materials show base
    colour, metal, roughness, normal map and glow; see-through ones up to six layers deep.

    Refuses a mesh without faces, a texture that cannot be decoded, ``photo`` where no camera is known and ``seen``
    where the asset does not know what was seen.
    """
    progress(0.0, "building the scene")
    scene = Scene(asset)
    progress(0.4, "drawing")
    camera = scene.camera(view)
    frame = photograph(scene, camera, look_for(scene, look), size_px, background, ground)
    return scene.show(add_legend(frame, scene, look, background), camera)
