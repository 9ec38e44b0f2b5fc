"""Open art: a drawing's shapes as areas with exact borders, from an SVG's own paths or traced from a picture."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.artwork import Artwork
from maquette.core.errors import CannotDo
from maquette.core.progress import note
from maquette.core.subject import Subject
from maquette.geometry.flat.areas import bounds, grow_area, loops_in, unite_areas
from maquette.photo.decode import decode
from maquette.photo.svg import is_svg
from maquette.photo.svg_areas import svg_areas
from maquette.photo.tracing import Traced, trace_picture
from maquette.registry import stage

_TRACED_PX = 4096  # long side that pictures are traced at

Ground = Literal["drop", "keep"]


@stage
def open_art(
    drawing: bytes,
    *,
    width_mm: Annotated[float, Field(ge=1, le=2000, description="width of what is drawn")] = 60.0,
    colors: Annotated[int, Field(ge=1, le=16, description="areas that a picture is traced to, ground not counted")] = 1,
    ground: Annotated[
        Ground, Field(description="drop: a sheet of one colour under all the rest is no part of it")
    ] = "drop",
    least_mm: Annotated[float, Field(ge=0, le=20, description="strokes and gaps thinner than this go; 0: none")] = 0.0,
) -> Artwork:
    """Open an SVG with its exact outlines, or trace a logo, a drawing or a scan.

    Paths, shapes, strokes, transforms and fill rules count as they are drawn, curves within five thousandths of a
    millimetre at 100. A picture with alpha is traced along that, any other where it is not of its border's colour;
    photographs are refused where they fall into too many pieces. Texts in an SVG must be paths.
    """
    if is_svg(drawing):
        areas = svg_areas(drawing, "open-art", drop_sheet=ground == "drop")
        turned = [(painted.area.scale((1.0, -1.0)), painted.color) for painted in areas]
        return laid_out(turned, width_mm, least_mm, "open-art")
    pixels, alpha = decode(drawing, "open-art", _TRACED_PX)
    mask = None if alpha is None else alpha.astype(np.float32) / np.float32(255)
    return laid_out(trace_picture(pixels, mask, colors, "open-art"), width_mm, least_mm, "open-art")


@stage
def trace(
    subject: Subject,
    *,
    width_mm: Annotated[float, Field(ge=1, le=2000, description="width of what is drawn")] = 60.0,
    colors: Annotated[int, Field(ge=1, le=16, description="areas that it is traced to, ground not counted")] = 1,
    least_mm: Annotated[float, Field(ge=0, le=20, description="strokes and gaps thinner than this go; 0: none")] = 0.0,
) -> Artwork:
    """Trace the shapes in a picture, or the outline of a subject that was cut out.

    Borders lie where a soft edge is half covered, so a drawing of 500 pixels gives smooth walls at any size.
    """
    mask = subject.mask if subject.mask is not None and float(subject.mask.min()) < 0.5 else None
    return laid_out(trace_picture(subject.pixels, mask, colors, "trace"), width_mm, least_mm, "trace", subject.title)


def laid_out(areas: Traced, width_mm: float, least_mm: float, stage_name: str, title: str = "") -> Artwork:
    """Areas brought to a width, about the middle, without what is too thin."""
    low_x, low_y, high_x, high_y = bounds(unite_areas([area for area, _ in areas]))
    if not (high_x - low_x > 0 and high_y - low_y > 0 and np.isfinite(high_x - low_x)):
        raise CannotDo(f"{stage_name}: what is drawn has no extent; draw shapes with a fill or a stroke")
    scale = width_mm / (high_x - low_x)
    middle = (-(low_x + high_x) / 2, -(low_y + high_y) / 2)
    placed = [(area.translate(middle).scale((scale, scale)), color) for area, color in areas]
    if least_mm:
        placed = [(_open_area(area, least_mm), color) for area, color in placed]
        lost = sum(area.area() * scale**2 for area, _ in areas) - sum(area.area() for area, _ in placed)
        note(f"left out {max(lost, 0.0):.3g} mm² of strokes thinner than {least_mm:g} mm")
        if all(area.is_empty() for area, _ in placed):
            raise CannotDo(
                f"{stage_name}: all of it is thinner than {least_mm:g} mm; make it wider than {width_mm:g} mm"
            )
    artwork = Artwork.of([(loops_in(area), color) for area, color in placed if not area.is_empty()], title)
    note(f"{len(artwork.colors)} colors, {len(artwork.sizes)} outlines, {width_mm:.4g} x {artwork.size_mm[1]:.4g} mm")
    return artwork


def _open_area(area: Any, least_mm: float) -> Any:
    """An area without what a disc of this diameter cannot reach (morphological opening), corners kept."""
    core = grow_area(grow_area(area, -least_mm / 2), least_mm / 2 * 1.02)
    return core ^ area
