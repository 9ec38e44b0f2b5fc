"""Opening picture files: what is kept, what is refused, and that hostile bytes end quickly."""

from __future__ import annotations

import importlib.util
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, TiffImagePlugin

from maquette.core.errors import BadInput, Unavailable
from maquette.photo.open import open_photo

RAMP = np.stack(np.broadcast_arrays(np.arange(0, 240, 5)[None, :], np.arange(0, 160, 5)[:, None], 90), 2).astype(
    "uint8"
)
needs_resvg = pytest.mark.skipif(importlib.util.find_spec("resvg_py") is None, reason="resvg-py is not installed")
LOSSLESS = {"PNG": {}, "TIFF": {}, "BMP": {}, "WEBP": {"lossless": True}}


def file_of(image, kind="PNG", **options) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", LOSSLESS)
def test_lossless_kinds_keep_every_pixel(kind):
    subject = open_photo(file_of(Image.fromarray(RAMP), kind, **LOSSLESS[kind]))
    assert np.array_equal(subject.pixels, RAMP)
    assert subject.mask is None


@pytest.mark.parametrize("kind", ["JPEG", "AVIF", "WEBP"])
def test_lossy_kinds_keep_the_picture(kind):
    subject = open_photo(file_of(Image.fromarray(RAMP), kind, quality=90))
    assert subject.pixels.shape == RAMP.shape
    assert np.abs(subject.pixels.astype(int) - RAMP).mean() < 3


def test_heic_opens_where_the_extra_is_installed():
    heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    buffer = BytesIO()
    heif.from_pillow(Image.fromarray(RAMP)).save(buffer, quality=90)
    assert np.abs(open_photo(buffer.getvalue()).pixels.astype(int) - RAMP).mean() < 3


def test_heic_without_the_extra_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(Unavailable, match=r"pip install 'maquette\[heic\]'"):
        open_photo(b"\0\0\0\x1cftypheic" + bytes(64))


