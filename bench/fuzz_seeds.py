"""Small good files in every format that bench/fuzz.py starts from, all made in code."""

from __future__ import annotations

import base64
import io
import json
import random
import struct
import zipfile
from typing import Any, get_args

from fuzz_mutations import Case, glb_parts


def models(ending: str) -> list[Case]:
    """What our own writers make of small assets with every choice they offer, and files by hand."""
    from maquette.registry import registry

    cases = [tuple((name, data) for name, data in by_hand) for by_hand in HAND.get(ending, ())]
    for found in registry().values():
        if ending not in found.stage.facts.writes or "asset" not in found.stage.inputs:
            continue
        choices = [{}] + [
            {setting.name: choice} for setting in found.stage.settings.values() for choice in get_args(setting.kind)
        ]
        for asset in assets():
            for choice in choices:
                files = found(asset, **choice)
                rest = [(name, data) for name, data in files.parts.items() if name != files.main]
                cases.append(((files.main, files.data), *rest))
    if ending == ".3mf":
        cases.append((("m.3mf", nested_3mf()),))
    if ending == ".gltf":
        cases.append((("m.gltf", crowded_gltf()),))
        cases += [as_gltf(case[0][1]) for case in models(".glb")]
    return cases


def assets() -> list[Any]:
    """A plain tetrahedron, and a box with everything an asset can carry."""
    import numpy as np

    from maquette.core.asset import Asset, Material, Texture
    from maquette.core.mesh import Mesh

    plain = Mesh([[0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9]], [[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
    picture = Texture(photos()[".png"][0])
    looks = (
        Material(name="a", base_color_texture=picture, orm_texture=picture, normal_texture=picture),
        Material(name="b", base_color=(0.5, 0.2, 0.1, 0.5), alpha_mode="blend"),
    )
    rich = plain.replace(
        uv=np.linspace(0, 1, 24).reshape(4, 3, 2),
        material=[0, 1, 0, 1],
        part=[0, 0, 1, 1],
        color=np.arange(12).reshape(4, 3) * 20,
        seen=[0, 0.5, 1, 1],
    )
    return [Asset(plain), Asset(rich, looks, part_names=("p", "q"), title="fuzz", sized=True)]


def photos() -> dict[str, list[bytes]]:
    """Tiny pictures in every format that Pillow can write here."""
    import numpy as np
    from PIL import Image

    gradient = np.arange(16 * 12 * 4, dtype=np.uint8).reshape(12, 16, 4)
    color, alpha = Image.fromarray(gradient[..., :3]), Image.fromarray(gradient)
    deep = Image.fromarray(np.arange(192, dtype=np.uint16).reshape(12, 16) * 300)
    turned = Image.Exif()
    turned[0x0112] = 6
    grey, palette, ink = color.convert("L"), color.convert("P"), color.convert("CMYK")
    wanted: dict[str, list[tuple[Any, str, dict[str, Any]]]] = {
        ".png": [(color, "PNG", {}), (alpha, "PNG", {}), (palette, "PNG", {}), (deep, "PNG", {}), (grey, "PNG", {})],
        ".jpg": [(color, "JPEG", {"exif": turned}), (ink, "JPEG", {}), (grey, "JPEG", {"progressive": True})],
        ".webp": [(color, "WEBP", {}), (alpha, "WEBP", {"lossless": True})],
        ".tif": [(color, "TIFF", {"compression": "tiff_lzw"}), (deep, "TIFF", {}), (ink, "TIFF", {})],
        ".gif": [(palette, "GIF", {"save_all": True, "append_images": [palette]})],
        ".bmp": [(color, "BMP", {}), (palette, "BMP", {})],
        ".avif": [(color, "AVIF", {})],
    }
    made: dict[str, list[bytes]] = {}
    for ending, rows in wanted.items():
        for image, kind, options in rows:
            out = io.BytesIO()
            try:
                image.save(out, kind, **options)
            except (KeyError, OSError):
                continue  # this Pillow cannot write it
            made.setdefault(ending, []).append(out.getvalue())
    made[".svg"] = [b'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="9"><path d="M0 0L9 9H0z"/></svg>']
    return made


HAND: dict[str, tuple[tuple[tuple[str, bytes], ...], ...]] = {
    ".stl": ((("m.stl", b"solid m\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1e1 0\n"
               b"endloop\nendfacet\nendsolid m\n"),),),
    ".obj": ((("m.obj", b"mtllib m.mtl\no one\nv 0 0 0\nv 1 0 0 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 1\nvn 0 0 1\n"
               b"usemtl a\nf 1/1/1 2/2/1 3//1 4\nf -1 -2 -3\n"),
              ("m.mtl", b"newmtl a\nKd 1 0 0\nd 0.5\nmap_Kd -s 1 1 1 a.png\n")),),
    ".ply": ((("m.ply", b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty double y\n"
               b"property short z\n"
               b"property uchar red\nproperty uchar green\nproperty uchar blue\nelement face 1\n"
               b"property list uchar int vertex_indices\nend_header\n0 0 0 1 2 3\n1 0 0 1 2 3\n0 1 0 1 2 3\n"
               b"3 0 1 2\n"),),),
}  # fmt: skip


def as_gltf(glb: bytes) -> Case:
    tree, binary = glb_parts(glb)
    address = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    tree["buffers"][0]["uri"] = random.Random(len(glb)).choice([address, "m.bin"])
    return (("m.gltf", json.dumps(tree).encode()), ("m.bin", binary))


def crowded_gltf() -> bytes:
    """What our writer never makes: a strip, sparse rows, a skin, a morph target, bent texture coordinates."""
    floats = struct.pack("<24f", 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0, *[0.25] * 12)
    small = bytes((0, 1, 2, 3)) + bytes((0, 0, 0, 0)) * 4 + struct.pack("<H2x3f", 2, 5, 5, 5)
    binary = base64.b64encode(floats + small).decode()
    views = [(0, 48), (48, 48), (96, 4), (100, 16), (116, 2), (120, 12), (48, 32)]
    rows = {"bufferView": 5}
    sparse = {"count": 1, "indices": {"bufferView": 4, "componentType": 5123}, "values": rows}
    bent = {"KHR_texture_transform": {"offset": [0.5, 0], "rotation": 0.5, "scale": [2, 2]}}
    kinds = [(0, 5126, "VEC3"), (1, 5126, "VEC3"), (2, 5121, "SCALAR"), (3, 5121, "VEC4"), (1, 5126, "VEC3")]
    accessors = [{"bufferView": v, "componentType": c, "count": 4, "type": t} for v, c, t in kinds]
    accessors[0]["sparse"] = sparse
    accessors.append({"bufferView": 6, "componentType": 5126, "count": 4, "type": "VEC2"})
    accessors.append({"bufferView": 3, "componentType": 5121, "count": 4, "type": "VEC4", "normalized": True})
    names = {"POSITION": 0, "JOINTS_0": 3, "WEIGHTS_0": 6, "COLOR_0": 6, "TEXCOORD_0": 5}
    picture = "data:image/png;base64," + base64.b64encode(photos()[".png"][0]).decode()
    strip = {"attributes": names, "indices": 2, "mode": 5, "material": 0, "targets": [{"POSITION": 1}]}
    tree = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0, 1], "name": "s"}],
        "nodes": [
            {"mesh": 0, "skin": 0, "name": "a"},
            {"children": [2], "rotation": [0, 0.6, 0, 0.8], "scale": [1, -1, 2]},
            {"mesh": 1, "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 3, 4, 5, 1]},
        ],
        "skins": [{"joints": [1, 2]}],
        "meshes": [{"primitives": [strip], "weights": [0.5]}, {"primitives": [{"attributes": names, "mode": 6}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0, "extensions": bent}}}],
        "textures": [{"source": 0}],
        "images": [{"uri": picture}],
        "buffers": [{"byteLength": 132, "uri": "data:application/octet-stream;base64," + binary}],
        "bufferViews": [{"buffer": 0, "byteOffset": at, "byteLength": size} for at, size in views],
        "accessors": accessors,
        "extensionsUsed": ["KHR_texture_transform"],
    }
    return json.dumps(tree).encode()


