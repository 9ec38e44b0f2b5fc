"""Read wedge: transmission distances and colours from one photo of a printed wedge, as a list for `--own`."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import BeforeValidator, Field

from maquette.core.arrays import Floats
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.files import Files
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.geometry.look.oklab import light_of
from maquette.geometry.painting.difference import hex_of
from maquette.geometry.painting.light import FRONT
from maquette.registry import stage

_MIDDLE = 0.5  # share of a swatch that is read: its edges are shaded
_TRIED = np.exp(np.linspace(np.log(0.002), np.log(0.95), 400))  # covers of one layer
_LEAST_CHANGE = 0.01  # linear light between the first step and the last


def _as_list(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


@stage(writes=(".csv",))
def read_wedge(
    subject: Subject,
    *,
    names: Annotated[
        tuple[str, ...],
        BeforeValidator(_as_list),
        Field(description="what to call the filaments, a row each from the top, parted by commas"),
    ] = ("filament",),
    steps: Annotated[int, Field(ge=4, le=40, description="steps of the wedge, the lowest on the left")] = 12,
    layer_mm: Annotated[float, Field(ge=0.02, le=0.4, description="height of its layers")] = 0.08,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "filaments",
) -> Files:
    """Read a photo of a wedge, cropped to it, and write each filament's colour and transmission distance as CSV.

    Light of step n is own + (base - own) (1 - cover)^n: the cover that fits all steps best gives the distance, in the
    same model that plans are made with, and own the colour. How bright the photo is does not matter to the distance;
    to the colour it does: photograph it beside white paper, in even light. Refuses a row that does not change.
    """
    if not names:
        raise BadSetting("read-wedge: no names; give one for each row of the wedge")
    light = light_of(subject.pixels)
    rows = ["name,color,td_mm"]
    for place, name in enumerate(names):
        steps_seen = _swatches(light, place, len(names), steps)
        if float(np.abs(steps_seen[-1] - steps_seen[0]).max()) < _LEAST_CHANGE:
            raise CannotDo(f"read-wedge: the row of {name} does not change along its {steps} steps; crop to the wedge")
        cover, own, error = _fit(steps_seen)
        td_mm = float(np.clip(-FRONT * layer_mm / np.log10(1 - cover), 0.05, 100))
        note(f"{name}: {hex_of(own)}, {td_mm:.2f} mm; the steps are off by {error:.1%} of their light")
        rows.append(f"{name},{hex_of(own)},{td_mm:.3g}")
    return Files(f"{stem}.csv", {f"{stem}.csv": ("\n".join(rows) + "\n").encode()})


def _swatches(light: Floats, place: int, rows: int, steps: int) -> Floats:
    """The middle light of each step of one row, (steps, 3)."""
    height, width = light.shape[0] / rows, light.shape[1] / steps
    if min(height, width) < 4:
        raise CannotDo(f"read-wedge: a step is {width:.0f} x {height:.0f} pixels in the photo; take 4 or more")
    edge = (1 - _MIDDLE) / 2
    top, bottom = round((place + edge) * height), round((place + 1 - edge) * height)
    columns = [(round((k + edge) * width), round((k + 1 - edge) * width)) for k in range(steps)]
    return np.stack([np.median(light[top:bottom, low:high].reshape(-1, 3), axis=0) for low, high in columns])


def _fit(seen: Floats) -> tuple[float, Floats, float]:
    """The cover of a layer, the filament's own light and the mean error, from the light after 1, 2, … layers."""
    count = np.arange(1, len(seen) + 1)
    best = (np.inf, 0.5, seen[-1])
    for cover in _TRIED:
        rest = (1 - cover) ** count
        known = np.column_stack([1 - rest, rest])  # own, base
        coefficients, *_ = np.linalg.lstsq(known, seen, rcond=None)
        error = float(((known @ coefficients - seen) ** 2).sum())
        if error < best[0]:
            best = (error, float(cover), np.clip(coefficients[0], 0, 1))
    return best[1], best[2], float(np.sqrt(best[0] / seen.size)) / max(float(seen.max()), 1e-9)
