"""USDZ: a ZIP whose parts lie unpacked at multiples of 64 bytes, so that they can be read where they are."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

_ALIGN = 64
_HEAD = 30  # bytes of a local file header before name and extra field
_PADDING = 0x1986  # the extra field that USD's own writer pads with


def pack_usdz(parts: Mapping[str, bytes]) -> bytes:
    """A package of these parts, the first one its root; the same parts are the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=False) as package:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            start = stream.tell() + _HEAD + len(name.encode()) + 4
            entry.extra = struct.pack("<HH", _PADDING, -start % _ALIGN) + bytes(-start % _ALIGN)
            package.writestr(entry, data)
    return stream.getvalue()
