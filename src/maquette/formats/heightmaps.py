"""Heightmaps as picture files: 32-bit TIFF that keeps millimetres, 16-bit PNG that any program shows, and back."""

from __future__ import annotations

import io
import json
import tempfile
import warnings
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from maquette.core.arrays import Bools, Singles
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.heightmap import Heightmap
from maquette.core.progress import note
from maquette.formats.painting.hueforge import plan_of
from maquette.registry import stage

_MOST = 140_000_000  # places: 16,384 x 8,192, half a gigabyte of heights
_IN_MEMORY = 40_000_000  # of them; more are mapped from the disk
_BAND = 512  # rows that are read at once
_DESCRIPTION = 270  # TIFF 6.0: ImageDescription
_SCALE, _CORNER, _KEYS, _NO_DATA = 33550, 33922, 34735, 42113  # OGC GeoTIFF 1.1, and GDAL's GDAL_NODATA
_GEOGRAPHIC, _OWN = 2, 32767  # GeoTIFF's model types: degrees, and one of our own, whose unit here is a millimetre
_DEGREE_M = 111_320.0  # along a meridian


@stage
def open_heights(
    data: bytes,
    *,
    low_mm: Annotated[float, Field(ge=0, le=1000, description="height of black, where the file says none")] = 1.2,
    high_mm: Annotated[float, Field(gt=0, le=1000, description="height of white, where the file says none")] = 3.6,
    width_mm: Annotated[float, Field(ge=1, le=5000, description="width, where the file says no pitch")] = 100.0,
) -> Heightmap:
    """Take a picture file for heights: grey of 8 or 16 bits, or TIFF of 32 that may hold millimetres.

    Our own TIFF comes back as it was. Other files, elevation models too, are spread between the height of black and
    that of white; of a GeoTIFF, places without data become the lowest, and a note says how high it is at its own scale.
    A HueForge project (.hfp) gives the heights of `open-hfp`. Colours are refused: `heights` makes
    heights of those.
    """
    from PIL import Image, UnidentifiedImageError

    if data[:20].lstrip().startswith(b"{"):
        plan = plan_of(data, None, 0.4, "open-heights")
        return Heightmap(plan.levels_mm[plan.heights].astype(np.float32), plan.cell_mm, title=plan.title)
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > _MOST:
                raise BadInput(f"open-heights: {picture.width} x {picture.height} places; at most {_MOST:,}")
            if picture.mode not in ("L", "I;16", "I;16B", "I", "F"):
                raise BadInput(f"open-heights: it is {picture.mode} and not grey; make heights of it with heights")
            known = _said_of(picture)
            heights, pitch = _from_picture(picture, known, low_mm, high_mm, width_mm)
            picture.close()  # its pixels, a quarter of a gigabyte, go with it
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, MemoryError) as problem:
        raise BadInput(f"open-heights: no picture that can be read: {problem}") from None
    return Heightmap(heights, pitch)


def _from_picture(
    picture: Any, known: dict[str, Any], low_mm: float, high_mm: float, width_mm: float
) -> tuple[Singles, float]:
    """Heights and pitch of an opened picture, read in bands; many lie in a file without a name and not in memory."""
    if min(picture.size) < 2:
        raise BadInput("open-heights: it needs two by two places; fill or crop what has none")
    pitch = known.get("pitch_mm", width_mm / (picture.width - 1))
    if known.get("heights") == "mm":
        return _lay_out(picture, lambda band: np.maximum(band, 0)), pitch
    full = {"L": (0.0, 255.0), "I;16": (0.0, 65535.0)}.get(str(known["mode"]))
    void = known.get("no_data")
    if full is None or void is not None:
        full = _ends(picture, void)
    bottom, span = full[0], (full[1] - full[0]) or 1.0
    note(f"grey {full[0]:g} to {full[1]:g} became {low_mm:g} to {high_mm:g} mm")
    if "place_m" in known:
        high = span / (known["place_m"] * (picture.width - 1)) * pitch * (picture.width - 1)
        note(f"at its own scale it is {high:.3g} mm high and not {high_mm - low_mm:g}: high_mm {low_mm + high:.4g}")
    return _lay_out(
        picture,
        lambda band: low_mm + (high_mm - low_mm) * ((np.where(_is_void(band, void), bottom, band) - bottom) / span),
        void,
    ), pitch


def _ends(picture: Any, void: float | None) -> tuple[float, float]:
    """The least and the largest number of a picture, of places that have data."""
    parts = [band[~_is_void(band, void)] for band in _bands(picture, void)]
    full = [part for part in parts if part.size]
    if not full:
        raise BadInput("open-heights: none of its places has data; take another part of the map")
    return min(float(part.min()) for part in full), max(float(part.max()) for part in full)


