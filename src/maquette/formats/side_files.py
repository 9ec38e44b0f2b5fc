"""The files beside a model that it refers to by name: where a name may point to, and the pictures behind it.

One rule for everybody who looks: what lies *below* the model's own folder is its own, whatever the case of its letters,
with either kind of slash, percent-encoded or not; a path from another machine means the file of that name. What lies
elsewhere (``..``, the network) is never opened.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable
from urllib.parse import unquote

from maquette.core.asset import Texture
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import note
from maquette.core.quiet import without_chatter
from maquette.core.texture_pixels import MOST_PIXELS

_FOREIGN = ("BMP", "TGA", "TIFF", "GIF", "AVIF", "JPEG2000", "PCX", "PPM", "DDS")  # GLB and browsers cannot show them


def places(reference: str, beside: str = "") -> list[str]:
    """Paths below the model's folder that a reference may mean, likeliest first; none for one that leads elsewhere.

    ``beside`` is the file that bears the reference (``materials/seat.mtl``): its folder comes first.
    """
    text = reference.strip().strip('"').strip().replace("\\", "/")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text) or not text or "\0" in text:
        return []
    folder = beside.replace("\\", "/").split("/")[:-1]
    tries: list[str] = []
    for variant in dict.fromkeys([text, unquote(text)]):
        steps = [step for step in variant.split("/") if step not in ("", ".")]
        if variant.startswith("/") or re.match("[A-Za-z]:", variant):  # of another machine
            tries += steps[-1:] if steps[-1:] != [".."] and "\0" not in variant else []
            continue
        paths = [path for path in (_inside([*folder, *steps]), _inside(steps)) if path]
        if not paths:
            return []
        tries += [*paths, *([] if ".." in steps else steps[-1:])]
    return list(dict.fromkeys(tries))


def _inside(steps: list[str]) -> str:
    """A path with ``..`` worked out; empty when it climbs out of the folder."""
    steps_inside: list[str] = []
    for step in steps:
        if step != "..":
            steps_inside.append(step)
        elif steps_inside:
            steps_inside.pop()
        else:
            return ""
    return "/".join(steps_inside)


def plain_name(reference: str) -> str:
    """The bare file name of a reference, without folders and drives."""
    return re.split(r"[/\\:]", reference.strip().strip('"'))[-1].strip()


def references(references: Iterable[str], beside: str = "") -> list[str]:
    """References of the file ``beside`` each once, without those that lead out of the folder."""
    return [reference for reference in dict.fromkeys(references) if places(reference, beside)]


def locate(files: Files, reference: str, beside: str = "") -> str | None:
    """The name of the part that a reference means, in any case of its letters; None when it is not among them."""
    wanted = places(reference, beside)
    exact = next((place for place in wanted if place in files.parts), None)
    if exact is not None or not wanted:
        return exact
    by_name = {known.lower(): known for known in files.parts}
    return next((by_name[place.lower()] for place in wanted if place.lower() in by_name), None)


def find(files: Files, reference: str, beside: str = "") -> bytes | None:
    """The bytes that a reference means; None with a note when they did not come along or lie elsewhere."""
    known = locate(files, reference, beside)
    if known is not None:
        return files.parts[known]
    why = "is not there" if places(reference, beside) else "lies elsewhere"
    note(f"{unquote(reference.strip())[:80]!r} {why}; continued without it; put it beside the model")
    return None


class Converter:
    """Pictures as textures. What is no PNG, JPEG or WebP is decoded and becomes PNG; for all of one file there is a
    budget of pixels."""

    def __init__(self) -> None:
        self._pixels_left = MOST_PIXELS

    def __call__(self, data: bytes, name: str) -> Texture | None:
        """PNG, JPEG and WebP as they are, BMP, TGA, TIFF, GIF, AVIF and their like as PNG; else None with a note."""
        try:
            return Texture(data)
        except BadInput:
            return self._convert(data, name[:80])

    def _convert(self, data: bytes, name: str) -> Texture | None:
        from PIL import Image

        if data.startswith(b"\xabKTX "):
            note(f"left out {name!r}, a KTX texture; `npx @gltf-transform/cli webp IN.glb OUT.glb` converts it")
            return None
        try:
            with warnings.catch_warnings(), without_chatter():
                warnings.simplefilter("ignore")
                with Image.open(io.BytesIO(data), formats=_FOREIGN) as picture:
                    self._pixels_left -= picture.width * picture.height
                    if self._pixels_left < 0:
                        note(f"left out {name!r}: the pictures have over {MOST_PIXELS:,} pixels; scale them down")
                        return None
                    bytes_i_o = io.BytesIO()
                    picture.convert("RGBA" if picture.mode in ("RGBA", "LA", "PA") else "RGB").save(
                        bytes_i_o, format="PNG"
                    )
        except Exception:  # Pillow raises what it likes on damaged bytes
            note(f"left out {name!r}, which is no picture that can be read; save it as PNG")
            return None
        note(f"{name!r} is no PNG, JPEG or WebP; it was made PNG")
        return Texture(bytes_i_o.getvalue())


class Pictures:
    """The pictures of one set of files, each read and converted once, however many materials name it."""

    def __init__(self, files: Files, beside: str = "") -> None:
        self._files, self._beside = files, beside
        self._known: dict[str, Texture | None] = {}
        self._texture = Converter()

    def __call__(self, reference: str) -> Texture | None:
        """The picture that a reference means, None with one note where there is none."""
        place = locate(self._files, reference, self._beside)
        key = reference if place is None else place
        if key not in self._known:
            data = find(self._files, reference, self._beside)
            self._known[key] = None if data is None else self._texture(data, plain_name(reference))
        return self._known[key]