def nested_3mf() -> bytes:
    """What our writer never makes: inches, nested and turned components, two model parts, every kind of colour."""
    space = "http://schemas.microsoft.com/3dmanufacturing/"
    head = (
        f'<model unit="inch" requiredextensions="p" xmlns="{space}core/2015/02" xmlns:m="{space}material/2015/02" '
        f'xmlns:p="{space}production/2015/06"><metadata name="Title">t</metadata><resources>'
    )
    mesh = (
        '<mesh><vertices><vertex x="0" y="0" z="0"/><vertex x="1" y="0" z="0"/><vertex x="0" y="1" z="0"/></vertices>'
        '<triangles><triangle v1="0" v2="1" v3="2" pid="5" p1="0" p2="1" p3="0"/>'
        '<triangle v1="0" v2="2" v3="1" p1="1"/></triangles></mesh>'
    )
    colors = (
        '<m:colorgroup id="5"><m:color color="#FF0000"/><m:color color="#00FF0080"/></m:colorgroup>'
        '<basematerials id="6"><base name="a" displaycolor="#0000FF"/><base name="b" displaycolor="#0000FF"/>'
        "</basematerials>"
    )
    part = f'{head}{colors}<object id="1" name="o" pid="6" pindex="0">{mesh}</object></resources><build/></model>'
    root = (
        f'{head}<object id="2"><components><component p:path="/3D/a.model" objectid="1" '
        'transform="0 1 0 -1 0 0 0 0 1 5 5 5"/></components></object><object id="3"><components>'
        '<component objectid="2"/><component objectid="2" transform="1 0 0 0 1 0 0 0 -1 0 0 9"/></components></object>'
        '</resources><build><item objectid="3"/></build></model>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(zipfile.ZipInfo("3D/3dmodel.model"), root)
        package.writestr(zipfile.ZipInfo("3D/a.model"), part)
    return out.getvalue()
