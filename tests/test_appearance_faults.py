"""A fault of appearance never refuses geometry, and neither do a damaged facet or a point that nobody uses."""

from __future__ import annotations

import numpy as np
import pytest

import shapes
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import noting
from maquette.flow import disk
from maquette.formats.gltf.read import read_glb
from maquette.formats.obj import read_obj
from maquette.formats.ply import read_ply
from maquette.formats.stl import read_stl
from maquette.formats.threemf.read import read_3mf
from maquette.geometry.topology import is_watertight
from wild_files import address, as_bytes, binary_stl, case, gltf, mesh_xml, obj_text, png, threemf, volume

PLY = "ply\nformat ascii 1.0\n{comments}element vertex 3\nproperty float x\nproperty float y\nproperty float z\n{extra}"
PLY += "element face 1\nproperty list uchar int vertex_indices\n{more}end_header\n{rows}"


@pytest.mark.parametrize("uv", ["nan nan", "1e300 0", "-1.#IND 0", "inf 0.5"])
def test_texture_coordinates_of_an_obj_that_are_no_numbers(uv):
    with noting() as notes:
        asset = read_obj(Files("a.obj", {"a.obj": obj_text(uv=uv).encode()}))
    assert len(asset.mesh.faces) == 12
    assert asset.mesh.uv is None
    assert any("texture coordinates" in line for line in notes)


def test_texture_coordinates_that_are_not_there():
    text = obj_text().replace("/1", "/7")
    asset = read_obj(Files("a.obj", {"a.obj": text.encode()}))
    assert asset.mesh.uv is None
    mixed = obj_text().replace("/1", "/7", 1)
    with noting() as notes:
        assert np.isfinite(read_obj(Files("a.obj", {"a.obj": mixed.encode()})).mesh.uv).all()
    assert any("1 triangles have no texture coordinates" in line for line in notes)


def test_texture_coordinates_of_a_ply_that_are_no_numbers():
    rows = "0 0 0 nan 0\n1 0 0 0 1\n0 1 0 1 1\n3 0 1 2\n"
    text = PLY.format(comments="", extra="property float s\nproperty float t\n", more="", rows=rows)
    with noting() as notes:
        mesh = read_ply(Files("a.ply", {"a.ply": text.encode()})).mesh
    assert mesh.uv[0, 0].tolist() == [0, 0]
    assert any("1 texture coordinates are no numbers" in line for line in notes)


def test_a_texture_number_that_is_not_there():
    rows = "0 0 0\n1 0 0\n0 1 0\n3 0 1 2 9\n"
    text = PLY.format(comments="comment TextureFile a.png\n", extra="", more="property int texnumber\n", rows=rows)
    with noting() as notes:
        asset = read_ply(Files("a.ply", {"a.ply": text.encode(), "a.png": png()}))
    assert asset.materials[asset.mesh.material[0]].base_color_texture is None
    assert any("name a texture that is not there" in line for line in notes)


def accessor_of_nans(root, width=2):
    data = np.full((8, width), np.nan, "<f4").tobytes()
    root["buffers"].append({"byteLength": len(data), "uri": address(data)})
    root["bufferViews"].append({"buffer": 1, "byteOffset": 0, "byteLength": len(data)})
    root["accessors"].append({"bufferView": 3, "componentType": 5126, "type": f"VEC{width}", "count": 8})
    return len(root["accessors"]) - 1


