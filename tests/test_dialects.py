"""What exporters write and do not mean, and what glTF files use beside the core."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import noting
from maquette.flow import disk
from maquette.formats.gltf.read import read_glb
from maquette.formats.obj import read_obj
from wild_files import address, as_bytes, case, gltf, obj_text, png

NORMALS = png((128, 128, 255))
HEIGHTS = png((90, 90, 90))


def material(lines: str, usemtl="a", **pictures: bytes):
    parts = {f"{name}.png": data for name, data in pictures.items()}
    text = obj_text(library="a.mtl").replace("usemtl a", f"usemtl {usemtl}")
    return read_obj(
        Files("a.obj", {"a.obj": text.encode(), "a.mtl": f"newmtl a\n{lines}".encode(), **parts})
    ).materials[0]


@pytest.mark.parametrize(
    ("lines", "alpha"),
    [
        ("Tr 1\nmap_Kd p.png", 1.0),
        ("Tr 1.0", 1.0),
        ("d 0\nmap_Kd p.png", 1.0),
        ("d 0\nTr 0", 1.0),
        ("Tr 0", 1.0),
        ("Tr 0.25", 0.75),
        ("d 0.25", 0.25),
        ("d 0.25\nTr 0.75", 0.25),
        ("d 0", 0.0),
    ],
)
def test_opacity_as_its_authors_saw_it(lines, alpha):
    look = material(lines, p=png())
    assert look.base_color[3] == pytest.approx(alpha)
    assert look.alpha_mode == ("opaque" if alpha == 1.0 else "blend")


@pytest.mark.parametrize(
    ("lines", "color"),
    [
        ("Kd 0 0 0\nmap_Kd p.png", (1, 1, 1)),
        ("Kd 0 0 0", (0, 0, 0)),
        ("Kd 255 0 0", (1, 0, 0)),
        ("Kd 0 0 0\nmap_Ka p.png", (1, 1, 1)),
        ("Kd 1 0 0\nmap_Kd p.png", (1, 0, 0)),
    ],
)
def test_base_colors_as_their_authors_saw_them(lines, color):
    look = material(lines, p=png())
    assert look.base_color[:3] == pytest.approx(color)
    assert (look.base_color_texture is not None) == ("map_K" in lines)


@pytest.mark.parametrize("key", ["map_Bump", "bump", "map_bump -bm 0.5", "norm", "map_Kn"])
def test_normal_maps_behind_bump_keys(key):
    assert material(f"{key} n.png", n=NORMALS).normal_texture.data == NORMALS
    if key != "norm":
        with noting() as notes:
            assert material(f"{key} n.png", n=HEIGHTS).normal_texture is None
        assert any("bump map of heights is left out" in line for line in notes)


def test_maps_without_a_place_are_said_and_names_match_in_any_case():
    with noting() as notes:
        assert material("map_Ks p.png\nKd 1 0 0", usemtl="A", p=png()).base_color[:3] == (1, 0, 0)
    assert any("left out map_ks" in line for line in notes)


def test_pictures_are_packed_once_for_many_materials():
    import io
    import time

    from PIL import Image

    made = io.BytesIO()
    Image.new("L", (2048, 2048)).save(made, "PNG")
    names = [f"m{n}" for n in range(30)]
    library = "".join(f"newmtl {name}\nmap_Pr p.png\nmap_Pm p.png\n" for name in names)
    used = obj_text(library="a.mtl").replace("usemtl a\n", "")
    head, faces = used.split("vt 0 0\n")
    rows = faces.splitlines()
    faces = "".join(f"usemtl {name}\n{rows[n % 12]}\n" for n, name in enumerate(names))
    parts = {"a.obj": f"{head}vt 0 0\n{faces}".encode(), "a.mtl": library.encode(), "p.png": made.getvalue()}
    began = time.process_time()
    asset = read_obj(Files("a.obj", parts))
    assert len({look.orm_texture.data for look in asset.materials}) == 1
    assert time.process_time() - began < 10


@pytest.mark.parametrize("name", ["mtl_tr/tr.obj", "mtl_kd/kd.obj", "map_bump/o09_bump.obj"])
def test_reported_materials(name):
    (look,) = disk.read(case(name)).materials
    assert look.base_color == (1, 1, 1, 1)
    assert look.alpha_mode == "opaque"
    assert look.base_color_texture is not None
    assert (look.normal_texture is not None) == name.startswith("map_bump")


def rows(root: dict, data: np.ndarray, kind: str) -> int:
    """An accessor over float rows, in a buffer of its own."""
    raw = np.asarray(data, "<f4").tobytes()
    root["buffers"].append({"byteLength": len(raw), "uri": address(raw)})
    root["bufferViews"].append({"buffer": len(root["buffers"]) - 1, "byteOffset": 0, "byteLength": len(raw)})
    view = len(root["bufferViews"]) - 1
    root["accessors"].append({"bufferView": view, "componentType": 5126, "type": kind, "count": len(data)})
    return len(root["accessors"]) - 1


def read(root: dict):
    return read_glb(Files("a.gltf", {"a.gltf": as_bytes(root)}))


def test_instances_are_copies():
    root, _ = gltf(extensionsUsed=["EXT_mesh_gpu_instancing"])
    attributes = {
        "TRANSLATION": rows(root, [[0, 0, 0], [3, 0, 0], [6, 0, 0]], "VEC3"),
        "SCALE": rows(root, [[1, 1, 1], [2, 2, 2], [1, 1, 1]], "VEC3"),
        "ROTATION": rows(root, [[0, 0, 0, 1], [0, 0, 0, 1], [0, 0.70710678, 0, 0.70710678]], "VEC4"),
    }
    root["nodes"][0] |= {"extensions": {"EXT_mesh_gpu_instancing": {"attributes": attributes}}, "name": "bolt"}
    asset = read(root)
    assert asset.part_names == ("bolt 1", "bolt 2", "bolt 3")
    low, high = asset.mesh.bounds
    assert low[0] == pytest.approx(0)
    assert high[0] == pytest.approx(7000, abs=0.1)  # the third is turned about the upward axis
    assert len(asset.mesh.faces) == 36
    attributes["SCALE"] = rows(root, [[1, 1, 1]], "VEC3")
    with pytest.raises(BadInput, match="1 and 3 rows"):
        read(root)


def test_a_million_instances_of_nothing_are_refused_at_once():
    root, _ = gltf()
    root["accessors"].append({"componentType": 5126, "type": "VEC3", "count": 1_000_000})
    attributes = {"TRANSLATION": len(root["accessors"]) - 1}
    root["nodes"][0]["extensions"] = {"EXT_mesh_gpu_instancing": {"attributes": attributes}}
    with pytest.raises(BadInput, match="over 10000 meshes"):
        read(root)


def test_hidden_nodes_and_what_hangs_below_them_stay_out():
    hidden = {"mesh": 0, "children": [2], "extensions": {"KHR_node_visibility": {"visible": False}}}
    root, _ = gltf(nodes=[{"mesh": 0, "name": "seen"}, hidden, {"mesh": 0}])
    root["scenes"] = [{"nodes": [0, 1]}]
    with noting() as notes:
        assert len(read(root).mesh.faces) == 12
    assert any("left out 1 nodes that the file hides" in line for line in notes)


def test_optional_extensions_are_named():
    root, _ = gltf(extensionsUsed=["KHR_materials_sheen", "EXT_something_else", "KHR_materials_clearcoat"])
    with noting() as notes:
        assert len(read(root).mesh.faces) == 12
    (line,) = [line for line in notes if "adds" in line]
    assert "KHR_materials_sheen, EXT_something_else adds" in line


@pytest.mark.parametrize("name", ["KHR_draco_mesh_compression", "EXT_meshopt_compression"])
@pytest.mark.parametrize("required", [True, False])
def test_compressed_meshes_name_the_cause_and_the_command(name, required):
    root, _ = gltf(extensionsUsed=[name], **({"extensionsRequired": [name]} if required else {}))
    root["meshes"][0]["primitives"][0]["extensions"] = {name: {"bufferView": 0}}
    del root["accessors"][0]["bufferView"]
    with pytest.raises(BadInput, match=f"{name}.*npx @gltf-transform/cli copy"):
        read(root)


def test_pictures_that_share_a_view_are_one():
    root, _ = gltf(image={"uri": address(png())})
    root["images"] = [{"uri": address(png())}] * 300
    root["textures"] = [{"source": n} for n in range(300)]
    root["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": n}}} for n in range(300)]
    primitive = root["meshes"][0]["primitives"][0]
    root["meshes"][0]["primitives"] = [{**primitive, "material": n} for n in range(300)]
    asset = read(root)
    assert len({id(look.base_color_texture) for look in asset.materials}) == 1


def test_reported_extensions():
    assert len(disk.read(case("g15_instancing_used.glb")).mesh.faces) == 36
    with pytest.raises(BadInput, match=r"KHR_draco_mesh_compression.*npx"):
        disk.read(case("g04_draco_not_required.glb"))
