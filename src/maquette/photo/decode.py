"""Picture files to 8-bit sRGB, carefully: the size is known before anything is decoded, and a damaged file is refused.

Sizes come from headers, which cost nothing to read and nothing to fake; what a lying header can still cause is bounded
by the largest size it may claim: 100 megapixels, half of that for WebP, AVIF and HEIC, whose decoders keep up to four
copies. What is larger than wanted is averaged strip by strip as soon as it is decoded, so a photo of 100 megapixels
holds one copy and takes 0.6 GB or less at the usual 4,096 pixels.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from maquette.core.errors import BadInput, Unavailable
from maquette.core.progress import note
from maquette.core.quiet import without_chatter

if TYPE_CHECKING:
    from PIL.Image import Image

Pixels = NDArray[np.uint8]
MAX_BYTES = 20_000_000  # what the hosted generators take (features.md IN38)
MAX_PIXELS = 100_000_000
MAX_HUNGRY_PIXELS = 50_000_000  # of formats in HUNGRY: 16 bytes a pixel for a moment
HUNGRY = ("WEBP", "AVIF", "HEIF")
MAX_JPEG_SCANS = 100  # libjpeg's encoder writes 10; thousands of empty ones cost minutes of decoding
_LARGE = 25_000_000  # pixels; smaller ones are filtered in one go
_STRIP = 1_000_000  # pixels of a strip
_AVERAGED = ("L", "LA", "RGB", "RGBA", "CMYK", "P", "PA", "1")
KINDS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP")
OPAQUE_SHARE = 0.001  # alpha cuts something out when at least this share of the picture is more than half transparent


def decode(photo: bytes, stage: str, max_px: int) -> tuple[Pixels, Pixels | None]:
    """A raster file as colours (H, W, 3) and, where the file cuts something out, alpha (H, W), both uint8.

    Turned upright, in sRGB, at most ``max_px`` on the long side. ``stage`` is named in errors. Raises ``BadInput`` for
    anything that is not a whole picture of a known kind.
    """
    if not photo:
        raise BadInput(f"{stage}: the file is empty (0 bytes); save it again")
    if len(photo) > MAX_BYTES:
        raise BadInput(f"{stage}: {len(photo) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:.0f} MB, save it as JPEG")
    if photo.count(b"\xff\xda") > MAX_JPEG_SCANS and photo[:2] == b"\xff\xd8":
        raise BadInput(f"{stage}: a JPEG of more than {MAX_JPEG_SCANS} scans; save it again without them")
    image = guard(lambda: _open(photo, stage), stage)
    width, height = image.size
    most = MAX_HUNGRY_PIXELS if image.format in HUNGRY else MAX_PIXELS
    if width * height > most:
        too_large = f"{width} x {height} is {width * height / 1e6:.0f} megapixels; at most {most / 1e6:.0f}"
        raise BadInput(f"{stage}: {too_large}{'' if most == MAX_PIXELS else f' in {image.format}'}, scale it down")
    held = [guard(partial(_upright, image, max_px), stage)]  # handed on, so that nobody else keeps 400 MB
    profile = image.info.get("icc_profile")
    del image
    planes: tuple[Pixels, Pixels | None] = guard(
        lambda: _split_alpha(held.pop(), profile, stage, max_px, (width, height)), stage
    )
    return planes


def guard(work: Callable[[], Any], stage: str) -> Any:
    """Run a decoder; whatever a damaged file makes it raise becomes ``BadInput``.

    Pillow's readers raise a dozen kinds of exceptions on damaged files, so all are caught; ours pass.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()
    except (BadInput, Unavailable):
        raise
    except Image.DecompressionBombError as problem:
        raise BadInput(f"{stage}: too many pixels ({problem}); at most 100 megapixels, scale it down") from None
    except Exception as problem:
        reason = str(problem) or type(problem).__name__
        raise BadInput(f"{stage}: the picture is damaged or cut short ({reason[:120]}); save it again") from None


