"""Plush: a model under a coat of fibres, as if it were a stuffed toy.

Each fibre is a bent blade on a spot of the surface, in the model's color there. It is shaded with the surface's normal
and not its own, so that the coat takes light as a whole; roots are dark, for little light gets down to them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.asset import Asset
from maquette.core.mesh import Mesh
from maquette.core.picture import Picture
from maquette.geometry.sampling import sample_weights, surface_samples
from maquette.geometry.surface import area_vectors, vertex_normals
from maquette.registry import stage
from maquette.render.cameras import ViewSetting
from maquette.render.color import Colors
from maquette.render.paths.develop import Backdrop
from maquette.render.scene import Scene
from maquette.render.styles.facets import Faceted, remade_frame
from maquette.render.styles.ground import colors_of_faces, flat_scene
from maquette.render.styles.substances import Sitting
from maquette.render.surfaces import textured_surface

_RINGS = np.array([0.0, 0.45, 0.8, 1.0])  # of a fibre's length: where it bends, and its tip
_LIGHT = np.array([0.75, 0.98, 1.12])  # of the color, from the root to the tip
_WIDE = 0.13  # of its length, at the root
_LEAN, _FALL, _UNEVEN = 0.4, 0.25, 0.35  # how far fibres stand off the normal and hang, how unequal they are
_SHADE = 0.12  # by how much fibres differ in brightness
_WELL = 1.6  # a fibre lies over so many of its neighbours' roots that skin shows nowhere


@stage
def plush(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=4096, description="longer side of the picture")] = 512,
    pile: Annotated[float, Field(gt=0, le=0.3, description="length of the fibres, of the model's size")] = 0.02,
    fibres: Annotated[int, Field(ge=0, le=2_000_000, description="how many; 0: so many that no skin shows")] = 0,
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="another seed, other fibres")] = 0,
    background: Annotated[
        Backdrop, Field(description="what stands behind it; transparent keeps the shadow, cutout does not")
    ] = "studio",
    rays: Annotated[int, Field(ge=1, le=4096, description="paths of light a pixel")] = 24,
) -> Picture:
    """Photograph a model as if it were a stuffed toy: its own colors in a coat of fibres.

    The fibres stand on the true surface, lean at random and hang a little; the same seed gives the same coat. They
    reach beyond the outline by their length.
    """
    scene = Scene(asset)
    camera = scene.camera(view)
    coat = in_fibres(asset, pile * 2 * scene.radius_mm, fibres, seed)
    sitting = Sitting("studio", background, size_px, rays)
    return scene.show(remade_frame(coat.scene, coat.surface, scene, camera, sitting), camera)


def in_fibres(asset: Asset, length_mm: float, count: int, seed: int) -> Faceted:
    """The model's skin and its fibres as one scene, and the linear color of each face."""
    mesh = asset.mesh
    faces = np.asarray(mesh.faces)
    area = np.linalg.norm(area_vectors(mesh.vertices, faces), axis=1)
    enough = int(np.clip(_WELL * area.sum() / (_WIDE * length_mm * length_mm) * 4, 500, 400_000))
    spots = surface_samples(mesh.vertices, faces, count or enough)
    weights = sample_weights(len(spots.points))
    rng = np.random.default_rng(seed)
    normals = np.einsum("nc,ncj->nj", weights, vertex_normals(mesh.vertices, faces)[faces[spots.faces]])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    points, blades = _blades(spots.points, normals, length_mm, rng)
    own = Scene(asset)
    middles = replace(own.at_middles(spots.faces), share=weights.astype(np.float32))
    colors = textured_surface(own, middles).color * (1 + _SHADE * rng.normal(size=(len(normals), 1))).clip(0.5, 1.5)
    return _coat(asset, points, blades, colors.astype(np.float32), normals)


def _blades(roots: Floats, normals: Floats, length: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Corners (N 7, 3) of a blade on each root, and the faces (5, 3) of one: two quads and a tip."""
    count = len(roots)
    way = normals + _LEAN * rng.normal(size=(count, 3))
    way -= np.minimum((way * normals).sum(axis=1, keepdims=True) - 0.3, 0) * normals  # none grows inward
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    side = np.cross(way, rng.normal(size=(count, 3)))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    long = length * (1 - _UNEVEN * rng.random((count, 1)))
    fall = np.array([0.0, 0.0, -_FALL])
    corners = []
    for share in _RINGS:
        middle = roots + long * (way * share + fall * share * share)
        half = _WIDE / 2 * long * (1 - 0.7 * share) * side
        corners += [middle] if share == 1 else [middle - half, middle + half]
    blade = np.array([[0, 1, 3], [0, 3, 2], [2, 3, 5], [2, 5, 4], [4, 5, 6]])
    return np.stack(corners, axis=1).reshape(-1, 3), blade


def _coat(asset: Asset, points: Floats, blade: Floats, colors: Colors, normals: Floats) -> Faceted:
    """Skin and blades as one scene whose blades are shaded as the skin under them."""
    skin = asset.mesh
    count, corners = len(colors), len(points) // len(colors)
    first = len(skin.vertices) + corners * np.arange(count)[:, None, None]
    faces = np.concatenate([np.asarray(skin.faces), (blade[None] + first).reshape(-1, 3)])
    whole = asset.replace(
        mesh=Mesh(np.concatenate([skin.vertices, points]), faces), materials=(), part_names=(), volumes=()
    )
    scene = flat_scene(whole)
    own = len(skin.faces)
    scene.normals[:own] = Scene(asset).normals
    scene.normals[own:] = np.repeat(normals.astype(np.float32), len(blade), axis=0)[:, None]
    shades = np.array([_LIGHT[0], _LIGHT[0], _LIGHT[1], _LIGHT[1], _LIGHT[2]], np.float32)
    blades = (colors[:, None] * shades[None, :, None]).reshape(-1, 3)
    skin_colors = colors_of_faces(asset) * np.float32(_LIGHT[0])
    return Faceted(scene, np.clip(np.concatenate([skin_colors, blades]), 0, 1).astype(np.float32))
