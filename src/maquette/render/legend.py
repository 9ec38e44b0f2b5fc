"""The strip under a picture that says what its colours mean, and small labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.arrays import Bytes
from maquette.render.backdrop import Background
from maquette.render.color import Ramp, ramp_colors, to_bytes

STRIP_PX = 40
_MARGIN = 12
_FONT_PX = 13


def label(frame: Bytes, text: str, x: int, y: int, background: Background) -> Bytes:
    """A word in the frame (H, W, 4) with its top left corner at (x, y)."""
    from PIL import Image, ImageDraw

    image = Image.fromarray(frame)
    ink = _inks(background)[1] if background != "transparent" else (128, 128, 128)
    ImageDraw.Draw(image).text((x, y), text, fill=(*ink, 255), font=_font())
    return np.asarray(image)


def with_swatches(frame: Bytes, entries: list[tuple[Bytes, str]], background: Background) -> Bytes:
    """A strip below the frame with a patch of pixels (h, w, 3) and a word for each entry."""
    strip, draw = _strip(frame.shape[1], background)
    ink = _inks(background)[1]
    x = _MARGIN
    for patch, text in entries:
        height, width = patch.shape[:2]
        top = (STRIP_PX - height) // 2
        strip.paste(_image(patch), (x, top))
        draw.rectangle((x, top, x + width - 1, top + height - 1), outline=(*ink, 255))
        draw.text((x + width + 6, STRIP_PX // 2), text, fill=(*ink, 255), font=_font(), anchor="lm")
        x += width + 6 + int(draw.textlength(text, font=_font())) + 18
    return np.concatenate([frame, np.asarray(strip)])


def with_ramp(
    frame: Bytes, ramp: Ramp, low: str, high: str, label: str, missing: Bytes | None, background: Background
) -> Bytes:
    """A strip below the frame: label, ramp with the numbers at its ends, and a patch for faces without a value."""
    strip, draw = _strip(frame.shape[1], background)
    ink, width, middle = (*_inks(background)[1], 255), frame.shape[1], STRIP_PX // 2
    x = _MARGIN
    for text, gap in ((label, 12), (low, 6)):
        draw.text((x, middle), text, fill=ink, font=_font(), anchor="lm")
        x += int(draw.textlength(text, font=_font())) + gap if text else 0
    note = "no value" if missing is not None else ""
    after = int(draw.textlength(high, font=_font())) + 6 + _MARGIN
    after += 14 + 14 + 6 + int(draw.textlength(note, font=_font())) if note else 0
    length = max(width - x - after, 24)
    shares = np.broadcast_to(np.linspace(0, 1, length), (14, length))
    strip.paste(_image(np.round(ramp_colors(shares, ramp) * 255).astype(np.uint8)), (x, middle - 7))
    draw.text((x + length + 6, middle), high, fill=ink, font=_font(), anchor="lm")
    if missing is not None:
        x += length + 6 + int(draw.textlength(high, font=_font())) + 14
        strip.paste(_image(missing), (x, middle - 7))
        draw.text((x + 14 + 6, middle), note, fill=ink, font=_font(), anchor="lm")
    return np.concatenate([frame, np.asarray(strip)])


def patch_of(linear: NDArray[np.float32], width: int = 22, height: int = 14) -> Bytes:
    """A plain patch of a linear colour (3,)."""
    return np.broadcast_to(to_bytes(linear), (height, width, 3))


def _strip(width: int, background: Background) -> tuple[Any, Any]:
    """An empty strip as a PIL image and something to draw on it."""
    from PIL import Image, ImageDraw

    image = Image.new("RGBA", (width, STRIP_PX), (*_inks(background)[0], 255))
    return image, ImageDraw.Draw(image)


def _inks(background: Background) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Paper and ink."""
    return ((32, 34, 38), (226, 228, 232)) if background == "dark" else ((250, 250, 249), (52, 56, 64))


def _image(pixels: Bytes) -> Any:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(pixels))


def _font() -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(_FONT_PX)
