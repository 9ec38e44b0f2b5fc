"""Measure: how many millimetres a pixel is, from a thing of known size in the photo."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from maquette.core.errors import BadSetting, CannotDo
from maquette.core.progress import note, progress
from maquette.core.subject import Subject
from maquette.photo.flat_things import prepare
from maquette.photo.scale_from import Scale, by_coin, by_marker, by_points, by_rectangle, by_ruler
from maquette.registry import stage

Reference = Literal["auto", "card", "a4", "letter", "marker", "coin", "ruler", "points"]


def _four(value: Any) -> Any:
    """Four numbers from one text, as a command line gives them."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


@stage
def measure(
    subject: Subject,
    *,
    reference: Annotated[
        Reference, Field(description="what lies in the photo; auto: two points if given, else a marker, card or sheet")
    ] = "auto",
    reference_px: Annotated[
        tuple[float, float, float, float] | None,
        BeforeValidator(_four),
        Field(description="two pixels x1,y1,x2,y2 whose distance is known"),
    ] = None,
    reference_mm: Annotated[
        float | None, Field(gt=0, description="how far the two pixels are apart in reality")
    ] = None,
    coin: Annotated[str, Field(description="which coin lies there: eur-1, usd-0.25, gbp-0.10 …")] = "eur-1",
    marker_mm: Annotated[float, Field(ge=10, le=150, description="side of the printed marker's black square")] = 40.0,
) -> Subject:
    """Give a photo its scale, with an error band, from something of known size that lies in it.

    A bank card, an A4 or Letter sheet or our printed marker (`write-marker`) is found by its edges, tells how the
    ground is tilted, and so the scale where the subject stands: at the foot of the mask, if there is one, else beside
    the reference. A sheet counts from 100 pixels wide and where it gives the scale to a tenth, for labels have four
    sides, too. A coin must be named, for round things are everywhere, and a ruler must be metric. Two pixels and
    their distance always work. Pixels and mask stay as they are. The band (2 sigma) counts the edges' error, the
    reference's tolerance and what is not known of the lens; it holds for what stands on the ground where it is
    measured, not for what is nearer or farther.

    Refuses when nothing is found, when several things could be meant, and a scale at which the photo is over 50 m wide.
    """
    if (reference_px is None) != (reference_mm is None):
        raise BadSetting("measure: reference_px and reference_mm go together; give both, or neither")
    if reference == "points" or (reference == "auto" and reference_px is not None):
        if reference_px is None or reference_mm is None:
            raise BadSetting("measure: reference is points; give reference_px x1,y1,x2,y2 and reference_mm")
        scale = by_points(subject, reference_px, reference_mm)
    else:
        scale = _find_scale(subject, reference, coin, marker_mm)
    if scale.mm_per_px * max(subject.width, subject.height) > 50_000:
        raise CannotDo(f"measure: {scale.mm_per_px:.3g} mm per pixel makes the photo over 50 m wide; check the numbers")
    note(f"1 px = {scale.mm_per_px:.4g} mm ± {max(scale.band, 0.001):.1%}, from {scale.words}")
    return subject.replace(mm_per_pixel=scale.mm_per_px)


def _find_scale(subject: Subject, reference: str, coin: str, marker_mm: float) -> Scale:
    """The scale by the reference that was named, or by the first of marker, card and sheet."""
    progress(0.05, "looking for the reference")
    photo = prepare(np.asarray(subject.pixels))
    foot = foot_of(subject)
    scale: Scale | None = None
    if reference == "coin":
        scale = by_coin(photo, foot, coin, subject.mask)
    elif reference == "ruler":
        scale = by_ruler(photo)
    else:
        if reference in ("auto", "marker"):
            scale = by_marker(photo, foot, marker_mm)
        names = {"auto": ("card", "a4", "letter"), "marker": ()}.get(reference, (reference,))
        if scale is None and names:
            scale = by_rectangle(photo, foot, names, subject.mask)
    if scale is None:
        what = {"auto": "marker, bank card, A4 or Letter sheet", "card": "bank card"}.get(reference, reference)
        raise CannotDo(
            f"measure: no {what} found whole and flat in the {subject.width} x {subject.height} photo; lay it on a "
            "ground of another colour, or give reference_px and reference_mm"
        )
    return scale


def foot_of(subject: Subject) -> NDArray[np.float64] | None:
    """Where the subject stands: the middle of the lowest rows of its mask, (x, y) in pixels; None without a mask."""
    if subject.mask is None or not (subject.mask >= 0.5).any():
        return None
    rows = np.flatnonzero((subject.mask >= 0.5).any(axis=1))
    low = rows[-1] - max(1, len(rows) // 50)
    columns = np.flatnonzero((subject.mask[low : rows[-1] + 1] >= 0.5).any(axis=0))
    return np.array([float(columns.mean()), float(rows[-1])])
