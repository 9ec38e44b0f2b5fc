"""A glTF put together by hand, for the tests of what reads it."""

from __future__ import annotations

import json
import struct

import numpy as np

from maquette.core.asset import Asset
from maquette.core.files import Files
from maquette.formats.gltf.read import read_glb

TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4")


class Builder:
    """A glTF put together by hand, so that the reader is not judged by our own writer."""

    def __init__(self):
        self.json = {"asset": {"version": "2.0"}, "accessors": [], "bufferViews": [], "scene": 0, "scenes": [{}]}
        self.binary = b""

    def view(self, data: bytes, **more) -> int:
        self.binary += b"\0" * (-len(self.binary) % 4)
        self.json["bufferViews"].append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data), **more})
        self.binary += data
        return len(self.json["bufferViews"]) - 1

    def accessor(self, rows, component=None, **more) -> int:
        rows = np.asarray(rows)
        component = (
            component or {"<f4": 5126, "<u2": 5123, "<u4": 5125, "|u1": 5121, "<i2": 5122, "|i1": 5120}[rows.dtype.str]
        )
        kind = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}[rows.shape[1] if rows.ndim > 1 else 1]
        entry = {"bufferView": self.view(rows.tobytes()), "componentType": component, "count": len(rows), "type": kind}
        self.json["accessors"].append({**entry, **more})
        return len(self.json["accessors"]) - 1

    def mesh(self, positions=TRIANGLE, indices=None, node=None, **more) -> Builder:
        attributes = {"POSITION": positions if isinstance(positions, int) else self.accessor(positions)}
        attributes |= more.pop("attributes", {})
        primitive = {"attributes": attributes, **more}
        if indices is not None:
            primitive["indices"] = self.accessor(np.asarray(indices, "<u2"))
        self.json.setdefault("meshes", []).append({"primitives": [primitive]})
        self.json.setdefault("nodes", []).append({"mesh": len(self.json["meshes"]) - 1, **(node or {})})
        self.json["scenes"][0].setdefault("nodes", []).append(len(self.json["nodes"]) - 1)
        return self

    def glb(self) -> bytes:
        self.json.setdefault("buffers", [{"byteLength": max(len(self.binary), 1)}])
        return pack_glb(json.dumps(self.json).encode(), self.binary)

    def read(self, **side) -> Asset:
        return read_glb(Files("m.glb", {"m.glb": self.glb(), **side}))


def pack_glb(text: bytes, binary: bytes = b"") -> bytes:
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    head = struct.pack("<4sIIII", b"glTF", 2, 28 + len(text) + len(binary), len(text), 0x4E4F534A)
    return head + text + struct.pack("<II", len(binary), 0x004E4942) + binary