def _open(photo: bytes, stage: str) -> Image:
    """The file with its header read and nothing decoded."""
    from PIL import Image, UnidentifiedImageError

    brand = photo[8:12] if photo[4:8] == b"ftyp" else b""
    if brand and brand not in (b"avif", b"avis"):
        return _open_heic(photo, stage)
    try:
        return Image.open(BytesIO(photo), formats=KINDS)
    except UnidentifiedImageError:
        raise BadInput(
            f"{stage}: not a picture that can be read, it starts with {photo[:8]!r}; "
            "use JPEG, PNG, WebP, AVIF, TIFF, HEIC, GIF or BMP"
        ) from None


def _open_heic(photo: bytes, stage: str) -> Image:
    """A HEIC file's first picture; its size is looked at before it is decoded."""
    try:
        import pillow_heif
    except ImportError:
        raise Unavailable(f"{stage}: HEIC needs pillow-heif; pip install 'maquette[heic]', or save as JPEG") from None
    heif = pillow_heif.open_heif(BytesIO(photo), convert_hdr_to_8bit=True)
    if heif.size[0] * heif.size[1] > MAX_HUNGRY_PIXELS:
        raise BadInput(f"{stage}: {heif.size[0]} x {heif.size[1]} is more than 50 megapixels of HEIC; scale it down")
    image: Image = heif.to_pillow()
    return image


