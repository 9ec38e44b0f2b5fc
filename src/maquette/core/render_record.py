"""What a rendered picture's file says of itself: which model, camera, stage and settings it came from, as JSON."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from maquette.core.picture import Picture

RECORD = "maquette"
_MAGIC = b"\x89PNG\r\n\x1a\n"
_MAX_TEXT = 1 << 20


@dataclass(frozen=True)
class RenderRecord:
    """A render's origin: the stage with its version and settings, and the digest of the model that it shows."""

    stage: str
    version: int
    settings: dict[str, Any]
    model: str


def record_text(picture: Picture) -> str:
    """The record of a picture as JSON; empty for one that is no render of a model."""
    if not picture.model or not picture.history:
        return ""
    step, camera = picture.history[-1], picture.camera
    record: dict[str, Any] = {"kind": "render", "stage": step.stage, "version": step.version, "model": picture.model}
    record["settings"] = step.options
    if camera is not None:
        record["camera"] = {
            "projection": camera.projection,
            "pose": [[float(x) for x in row] for row in camera.pose],
            "span": camera.span,
            "aspect": camera.aspect,
        }
    return json.dumps(record, sort_keys=True, ensure_ascii=True)


def read_record(data: bytes) -> RenderRecord | None:
    """The record in a PNG's bytes; None where there is none, or it is damaged or no picture of ours."""
    for text in _texts(data):
        try:
            record = json.loads(text)
            settings = record["settings"]
            if record["kind"] == "render" and isinstance(settings, dict):
                return RenderRecord(str(record["stage"]), int(record["version"]), settings, str(record["model"]))
        except (ValueError, KeyError, TypeError):
            continue
    return None


def _texts(data: bytes) -> Iterator[str]:
    """Texts under our keyword in the chunks before a PNG's pixels, whole and with the right checksum."""
    at = len(_MAGIC)
    while data.startswith(_MAGIC) and at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + length
        if kind in (b"IDAT", b"IEND") or end > len(data):
            return
        body = data[at + 8 : end - 4]
        head = RECORD.encode() + b"\x00\x00\x00\x00\x00"
        whole = zlib.crc32(kind + body) == int.from_bytes(data[end - 4 : end], "big")
        if kind == b"iTXt" and body.startswith(head) and length < _MAX_TEXT and whole:
            yield body[len(head) :].decode("utf-8", "replace")
        at = end
