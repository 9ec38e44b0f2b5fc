"""Backlit likeness: does the light that falls through a lithophane show the photo?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bools, Floats, Singles
from maquette.core.asset import Asset
from maquette.core.report import Finding
from maquette.core.subject import Subject
from maquette.geometry.flat.light_likeness import compare_light, in_layers, layers_needed, wanted_light
from maquette.geometry.flat.see_through import Lamp, look_through, walls_seen
from maquette.geometry.flat.transmission import screen_light
from maquette.geometry.rays import Tracer
from maquette.registry import stage

GOOD = 0.92  # SSIM; ten photographs reach it standing in layers of 0.12 mm (`bench/flat.py light`)
_SEEN = 0.02  # of SSIM, by which a lying print may fall behind a standing one that is not like the photo either
_SOURCE = "SSIM of Wang et al. 2004; CIEDE2000; light by Beer and Lambert"


@stage
def backlit_likeness(
    asset: Asset,
    photo: Subject,
    *,
    lamp: Annotated[
        Lamp,
        Field(description="under a plate that lies, inside a ring that stands, at the center of a ball, in a dome"),
    ] = "below",
    transmission_mm: Annotated[
        float, Field(gt=0.1, le=50, description="how thick the filament passes a tenth of the light")
    ] = 3.5,
    layer_mm: Annotated[float, Field(gt=0, le=2, description="height of a layer, if it is printed lying")] = 0.12,
    margin_mm: Annotated[float, Field(ge=0, le=100, description="edge that shows no picture, a frame say")] = 0.0,
    size_px: Annotated[int, Field(ge=32, le=2048, description="width of the pictures that are compared")] = 640,
) -> Iterable[Finding]:
    """Look through the finished mesh and compare the light with the photo's greys: SSIM and mean CIEDE2000.

    Both pictures run from their darkest to their brightest, as eyes and cameras take them. A second finding, for what
    can lie on the bed, says what whole layers leave of it when it is printed lying, how many layers would be enough,
    and that standing is better. Unknown where there is no wall.
    """
    look = look_through(asset.mesh.vertices, lamp, min(size_px, max(32, photo.width)))
    walls = walls_seen(Tracer(asset.mesh.vertices, np.asarray(asset.mesh.faces)), look)
    margin = int(np.ceil(margin_mm / look.pitch_mm))
    where = np.zeros(walls.shape, bool)
    where[margin : walls.shape[0] - margin, margin : walls.shape[1] - margin] = True
    where &= walls > 0
    if not where.any():
        yield Finding("backlit-likeness", "unknown", "there is no wall to look through")
        return
    walls = np.where(where, walls, 0).astype(np.float32)
    wanted = wanted_light(photo.pixels, walls.shape)
    light = screen_light(walls, transmission_mm)[0]
    likeness = compare_light(light, wanted, where)
    yield Finding(
        "backlit-likeness",
        "pass" if likeness.ssim >= GOOD else "warn",
        f"lit from behind it is like the photo's greys by SSIM {likeness.ssim:.3f}"
        f" and differs by a mean CIEDE2000 of {likeness.delta_e:.2f}"
        + ("" if likeness.ssim >= GOOD else "; a larger picture, or a smaller detail_mm, shows more"),
        value=round(likeness.ssim, 4),
        unit="SSIM",
        limit=f"at least {GOOD:g}",
        source=_SOURCE,
        fix="lithophane-heights",
    )
    if lamp == "below":
        yield _lying(
            walls, wanted, where, transmission_mm, layer_mm, GOOD if likeness.ssim >= GOOD else likeness.ssim - _SEEN
        )


def _lying(walls: Singles, wanted: Floats, where: Bools, distance_mm: float, layer_mm: float, goal: float) -> Finding:
    """What is left when walls end on whole layers, and how many would be enough for what it is standing."""
    light = screen_light(walls, distance_mm)[0]
    likeness = compare_light(screen_light(in_layers(walls, layer_mm), distance_mm)[0], wanted, where)
    least, most = float(walls[where].min()), float(walls[where].max())
    count = round((most - least) / layer_mm)
    enough = layers_needed(light, wanted, where, layer_mm, distance_mm, least, goal)
    advice = (
        f"take {enough} layers (most_mm {least + enough * layer_mm:.3g})"
        if enough
        else "no number of layers would do lying"
    )
    good = likeness.ssim >= goal
    return Finding(
        "backlit-lying",
        "pass" if good else "warn",
        f"printed lying, {count} layers of {layer_mm:g} mm between white and black leave SSIM {likeness.ssim:.3f},"
        f" CIEDE2000 {likeness.delta_e:.2f}" + ("" if good else f"; print it standing, or else {advice}"),
        value=round(likeness.ssim, 4),
        unit="SSIM",
        limit=f"at least {goal:.3g}, as standing",
        source=_SOURCE,
        fix="lithophane-heights",
    )
