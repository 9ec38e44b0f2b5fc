"""Findings of `inspect` about the picture itself: grain, burnt colors, detail, shadows, hands, what kind it is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from maquette.core.report import Finding, Verdict
from maquette.core.subject import Subject
from maquette.photo.kind_of_picture import kind_of
from maquette.photo.picture_faults import burnt_color, cast_shadow, enlargement, hand_share, noise

Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]
_KINDS = {  # what to say of each kind, and whether a body can come of it
    "photo": ("pass", "a photo"),
    "render": ("pass", "a render or a very clean photo"),
    "drawing": ("pass", "a drawing in even colors; a relief suits it"),
    "logo": ("pass", "a logo or icon; a relief suits it"),
    "sketch": (
        "warn",
        "a sketch, lines without light; maquette run hand-drawing makes a solid of its outline",
    ),
    "screenshot": ("warn", "a screenshot; crop to the picture of the thing, or save that picture itself"),
    "text": ("warn", "a page of text; there is no thing in it to make"),
}


def inspect_picture(subject: Subject, small: Bytes, inside: Bools) -> Iterator[Finding]:
    """Six findings. ``small`` (h, w, 3) is the picture at working size and ``inside`` (h, w) where the subject is."""
    yield _finding(
        "noise",
        noise(np.asarray(subject.pixels)),
        (6.0, 25.0),
        ("little grain", "grainy: surfaces will be rough; more light, or a lower ISO"),
        unit="grey levels",
        limit="at most 6",
        fix="autofix",
    )
    yield _finding(
        "saturation",
        burnt_color(small, inside),
        (0.15, 2.0),
        ("colors have room", "colors have run into the wall and hide shape; less saturation, or another camera mode"),
        limit="at most 0.15 of the subject with one channel full and another empty",
    )
    yield _finding(
        "detail",
        enlargement(np.asarray(subject.pixels)),
        (1.9, 1e9),
        ("detail down to the pixel", "enlarged or out of focus: it holds no more than a picture so many times smaller"),
        unit="times",
        limit="at most 1.5 times smaller without loss",
    )
    loss = 0.0 if inside.all() else cast_shadow(small, inside)
    yield _finding(
        "shadow",
        loss,
        (0.5, 2.0),
        ("no hard shadow beside it", "a dark shadow beside it may become part of it; softer light, or lift it off"),
        limit="at most 0.5 of the ground's light lost",
    )
    yield _finding(
        "hand",
        0.0 if inside.all() else hand_share(small, inside),
        (0.12, 2.0),
        ("nobody holds it", "a hand seems to hold it and hides a part; put it down, or hang it on a thread"),
        limit="at most 0.12 of the outline",
    )
    kind, look = kind_of(small, inside)
    verdict, words = _KINDS[kind]
    yield Finding(
        "kind",
        "warn" if verdict == "warn" else "pass",
        words,
        value=round(look.even, 2),
        unit="of it in even color",
        limit="a photo, render or drawing of one thing",
    )


def _finding(
    check: str,
    value: float,
    limits: tuple[float, float],
    texts: tuple[str, str],
    *,
    limit: str,
    unit: str = "",
    fix: str | None = None,
) -> Finding:
    """A finding for a number that is better when smaller: limits of "warn" and "fail", texts of good and bad."""
    verdict: Verdict = "fail" if value > limits[1] else "warn" if value > limits[0] else "pass"
    text = texts[0] if verdict == "pass" else texts[1]
    return Finding(check, verdict, text, value=round(value, 3), unit=unit, limit=limit, fix=fix)
