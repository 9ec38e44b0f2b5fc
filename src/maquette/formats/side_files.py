"""The files beside a model that it refers to by name: which names are safe, and the pictures behind them."""

from __future__ import annotations

import io
import re
import warnings

from maquette.core.asset import Texture
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import note
from maquette.core.texture_pixels import MOST_PIXELS

_FOREIGN = ("BMP", "TGA", "TIFF", "GIF")  # what older exporters point to; GLB and browsers cannot show them


def is_outside(reference: str) -> bool:
    """True for an address on the network and for a path that climbs out of its folder."""
    return bool(re.match(r"\s*[A-Za-z][A-Za-z0-9+.-]+:", reference)) or ".." in re.split(r"[/\\]", reference.strip())


def plain_name(reference: str) -> str:
    """The bare file name of a reference: folders and drives, which mean nothing on another machine, are left out."""
    return re.split(r"[/\\:]", reference.strip().strip('"'))[-1].strip()


def references(references: list[str]) -> list[str]:
    """The plain names a loader may look for beside the file, each once; what points outside is not among them."""
    names = (plain_name(reference) for reference in references if not is_outside(reference))
    return list(dict.fromkeys(name for name in names if name not in ("", ".", "..")))


def find(files: Files, reference: str, stage: str) -> bytes | None:
    """The bytes a reference means, found by plain name in any case; None with a note when they are not there."""
    if is_outside(reference):
        raise BadInput(f"{stage}: refers to {reference[:80]!r}; put that file beside the model and name it plainly")
    name = plain_name(reference)
    by_name = {known.lower(): known for known in files.parts}
    known = name if name in files.parts else by_name.get(name.lower())
    if known is None:
        note(f"{name[:80]!r} is not there; continued without it")
        return None
    return files.parts[known]


def texture(data: bytes, name: str) -> Texture | None:
    """A picture as a texture: PNG, JPEG and WebP as they are, BMP, TGA, TIFF and GIF as PNG; else None with a note."""
    try:
        return Texture(data)
    except BadInput:
        return _convert(data, name)


def _convert(data: bytes, name: str) -> Texture | None:
    """A picture of another kind, decoded and written as PNG."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_FOREIGN) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise BadInput(f"texture: {picture.width} x {picture.height} pixels are too many; scale it down")
                made = io.BytesIO()
                picture.convert("RGBA" if picture.mode in ("RGBA", "LA", "PA") else "RGB").save(made, format="PNG")
    except BadInput:
        raise
    except Exception:  # Pillow raises what it likes on damaged bytes
        note(f"{name[:80]!r} is no picture that can be read; continued without it")
        return None
    return Texture(made.getvalue())
