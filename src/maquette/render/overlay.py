"""What a check found, as a picture: faces coloured by a number, or some of them painted red."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maquette.core.asset import Asset
from maquette.core.camera import Camera
from maquette.core.errors import BadInput
from maquette.core.picture import Picture
from maquette.render.backdrop import Background
from maquette.render.cameras import View, frame, orbit
from maquette.render.color import Ramp, hex_color, ramp_colors, to_linear
from maquette.render.drawing import Look
from maquette.render.frame import photograph
from maquette.render.legend import patch_of, with_ramp, with_swatches
from maquette.render.rings import ring
from maquette.render.scene import Samples, Scene
from maquette.render.surfaces import Surface, plain_surface

NO_VALUE = to_linear(hex_color("a9abae"))
RED = to_linear(hex_color("e0312d"))
PALE = to_linear(hex_color("c9c7c3"))
_SEARCH_PX = 96


def overlay(
    asset: Asset | Scene,
    values: ArrayLike,
    *,
    label: str = "",
    unit: str = "",
    view: View | NDArray[np.int64] = "three-quarter",
    size_px: int = 512,
    ramp: Ramp = "viridis",
    limits: tuple[float, float] | None = None,
    background: Background = "studio",
) -> Picture:
    """A picture of the model with each face coloured by its value, and a strip of 40 pixels below with the ramp.

    ``values`` (F,) one number a face; what is not finite is shown grey. ``limits`` are the numbers at the ramp's ends,
    else the least and the greatest value; they may fall. What lies beyond takes an end's colour, and the end says so.
    ``view`` is a direction, or faces (N,): the one of eight directions that shows most of them. Refuses another number
    of values than faces, and a face that is not there. A scene that is built already serves as well as its asset.
    """
    scene = asset if isinstance(asset, Scene) else Scene(asset)
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.shape != (len(scene.faces),):
        raise BadInput(f"overlay: values of shape {numbers.shape} for {len(scene.faces)} faces; give one number a face")
    known = np.isfinite(numbers)
    low, high = limits or ((float(numbers[known].min()), float(numbers[known].max())) if known.any() else (0.0, 0.0))
    half = (high / 2 - low / 2) or 1.0  # halves: the whole may be larger than a float can hold
    least, most = min(low, high), max(low, high)
    share = (np.clip(np.where(known, numbers, low), least, most) / 2 - low / 2) / half
    camera = scene.camera(view) if isinstance(view, str) else _best_camera(scene, _mark(scene, view))
    colors = np.where(known[:, None], to_linear(ramp_colors(share, ramp)), NO_VALUE).astype(np.float32)
    frame = photograph(scene, camera, _paint(colors), size_px, background)
    unit = unit if unit in ("", "°", "%") else f" {unit}"
    below, above = bool((numbers[known] < least).any()), bool((numbers[known] > most).any())
    at_low, at_high = (f"{'> ' * above * (n == most)}{'< ' * below * (n == least)}{n:.3g}{unit}" for n in (low, high))
    missing = None if known.all() else patch_of(NO_VALUE, 14)
    return Picture(with_ramp(frame, ramp, at_low, at_high, label, missing, background))


def highlight(
    asset: Asset | Scene,
    faces: ArrayLike,
    *,
    label: str = "",
    view: View | Literal["best"] = "best",
    size_px: int = 512,
    background: Background = "studio",
) -> Picture:
    """A picture of the model in pale clay with some faces painted red, and a strip of 40 pixels below that counts them.

    ``faces`` (N,) indices. ``best`` is the one of eight directions that shows most of them. What is too small to see
    gets a ring; where hardly any red is seen, so does what is hidden, a thin one. Refuses a face that is not there.
    """
    scene = asset if isinstance(asset, Scene) else Scene(asset)
    marked = _mark(scene, faces)
    look = _paint(np.where(marked[:, None], RED, PALE).astype(np.float32))
    camera = _best_camera(scene, marked) if view == "best" else scene.camera(view)
    frame = photograph(scene, camera, look, size_px, background)
    frame = ring(frame, scene, camera, marked)
    text = f"{label or 'marked'}: {int(marked.sum())} of {len(scene.faces)} faces"
    return Picture(with_swatches(frame, [(patch_of(RED), text)], background))


def _mark(scene: Scene, faces: ArrayLike) -> NDArray[np.bool_]:
    """Faces by index as a mask (F,)."""
    chosen = np.unique(np.asarray(faces, dtype=np.int64))
    if len(chosen) and not 0 <= chosen[0] <= chosen[-1] < len(scene.faces):
        raise BadInput(f"highlight: faces {chosen[0]} to {chosen[-1]} of {len(scene.faces)} faces; they count from 0")
    marked = np.zeros(len(scene.faces), dtype=bool)
    marked[chosen] = True
    return marked


def _paint(colors: NDArray[np.float32]) -> Look:
    """Faces in the linear colours (F, 3)."""

    def surface(scene: Scene, samples: Samples) -> Surface:
        return plain_surface(samples, colors[samples.face], roughness=1.0, reflectance=0.0)

    return Look(surface, light="soft")


def _best_camera(scene: Scene, marked: NDArray[np.bool_]) -> Camera:
    """Of four corners from above and four from below, the one that shows the largest marked area."""
    directions = [orbit(azimuth, elevation) for elevation in (22.0, -30.0) for azimuth in (35.0, 325.0, 145.0, 215.0)]
    cameras = [frame(scene.used_vertices, *direction, projection="perspective") for direction in directions]
    if not marked.any():
        return cameras[0]
    side = np.arange(_SEARCH_PX) + 0.5
    x, y = (grid.ravel() for grid in np.meshgrid(side, side))
    shown = [float(marked[scene.look(camera, x, y, 1.0, _SEARCH_PX, _SEARCH_PX).face].sum()) for camera in cameras]
    return cameras[int(np.argmax(shown))]
