"""Light from a user's own panorama: Radiance HDR and OpenEXR, read within bounds.

HDR (Ward 1991) is read here: a header, and lines of four bytes a pixel, often run-length coded. EXR has many codings;
the library of its makers reads it, an extra.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadInput, Unavailable
from maquette.core.quiet import without_chatter
from maquette.render.color import Colors
from maquette.render.paths.environment import Environment
from maquette.render.paths.rigs import exposure

MAX_BYTES = 200_000_000
_MAX_PIXELS = 8192 * 4096
_ROWS = 512  # a map is made this small: the light of a scene has no finer detail than a mirror shows
_BRIGHTEST = 1e5
_EXR = b"\x76\x2f\x31\x01"


def read_environment(path: str, azimuth_deg: float = 0.0) -> Environment:
    """The light of a panorama file (width twice its height), at the exposure of our own rigs.

    Refuses what is no HDR or EXR, is damaged, too large, or holds no light.
    """
    place = Path(path)
    if not place.is_file():
        raise BadInput(f"environment: {place.name}: no such file; check the name")
    if place.stat().st_size > MAX_BYTES:
        raise BadInput(f"environment: {place.name}: {place.stat().st_size:,} bytes; at most {MAX_BYTES:,} are read")
    data = place.read_bytes()
    radiance = _read_exr(place) if data.startswith(_EXR) else read_hdr(data)
    radiance = np.clip(np.nan_to_num(radiance, nan=0.0, posinf=_BRIGHTEST, neginf=0.0), 0, _BRIGHTEST)
    radiance = _reduce(radiance.astype(np.float32))
    if not radiance.max() > 0:
        raise BadInput(f"environment: {place.name} is black all over; choose a brighter one")
    return Environment((radiance * exposure(radiance)).astype(np.float32), azimuth_deg)


def read_hdr(data: bytes) -> Colors:
    """The pixels of a Radiance HDR file, (H, W, 3) float32."""
    head = data[:8192]
    match = re.search(rb"\n\n-Y (\d{1,6}) \+X (\d{1,6})\n", head)
    if not head.startswith((b"#?RADIANCE", b"#?RGBE")) or match is None or b"32-bit_rle_rgbe" not in head:
        raise BadInput("environment: the file is no Radiance HDR (RGBE, -Y +X) and no EXR; convert it first")
    height, width = int(match[1]), int(match[2])
    if not 0 < height * width <= _MAX_PIXELS:
        raise BadInput(f"environment: {width} x {height} pixels; at most {_MAX_PIXELS:,} in all are read")
    coded = np.frombuffer(data, np.uint8, offset=match.end())
    quads = _lines(coded, height, width)
    scale = np.ldexp(np.float32(1), quads[..., 3].astype(np.int32) - 136)
    scale[quads[..., 3] == 0] = 0
    return (quads[..., :3] * scale[..., None]).astype(np.float32)


def _lines(coded: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Bytes (H, W, 4) of coded lines; a line is plain or, for widths of 8 to 32,767, four runs one after the other."""
    if not (8 <= width < 32768 and len(coded) > 3 and coded[0] == 2 and coded[1] == 2 and coded[2] < 128):
        if len(coded) < height * width * 4:
            raise BadInput(f"environment: {len(coded)} bytes of pixels where {height * width * 4} belong; cut short")
        return coded[: height * width * 4].reshape(height, width, 4)
    result = np.empty((height, 4, width), np.uint8)
    text, at = coded.tobytes(), 0
    for row in range(height):
        if text[at : at + 2] != b"\x02\x02" or len(text) < at + 4 or text[at + 2] * 256 + text[at + 3] != width:
            raise BadInput(f"environment: line {row} of {height} is damaged; download the file again")
        at += 4
        for channel in range(4):
            line, at = _run_lengths(text, at, width)
            result[row, channel] = np.frombuffer(line, np.uint8)
    return result.transpose(0, 2, 1)


def _run_lengths(text: bytes, at: int, width: int) -> tuple[bytes, int]:
    """One channel of a line, and where the next begins."""
    parts: list[bytes] = []
    left = width
    while left > 0:
        count = text[at] if at < len(text) else 0
        run = count > 128
        count = count - 128 if run else count
        piece = text[at + 1 : at + 2] * count if run else text[at + 1 : at + 1 + count]
        if not 0 < count <= left or len(piece) != count:
            raise BadInput("environment: a line of pixels is damaged or cut short; download the file again")
        parts.append(piece)
        left -= count
        at += 2 if run else 1 + count
    return b"".join(parts), at


def _read_exr(place: Path) -> Colors:
    """The pixels of an EXR, (H, W, 3)."""
    try:
        import OpenEXR
    except ImportError:
        raise Unavailable("environment: EXR needs a library: pip install 'maquette[exr]'") from None
    try:
        with without_chatter():
            return _pixels_of(OpenEXR, place)
    except BadInput:
        raise
    except Exception as problem:  # the library has no error of its own
        raise BadInput(f"environment: {place.name} is a damaged EXR: {str(problem)[:120]}; convert it again") from None


def _pixels_of(library: Any, place: Path) -> Colors:
    """The pixels of an EXR whose header says that they, and all channels beside them, are not too many."""
    with library.File(str(place), header_only=True) as file:
        header = file.header()
        low, high = header["dataWindow"]
        width, height = int(high[0]) - int(low[0]) + 1, int(high[1]) - int(low[1]) + 1
        count = max(len(header.get("channels", ())), 1)
    if not 0 < height * width * max(count / 4, 1) <= _MAX_PIXELS or min(height, width) < 1:
        raise BadInput(
            f"environment: {width} x {height} pixels in {count} channels; at most {_MAX_PIXELS:,} of four are read"
        )
    with library.File(str(place)) as file:
        channels = file.channels()
        name = next((name for name in ("RGB", "RGBA") if name in channels), "")
        if name:
            return np.asarray(channels[name].pixels, np.float32)[..., :3]
        single = next(iter(channels.values())).pixels
        return np.repeat(np.asarray(single, np.float32)[..., None], 3, axis=2)


def _reduce(radiance: Colors) -> Colors:
    """Means of blocks, until there are no more than 512 rows: no light is lost."""
    step = max(1, -(-radiance.shape[0] // _ROWS))
    rows, columns = (max(side // step * step, 1) for side in radiance.shape[:2])
    if step == 1:
        return radiance
    part = radiance[:rows, :columns]
    if part.shape[0] < step or part.shape[1] < step:
        return part
    blocks = part.reshape(rows // step, step, columns // step, step, 3)
    means: Colors = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means