def test_gif_gives_its_first_frame():
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    subject = open_photo(file_of(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert (subject.pixels == [255, 0, 0]).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_the_picture_upright(orientation):
    turned_back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Transpose operations that undo the EXIF turn
    image = Image.fromarray(RAMP)
    if orientation in turned_back:
        image = image.transpose(Image.Transpose(turned_back[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(open_photo(file_of(image, exif=exif.tobytes())).pixels, RAMP)


def swapped_profile() -> bytes:
    """An sRGB profile whose red and green primaries have changed places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def test_an_embedded_profile_is_followed():
    subject = open_photo(file_of(Image.new("RGB", (4, 4), (200, 40, 90)), icc_profile=swapped_profile()))
    assert np.abs(subject.pixels.astype(int) - [40, 200, 90]).max() <= 2


def test_a_damaged_profile_is_noted_and_ignored():
    subject = open_photo(file_of(Image.new("RGB", (4, 4), (200, 40, 90)), icc_profile=b"no profile at all"))
    assert (subject.pixels == [200, 40, 90]).all()
    assert "profile" in subject.history[0].notes[0]


def test_sixteen_bits_use_the_whole_scale():
    levels = np.linspace(0, 65535, 256).round().astype(np.uint16).reshape(16, 16)
    for kind in ("PNG", "TIFF"):
        subject = open_photo(file_of(Image.fromarray(levels), kind))
        assert np.array_equal(subject.pixels[..., 1].ravel(), np.arange(256))


def test_floating_point_of_zero_to_one_uses_the_whole_scale():
    levels = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    assert np.array_equal(open_photo(file_of(Image.fromarray(levels), "TIFF")).pixels[..., 0].ravel(), np.arange(256))


def test_cmyk_white_stays_white_and_ink_is_dark():
    ink = np.zeros((4, 8, 4), np.uint8)
    ink[:, 4:] = 255
    subject = open_photo(file_of(Image.fromarray(ink, "CMYK"), "TIFF"))
    assert (subject.pixels[:, :4] == 255).all()
    assert (subject.pixels[:, 4:] == 0).all()


def test_bilevel_and_grey_become_three_equal_channels():
    grey = Image.fromarray(RAMP[..., 0])
    assert np.array_equal(open_photo(file_of(grey)).pixels, np.repeat(RAMP[..., :1], 3, axis=2))
    assert set(np.unique(open_photo(file_of(grey.convert("1"))).pixels)) == {0, 255}


def with_alpha(values) -> Image.Image:
    return Image.fromarray(np.dstack([RAMP, values]).astype(np.uint8), "RGBA")


def test_alpha_that_cuts_out_becomes_the_mask():
    alpha = np.zeros(RAMP.shape[:2])
    alpha[8:20, 10:30] = 255
    subject = open_photo(file_of(with_alpha(alpha)))
    assert subject.mask.sum() == 12 * 20
    assert np.array_equal(subject.pixels, RAMP)


def test_grey_with_alpha_and_palette_with_transparency_give_masks():
    alpha = np.zeros(RAMP.shape[:2])
    alpha[8:20, 10:30] = 255
    grey = with_alpha(alpha).convert("LA")
    assert open_photo(file_of(grey)).mask.sum() == 240
    palette = Image.fromarray((alpha > 0).astype(np.uint8), "P")
    palette.putpalette([255, 255, 255, 200, 0, 0])
    subject = open_photo(file_of(palette, transparency=0))
    assert subject.mask.sum() == 240
    assert (subject.pixels[subject.mask == 1] == [200, 0, 0]).all()


def test_alpha_that_is_opaque_or_even_is_no_mask():
    for level in (255, 250):
        assert open_photo(file_of(with_alpha(np.full(RAMP.shape[:2], level)))).mask is None


def test_a_soft_alpha_edge_alone_is_laid_on_white():
    alpha = np.full(RAMP.shape[:2], 255)
    alpha[0, 0] = 0
    subject = open_photo(file_of(with_alpha(alpha)))
    assert subject.mask is None
    assert (subject.pixels[0, 0] == 255).all()


def test_a_picture_that_is_all_transparent_is_refused():
    with pytest.raises(BadInput, match="transparent"):
        open_photo(file_of(with_alpha(np.zeros(RAMP.shape[:2]))))


def test_large_photos_are_scaled_to_the_long_side():
    subject = open_photo(file_of(Image.new("RGB", (900, 300), "teal"), "JPEG"), max_px=300)
    assert (subject.width, subject.height) == (300, 100)
    assert open_photo(file_of(Image.new("RGB", (1, 5000))), max_px=1000).pixels.shape == (1000, 1, 3)


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header claims a size and whose data is a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (2**31 - 1, 2**31 - 1), (11_000, 10_000)])
def test_bombs_are_refused_by_their_header(width, height):
    with pytest.raises(BadInput, match=r"megapixels|damaged"):
        open_photo(png_claiming(width, height))


def test_a_header_that_lies_about_the_data_is_refused():
    with pytest.raises(BadInput, match="damaged or cut short"):
        open_photo(png_claiming(400, 400))


def test_more_than_twenty_megabytes_are_refused():
    with pytest.raises(BadInput, match="20 MB"):
        open_photo(bytes(20_000_001))


def test_a_jpeg_of_endless_scans_is_refused():
    data = file_of(Image.fromarray(RAMP), "JPEG", progressive=True)
    with pytest.raises(BadInput, match="scans"):
        open_photo(data[:-2] + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" * 200 + data[-2:])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_truncated_files_are_refused(kind, share):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = file_of(Image.fromarray(noise), kind)
    with pytest.raises(BadInput):
        open_photo(data[: int(len(data) * share)])


@pytest.mark.parametrize("data", [b"%PDF-1.7 ...", b"PK\x03\x04", b"solid cube", b"\0" * 100, b"<html></html>"])
def test_other_files_are_refused_by_name(data):
    with pytest.raises(BadInput, match=r"not a picture|JPEG, PNG"):
        open_photo(data)


def outcome(data: bytes) -> str:
    """What came of opening: "opened 48 x 32", or the refusal."""
    try:
        subject = open_photo(data)
    except BadInput as problem:
        return str(problem)
    return f"opened {subject.width} x {subject.height}"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"]),
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_damaged_bytes_give_a_subject_or_bad_input(kind, places):
    data = bytearray(file_of(Image.fromarray(RAMP), kind))
    for share, value in places:
        data[int(share * (len(data) - 1))] = value
    assert outcome(bytes(data)).startswith(("opened", "open: "))


def test_a_tiff_whose_data_ends_above_the_last_row_is_refused():
    data = bytearray(file_of(Image.fromarray(RAMP[..., 0].astype(np.float32)), "TIFF"))
    directory = struct.unpack("<I", data[4:8])[0]
    entries = range(directory + 2, directory + 2 + 12 * struct.unpack("<H", data[directory : directory + 2])[0], 12)
    (height,) = [at for at in entries if struct.unpack("<H", data[at : at + 2])[0] == 257]
    data[height + 8 : height + 12] = struct.pack("<I", 50_000)
    with pytest.raises(BadInput, match="first rows"):
        open_photo(bytes(data))


def test_a_tiff_of_absurd_tiles_is_refused():
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[322], info[323] = 1 << 30, 1 << 30
    data = file_of(Image.fromarray(RAMP), "TIFF", tiffinfo=info)
    assert outcome(data).startswith(("opened", "open: the picture is damaged"))


SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 20 10">{}</svg>'


def test_svg_without_the_extra_says_what_to_do(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Unavailable, match=r"maquette\[svg\].*PNG of 2048 px"):
        open_photo(SVG.format("<rect width='5' height='5'/>").encode())


@needs_resvg
def test_svg_is_drawn_with_its_alpha_as_mask():
    subject = open_photo(SVG.format("<rect width='10' height='5' fill='red'/>").encode(), svg_px=400)
    assert (subject.width, subject.height) == (400, 200)
    assert subject.mask.sum() == pytest.approx(200 * 100, rel=0.01)
    assert (subject.pixels[subject.mask == 1] == [255, 0, 0]).all()


@needs_resvg
@pytest.mark.parametrize(
    "inside",
    [
        "<image xlink:href='/etc/hostname' width='5' height='5'/>",
        "<image href='http://example.com/a.png' width='5' height='5'/>",
        "<rect fill='url(other.svg#a)' width='5' height='5'/>",
        "<style>@import 'a.css'; rect{fill:red}</style>",
        '<style>rect{fill:url( "http://a/b" )}</style>',
        "<image href='data:image/svg+xml;base64,AAAA' width='5' height='5'/>",
    ],
)
def test_svg_that_refers_outside_is_refused(inside):
    with pytest.raises(BadInput, match="outside itself"):
        open_photo(SVG.format(inside).encode())


@needs_resvg
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (SVG.format("<g>" * 20_000 + "</g>" * 20_000), "cannot be drawn"),
        (SVG.format("<rect>"), "damaged"),
        (SVG.format(""), "draws nothing"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("<text>&a;</text>"), "entities"),
        (SVG.replace("0 0 20 10", "0 0 1 100000").format("<rect width='1' height='5'/>"), "draw|unequal|nothing"),
    ],
)
def test_hostile_svg_is_refused(data, reason):
    with pytest.raises(BadInput, match=reason):
        open_photo(data.encode())
