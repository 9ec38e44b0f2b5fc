"""Small files that other programs write, made here, and the folder of such files that reports brought."""

from __future__ import annotations

import base64
import io
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import shapes
from maquette.core.mesh import Mesh

CASES = next((up / "shared/cases" for up in Path(__file__).resolve().parents if (up / "shared/cases").is_dir()), None)


def case(name: str) -> Path:
    """A file of the folder; the test is skipped where there is no such folder."""
    if CASES is None or not (CASES / name).exists():
        pytest.skip(f"{name} lies in shared/cases, which is not here")
    return CASES / name


def volume(mesh: Mesh) -> float:
    """What the surface encloses, mm³."""
    corners = mesh.triangles
    return float(np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6)


def png(color=(200, 30, 30), size=4, kind="PNG") -> bytes:
    """A picture of one colour."""
    made = io.BytesIO()
    Image.new("RGB", (size, size), color).save(made, format=kind)
    return made.getvalue()


def obj_text(size=20.0, library="", uv="0 0") -> str:
    """A cube as OBJ, all corners at one texture coordinate."""
    mesh = shapes.box((size, size, size))
    head = f"mtllib {library}\nusemtl a\n" if library else ""
    points = "".join(f"v {x} {y} {z}\n" for x, y, z in mesh.vertices.tolist())
    faces = "".join(f"f {a + 1}/1 {b + 1}/1 {c + 1}/1\n" for a, b, c in mesh.faces.tolist())
    return f"{head}{points}vt {uv}\n{faces}"


def gltf(nodes=None, image=None, buffer_uri=None, **more) -> tuple[dict, bytes]:
    """A cube of one metre as glTF: its JSON and its buffer (inside the JSON unless ``buffer_uri`` says where)."""
    mesh = shapes.box((1.0, 1.0, 1.0))
    points = mesh.vertices.astype("<f4").tobytes()
    uv = np.full((len(mesh.vertices), 2), 0.5, "<f4").tobytes()
    index = mesh.faces.astype("<u2").tobytes()
    data = points + uv + index
    views = [(0, len(points)), (len(points), len(uv)), (len(points) + len(uv), len(index))]
    made = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": len(data), "uri": buffer_uri or address(data)}],
        "bufferViews": [{"buffer": 0, "byteOffset": start, "byteLength": size} for start, size in views],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": 8},
            {"bufferView": 1, "componentType": 5126, "type": "VEC2", "count": 8},
            {"bufferView": 2, "componentType": 5123, "type": "SCALAR", "count": 36},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2}]}],
        "nodes": nodes or [{"mesh": 0}],
        "scenes": [{"nodes": list(range(len(nodes or [1])))}],
        "scene": 0,
    }
    if image is not None:
        made["images"], made["textures"] = [image], [{"source": 0}]
        made["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}]
        made["meshes"][0]["primitives"][0]["material"] = 0
    return made | more, data


def address(data: bytes) -> str:
    """Bytes as a data URI."""
    return "data:application/octet-stream;base64," + base64.b64encode(data).decode()


def as_bytes(root: dict) -> bytes:
    """A glTF's JSON."""
    return json.dumps(root).encode()


def binary_stl(mesh: Mesh, header=b"", count=None, attributes=None) -> bytes:
    """A binary STL; the count and the two bytes behind each triangle may be anything."""
    records = np.zeros(len(mesh.faces), [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    records["corners"] = mesh.triangles
    if attributes is not None:
        records["attribute"] = attributes
    told = len(mesh.faces) if count is None else count
    return header.ljust(80, b"\0")[:80] + struct.pack("<I", told & 0xFFFFFFFF) + records.tobytes()


CORE_3MF = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"


def mesh_xml(mesh: Mesh, more=lambda face: "") -> str:
    """A ``mesh`` element of 3MF; ``more(face)`` are further attributes of a triangle."""
    points = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in mesh.vertices.tolist())
    rows = enumerate(mesh.faces.tolist())
    faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"{more(n)}/>' for n, (a, b, c) in rows)
    return f"<mesh><vertices>{points}</vertices><triangles>{faces}</triangles></mesh>"


def threemf(resources: str, build: str, parts=None, attributes="", space=CORE_3MF) -> bytes:
    """A 3MF package around resources and build items, with further parts by name."""
    model = (
        f'<?xml version="1.0" encoding="UTF-8"?><model unit="millimeter" xmlns="{space}" {attributes}>'
        f"<resources>{resources}</resources><build>{build}</build></model>"
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in {"3D/3dmodel.model": model, **(parts or {})}.items():
            package.writestr(zipfile.ZipInfo(name), data)
    return made.getvalue()
