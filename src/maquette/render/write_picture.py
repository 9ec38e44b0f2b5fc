"""Write a picture: PNG, WebP, GIF or JPEG, still or moving."""

from __future__ import annotations

import io
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from maquette.core.files import Files
from maquette.core.picture import Picture
from maquette.core.progress import note
from maquette.core.render_record import RECORD, record_text
from maquette.registry import stage

Suffix = Literal["auto", ".png", ".webp", ".gif", ".jpg", ".jpeg"]
_PALETTE_SAMPLE = 1 << 18  # pixels from which a GIF's colours are chosen


@stage(writes=(".png", ".webp", ".gif", ".jpg", ".jpeg"))
def write_picture(
    picture: Picture,
    *,
    stem: Annotated[str, Field(min_length=1, max_length=200, description="file name without its ending")] = "picture",
    suffix: Annotated[Suffix, Field(description="kind of file; auto: PNG for one frame, WebP for several")] = "auto",
    quality: Annotated[int, Field(ge=1, le=100, description="of WebP and JPEG; 100 loses nothing in WebP")] = 90,
) -> Files:
    """Write a picture as a file: PNG, WebP, GIF or JPEG; several frames make it move, in a loop.

    PNG keeps every pixel. GIF has 256 colours, chosen once for all frames, and of alpha only on or off. JPEG lays alpha
    on white and takes one frame. A render says in the file what it is: the digest of its model, its camera, the stage
    and its settings. The same picture gives the same bytes.
    """
    if suffix == "auto":
        suffix = ".png" if len(picture.frames) == 1 else ".webp"
    first, *rest = _gif_frames(picture.frames) if suffix == ".gif" else [_image(frame) for frame in picture.frames]
    moving: dict[str, Any] = {"save_all": True, "append_images": rest, "duration": picture.milliseconds, "loop": 0}
    kinds: dict[str, dict[str, Any]] = {
        ".png": {"format": "PNG"},
        ".webp": {"format": "WEBP", "method": 4, "quality": quality, "lossless": quality == 100},
        ".gif": {"format": "GIF", "optimize": False},
        ".jpg": {"format": "JPEG", "quality": quality, "subsampling": 0},
    }
    kind = kinds[suffix.replace(".jpeg", ".jpg")]
    if record := record_text(picture):
        kind |= _with_record(record, kind["format"])
    if kind["format"] == "JPEG":
        first, moving = _on_white(first), {}
        if rest:
            note(f"left out {len(rest)} of {len(rest) + 1} frames: a JPEG shows one; .webp or .gif move")
            rest = []
    if suffix == ".gif" and (picture.frames[..., 3] < 128).any():
        kind |= {"transparency": 255, "disposal": 2}
    buffer = io.BytesIO()
    first.save(buffer, **kind, **(moving if rest else {}))
    return Files(f"{stem}{suffix}", {f"{stem}{suffix}": buffer.getvalue()})


def _with_record(text: str, kind: str) -> dict[str, Any]:
    """What Pillow is told so that the file says what it shows."""
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt(RECORD, text)
        return {"pnginfo": info}
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><{RECORD}>{text}</{RECORD}></x:xmpmeta>'
    return {"xmp": packet.encode()} if kind == "WEBP" else {"comment": f"{RECORD} {text}".encode()}


def _on_white(image: Any) -> Any:
    """An image without alpha, what shows through laid on white."""
    from PIL import Image

    if image.mode != "RGBA":
        return image
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    white.alpha_composite(image)
    return white.convert("RGB")


def _image(frame: NDArray[np.uint8]) -> Any:
    """A frame (H, W, 4) for Pillow; without its alpha where nothing shows through."""
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(frame[..., :3] if (frame[..., 3] == 255).all() else frame))


def _gif_frames(frames: NDArray[np.uint8]) -> list[Any]:
    """Frames in one palette of 255 colours; number 255 is nothing."""
    from PIL import Image

    opaque = frames[..., :3][frames[..., 3] >= 128]  # (K, 3)
    sample = opaque[:: max(1, len(opaque) // _PALETTE_SAMPLE)] if len(opaque) else np.zeros((1, 3), np.uint8)
    palette = Image.fromarray(sample[None]).quantize(255, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    gif_frames = []
    for frame in frames:
        image = Image.fromarray(np.ascontiguousarray(frame[..., :3]))
        indices = np.asarray(image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)).copy()
        indices[frame[..., 3] < 128] = 255
        indexed = Image.fromarray(indices)
        indexed.putpalette(palette.getpalette() or [])
        gif_frames.append(indexed)
    return gif_frames
