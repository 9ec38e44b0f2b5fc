"""Stored values as nobody would write them, for tests of the decoder."""

from __future__ import annotations

import json
import struct

from maquette.core.values import MAGIC


def hostile(tree, tail=b"") -> bytes:
    header = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return MAGIC + struct.pack("<Q", len(header)) + header + tail


def array_of(dtype, shape) -> dict:
    return {"$": "array", "dtype": dtype, "shape": shape}