def _upright(image: Image, max_px: int) -> Image:
    """The first frame, decoded and turned as its EXIF says."""
    from PIL import ImageOps

    if image.format in ("JPEG", "MPO") and max(image.size) >= 2 * max_px:
        image.draft(None, (-(-image.width * max_px // max(image.size)), -(-image.height * max_px // max(image.size))))
    tiles = getattr(image, "tile", [])
    if tiles and max(piece[1][3] for piece in tiles) < image.height:
        raise ValueError("its data covers only the first rows")  # a TIFF would come out black below them
    with without_chatter() if image.format == "TIFF" else nullcontext():  # libtiff tells every private tag
        image.load()
    image = _average_blocks(image, max(image.size) // max_px)
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:  # damaged EXIF raises as many kinds as damaged pictures
        note("the EXIF data is damaged; the picture is taken as it lies")
    return image


def _average_blocks(image: Image, factor: int) -> Image:
    """A large picture as the means of blocks, strip by strip, so that nothing is held twice; others as they are."""
    from PIL import Image

    if factor < 2 or image.width * image.height < _LARGE or image.mode not in _AVERAGED:
        return image
    size = (-(-image.width // factor), -(-image.height // factor))
    image_so_far: Image.Image | None = None
    rows = factor * max(1, _STRIP // (image.width * factor))
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        if "transparency" in image.info:
            strip = strip.convert("RGBA")
        elif strip.mode in ("P", "PA", "1"):
            strip = strip.convert({"P": "RGB", "PA": "RGBA", "1": "L"}[strip.mode])
        small = strip.reduce(factor)
        image_so_far = image_so_far or Image.new(small.mode, size)
        image_so_far.paste(small, (0, top // factor))
    assert image_so_far is not None
    image_so_far.info = {key: value for key, value in image.info.items() if key != "transparency"}
    return image_so_far


def _split_alpha(
    image: Image, profile: bytes | None, stage: str, max_px: int, said_size: tuple[int, int]
) -> tuple[Pixels, Pixels | None]:
    """Colours in sRGB and alpha, scaled down together; ``said_size`` is the size that the file has, as it lies."""
    if image.mode in ("La", "RGBa"):
        image = image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    width, height = image.size
    alpha = _alpha(image, stage)
    image = _eight_bit(image)
    color = _in_srgb(image, profile)
    del image
    if alpha is not None and not _cuts_out(alpha):
        color, alpha = _on_white(color, alpha), None
    scale = max_px / max(width, height)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        wide, high = said_size if (said_size[0] < said_size[1]) == (width < height) else said_size[::-1]
        note(f"scaled down from {wide} x {high} to {size[0]} x {size[1]}")
        color, alpha = resize_filtered(color, size), None if alpha is None else resize_filtered(alpha, size)
    return np.asarray(color), None if alpha is None else np.asarray(alpha)


def resize_filtered(image: Image, size: tuple[int, int]) -> Image:
    """A picture at another size, filtered so that fine patterns do not turn into stripes."""
    from PIL import Image

    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _alpha(image: Image, stage: str) -> Image | None:
    """The alpha channel, where the file has one."""
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        whole = image if image.mode in ("LA", "RGBA") else image.convert("RGBA")
        alpha = whole.getchannel("A")
        _, most = cast(tuple[int, int], alpha.getextrema())  # of one channel
        if most < 8:  # 3 % opaque: nobody could see it
            raise BadInput(f"{stage}: every pixel is transparent; there is no subject in it")
        return alpha
    return None


def _cuts_out(alpha: Image) -> bool:
    """True when enough of the picture is transparent for alpha to be a cut-out, not a soft edge or a leftover."""
    histogram = np.asarray(alpha.histogram())
    return bool(histogram[:128].sum() >= OPAQUE_SHARE * histogram.sum() and histogram[128:].sum() > 0)


def _on_white(color: Image, alpha: Image) -> Image:
    """The picture as a page would show it; ``color`` itself is painted on."""
    from PIL import ImageChops

    least, _ = cast(tuple[int, int], alpha.getextrema())  # of one channel
    if least < 255:
        color.paste("white", mask=ImageChops.invert(alpha))
    return color


def _eight_bit(image: Image) -> Image:
    """The colours in a mode of 8 bits a channel: L, RGB, CMYK or LAB; alpha and palettes are gone."""
    from PIL import Image

    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_levels(np.asarray(image)))
    if image.mode == "1":
        return image.convert("L")
    if image.mode == "LA":
        return image.getchannel("L")
    if image.mode == "P" and "transparency" in image.info:
        return image.convert("RGBA").convert("RGB")
    return image.convert("RGB")


def _levels(values: NDArray[Any]) -> Pixels:
    """Grey levels of 16 bits, 32 bits or floating point as 8 bits: by the full scale, else by their own range."""
    finite = [band[np.isfinite(band)] for band in _bands(values)]
    low = min((float(band.min()) for band in finite if band.size), default=0.0)
    high = max((float(band.max()) for band in finite if band.size), default=0.0)
    is_real = values.dtype.kind == "f"
    scales = ([1.0] if is_real else []) + [255.0, 65535.0] if is_real or values.dtype.itemsize > 2 else [65535.0]
    full = next((scale for scale in scales if low >= 0 and high <= scale), None)
    low, high = (low, high) if full is None else (0.0, full)
    result = np.empty(values.shape, np.uint8)
    for band, target in zip(_bands(values), _bands(result), strict=True):
        numbers = np.nan_to_num(band.astype(np.float64), nan=low, posinf=high, neginf=low)
        target[:] = np.clip(np.rint((numbers - low) * (255.0 / max(high - low, 1e-30))), 0, 255)
    return result


def _bands(values: NDArray[Any]) -> list[NDArray[Any]]:
    """Views of about a million pixels each, so that no step holds several copies of a large picture."""
    rows = max(1, 1_000_000 // max(values.shape[1], 1))
    return [values[row : row + rows] for row in range(0, len(values), rows)]


def _in_srgb(image: Image, profile: bytes | None) -> Image:
    """Colours as sRGB, by the embedded profile where it fits the picture."""
    from PIL import ImageCms

    if not profile:
        return image if image.mode == "RGB" else image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        in_srgb = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        note("the embedded colour profile does not fit; colours are taken as sRGB")
        return image.convert("RGB")
    return image.convert("RGB") if in_srgb is None else in_srgb
