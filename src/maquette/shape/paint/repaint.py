"""Repaint: the same regions in other filaments."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import BeforeValidator, Field

from maquette.core.asset import Asset
from maquette.core.errors import BadInput, BadSetting
from maquette.geometry.look.oklab import light_of
from maquette.registry import stage
from maquette.shape.paint.filament_names import filaments as named
from maquette.shape.paint.filament_names import split_list


@stage
def repaint(
    asset: Asset,
    *,
    filaments: Annotated[
        tuple[str, ...],
        BeforeValidator(split_list),
        Field(
            description="one a colour in their order: #RRGGBB, NAME=#RRGGBB, colour words or SET:NAME; none: as it is"
        ),
    ] = (),
) -> Asset:
    """Give each flat colour of a model another one; no face changes its region.

    ``quantize-colors`` chooses the nearest filament for each place, which is another question: here red becomes green
    if you say so. Roughness, metal and transparency stay. Refuses textures, vertex colours, and another number of
    filaments than the model has colours.
    """
    if not filaments:
        return asset
    palette = named(filaments, "repaint")
    textured = [look.name for look in asset.materials if look.base_color_texture is not None]
    if not asset.materials or textured or asset.mesh.color is not None:
        what = f"the texture of {textured[0]!r}" if textured else "colours that are not flat"
        raise BadInput(f"repaint: the model has {what if asset.materials else 'no colours'}; run quantize-colors first")
    if len(palette) != len(asset.materials):
        raise BadSetting(f"repaint: {len(palette)} filaments for {len(asset.materials)} colours; give one for each")
    light = light_of(np.array([filament.rgb for filament in palette], np.uint8))  # (K, 3) linear
    looks = [
        look.replace(name=filament.name, base_color=(float(red), float(green), float(blue), look.base_color[3]))
        for look, filament, (red, green, blue) in zip(asset.materials, palette, light, strict=True)
    ]
    return asset.replace(materials=tuple(looks))
