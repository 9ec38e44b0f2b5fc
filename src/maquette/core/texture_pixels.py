"""Textures as pixels: opened and decoded in one place, so that damaged and oversized ones end in the same refusal."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.asset import Texture
from maquette.core.errors import BadInput

MOST_PIXELS = 8192 * 8192  # the largest texture that engines take; 256 MiB decoded


@contextmanager
def open_texture(texture: Texture, subject: str = "texture: a picture") -> Iterator[Any]:
    """A texture as a Pillow image, nothing decoded yet; whatever Pillow raises inside becomes ``BadInput``.

    The ``subject`` begins the message. Textures of more than ``MOST_PIXELS`` are refused.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(texture.data), formats=("PNG", "JPEG", "WEBP")) as picture:
                width, height = picture.size
                if width * height > MOST_PIXELS:
                    raise BadInput(f"{subject} has {width} x {height} pixels, more than {MOST_PIXELS}; shrink it first")
                yield picture
    except BadInput:
        raise
    except Exception as problem:  # Pillow raises what it likes on damaged bytes
        reason = f"{type(problem).__name__}: {problem}"
        raise BadInput(f"{subject} cannot be decoded ({reason[:120]}); replace it") from None


def pixels(texture: Texture, mode: str = "RGB", subject: str = "texture: a picture") -> NDArray[np.uint8]:
    """A texture decoded, (H, W, C) uint8 sRGB; ``BadInput`` as :func:`opened` says."""
    with open_texture(texture, subject) as picture:
        return np.asarray(picture.convert(mode))