def spoil(name):
    root, _ = gltf(image={"uri": address(png())})
    primitive = root["meshes"][0]["primitives"][0]
    material = root["materials"][0]
    if name == "uv no numbers":
        primitive["attributes"]["TEXCOORD_0"] = accessor_of_nans(root)
    elif name == "uv of another count":
        root["accessors"][1]["count"] = 5
    elif name == "uv accessor not there":
        primitive["attributes"]["TEXCOORD_0"] = 77
    elif name == "colours no numbers":
        primitive["attributes"]["COLOR_0"] = accessor_of_nans(root, 3)
    elif name == "colours of a strange kind":
        primitive["attributes"]["COLOR_0"] = 2
    elif name == "texture not there":
        material["pbrMetallicRoughness"]["baseColorTexture"]["index"] = 9
    elif name == "no source":
        root["textures"][0] = {}
    elif name == "only a KTX source":
        root["textures"][0] = {"extensions": {"KHR_texture_basisu": {"source": 0}}}
        root["images"][0] = {"uri": address(b"\xabKTX 20\xbb\r\n\x1a\n" + bytes(60))}
    elif name == "a picture of bytes":
        root["images"][0] = {"uri": address(b"nonsense")}
    elif name == "damaged base64":
        root["images"][0] = {"uri": "data:image/png;base64,!!!"}
    elif name == "alpha mode":
        material["alphaMode"] = "SHINY"
    elif name == "a factor above 1":
        material["pbrMetallicRoughness"] |= {"metallicFactor": 7, "baseColorFactor": [2, 0.5, -1, 1]}
    elif name == "a factor that is text":
        material["pbrMetallicRoughness"]["roughnessFactor"] = "rough"
    elif name == "material not there":
        primitive["material"] = 12
    return root


SPOILED = (
    "uv no numbers|uv of another count|uv accessor not there|colours no numbers|colours of a strange kind|"
    "texture not there|no source|only a KTX source|a picture of bytes|damaged base64|alpha mode|a factor above 1|"
    "a factor that is text|material not there"
)


@pytest.mark.parametrize("fault", SPOILED.split("|"))
def test_faults_of_appearance_in_gltf_are_notes(fault):
    with noting() as notes:
        asset = read_glb(Files("a.gltf", {"a.gltf": as_bytes(spoil(fault))}))
    assert len(asset.mesh.faces) == 12
    assert asset.size == pytest.approx((1000, 1000, 1000))
    assert notes, fault


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "TGA", "GIF"])
def test_pictures_of_other_kinds_in_gltf_become_png(kind):
    root, _ = gltf(image={"uri": address(png(kind=kind))})
    texture = read_glb(Files("a.gltf", {"a.gltf": as_bytes(root)})).materials[0].base_color_texture
    assert texture.media_type == "image/png"


COLORED = '<basematerials id="5"><base name="a"{color}/><base name="b" displaycolor="#00FF00"/></basematerials>'


@pytest.mark.parametrize(
    "color", ["", ' displaycolor="green"', ' displaycolor="#12"', ' displaycolor=""', ' displaycolor="#GG0000"']
)
def test_a_base_material_without_a_color_is_grey(color):
    body = mesh_xml(shapes.box((30, 30, 30)))
    data = threemf(
        COLORED.format(color=color) + f'<object id="1" type="model" pid="5" pindex="0">{body}</object>',
        '<item objectid="1"/>',
    )
    with noting() as notes:
        asset = read_3mf(Files("a.3mf", {"a.3mf": data}))
    assert len(asset.mesh.faces) == 12
    assert any("displaycolor" in line for line in notes)


@pytest.mark.parametrize(
    ("resources", "attributes"),
    [
        ('<basematerials id="5"><base name="a" displaycolor="#00FF00"/></basematerials>', ' pid="5" p1="7"'),
        ('<m:colorgroup id="5"><m:color color="#FF0000"/></m:colorgroup>', ' pid="5" p1="0" p2="3" p3="-1"'),
        ('<m:texture2d id="4" path="/3D/Textures/gone.png" contenttype="image/png"/>'
         '<m:texture2dgroup id="5" texid="4"><m:tex2coord u="0" v="0"/></m:texture2dgroup>', ' pid="5" p1="0"'),
        ('<m:texture2dgroup id="5" texid="44"><m:tex2coord u="0" v="0"/></m:texture2dgroup>', ' pid="5" p1="0"'),
        ('<m:texture2d id="4" path="/3D/Textures/bad.png" contenttype="image/png"/>'
         '<m:texture2dgroup id="5" texid="4"><m:tex2coord u="nan" v="0"/></m:texture2dgroup>', ' pid="5" p1="0"'),
        ("", ' pid="99" p1="0"'),
    ],
)  # fmt: skip
def test_colors_of_3mf_that_are_not_there(resources, attributes):
    body = mesh_xml(shapes.box((30, 30, 30)), lambda face: attributes)
    space = 'xmlns:m="http://schemas.microsoft.com/3dmanufacturing/material/2015/02"'
    data = threemf(
        f'{resources}<object id="1" type="model">{body}</object>',
        '<item objectid="1"/>',
        {"3D/Textures/bad.png": "nonsense"},
        attributes=space,
    )
    with noting() as notes:
        asset = read_3mf(Files("a.3mf", {"a.3mf": data}))
    assert len(asset.mesh.faces) == 12
    assert notes


