"""Low-poly and voxel icon: the same model in a few flat triangles, or in cubes of a few colors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bytes
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.mesh import Mesh
from maquette.core.picture import Picture
from maquette.geometry.nearest import Surface as NearSurface
from maquette.geometry.remake.blocks import block_surface, fill_blocks
from maquette.registry import stage
from maquette.render.cameras import ViewSetting, frame, orbit
from maquette.render.color import Colors, to_bytes, to_linear
from maquette.render.paths.develop import Backdrop
from maquette.render.scene import Samples, Scene
from maquette.render.styles.ground import flat_scene
from maquette.render.styles.substances import Sitting, in_stuff
from maquette.render.surfaces import Surface, plain_surface, textured_surface

_BACKGROUND = Annotated[
    Backdrop, Field(description="what stands behind it; transparent keeps the shadow, cutout does not")
]
_RAYS = Annotated[int, Field(ge=1, le=4096, description="paths of light a pixel")]
_ISOMETRIC = 45.0, 35.264  # azimuth and elevation at which all three axes look equally long


@dataclass(frozen=True)
class Faceted:
    """A model in flat pieces: its scene, and the linear color of each face (F, 3)."""

    scene: Scene
    colors: Colors

    def surface(self, scene: Scene, samples: Samples) -> Surface:
        """Each face in its one color."""
        return plain_surface(samples, self.colors[samples.face], 0.7)


def color_near(asset: Asset, points: np.ndarray) -> Colors:
    """The model's own color at the points of its surface that are nearest to these (N, 3), linear."""
    near = NearSurface(asset.mesh.vertices, asset.mesh.faces).nearest(points)
    scene = Scene(asset)
    middles = scene.at_middles(near.face)
    spots = replace(middles, share=near.weights.astype(np.float32))
    color: Colors = textured_surface(scene, spots).color.astype(np.float32)
    return color


def few_triangles(asset: Asset, count: int) -> Faceted:
    """The model in about ``count`` triangles, each in the color of the model at its middle."""
    import fast_simplification

    mesh = asset.mesh
    vertices, faces = mesh.vertices, np.asarray(mesh.faces)
    if len(faces) > count:
        center, reach = mesh.bounds.mean(axis=0), max(mesh.diagonal, 1e-300)
        points, triangles = fast_simplification.simplify(
            ((vertices - center) / reach).astype(np.float32), faces.astype(np.int32), target_count=count
        )
        vertices, faces = points.astype(np.float64) * reach + center, triangles.astype(np.int64)
    plain = asset.replace(mesh=Mesh(vertices, faces), materials=(), part_names=(), volumes=())
    return Faceted(flat_scene(plain), color_near(asset, vertices[faces].mean(axis=1)))


def in_blocks(asset: Asset, cells: int, palette: int) -> Faceted:
    """The model in cubes, in at most ``palette`` colors."""
    mesh = asset.mesh
    blocks = fill_blocks(mesh.vertices, np.asarray(mesh.faces), cells)
    vertices, faces, cell = block_surface(blocks)
    owners, back = np.unique(cell, axis=0, return_inverse=True)
    colors = few_colors(color_near(asset, blocks.middles(owners)), palette)
    plain = asset.replace(mesh=Mesh(vertices, faces), materials=(), part_names=(), volumes=())
    return Faceted(flat_scene(plain), colors[back.reshape(-1)])


def few_colors(colors: Colors, count: int) -> Colors:
    """Linear colors (N, 3) reduced to ``count`` of them, chosen by median cut."""
    from PIL import Image

    strip = Image.fromarray(to_bytes(colors)[None])
    reduced = strip.quantize(count, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    return to_linear(np.asarray(reduced)[0].astype(np.float32) / np.float32(255))


@stage
def low_poly(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=4096, description="longer side of the picture")] = 512,
    triangles: Annotated[int, Field(ge=8, le=100_000, description="how many flat pieces it is made of")] = 600,
    background: _BACKGROUND = "studio",
    rays: _RAYS = 16,
) -> Picture:
    """Photograph a model as if it were folded from a few flat triangles, each in one color."""
    scene = Scene(asset)
    camera = scene.camera(view)
    sitting = Sitting("studio", background, size_px, rays)
    few = few_triangles(asset, triangles)
    return scene.show(remade_frame(few.scene, few.surface, scene, camera, sitting), camera)


def remade_frame(
    other: Scene,
    surface: Callable[[Scene, Samples], Surface],
    scene: Scene,
    camera: Camera,
    sitting: Sitting,
) -> Bytes:
    """Another form of a model through a camera of the scene that it was made from."""
    moved = camera.moved(np.eye(3), scene.radius_mm, scene.center_mm)
    inside = moved.moved(np.eye(3), 1 / other.radius_mm, -other.center_mm / other.radius_mm)
    return in_stuff(other, inside, sitting, surface)


@stage
def voxel_icon(
    asset: Asset,
    *,
    size_px: Annotated[int, Field(ge=16, le=4096, description="side of the picture")] = 512,
    cells: Annotated[int, Field(ge=4, le=96, description="cubes along its longest side")] = 24,
    palette: Annotated[int, Field(ge=2, le=64, description="how many colors the cubes have at most")] = 12,
    background: _BACKGROUND = "transparent",
    rays: _RAYS = 16,
) -> Picture:
    """Photograph a model as if it were built of equal cubes in a few colors, isometric, as an icon."""
    faceted = in_blocks(asset, cells, palette)
    scene = faceted.scene
    camera = frame(scene.used_vertices, *orbit(*_ISOMETRIC))
    picture = in_stuff(scene, camera, Sitting("studio", background, size_px, rays), faceted.surface)
    shown = Scene(asset)
    return shown.show(picture).replace(camera=scene.in_millimetres(camera))
