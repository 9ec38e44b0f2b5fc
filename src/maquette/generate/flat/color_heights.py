"""Colour heights: each colour of a picture a step of its own, for maps, posters and layered signs."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.arrays import Floats
from maquette.core.heightmap import Heightmap
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.generate.flat.grid import grid_shape
from maquette.generate.flat.heights import picture_width
from maquette.generate.flat.tones import is_cut_out
from maquette.geometry.look.oklab import clusters, light_of, light_of_oklab, nearest, oklab_of, srgb_of
from maquette.registry import stage

_SAMPLE = 60_000


@stage
def color_heights(
    subject: Subject,
    *,
    colors: Annotated[int, Field(ge=2, le=16, description="steps, a colour each")] = 4,
    order: Annotated[
        Literal["dark-low", "light-low", "common-low"], Field(description="which colour lies lowest")
    ] = "dark-low",
    step_mm: Annotated[float, Field(gt=0, le=20, description="from one step to the next: whole layers")] = 0.6,
    base_mm: Annotated[float, Field(ge=0.2, le=100, description="height of the lowest colour")] = 1.2,
    width_mm: Annotated[
        float, Field(ge=0, le=2000, description="width of the whole picture; 0: by the photo's scale, or 100")
    ] = 0.0,
    pitch_mm: Annotated[float, Field(ge=0.02, le=5, description="distance of the places that get a height")] = 0.1,
    island_mm: Annotated[
        float, Field(ge=0, le=20, description="patches narrower than this go to their neighbours; 0: all stay")
    ] = 0.8,
) -> Heightmap:
    """Give each of a picture's colours its own height; borders between them are upright walls.

    The colours that stand for all are found in the picture (OKLab, means that move until they rest). Islands narrower
    than a line or two join what is around them. The note names each colour with its height: that is the plan for
    changing filament.
    """
    width_mm = picture_width(subject, width_mm, "color-heights")
    rows, columns, pitch = grid_shape(subject.width, subject.height, width_mm, pitch_mm, "color-heights")
    looks = oklab_of(light_of(_resize(subject, rows, columns)))
    flat = looks.reshape(-1, 3)
    some = flat[:: max(1, len(flat) // _SAMPLE)]
    chosen = clusters(some, np.ones(len(some)), colors)
    label = nearest(flat, chosen)[0].reshape(rows, columns)
    label = _without_islands(label, len(chosen), island_mm / pitch)
    rank = _ranks(chosen, label, order)
    heights = base_mm + step_mm * rank[label]
    for place in np.argsort(rank):
        red, green, blue = srgb_of(light_of_oklab(chosen[place][None]))[0]
        note(f"#{red:02X}{green:02X}{blue:02X} ends at {base_mm + step_mm * rank[place]:.3g} mm")
    mask = _mask(subject, rows, columns)
    return Heightmap(
        heights.astype(np.float32), pitch, mask, base_mm if mask is not None else 0.0, subject, subject.title
    )


def _resize(subject: Subject, rows: int, columns: int) -> NDArray[np.uint8]:
    """The picture at the places of the grid."""
    from PIL import Image

    way = Image.Resampling.BOX if columns < subject.width else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(np.ascontiguousarray(subject.pixels)).resize((columns, rows), way))


def _without_islands(label: NDArray[np.int64], count: int, width: float) -> NDArray[np.int64]:
    """Labels (H, W) of which each place takes the one that most of its surroundings have."""
    from scipy.ndimage import gaussian_filter

    if width < 1 or count < 2:
        return label
    votes = np.stack([gaussian_filter((label == number).astype(np.float32), width / 2.355) for number in range(count)])
    smoothed: NDArray[np.int64] = votes.argmax(axis=0)
    return smoothed


def _ranks(chosen: Floats, label: NDArray[np.int64], order: str) -> NDArray[np.int64]:
    """The step of each colour, from 0."""
    key = chosen[:, 0] if order == "dark-low" else -chosen[:, 0]
    if order == "common-low":
        key = -np.bincount(label.reshape(-1), minlength=len(chosen)).astype(np.float64)
    rank: NDArray[np.int64] = np.argsort(np.argsort(key, kind="stable"), kind="stable")
    return rank


def _mask(subject: Subject, rows: int, columns: int) -> NDArray[np.float32] | None:
    from maquette.generate.flat.grid import on_grid

    if subject.mask is None or not is_cut_out(subject):
        return None
    return np.clip(on_grid(subject.mask, rows, columns), 0, 1)
