"""Open: the bytes of a picture file become a Subject."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maquette.core.subject import Subject
from maquette.photo.decode import decode
from maquette.photo.svg import draw, is_svg
from maquette.registry import stage

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".heic", ".heif", ".gif", ".bmp", ".svg")


@stage(name="open", opens=ENDINGS)
def open_photo(
    photo: bytes,
    *,
    max_px: Annotated[int, Field(ge=64, le=10_000, description="larger photos are scaled to this long side")] = 4096,
    svg_px: Annotated[int, Field(ge=64, le=4096, description="long side that an SVG drawing is drawn at")] = 1536,
) -> Subject:
    """Open a picture file: JPEG, PNG, WebP, AVIF, TIFF, HEIC, GIF (first frame), BMP or SVG.

    The picture is turned upright by its EXIF orientation and brought to 8-bit sRGB by its embedded colour profile; 16
    bits, CMYK, palettes and grey are converted. Alpha becomes the mask when it really cuts something out (a thousandth
    of the picture or more is transparent); otherwise the picture is laid on white. The pixels are (H, W, 3), the mask
    (H, W).

    Refused: more than 20 MB or 100 megapixels (50 of WebP, AVIF or HEIC), anything damaged, cut short or of another
    kind, a picture that is transparent all over, an SVG that refers to other files. HEIC needs the extra ``heic``, SVG
    the extra ``svg``.
    """
    if is_svg(photo):
        pixels, alpha = draw(photo, "open", min(svg_px, max_px))
        return _subject(pixels, alpha if (alpha < 128).any() else None)
    return _subject(*decode(photo, "open", max_px))


def _subject(pixels: np.ndarray, alpha: np.ndarray | None) -> Subject:
    """The noun from 8-bit arrays."""
    return Subject(pixels, None if alpha is None else alpha.astype(np.float32) / np.float32(255))