def _is_void(band: Singles, void: float | None) -> Bools:
    """Where a band (H, W) has no data, as the file says."""
    if void is None:
        return np.zeros(band.shape, bool)
    gaps: Bools = ~np.isfinite(band) | (band == np.float32(void))
    return gaps


def _bands(picture: Any, void: float | None = None) -> Iterator[Singles]:
    """The picture's numbers, some rows at a time; ``BadInput`` where one is none and the file says no ``void``."""
    for top in range(0, picture.height, _BAND):
        band = np.asarray(picture.crop((0, top, picture.width, min(picture.height, top + _BAND))), np.float32)
        if void is None and not np.isfinite(band).all():
            raise BadInput("open-heights: some of its places are no numbers; fill or crop what has none")
        yield band


def _lay_out(picture: Any, convert: Callable[[Singles], Any], void: float | None = None) -> Singles:
    """All bands, converted, as one array: in memory, or mapped from the disk where there are many places."""
    if picture.width * picture.height <= _IN_MEMORY:
        return np.concatenate([np.asarray(convert(band), np.float32) for band in _bands(picture, void)])
    with tempfile.TemporaryFile() as file:
        for band in _bands(picture, void):
            file.write(np.ascontiguousarray(convert(band), np.float32).data)
        file.flush()
        return np.memmap(file, np.float32, "r", shape=(picture.height, picture.width))


def _said_of(picture: Any) -> dict[str, Any]:
    """What the file says of itself: mode, and of our own the pitch and that its numbers are millimetres."""
    tags = getattr(picture, "tag_v2", {})
    known: dict[str, Any] = {"mode": picture.mode, **_said_of_land(tags)}
    try:
        ours = json.loads(str(tags.get(_DESCRIPTION, "")))
        if isinstance(ours, dict) and ours.get("heights") == "mm" and 0 < float(ours["pitch_mm"]) < 1e4:
            known.update(heights="mm", pitch_mm=float(ours["pitch_mm"]))
    except (ValueError, TypeError, KeyError):
        pass
    return known


def _said_of_land(tags: Any) -> dict[str, float]:
    """Of a GeoTIFF the metres that a place is wide, and the number that stands for no data."""
    known = {}
    try:
        if _SCALE in tags:
            keys = [int(word) for word in tags.get(_KEYS, ())]
            kinds = {keys[n]: keys[n + 3] for n in range(4, len(keys) - 3, 4)}
            unit = _DEGREE_M if kinds.get(1024) == _GEOGRAPHIC else 1.0
            place = unit * abs(float(tags[_SCALE][1]))  # along a meridian, where a degree is as long everywhere
            if 0 < place < np.inf:
                known["place_m"] = place
        if _NO_DATA in tags:
            known["no_data"] = float(str(tags[_NO_DATA]).strip("\x00 "))
    except (ValueError, TypeError, IndexError):
        pass
    return known


@stage(writes=(".tif", ".tiff", ".png"))
def write_heights(
    heightmap: Heightmap,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "heights",
    suffix: Annotated[Literal[".tif", ".tiff", ".png"], Field(description="kind of file")] = ".tif",
) -> Files:
    """Write heights as a TIFF of 32-bit millimetres, or as a 16-bit PNG from the lowest to the highest.

    The TIFF comes back bit for bit with its pitch and is a GeoTIFF of a plane in millimetres, so that programs for maps
    know its scale; a PNG keeps one part in 65,535 and says no millimetres.
    """
    from PIL import Image, TiffImagePlugin, TiffTags

    buffer = io.BytesIO()
    heights = np.ascontiguousarray(heightmap.heights)
    if suffix == ".png":
        low, high = float(heights.min()), float(heights.max())
        grey = np.round((heights - low) / ((high - low) or 1.0) * 65535).astype(np.uint16)
        Image.fromarray(grey).save(buffer, "PNG")
        note(f"black is {low:.4g} mm and white {high:.4g}; the PNG itself does not say so")
    else:
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[_DESCRIPTION] = json.dumps({"heights": "mm", "pitch_mm": heightmap.pitch_mm})
        pitch = heightmap.pitch_mm
        for tag, numbers in ((_SCALE, (pitch, pitch, 1.0)), (_CORNER, (0.0, 0, 0, 0, len(heights) * pitch, 0))):
            tags.tagtype[tag] = TiffTags.DOUBLE
            tags[tag] = numbers
        tags.tagtype[_KEYS] = TiffTags.SHORT
        tags[_KEYS] = (1, 1, 0, 2, 1024, 0, 1, _OWN, 1025, 0, 1, 1)  # of our own, a place is an area
        Image.fromarray(heights).save(buffer, "TIFF", tiffinfo=tags)
    return Files(f"{stem}{suffix}", {f"{stem}{suffix}": buffer.getvalue()})
