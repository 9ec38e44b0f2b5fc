"""Photos of a hundred megapixels: one copy at a time, the same picture, and an honest word about the size."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from maquette.core.errors import BadInput
from maquette.core.progress import noting
from maquette.photo import decode as module
from maquette.photo.decode import decode

MEASURE = """
import json, resource, sys
from maquette.photo.decode import decode
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
color, alpha = decode(open(sys.argv[1], "rb").read(), "open", 4096)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([(after - before) / 1000, color.shape, color[100, 100].tolist()]))
"""


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png(width: int, height: int, kind: int, pixel: bytes) -> bytes:
    """A PNG of one colour, made row by row; ``kind`` is PNG's colour type."""
    packer = zlib.compressobj(1)
    row = b"\0" + pixel * width
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_hundred_megapixels_are_held_once(tmp_path):
    if sys.platform == "win32":
        pytest.skip("the resource module, which tells peak memory, is missing on Windows")
    (tmp_path / "a.png").write_bytes(huge_png(10_000, 9_990, 6, b"\x09\x63\xc8\xff"))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "a.png")],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    megabytes, shape, pixel = json.loads(done.stdout)
    assert (shape, pixel) == ([4092, 4096, 3], [9, 99, 200])
    assert megabytes < 620  # 400 decoded, 100 averaged; 0.9 GB before


@pytest.fixture
def averaging(monkeypatch):
    """Small pictures are treated as large ones, in strips of a few rows."""
    monkeypatch.setattr(module, "_LARGE", 0)
    monkeypatch.setattr(module, "_STRIP", 2_000)


def scene(mode: str) -> Image.Image:
    """Soft blobs, cut out where the mode has alpha."""
    y, x = np.mgrid[:330, :250] / 60
    rgb = np.stack([np.sin(x + y), np.cos(2 * x), np.sin(y - x)], axis=-1) * 100 + 128
    image = Image.fromarray(rgb.astype(np.uint8))
    if mode in ("RGBA", "LA", "PA"):
        alpha = Image.fromarray(((np.hypot(x - 2, y - 2.5) < 1.6) * 255).astype(np.uint8))
        image.putalpha(alpha)
    return image.convert(mode) if mode != image.mode else image


def save_photo(image: Image.Image, kind="PNG", **settings) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **settings)
    return stream.getvalue()


FILES = {
    "RGB": save_photo(scene("RGB")),
    "RGBA": save_photo(scene("RGBA")),
    "L": save_photo(scene("L")),
    "LA": save_photo(scene("LA")),
    "palette": save_photo(scene("P")),
    "palette with a clear color": save_photo(scene("P"), transparency=3),
    "a clear color": save_photo(scene("RGB"), transparency=(1, 2, 3)),
    "bits": save_photo(scene("L").point(lambda value: 255 * (value > 128)).convert("1")),
    "CMYK": save_photo(scene("CMYK"), "TIFF"),
    "16 bits": save_photo(Image.fromarray(np.asarray(scene("L")).astype(np.uint16) * 257)),
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_averaging_first_shows_the_same_picture(averaging, monkeypatch, data):
    color, alpha = decode(data, "open", 100)
    monkeypatch.setattr(module, "_LARGE", 10**9)
    plain, plain_alpha = decode(data, "open", 100)
    assert color.shape == plain.shape == (100, 76, 3)
    inside = slice(None) if alpha is None else alpha > 250
    assert np.abs(color[inside].astype(int) - plain[inside]).mean() < 4
    assert (alpha is None) == (plain_alpha is None)
    if alpha is not None:
        assert np.abs(alpha.astype(int) - plain_alpha).mean() < 4


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_the_size_that_is_told_is_the_files(averaging, turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    with noting() as notes:
        color, _ = decode(save_photo(scene("RGB"), exif=exif), "open", 100)
    upright = turn < 5
    assert color.shape[:2] == ((100, 76) if upright else (76, 100))
    told = "250 x 330 to 76 x 100" if upright else "330 x 250 to 100 x 76"
    assert f"scaled down from {told}" in notes


def test_formats_whose_decoders_keep_copies_have_a_lower_limit():
    whole = save_photo(Image.new("RGB", (8, 8)), "WEBP", lossless=True)
    at = whole.index(b"VP8L") + 9
    size = (9_999) | (9_999 << 14)  # 10,000 x 10,000
    lying = whole[:at] + struct.pack("<I", size) + whole[at + 4 :]
    with pytest.raises(BadInput, match="100 megapixels; at most 50 in WEBP"):
        decode(lying, "open", 4096)


def test_libtiff_is_silent(capfd):
    stream = io.BytesIO()
    scene("RGB").save(stream, "TIFF", compression="tiff_lzw", tiffinfo={65000: "private", 65001: 7})
    decode(stream.getvalue(), "open", 4096)
    assert capfd.readouterr().err == ""
