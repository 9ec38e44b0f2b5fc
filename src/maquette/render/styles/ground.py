"""What all looks share: the background behind a model with alpha, and a scene with other stuff on it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from maquette.core.arrays import Bytes, Ints, Singles
from maquette.core.asset import Asset
from maquette.render.color import Colors, to_srgb
from maquette.render.drawing import Look
from maquette.render.paths.develop import as_bytes, plain_ground
from maquette.render.scene import Samples, Scene
from maquette.render.surfaces import Surface, plain_surface, textured_surface

Behind = Literal["studio", "white", "dark", "cutout"]


def lay_on(color: Colors, alpha: Singles, behind: Behind) -> Bytes:
    """Linear color (H, W, 3) with alpha (H, W) on a background, (H, W, 4) bytes; ``cutout`` keeps the alpha."""
    share = alpha[..., None]
    if behind == "cutout":
        return as_bytes(to_srgb(color), share)
    height, width = alpha.shape
    mixed = color * share + plain_ground(height, width, behind) * (1 - share)
    return as_bytes(to_srgb(mixed.astype(np.float32)), np.ones_like(share))


def lay_on_color(color: Colors, alpha: Singles, paper: Colors) -> Colors:
    """The same on a color (3,) or a picture, linear."""
    mixed: Colors = (color * alpha[..., None] + paper * (1 - alpha[..., None])).astype(np.float32)
    return mixed


def painted_faces(colors: Colors, roughness: float = 0.75) -> Look:
    """A look that shows faces in linear colors (F, 3)."""

    def surface(scene: Scene, samples: Samples) -> Surface:
        return plain_surface(samples, colors[samples.face], roughness)

    return Look(surface)


def colors_of_faces(asset: Asset, faces: Ints | None = None) -> Colors:
    """Own color in the middles of faces, linear (F, 3)."""
    scene = Scene(asset)
    which = np.arange(len(scene.faces)) if faces is None else faces
    colors: Colors = textured_surface(scene, scene.at_middles(which)).color.astype(np.float32)
    return colors


def flat_scene(asset: Asset) -> Scene:
    """A scene whose faces are shaded flat."""
    scene = Scene(asset)
    scene.normals = np.repeat(scene.outward[:, None], 3, axis=1)
    return scene
