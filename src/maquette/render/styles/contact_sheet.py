"""Styles: a model in many looks on one sheet, all through the same camera."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, get_args

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bytes
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.errors import CannotDo
from maquette.core.picture import Picture
from maquette.core.progress import note, progress
from maquette.registry import stage
from maquette.render.cameras import ViewSetting
from maquette.render.frame import frame_size, photograph
from maquette.render.legend import label
from maquette.render.looks import look_for
from maquette.render.passes.quantities import as_colors, measure
from maquette.render.paths.shot import Glass
from maquette.render.scene import Scene
from maquette.render.styles.apart import pulled_apart
from maquette.render.styles.facets import few_triangles, in_blocks, remade_frame
from maquette.render.styles.fibres import in_fibres
from maquette.render.styles.ink import Hand, Pen, sketch_frame, toon_frame
from maquette.render.styles.rays import hologram_frame, xray_frame
from maquette.render.styles.series import eyes, red_and_cyan
from maquette.render.styles.sets import Advertisement, ad_frame
from maquette.render.styles.sticker import sticker_frame
from maquette.render.styles.substances import Sitting, in_stuff, linear, plain_stuff
from maquette.render.surfaces import textured_surface

Style = Literal[
    "beauty", "clay", "ceramic", "gold", "glass", "plush", "toon", "sketch", "low-poly", "voxels", "xray", "hologram",
    "sticker", "anaglyph", "exploded", "ad", "depth", "normals", "wire",
]  # fmt: skip
_FIBRES = 40_000  # enough at the size of a sheet's pictures
STYLES: tuple[Style, ...] = get_args(Style)
KEEPS_SHAPE: tuple[Style, ...] = ("beauty", "clay", "ceramic", "gold", "glass", "toon", "depth", "normals", "wire")


@stage
def styles(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=32, le=1024, description="side of each picture")] = 256,
    columns: Annotated[int, Field(ge=1, le=12, description="pictures a row")] = 6,
    rays: Annotated[int, Field(ge=1, le=1024, description="paths of light a pixel, where it is photographed")] = 12,
    only: Annotated[str, Field(max_length=400, description="names of the looks, with commas between; empty: all")] = "",
) -> Picture:
    """Show a model in many looks on one contact sheet: the same model through the same camera, so nothing drifts.

    Looks that a model cannot have (parts apart where there is one) are left out, and a note says so.
    """
    wanted = [name.strip() for name in only.split(",") if name.strip()] or list(STYLES)
    unknown = sorted(set(wanted) - set(STYLES))
    if unknown:
        raise CannotDo(f"styles: no look {unknown[0]!r}; there are {', '.join(STYLES)}")
    scene = Scene(asset)
    camera = scene.camera(view)
    tiles: list[Bytes] = []
    for number, name in enumerate(STYLES):
        if name not in wanted:
            continue
        progress(number / len(STYLES), name)
        try:
            tile = in_style(name, scene, camera, size_px, rays)
        except CannotDo as problem:
            note(f"left out {name}: {problem}")
            continue
        square = _fit(tile, size_px)
        tiles.append(label(square, name, 6, 4, "dark" if square[4:16, 6:40, :3].mean() < 90 else "studio"))
    if not tiles:
        raise CannotDo("styles: none of these looks can be made of this model; the notes say why")
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (-len(tiles) % min(columns, len(tiles)))
    across = min(columns, len(tiles))
    rows = [np.concatenate(tiles[at : at + across], axis=1) for at in range(0, len(tiles), across)]
    return scene.show(np.concatenate(rows), camera)


def in_style(name: Style, scene: Scene, camera: Camera, size_px: int, rays: int, cutout: bool = False) -> Bytes:
    """One look, (H, W, 4); ``cutout`` leaves nothing behind the model, where the look allows it."""
    sitting = Sitting("studio", "cutout" if cutout else "studio", size_px, rays)
    behind: Literal["cutout", "white"] = "cutout" if cutout else "white"
    size = frame_size(camera, size_px)
    asset = scene.asset
    flat: Literal["transparent", "studio"] = "transparent" if cutout else "studio"
    ways: dict[Style, Callable[[], Bytes]] = {
        "beauty": lambda: in_stuff(scene, camera, sitting, textured_surface),
        "clay": lambda: in_stuff(scene, camera, sitting, plain_stuff(linear("c8b8a6"), 0.85)),
        "ceramic": lambda: in_stuff(scene, camera, sitting, plain_stuff(linear("f1eee6"), 0.07, reflectance=0.055)),
        "gold": lambda: in_stuff(scene, camera, sitting, plain_stuff(linear("ffe29b"), 0.18, metallic=1.0)),
        "glass": lambda: in_stuff(scene, camera, sitting, Glass()),
        "plush": lambda: _plush(scene, camera, sitting),
        "toon": lambda: toon_frame(scene, camera, size_px, 3, Pen(), behind),
        "sketch": lambda: sketch_frame(scene, camera, size_px, Pen("33343b", 2.4), 0.7, Hand(size, size_px / 640, 0)),
        "low-poly": lambda: _low_poly(scene, camera, sitting),
        "voxels": lambda: _voxels(scene, camera, sitting),
        "xray": lambda: xray_frame(scene, camera, size_px, linear("bfe3ff"), 0.55),
        "hologram": lambda: hologram_frame(scene, camera, size_px, linear("38d6ff"), 60, 0.0),
        "sticker": lambda: sticker_frame(scene, camera, size_px, 12.0, "ffffff", 0.35),
        "anaglyph": lambda: red_and_cyan(
            *(photograph(scene, eye, look_for(scene, "textured"), size_px, flat) for eye in eyes(scene, camera, 0.07))
        ),
        "exploded": lambda: _in_parts(asset, sitting),
        "ad": lambda: ad_frame(asset, "1:1", size_px, Advertisement("e8a33d", "studio", True, rays))[2],
        "depth": lambda: _pass(scene, camera, size, "depth"),
        "normals": lambda: _pass(scene, camera, size, "normals"),
        "wire": lambda: photograph(scene, camera, look_for(scene, "wire"), size_px, flat, "none"),
    }
    return ways[name]()


def _low_poly(scene: Scene, camera: Camera, sitting: Sitting) -> Bytes:
    few = few_triangles(scene.asset, 600)
    return remade_frame(few.scene, few.surface, scene, camera, sitting)


def _plush(scene: Scene, camera: Camera, sitting: Sitting) -> Bytes:
    coat = in_fibres(scene.asset, 0.04 * scene.radius_mm, _FIBRES, 0)
    return remade_frame(coat.scene, coat.surface, scene, camera, sitting)


def _voxels(scene: Scene, camera: Camera, sitting: Sitting) -> Bytes:
    cubes = in_blocks(scene.asset, 24, 12)
    return remade_frame(cubes.scene, cubes.surface, scene, camera, sitting)


def _in_parts(asset: Asset, sitting: Sitting) -> Bytes:
    apart = Scene(pulled_apart(asset, 0.8))
    return in_stuff(apart, apart.camera("three-quarter"), sitting, textured_surface)


def _pass(scene: Scene, camera: Camera, size: tuple[int, int], kind: Literal["depth", "normals"]) -> Bytes:
    numbers, mask = measure(scene, camera, *size, kind)
    colors = np.round(as_colors(numbers, mask, kind) * 255).astype(np.uint8)
    return np.dstack([colors, mask.astype(np.uint8) * np.uint8(255)])


def _fit(tile: Bytes, size_px: int) -> Bytes:
    """A picture in the middle of a square on white."""
    from PIL import Image

    square = Image.new("RGBA", (size_px, size_px), (255, 255, 255, 255))
    image = Image.fromarray(np.ascontiguousarray(tile))
    square.alpha_composite(image, ((size_px - image.width) // 2, (size_px - image.height) // 2))
    return np.asarray(square)
