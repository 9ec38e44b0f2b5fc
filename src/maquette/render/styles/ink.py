"""Toon and sketch: flat tones under ink, pencil on paper. Their lines come from the geometry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bytes, Singles
from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.picture import Picture
from maquette.registry import stage
from maquette.render.cameras import ViewSetting
from maquette.render.color import Colors, to_linear, to_srgb
from maquette.render.drawing import Look, draw
from maquette.render.frame import frame_size
from maquette.render.lighting import Rig, along
from maquette.render.passes.lines import strokes
from maquette.render.paths.develop import as_bytes
from maquette.render.scene import Samples, Scene
from maquette.render.styles.ground import Behind, lay_on
from maquette.render.styles.substances import linear
from maquette.render.surfaces import Surface, plain_surface, textured_surface

_HATCHES = ((0.72, 45.0, 7.0), (0.5, -45.0, 6.0), (0.3, 12.0, 5.0), (0.16, 80.0, 4.0))  # below this tone, angle, pitch


@dataclass(frozen=True)
class Pen:
    """How lines are drawn: their color, and their width at a picture of 512 pixels."""

    color: str = "1b1e2b"
    width: float = 2.2

    def at(self, size_px: int) -> float:
        """The width in pixels of a picture this large; a thinner line than a pixel would fade."""
        return max(self.width * size_px / 512, 1.0)


@stage
def toon(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=2048, description="longer side of the picture")] = 512,
    bands: Annotated[int, Field(ge=2, le=6, description="how many tones a surface has from light to shade")] = 3,
    line: Annotated[float, Field(ge=0, le=20, description="width of its lines, pixels of 512; 0: none")] = 2.2,
    ink: Annotated[str, Field(pattern="^#?[0-9a-fA-F]{6}$", description="color of the lines")] = "1b1e2b",
    background: Annotated[Behind, Field(description="what stands behind it")] = "white",
) -> Picture:
    """Draw a model as a cartoon: its own colors in a few flat tones, outlines and folds in ink."""
    scene = Scene(asset)
    camera = scene.camera(view)
    return scene.show(toon_frame(scene, camera, size_px, bands, Pen(ink, line), background), camera)


def toon_frame(scene: Scene, camera: Camera, size_px: int, bands: int, pen: Pen, behind: Behind) -> Bytes:
    """The picture (H, W, 4) of a scene as a cartoon."""
    width, height = frame_size(camera, size_px)
    rig = Rig.around(camera)

    def surface(scene: Scene, samples: Samples) -> Surface:
        own = textured_surface(scene, samples)
        light = np.clip(0.32 + 0.68 * along(own.normal, rig.key), 0, 1)
        step = np.floor(light * bands * 0.999) / max(bands - 1, 1)
        shade = 0.42 + 0.58 * step
        half = rig.key - samples.toward
        half /= np.linalg.norm(half, axis=1, keepdims=True)
        dot = np.einsum("ij,ij->i", own.normal, half.astype(np.float32))
        shine = (dot > 0.975 + 0.02 * own.roughness)[:, None] & (step > 0.6)[:, None]
        color = np.sqrt(own.color) * shade[:, None]  # tones are even to the eye
        return plain_surface(samples, np.where(shine, color * 0.4 + 0.6, color).astype(np.float32) ** 2)

    drawing = draw(scene, camera, Look(surface, light="none"), width, height)
    color = drawing.color
    if pen.width > 0:
        lines = strokes(scene, camera, (width, height), pen.at(size_px))
        color = ink_on(color, np.maximum(lines.outline, lines.inner), linear(pen.color))
    return lay_on(color, drawing.alpha, behind)


def ink_on(color: Colors, ink: Singles, tint: Colors) -> Colors:
    """Ink (H, W) of one color laid on a picture, linear."""
    wet: Colors = (color * (1 - ink[..., None]) + tint * ink[..., None]).astype(np.float32)
    return wet


@stage
def sketch(
    asset: Asset,
    *,
    view: ViewSetting = "three-quarter",
    size_px: Annotated[int, Field(ge=16, le=2048, description="longer side of the picture")] = 512,
    line: Annotated[float, Field(ge=0.2, le=12, description="width of its lines, pixels of 512")] = 2.4,
    hatching: Annotated[float, Field(ge=0, le=1, description="how dark shade is hatched; 0: lines only")] = 0.7,
    wobble: Annotated[float, Field(ge=0, le=6, description="how far the hand strays, pixels of 512")] = 0.8,
    pencil: Annotated[str, Field(pattern="^#?[0-9a-fA-F]{6}$", description="color of the pencil")] = "33343b",
    seed: Annotated[int, Field(ge=0, le=2**31, description="another number, another hand")] = 0,
) -> Picture:
    """Draw a model in pencil on paper: outlines and folds by a hand that is not quite steady, shade by hatching."""
    scene = Scene(asset)
    camera = scene.camera(view)
    hand = Hand(frame_size(camera, size_px), wobble * size_px / 512, seed)
    return scene.show(sketch_frame(scene, camera, size_px, Pen(pencil, line), hatching, hand), camera)


def sketch_frame(scene: Scene, camera: Camera, size_px: int, pen: Pen, hatching: float, hand: Hand) -> Bytes:
    """The picture (H, W, 4) of a scene in pencil."""
    size = width, height = frame_size(camera, size_px)
    drawing = draw(scene, camera, Look(textured_surface), width, height)
    tone = to_srgb(drawing.color) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    lines = strokes(scene, camera, size, pen.at(size_px))
    ink = hand.stray(np.maximum(lines.outline, 0.8 * lines.inner))
    if hatching > 0:
        ink = np.maximum(ink, hatching * _hatch(tone, drawing.alpha, size_px, hand))
    ink = ink * (0.8 + 0.2 * hand.grain)
    paper = to_linear(np.array([0.975, 0.965, 0.94], np.float32)) * (0.985 + 0.015 * hand.grain[..., None])
    page = ink_on(paper.astype(np.float32), ink.astype(np.float32), linear(pen.color))
    return as_bytes(to_srgb(page), np.ones((height, width, 1), np.float32))


def _hatch(tone: Singles, alpha: Singles, size_px: int, hand: Hand) -> Singles:
    """Layers of slanted lines where a picture (H, W) is darker than each layer's tone."""
    y, x = np.mgrid[0 : tone.shape[0], 0 : tone.shape[1]].astype(np.float32)
    x, y = x + hand.across, y + hand.down
    total = np.zeros_like(tone)
    for below, angle, pitch in _HATCHES:
        step = pitch * size_px / 512
        turn = np.radians(angle)
        phase = ((x * np.cos(turn) + y * np.sin(turn)) / step) % 1.0
        line = np.clip((0.5 - np.abs(phase - 0.5)) * -step * 1.6 + 1.2, 0, 1)
        total = np.maximum(total, line * np.clip((below - tone) * 6, 0, 1))
    return (total * alpha).astype(np.float32)


class Hand:
    """A hand that strays slowly over a picture, and the grain of its paper; the same for the same seed."""

    def __init__(self, size: tuple[int, int], reach: float, seed: int) -> None:
        from scipy.ndimage import gaussian_filter

        width, height = size
        draws = np.random.default_rng(seed).standard_normal((3, height, width)).astype(np.float32)
        slow = [gaussian_filter(draws[n], max(size) / 28, mode="wrap") for n in (0, 1)]
        self.across, self.down = (reach * field / max(float(field.std()), 1e-9) for field in slow)
        fine = gaussian_filter(draws[2], 0.8)
        self.grain = np.clip(0.5 + 0.35 * fine / max(float(fine.std()), 1e-9), 0, 1).astype(np.float32)

    def stray(self, picture: Singles) -> Singles:
        """The picture (H, W) as the hand draws it."""
        from scipy.ndimage import map_coordinates

        y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]]
        moved: Singles = map_coordinates(picture, [y + self.down, x + self.across], order=1, mode="nearest")
        return moved
