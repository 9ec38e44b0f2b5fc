"""Pictures on their way to a provider, and model files on their way back."""

from __future__ import annotations

import base64
import io

import numpy as np

from maquette.core.asset import Asset
from maquette.core.errors import BadInput, MaquetteError
from maquette.core.files import Files
from maquette.core.progress import note, progress
from maquette.core.subject import Subject, Views
from maquette.generate.hosted.provider import Offer, Refusal
from maquette.generate.hosted.web import Download
from maquette.registry import registry

TALL = 100.0  # of the unit: no provider knows a size, so every model comes as large as ours do
_MAGIC = {b"glTF": ".glb", b"PK\x03\x04": ".3mf", b"ply\n": ".ply"}


def pictures_of(subject: Subject | Views, offer: Offer) -> dict[str, bytes]:
    """PNG files by direction, front first: the subject on nothing (alpha), as large as the provider uses.

    Directions that it does not take are left out and noted.
    """
    several = subject.subjects if isinstance(subject, Views) else {"front": subject}
    left_out = [name for name in several if name != "front" and name not in offer.views]
    if left_out:
        note(f"{offer.title} takes {', '.join(['front', *offer.views])}; left out: {', '.join(left_out)}")
    order = ["front", *(name for name in offer.views if name in several)]
    return {name: as_png(several[name], offer.shrink_px) for name in order}


def as_png(subject: Subject, most_px: int) -> bytes:
    """A subject as PNG, its mask as alpha where it was cut out, no side longer than ``most_px``."""
    from PIL import Image

    pixels = subject.pixels
    if subject.mask is not None:
        alpha = np.round(subject.mask * 255).astype(np.uint8)
        pixels = np.dstack([pixels, alpha])
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    longest = max(picture.size)
    if longest > most_px:
        size = (max(1, round(side * most_px / longest)) for side in picture.size)
        picture = picture.resize(tuple(size), Image.Resampling.LANCZOS)  # type: ignore[arg-type]
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def data_uri(png: bytes) -> str:
    """A picture inside a JSON body."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def insist_on_model(data: bytes, content_type: str) -> Download:
    """The file, whole and a model; a refusal that says what it is instead."""
    ending = next((ending for magic, ending in _MAGIC.items() if data.startswith(magic)), "")
    if not ending:
        kind = content_type.partition(";")[0] or "bytes"
        start = data[:40].decode("ascii", "replace")
        raise Refusal("failed", f"the file is {kind} that begins with {start!r}, no model")
    if ending == ".glb" and (len(data) < 12 or int.from_bytes(data[8:12], "little") > len(data)):
        wanted = int.from_bytes(data[8:12], "little")
        raise Refusal("down", f"the file ends after {len(data):,} of {wanted:,} bytes")
    return Download(data, ending)


def insist_on_picture(data: bytes, content_type: str) -> Download:
    """The file, a whole picture; a refusal that says what it is instead."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
            return Download(data, f".{str(picture.format).lower()}")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        kind = content_type.partition(";")[0] or "bytes"
        raise Refusal("failed", f"the file is {kind}, no whole picture ({problem})") from None


def land(model: Download, subject: Subject | Views, offer: Offer, words: str) -> Asset:
    """The file as an asset, read by whatever stage reads such files, :data:`TALL` high and of no known size.

    Its licence, and who made it, stand in the notes; where it came from in space (camera) nobody says.
    """
    progress(0.97, "read the model")
    front = subject.subjects["front"] if isinstance(subject, Views) else subject
    name = f"model{model.ending}"
    try:
        asset = read_model(Files(name, {name: model.data}), model.ending)
    except MaquetteError as problem:
        raise BadInput(f"{offer.name}: the file that {offer.title} made cannot be read ({problem})") from None
    tallest = float(np.ptp(asset.mesh.vertices, axis=0).max())
    if not tallest > 0:
        raise BadInput(f"{offer.name}: the file that {offer.title} made has no extent; try another seed")
    note(f"made by {offer.title}, {words}; licence of the result: {offer.licence}")
    asset = asset.moved(scale=TALL / tallest)
    return asset.replace(title=front.title, source=front, camera=None, sized=False)


def read_model(files: Files, ending: str) -> Asset:
    """A model file through the registry's own door, so that a plugin's reader serves as well."""
    reader = next(each for each in registry().values() if ending in each.stage.facts.reads)
    asset: Asset = reader.function(files)
    return asset
