"""A body's points and limbs in the colors that image models were taught: ControlNet's pose picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from maquette.core.arrays import Bools, Bytes, Floats

# Limbs by their two points, and colors around the wheel in steps of 60/3.5 degrees, as OpenPose draws COCO's bodies.
_LIMBS = (
    *((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13)),
    *((1, 0), (0, 14), (14, 16), (0, 15), (15, 17)),
)
_COLORS = (
    *((255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0)),
    *((0, 255, 85), (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255)),
    *((170, 0, 255), (255, 0, 255), (255, 0, 170), (255, 0, 85)),
)
_WIDTH = 4 / 512  # half width of a limb and radius of a point, of the picture's longer side
_FINE = 4  # times as large it is drawn, for soft edges
_DIM = 0.6  # limbs are darker than points


def pose_picture(spots: Floats, marked: Bools, width: int, height: int) -> Bytes:
    """Points (18, 2), 0..1 from the top left, as a picture (H, W, 4) on black; those not marked are left out."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (width * _FINE, height * _FINE))
    pen = ImageDraw.Draw(image)
    places = spots * [width * _FINE, height * _FINE]
    radius = max(_WIDTH * max(width, height), 1.0) * _FINE
    for color, (first, last) in zip(_COLORS, _LIMBS, strict=False):
        if marked[first] and marked[last]:
            dim = tuple(int(c * _DIM) for c in color)
            pen.polygon(_ellipse(places[first], places[last], radius), fill=dim)
    for color, place, shown in zip(_COLORS, places, marked, strict=True):
        if shown:
            x, y = map(float, place)
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
    small = np.asarray(image.resize((width, height), Image.Resampling.BOX))
    return np.dstack([small, np.full(small.shape[:2], 255, np.uint8)])


def _ellipse(start: Floats, end: Floats, half_width: float) -> Any:
    """Corners of an ellipse from one point to another, so wide."""
    middle, along = (start + end) / 2, (end - start) / 2
    aside = np.array([-along[1], along[0]]) / max(float(np.linalg.norm(along)), 1e-9) * half_width
    turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    corners = middle + np.cos(turn)[:, None] * along + np.sin(turn)[:, None] * aside
    return [(float(x), float(y)) for x, y in corners]
