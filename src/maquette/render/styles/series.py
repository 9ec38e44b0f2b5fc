"""Sprite sheet, anaglyph, wiggle and icon set: several pictures of one model that belong together."""

from __future__ import annotations

import io
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bytes
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.files import Files
from maquette.core.picture import Picture
from maquette.core.progress import progress
from maquette.registry import stage
from maquette.render.backdrop import Background
from maquette.render.cameras import ViewSetting, turning
from maquette.render.frame import photograph
from maquette.render.looks import look_for
from maquette.render.scene import Scene

_COLUMNS = 8
_ICONS = (16, 24, 32, 48, 64, 128, 256, 512)
_LUMA = np.array([0.299, 0.587, 0.114])


@stage
def sprite_sheet(
    asset: Asset,
    *,
    directions: Annotated[Literal[4, 8, 16], Field(description="how many directions it is seen from")] = 8,
    size_px: Annotated[int, Field(ge=16, le=1024, description="side of each sprite")] = 128,
    elevation_deg: Annotated[float, Field(ge=-80, le=80, description="how far the viewer stands above it")] = 30.0,
    look: Annotated[Literal["textured", "unlit", "clay", "normals"], Field(description="how it is drawn")] = "textured",
) -> Picture:
    """Draw a model from 4, 8 or 16 directions as sprites for a game, on one sheet with nothing behind them.

    The first looks at its front, then the viewer walks to the right; eight a row, all in one framing.
    """
    scene = Scene(asset)
    angles = [360.0 * number / directions for number in range(directions)]
    sprites = []
    for number, camera in enumerate(turning(scene.used_vertices, angles, elevation_deg)):
        progress(number / directions, f"direction {number + 1} of {directions}")
        sprites.append(photograph(scene, camera, look_for(scene, look), size_px, "transparent", "none"))
    rows = [np.concatenate(sprites[at : at + _COLUMNS], axis=1) for at in range(0, directions, _COLUMNS)]
    return scene.show(np.concatenate(rows))


def eyes(scene: Scene, camera: Camera, apart: float) -> tuple[Camera, Camera]:
    """The camera of a left and of a right eye, ``apart`` of their distance to the model, which stays in its place."""
    middle = (scene.low + scene.high) / 2
    reach = float((middle - camera.position) @ camera.pose[:3, 2])
    cameras = []
    for side in (-0.5, 0.5):
        angle = side * apart if camera.projection == "perspective" else side * apart * 1.5
        turn = _turn_about(camera.pose[:3, 1], -angle)
        pose = camera.pose.copy()
        pivot = camera.position + camera.pose[:3, 2] * reach
        pose[:3, :3] = turn @ camera.pose[:3, :3]
        pose[:3, 3] = pivot + turn @ (camera.position - pivot)
        cameras.append(camera.replace(pose=pose))
    return cameras[0], cameras[1]


def _turn_about(axis: np.ndarray, angle: float) -> np.ndarray:
    """Rotation about a unit axis (Rodrigues)."""
    x, y, z = axis
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn: np.ndarray = np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew
    return turn


@stage
def anaglyph(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=2048, description="longer side of the picture")] = 512,
    apart: Annotated[float, Field(ge=0.005, le=0.3, description="distance of the eyes, of that to the model")] = 0.07,
    background: Annotated[Background, Field(description="what stands behind the model")] = "studio",
) -> Picture:
    """Draw a model for red and cyan glasses: the left eye's picture in red, the right eye's in green and blue."""
    scene = Scene(asset)
    camera = scene.camera(view)
    left, right = (
        photograph(scene, eye, look_for(scene, "textured"), size_px, background) for eye in eyes(scene, camera, apart)
    )
    return scene.show(red_and_cyan(left, right), camera)


def red_and_cyan(left: Bytes, right: Bytes) -> Bytes:
    """Two pictures (H, W, 4) as one; red is taken from the left one's brightness, so no color flickers (half color)."""
    joined = right.copy()
    joined[..., 0] = np.round(left[..., :3] @ _LUMA).astype(np.uint8)
    joined[..., 3] = np.maximum(left[..., 3], right[..., 3])
    return joined


@stage
def wiggle(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=1024, description="longer side of the picture")] = 320,
    apart: Annotated[float, Field(ge=0.01, le=0.6, description="how far the viewer sways, of the distance")] = 0.14,
    frames: Annotated[int, Field(ge=2, le=24, description="pictures from one side to the other")] = 5,
    background: Annotated[Background, Field(description="what stands behind the model")] = "studio",
) -> Picture:
    """Let the viewer sway a little to and fro, so that a flat screen shows depth: a moving picture in a loop."""
    scene = Scene(asset)
    camera = scene.camera(view)
    shots = []
    for number in range(frames):
        progress(number / frames, f"frame {number + 1} of {frames}")
        share = -np.cos(np.pi * number / (frames - 1))
        eye = eyes(scene, camera, apart * abs(share))[int(share > 0)]
        shots.append(photograph(scene, eye, look_for(scene, "textured"), size_px, background))
    there_and_back = [*shots, *shots[-2:0:-1]]
    return scene.show(np.stack(there_and_back), milliseconds=70)


@stage
def icon_set(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    look: Annotated[Literal["textured", "unlit", "clay"], Field(description="how it is drawn")] = "textured",
    largest_px: Annotated[int, Field(ge=64, le=1024, description="side of the largest icon")] = 512,
) -> Files:
    """Write a model as a set of icons with nothing behind it: PNGs of 16 to 512 pixels and one ICO that holds them.

    All are means of one large drawing in linear light, so they match.
    """
    scene = Scene(asset)
    large = photograph(scene, scene.camera(view), look_for(scene, look), largest_px, "transparent", "none")
    sizes = [size for size in _ICONS if size <= largest_px]
    icons = {size: _image(large, size) for size in sizes}
    files = {f"icon-{size}.png": _encode(icon, "PNG") for size, icon in icons.items()}
    in_one = [icons[size] for size in sizes if size <= 256]
    buffer = io.BytesIO()
    in_one[-1].save(buffer, format="ICO", sizes=[icon.size for icon in in_one], append_images=in_one[:-1])
    return Files("icon.ico", {"icon.ico": buffer.getvalue(), **files})


def _image(frame: Bytes, size: int) -> Any:
    """A picture (H, W, 4) as a Pillow image of this side, mixed with its alpha."""
    from PIL import Image

    image = Image.fromarray(frame).convert("RGBa")
    return image.resize((size, size), Image.Resampling.BOX, reducing_gap=None).convert("RGBA")


def _encode(image: Any, form: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=form)
    return buffer.getvalue()
