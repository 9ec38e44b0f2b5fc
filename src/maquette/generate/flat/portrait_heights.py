"""Portrait heights: a face or a body in relief by its shape, not by its light: noses stand out, white teeth do not."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.heightmap import Heightmap
from maquette.core.progress import note, progress
from maquette.core.subject import Subject
from maquette.generate.flat.grid import grid_shape, on_grid, soften
from maquette.generate.flat.heights import picture_width
from maquette.generate.guess.network import Guess, infer
from maquette.generate.sculpt.relief import normal_relief
from maquette.geometry.flat.bas_relief import press_depth
from maquette.geometry.flat.detail import brightness, detail
from maquette.registry import stage

_FEATURES = 0.6  # of what light and dark add: eyes, mouth and folds; the rest is hair and cloth
_NORMALS = 1.5  # how much what the normals know counts beside the depths


@stage
def portrait_heights(
    subject: Subject,
    *,
    width_mm: Annotated[
        float, Field(ge=0, le=2000, description="width of the whole picture; 0: by the photo's scale, or 100")
    ] = 0.0,
    relief_mm: Annotated[float, Field(gt=0, le=100, description="height of the highest part above the base")] = 4.0,
    base_mm: Annotated[float, Field(ge=0.2, le=100, description="thickness of the ground")] = 1.6,
    pressing: Annotated[float, Field(ge=0, le=50, description="how much steep parts give way to fine ones")] = 2.0,
    hair: Annotated[
        float, Field(ge=0, le=1, description="share of the relief that fine light and dark gets: hair, cloth")
    ] = 0.4,
    pitch_mm: Annotated[float, Field(ge=0.02, le=5, description="distance of the places that get a height")] = 0.15,
    detail_mm: Annotated[float, Field(ge=0, le=20, description="finest detail that is kept; 0: all")] = 0.4,
) -> Heightmap:
    """Make heights of a subject by the shape that the sculpting network sees in it, with fine light and dark on top.

    Depth and normals are those of `sculpt`'s network, pressed flat as `bas-relief` does. A subject that nobody cut out
    is found by the network. Around it the ground stays level; the mask goes along.
    """
    width_mm = picture_width(subject, width_mm, "portrait-heights")
    rows, columns, pitch = grid_shape(subject.width, subject.height, width_mm, pitch_mm, "portrait-heights")
    guess = infer(subject, "portrait-heights")
    progress(0.5, "shape guessed")
    level = _lay_over_picture(_shape(guess, pressing), guess, subject, rows, columns)
    mask = _lay_over_picture(guess.mask.astype(np.float64), guess, subject, rows, columns)
    if subject.mask is not None:
        mask = on_grid(np.asarray(subject.mask), rows, columns).astype(np.float64)
    light = on_grid(brightness(subject.pixels).astype(np.float32), rows, columns).astype(np.float64)
    weight = np.clip(np.asarray(mask, np.float64), 0, 1)
    wide = _subject_mm(weight, pitch) / 12
    fine = _FEATURES * detail(light, weight, wide / 8 / pitch, wide / pitch)
    fine = fine + (1 - _FEATURES) * detail(light, weight, 0.15 / pitch, wide / 8 / pitch)
    level = (1 - hair) * level + hair * (0.5 + fine) * weight
    level = np.clip(level / max(float(np.quantile(level, 0.999)), 1e-6), 0, 1)
    level = np.clip(soften(level.astype(np.float32), detail_mm, pitch), 0, 1)
    note("heights by the shape that the network sees; it has learnt from made-up things and few faces")
    tall = (base_mm + relief_mm * level).astype(np.float32)
    return Heightmap(tall, pitch, np.clip(mask, 0, 1), base_mm, subject, subject.title)


def _subject_mm(mask: Floats, pitch: float) -> float:
    """How wide a subject is, as a disc of its area."""
    return max(2.0, float(np.sqrt((np.asarray(mask) > 0.5).sum() * 4 / np.pi)) * pitch)


def _shape(guess: Guess, pressing: float) -> Floats:
    """Levels 0..1 over the network's window."""
    inside = guess.mask >= 0.5
    near = -guess.front.astype(np.float64) + _NORMALS * normal_relief(guess, own_front=True)
    return press_depth(near, inside, pressing)


def _lay_over_picture(plane: Floats, guess: Guess, subject: Subject, rows: int, columns: int) -> Floats:
    """A plane of the network's window over the whole picture, 0 beyond the window."""
    from scipy.ndimage import map_coordinates

    y, x = np.mgrid[:rows, :columns].astype(np.float64)
    x = (x + 0.5) * subject.width / columns - guess.window.left
    y = (y + 0.5) * subject.height / rows - guess.window.top
    scale = len(plane) / guess.window.side
    places = [y * scale - 0.5, x * scale - 0.5]
    sheet: Floats = map_coordinates(np.asarray(plane, np.float64), places, order=1, mode="constant")
    return sheet