def test_one_damaged_facet_is_dropped_and_many_are_refused():
    sphere = shapes.sphere(10, 2)
    data = bytearray(binary_stl(sphere))
    data[84 + 50 * 7 + 12 : 84 + 50 * 7 + 16] = np.array([np.nan], "<f4").tobytes()
    with noting() as notes:
        assert len(read_stl(Files("a.stl", {"a.stl": bytes(data)})).mesh.faces) == len(sphere.faces) - 1
    assert any("dropped 1 of 128 faces" in line for line in notes)
    for facet in range(100):
        data[84 + 50 * facet + 12 : 84 + 50 * facet + 16] = np.array([np.inf], "<f4").tobytes()
    with pytest.raises(BadInput, match="not a number"):
        read_stl(Files("a.stl", {"a.stl": bytes(data)}))


@pytest.mark.parametrize("bad", ["nan", "-1.#IND", "1e999", "-nan(ind)", "1.#QNAN"])
def test_a_point_that_nobody_uses_may_be_anything(bad):
    asset = read_obj(Files("a.obj", {"a.obj": (obj_text() + f"v {bad} 0 0\n").encode()}))
    assert asset.size == (20, 20, 20)
    text = PLY.format(comments="", extra="", more="", rows=f"0 0 0\n1 0 0\n0 1 0\n{bad} 0 0\n3 0 1 2\n")
    text = text.replace("element vertex 3", "element vertex 4")
    assert len(read_ply(Files("a.ply", {"a.ply": text.encode()})).mesh.vertices) == 3


def test_a_corner_that_names_no_vertex_is_dropped_when_it_is_one_of_many():
    sphere = shapes.sphere(10, 2)
    points = "".join(f"v {x} {y} {z}\n" for x, y, z in sphere.vertices.tolist())
    faces = "".join(f"f {a + 1} {b + 1} {c + 1}\n" for a, b, c in sphere.faces.tolist())
    with noting() as notes:
        asset = read_obj(Files("a.obj", {"a.obj": f"{points}{faces}f 1 2 9999\n".encode()}))
    assert len(asset.mesh.faces) == 128
    assert any("dropped 1 of 129 faces" in line for line in notes)
    with pytest.raises(BadInput, match="vertex 9999 of 66"):
        read_obj(Files("a.obj", {"a.obj": f"{points}{faces}f 1 2 9999\nf 1 9999 3\n".encode()}))


@pytest.mark.parametrize("name", ["o31b_nan_uv.obj", "g10_img_bmp.glb", "m33_no_displaycolor.3mf"])
def test_reported_files_with_faults_of_appearance(name):
    with noting() as notes:
        asset = disk.read(case(name))
    assert len(asset.mesh.faces) == 12
    assert notes


def sphere_gltf(points, corners):
    data = points.astype("<f4").tobytes() + corners.astype("<u4").tobytes()
    root, _ = gltf()
    split = points.size * 4
    root["buffers"] = [{"byteLength": len(data), "uri": address(data)}]
    root["bufferViews"] = [
        {"buffer": 0, "byteLength": split},
        {"buffer": 0, "byteOffset": split, "byteLength": len(data) - split},
    ]
    root["accessors"] = [
        {"bufferView": 0, "componentType": 5126, "type": "VEC3", "count": len(points)},
        {"bufferView": 1, "componentType": 5125, "type": "SCALAR", "count": corners.size},
    ]
    root["meshes"] = [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}]
    return as_bytes(root)


@pytest.mark.parametrize("fault", ["a corner too many", "a point that is none", "an infinite point nobody uses"])
def test_a_damaged_triangle_of_gltf_is_dropped(fault):
    sphere = shapes.sphere(10, 2)
    points, faces = sphere.vertices, sphere.faces
    if fault == "a corner too many":
        faces = np.concatenate([faces, [[0, 1, 9999]]])
    else:
        points = np.concatenate([points, [[np.nan if "none" in fault else np.inf, 0, 0]]])
        faces = faces if "nobody" in fault else np.concatenate([faces, [[0, 1, len(sphere.vertices)]]])
    with noting() as notes:
        asset = read_glb(Files("a.gltf", {"a.gltf": sphere_gltf(points, faces)}))
    assert len(asset.mesh.faces) == 128
    assert is_watertight(asset.mesh.faces)
    assert any("dropped 1 of 129 faces" in line for line in notes) == ("nobody" not in fault)


def test_gltf_whose_triangles_are_mostly_damaged_is_refused():
    sphere = shapes.sphere(10, 2)
    with pytest.raises(BadInput, match="are infinite, not a number"):
        read_glb(Files("a.gltf", {"a.gltf": sphere_gltf(sphere.vertices * np.nan, sphere.faces)}))
    with pytest.raises(BadInput, match="names vertex 67 of 66"):
        read_glb(Files("a.gltf", {"a.gltf": sphere_gltf(sphere.vertices, sphere.faces + 5)}))


@pytest.mark.parametrize("place", ["scenes", "nodes", "materials", "meshes"])
def test_a_name_that_is_no_text_is_no_name(place):
    root, _ = gltf(image={"uri": address(png())})
    root[place][0]["name"] = 42
    assert len(read_glb(Files("a.gltf", {"a.gltf": as_bytes(root)})).mesh.faces) == 12


COLORS = '<m:colorgroup id="{}"><m:color color="{}"/></m:colorgroup>'


@pytest.mark.parametrize(
    "resources",
    [
        COLORS.format(5, "#FF0000") + COLORS.format(5, "#00FF00"),
        COLORS.format(5, "#FF0000") + '<basematerials id="5"><base name="x" displaycolor="#00FF00"/></basematerials>',
        COLORS.format(5, "#FF0000") + '<m:texture2dgroup id="6"><m:tex2coord u="0" v="0"/></m:texture2dgroup>',
        COLORS.format(5, "#FF0000") + '<m:texture2d id="7" path="/a.png"/><m:texture2d id="7" path="/b.png"/>',
        COLORS.format(5, "#FF0000") + '<m:shiny id="9"><s:metal name="x"/></m:shiny>',
    ],
    ids=[
        "two groups of one id",
        "across kinds",
        "no texture named",
        "two textures of one id",
        "a prefix nobody declares",
    ],
)
def test_colors_of_3mf_that_the_standard_forbids(resources):
    box = mesh_xml(shapes.box((3, 3, 3)), lambda _: ' pid="5" p1="0"')
    data = threemf(
        f'{resources}<object id="1">{box}</object>',
        '<item objectid="1"/>',
        attributes='xmlns:m="http://schemas.microsoft.com/3dmanufacturing/material/2015/02"',
    )
    asset = read_3mf(Files("a.3mf", {"a.3mf": data}))
    assert volume(asset.mesh) == pytest.approx(27)
    shown = asset.mesh.color if asset.mesh.color is not None else np.array([[255, 0, 0]])
    assert set(map(tuple, shown.tolist())) == {(255, 0, 0)}
