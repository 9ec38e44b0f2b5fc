import io
import re
import shutil
import struct
import subprocess
import time
import zipfile

import numpy as np
import pytest
from PIL import Image

import shapes
from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import BadInput, BadSetting
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.formats.pictures_in_files import linear_from_srgb, pixels
from maquette.formats.threemf.package import FREE, RATIO
from maquette.formats.threemf.read import read_3mf
from maquette.formats.threemf.write import write_3mf
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import is_watertight
from threemf_files import mesh_xml, simple, wrap_model, zip_model


def picture(color=(200, 100, 50), kind="PNG") -> Texture:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(out, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return Texture(out.getvalue())


def read(model: str | bytes, extra=None, **more) -> Asset:
    return read_3mf(Files("m.3mf", {"m.3mf": zip_model(model, extra, **more)}))


def model_text(files: Files) -> str:
    return zipfile.ZipFile(io.BytesIO(files.data)).read("3D/3dmodel.model").decode()


def colorful() -> Asset:
    ball = shapes.sphere(10, 3)
    return Asset(ball.replace(color=np.arange(ball.vertices.size).reshape(-1, 3) * 7 % 256), sized=True, title="ball")


def parts() -> Asset:
    """Two parts, one textured, one plain."""
    ball, ring = shapes.sphere(10, 2), shapes.torus(30, 5, 24, 12)
    both = shapes.together(ball, ring)
    which = np.repeat([0, 1], [len(ball.faces), len(ring.faces)])
    uv = np.random.default_rng(1).random((len(both.faces), 3, 2), np.float32)
    looks = (
        Material(name="wood", base_color_texture=picture(kind="JPEG")),
        Material(
            name='Gl & "<ass>"', base_color=(*linear_from_srgb(np.array([10, 20, 30])), 128 / 255), alpha_mode="blend"
        ),
    )
    mesh = both.replace(uv=uv * (which == 0)[:, None, None], part=which, material=which)
    return Asset(mesh, looks, part_names=("ball", "ring"), title="a <b> & c", sized=True)


# --- what we write, we read


def test_everything_comes_back():
    first = parts()
    back = read_3mf(write_3mf(first))
    assert np.abs(back.mesh.vertices - first.mesh.vertices).max() < 1e-6
    assert np.array_equal(back.mesh.faces, first.mesh.faces)
    assert np.array_equal(back.mesh.part, first.mesh.part)
    assert np.array_equal(back.mesh.material, first.mesh.material)
    ball = first.mesh.part == 0
    assert np.abs(back.mesh.uv[ball] - first.mesh.uv[ball]).max() < 1e-11
    assert back.materials[0].base_color_texture == first.materials[0].base_color_texture
    assert [m.name for m in back.materials] == [m.name for m in first.materials]
    assert back.materials[1].base_color == pytest.approx(first.materials[1].base_color)
    assert back.materials[1].alpha_mode == "blend"
    assert (back.part_names, back.title, back.sized) == (first.part_names, first.title, True)


def test_vertex_colors_come_back_exactly():
    first = colorful()
    back = read_3mf(write_3mf(first))
    assert np.array_equal(back.mesh.color, first.mesh.color)
    assert np.array_equal(back.mesh.faces, first.mesh.faces)
    assert back.materials == ()


def test_a_second_trip_changes_nothing():
    for asset in (parts(), colorful(), Asset(shapes.torus(70.123456789, 9.87654321))):
        once = read_3mf(write_3mf(asset))
        twice = read_3mf(write_3mf(once))
        assert (twice.mesh, twice.materials) == (once.mesh, once.materials)


def test_same_asset_same_bytes_and_no_date():
    assert write_3mf(parts()).data == write_3mf(parts()).data
    dates = {entry.date_time for entry in zipfile.ZipFile(io.BytesIO(write_3mf(parts()).data)).infolist()}
    assert dates == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3, 9e3])
def test_coordinates_keep_ten_digits(size):
    mesh = shapes.sphere(size * np.pi / 3, 3)
    back = read_3mf(write_3mf(Asset(mesh))).mesh
    assert np.abs(back.vertices - mesh.vertices).max() <= min(5.1e-10 * size, 1e-6)


def test_an_unsized_asset_stays_unsized():
    assert read_3mf(write_3mf(colorful().replace(sized=False))).sized is False


def test_metadata_tells_the_story():
    seen = colorful().with_mesh(colorful().mesh.replace(seen=np.full(258, 0.25)))
    asset = read_3mf(write_3mf(seen)).with_mesh(seen.mesh)
    text = model_text(write_3mf(asset))
    assert '<metadata name="Title">ball</metadata>' in text
    assert re.search('name="Application">maquette [0-9.]+<', text)
    assert "Made by maquette: read-3mf. The scale is real. 25% of the surface was seen" in text
    assert 'unit="millimeter"' in text


def test_thumbnail_goes_in_as_it_is_and_must_be_png():
    thumbnail = picture().data
    made = write_3mf(colorful(), thumbnail=thumbnail)
    package = zipfile.ZipFile(io.BytesIO(made.data))
    assert package.read("Metadata/thumbnail.png") == thumbnail
    assert b"metadata/thumbnail" in package.read("_rels/.rels")
    with pytest.raises(BadSetting, match="must be a PNG"):
        write_3mf(colorful(), thumbnail=b"GIF89a")
    settings = write_3mf.stage.call({"thumbnail": thumbnail}).text
    assert write_3mf.stage.validate(__import__("json").loads(settings)).thumbnail == thumbnail


def test_forbidden_triangles_are_left_out_and_said():
    box = shapes.box()
    extra = [[0, 0, 1], box.faces[3][[1, 2, 0]], box.faces[3]]
    kept = [box.faces[5][::-1]]  # the same corners the other way round are another triangle
    asset = Asset(box.replace(faces=np.concatenate([box.faces, extra, kept])))
    text = model_text(write_3mf(asset))
    assert text.count("<triangle ") == 13
    triangles = re.findall(r'v1="(\d+)" v2="(\d+)" v3="(\d+)"', text)
    assert all(len(set(corners)) == 3 for corners in triangles)


def test_nothing_to_write_is_refused():
    with pytest.raises(BadInput, match="no faces"):
        write_3mf(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))))
    with pytest.raises(BadInput, match="no faces"):
        write_3mf(Asset(Mesh(np.zeros((3, 3)), [[0, 0, 1]])))


def test_webp_and_tint_become_png():
    looks = (Material(base_color_texture=picture((200, 100, 50), "WEBP"), base_color=(1.0, 0.5, 0.0, 1.0)),)
    asset = Asset(shapes.box().replace(uv=np.zeros((12, 3, 2))), looks)
    (material,) = read_3mf(write_3mf(asset)).materials
    assert material.base_color_texture.media_type == "image/png"
    half = round(255 * (1.055 * (0.5 * ((100 / 255 + 0.055) / 1.055) ** 2.4) ** (1 / 2.4) - 0.055))
    assert pixels(material.base_color_texture)[0, 0].tolist() == [200, half, 0]


def test_names_xml_cannot_hold_are_cleaned():
    asset = Asset(shapes.box(), title='a\0b\ud800c\x1b"&<')
    assert read_3mf(write_3mf(asset)).title == 'abc"&<'


# --- what others write


@pytest.mark.parametrize(
    ("unit", "mm"),
    [("micron", 0.001), ("millimeter", 1), ("centimeter", 10), ("inch", 25.4), ("foot", 304.8), ("meter", 1000)],
)
def test_units(unit, mm):
    items = '<item objectid="1" transform="1 0 0 0 1 0 0 0 1 2 0 0"/>'
    mesh = read(simple(items=items, unit=unit)).mesh
    assert np.allclose(mesh.bounds, np.array([[2, 0, 0], [3, 1, 1]]) * mm)


def test_components_nest_turn_and_mirror():
    """Twice a box: once moved, once mirrored and moved by a component in a component."""
    resources = (
        f'<object id="1" name="leaf">{mesh_xml(shapes.box((1, 2, 3)))}</object>'
        '<object id="2"><components>'
        '<component objectid="1" transform="-1 0 0 0 1 0 0 0 1 0 0 0"/></components></object>'
        '<object id="3" name="top"><components><component objectid="2" transform="0 1 0 -1 0 0 0 0 1 10 0 0"/>'
        '<component objectid="1"/></components></object>'
    )
    item = '<item objectid="3" transform="2 0 0 0 2 0 0 0 2 0 0 5"/>'
    asset = read(wrap_model(f"<resources>{resources}</resources><build>{item}</build>"))
    first, second = (asset.mesh.keep_faces(asset.mesh.part == part) for part in (0, 1))
    assert np.allclose(first.bounds, [[16, -2, 5], [20, 0, 11]])  # (x, y) -> (−x, y) -> (−y, −x) + 10
    assert np.allclose(second.bounds, [[0, 0, 5], [2, 4, 11]])
    for mesh in (first, second):
        assert signed_volume(mesh.vertices, mesh.faces) == pytest.approx(48)
    assert asset.part_names == ("leaf", "leaf")


def test_models_in_several_parts_as_slicers_save_them():
    """Bambu Studio and OrcaSlicer: the root holds components that lead to other model parts."""
    root = wrap_model(
        '<resources><object id="8" name="plate"><components>'
        '<component p:path="/3D/Objects/object_1.model" objectid="1" transform="1 0 0 0 1 0 0 0 1 7 0 0"/>'
        '</components></object></resources><build><item objectid="8"/></build>',
        requiredextensions="p",
    )
    asset = read(root, {"3D/Objects/object_1.model": simple(items="")})
    assert np.allclose(asset.mesh.bounds, [[7, 0, 0], [8, 1, 1]])
    assert asset.title == "plate"


def test_soup_is_welded_and_collapsed_triangles_go():
    soup = shapes.soup(shapes.box())
    faces = np.concatenate([soup.faces, [[0, 0, 1]]])
    asset = read(simple(mesh=soup.replace(faces=faces, uv=None)))
    assert len(asset.mesh.vertices) == 8
    assert is_watertight(asset.mesh.faces)
    assert "left out 1 triangles without area" in asset.history[-1].notes


def test_flat_colors_that_meet_become_materials():
    group = '<m:colorgroup id="5"><m:color color="#FF0000"/><m:color color="#00ff0080"/></m:colorgroup>'
    paint = [f'pid="5" p1="{n % 2}"' for n in range(12)]
    asset = read(simple(paint, group))
    assert [m.name for m in asset.materials] == ["#00FF00", "#FF0000"]
    assert np.array_equal(asset.mesh.material, (np.arange(12) + 1) % 2)
    assert asset.mesh.color is None


def test_colors_that_run_into_each_other_are_averaged_with_a_note():
    group = '<m:colorgroup id="5"><m:color color="#000000"/><m:color color="#FFFFFF"/></m:colorgroup>'
    asset = read(simple(['pid="5" p1="0" p2="1" p3="1"'] * 12, group))
    assert asset.mesh.color.shape == (8, 3)
    assert any("mean" in text for text in asset.history[-1].notes)


def test_object_color_counts_where_a_triangle_has_none():
    group = '<basematerials id="5"><base name="red" displaycolor="#FF0000"/><base name="b" displaycolor="#0000FF"/>'
    asset = read(simple(['p1="1"'] * 3 + [""] * 9, group + "</basematerials>", object_more='pid="5" pindex="0"'))
    assert [m.name for m in asset.materials] == ["red", "b"]
    assert asset.mesh.material.tolist() == [1] * 3 + [0] * 9
    assert asset.materials[0].base_color == (1.0, 0.0, 0.0, 1.0)


def test_supports_stay_out():
    box = mesh_xml(shapes.box())
    body = f'<object id="1">{box}</object><object id="2" type="support">{box}</object>'
    items = '<item objectid="1"/><item objectid="2"/>'
    asset = read(wrap_model(f"<resources>{body}</resources><build>{items}</build>"))
    assert len(asset.mesh.faces) == 12


def test_a_package_without_relationships_is_found_by_name():
    assert len(read(simple(), relations="<x/>").mesh.faces) == 12


# --- what enemies write

TRIANGLE = '<vertex x="0" y="0" z="0"/><vertex x="1" y="0" z="0"/><vertex x="0" y="1" z="0"/>'


def tiny(
    triangle='v1="0" v2="1" v3="2"', vertices=TRIANGLE, resources="", build='<item objectid="1"/>', more=""
) -> str:
    mesh = f"<mesh><vertices>{vertices}</vertices><triangles><triangle {triangle}/></triangles></mesh>"
    content = f'{resources}<object id="1">{mesh}</object>{more}'
    return wrap_model(f"<resources>{content}</resources><build>{build}</build>")


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE = {
    "index out of range": tiny('v1="0" v2="1" v3="3"'),
    "index of four billion": tiny('v1="0" v2="1" v3="4294967295"'),
    "index of eighty bits": tiny(f'v1="0" v2="1" v3="{2**80}"'),
    "index of ten thousand digits": tiny(f'v1="0" v2="1" v3="{"9" * 10_000}"'),
    "negative index": tiny('v1="0" v2="1" v3="-1"'),
    "index missing": tiny('v1="0" v2="1"'),
    "index of text": tiny('v1="0" v2="1" v3="two"'),
    "not a number": tiny(vertices=TRIANGLE.replace('x="1"', 'x="NaN"')),
    "infinity": tiny(vertices=TRIANGLE.replace('x="1"', 'x="inf"')),
    "a number beyond all": tiny(vertices=TRIANGLE.replace('x="1"', 'x="1e999"')),
    "coordinate missing": tiny(vertices=TRIANGLE.replace('x="1"', "")),
    "build of nothing": tiny(build=""),
    "object that is not there": tiny(build='<item objectid="9"/>'),
    "transform of eleven": tiny(build='<item objectid="1" transform="1 0 0 0 1 0 0 0 1 0 0"/>'),
    "transform to infinity": tiny(build='<item objectid="1" transform="1e308 0 0 0 1 0 0 0 1 1e308 0 0"/>'),
    "object below itself": tiny(
        more='<object id="2"><components><component objectid="2"/></components></object>', build='<item objectid="2"/>'
    ),
    "copies of copies": tiny(
        more="".join(
            f'<object id="{n + 1}"><components>' + f'<component objectid="{n}"/>' * 10 + "</components></object>"
            for n in range(1, 12)
        ),
        build='<item objectid="12"/>',
    ),
    "an id twice": tiny(resources='<object id="7"/><object id="7"/>'),
    "place in a colour group": tiny(resources='<m:colorgroup id="7"><m:tex2coord u="0" v="0"/></m:colorgroup>'),
    "model from above": tiny(build='<item p:path="/../../etc/passwd" objectid="1"/>'),
    "model from the network": tiny(build='<item p:path="https://example.org/x.model" objectid="1"/>'),
    "unit of the moon": tiny().replace("<model ", '<model unit="mile" '),
    "unknown extension": tiny().replace("<model ", '<model xmlns:b="urn:beam" requiredextensions="b" '),
    "billion laughs": LAUGHS + tiny(),
    "foreign entity": '<!DOCTYPE x SYSTEM "file:///etc/passwd">' + tiny(),
    "cut short": tiny()[:-40],
    "no XML": "hello",
    "an encoding that is none": '<?xml version="1.0" encoding="UTF2147483648"?>' + tiny(),
    "nothing": "",
    "another XML": "<html/>",
}


COLORLESS = {
    "colour that is not there": tiny(
        'v1="0" v2="1" v3="2" pid="7" p1="4"',
        resources='<m:colorgroup id="7"><m:color color="#FFFFFF"/></m:colorgroup>',
    ),
    "colour that is none": tiny(resources='<m:colorgroup id="7"><m:color color="red"/></m:colorgroup>'),
    "colour of negative digits": tiny(resources='<m:colorgroup id="7"><m:color color="#-FFFFF"/></m:colorgroup>'),
    "texture that is not there": tiny(
        'v1="0" v2="1" v3="2" pid="7" p1="0"',
        resources='<m:texture2dgroup id="7" texid="9"><m:tex2coord u="0" v="0"/></m:texture2dgroup>',
    ),
    "texture from above": tiny(
        'v1="0" v2="1" v3="2" pid="7" p1="0"',
        resources='<m:texture2d id="9" path="/../x.png" contenttype="image/png"/>'
        '<m:texture2dgroup id="7" texid="9"><m:tex2coord u="0" v="0"/></m:texture2dgroup>',
    ),
}


@pytest.mark.parametrize("text", COLORLESS.values(), ids=COLORLESS)
def test_faults_of_color_are_notes(text):
    asset = read(text)
    assert len(asset.mesh.faces) == 1
    assert asset.history[-1].notes


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_models_are_refused(text):
    started = time.process_time()
    with pytest.raises(BadInput):
        read(text)
    assert time.process_time() - started < 20


def test_the_harmless_twin_of_the_hostile_files_is_read():
    assert len(read(tiny()).mesh.faces) == 1


def test_depth_without_end_is_refused_before_memory_is():
    with pytest.raises(BadInput, match="64 deep"):
        read(tiny(more="<a>" * 100_000 + "</a>" * 100_000))


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/passwd", "3D/../../x", "C:/x", "..\\evil"])
def test_parts_that_lead_out_of_the_package_are_never_opened(name):
    assert len(read(simple(), {name: b"x"}).mesh.faces) == 12


def test_a_part_twice_is_refused():
    with pytest.raises(BadInput, match="there twice"):
        read(simple(), {"3d/3DMODEL.model": b"x"})


def test_a_zip_bomb_ends_early():
    """A megabyte that unpacks to a gigabyte is given up after a thirtieth."""
    bomb = wrap_model("<resources>" + " " * 200_000_000)
    data = zip_model(bomb)
    assert len(data) < 300_000
    started = time.process_time()
    with pytest.raises(BadInput, match=f"unpack to over {FREE + RATIO * len(data)}"):
        read_3mf(Files("m.3mf", {"m.3mf": data}))
    assert time.process_time() - started < 20


def patch_zip(data: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    """A ZIP whose last record of a kind says something else."""
    at = data.rfind(signature) + offset
    return data[:at] + value + data[at + len(value) :]


ZIPS = {
    "nothing": b"",
    "no ZIP": b"hello" * 100,
    "cut short": zip_model(simple())[:-200],
    "half": zip_model(simple())[:300],
    "empty ZIP": b"PK\5\6" + b"\0" * 18,
    "offset beyond the end": patch_zip(zip_model(simple()), b"PK\1\2", 42, b"\xf0\xff\xff\xff"),
    "wrong checksum": patch_zip(zip_model(simple()), b"PK\1\2", 16, b"\1\2\3\4"),
    "encrypted": patch_zip(zip_model(simple()), b"PK\1\2", 8, b"\1\0"),
    "packed by LZMA": patch_zip(zip_model(simple()), b"PK\1\2", 10, struct.pack("<H", 14)),
    "packed by nobody": patch_zip(zip_model(simple()), b"PK\1\2", 10, struct.pack("<H", 99)),
    "another ZIP": zip_model("x").replace(b"3D/3dmodel.model", b"word/doc.xml.xyz"),
}


@pytest.mark.parametrize("data", ZIPS.values(), ids=ZIPS)
def test_hostile_packages_are_refused(data):
    with pytest.raises(BadInput, match="read-3mf"):
        read_3mf(Files("m.3mf", {"m.3mf": data}))


@pytest.mark.parametrize(
    ("signature", "offset", "lie"),
    [(b"PK\1\2", 24, b"\xfe\xff\xff\xff"), (b"PK\5\6", 8, b"\xff\xff\xff\xff")],
    ids=["size of four gigabytes", "65,535 entries"],
)
def test_what_the_directory_claims_is_not_believed(signature, offset, lie):
    data = patch_zip(zip_model(simple()), signature, offset, lie)
    assert read_3mf(Files("m.3mf", {"m.3mf": data})).mesh == read(simple()).mesh


# --- what other programs say


@pytest.mark.parametrize(
    "asset",
    [parts(), colorful(), Asset(shapes.box()), Asset(shapes.torus(30, 10, 96, 48), title="ring")],
    ids=["parts", "colours", "box", "ring"],
)
def test_lib3mf_reads_it_strictly_without_a_warning(asset):
    wrapper = pytest.importorskip("lib3mf").get_wrapper()
    model = wrapper.CreateModel()
    reader = model.QueryReader("3mf")
    reader.SetStrictModeActive(True)
    reader.ReadFromBuffer(write_3mf(asset, thumbnail=picture().data).data)
    assert [reader.GetWarning(number) for number in range(reader.GetWarningCount())] == []
    objects, faces = model.GetMeshObjects(), 0
    while objects.MoveNext():
        found = objects.GetCurrentMeshObject()
        assert found.IsManifoldAndOriented()
        faces += found.GetTriangleCount()
    assert faces == len(asset.mesh.faces)
    assert model.HasPackageThumbnailAttachment()


def test_what_lib3mf_writes_we_read():
    lib3mf = pytest.importorskip("lib3mf")
    model = lib3mf.get_wrapper().CreateModel()
    box = shapes.box((3, 4, 5))
    made = model.AddMeshObject()
    made.SetName("box")
    position, triangle = lib3mf.Position, lib3mf.Triangle
    points = [position((lib3mf.ctypes.c_float * 3)(*row)) for row in box.vertices.tolist()]
    corners = [triangle((lib3mf.ctypes.c_uint32 * 3)(*row)) for row in box.faces.tolist()]
    made.SetGeometry(points, corners)
    model.AddBuildItem(made, lib3mf.get_wrapper().GetTranslationTransform(1, 2, 3))
    back = read_3mf(Files("m.3mf", {"m.3mf": bytes(model.QueryWriter("3mf").WriteToBuffer())}))
    assert np.allclose(back.mesh.vertices, box.vertices + [1, 2, 3])
    assert np.array_equal(back.mesh.faces, box.faces)
    assert (back.title, back.sized) == ("box", True)


def test_trimesh_reads_the_same_model():
    trimesh = pytest.importorskip("trimesh")
    pytest.importorskip("lxml", reason="trimesh reads 3MF by lxml")
    scene = trimesh.load(io.BytesIO(write_3mf(parts()).data), file_type="3mf")
    expected = signed_volume(parts().mesh.vertices, parts().mesh.faces)
    assert scene.to_geometry().volume == pytest.approx(expected, rel=1e-6)


@pytest.mark.skipif(
    not shutil.which("prusa-slicer"), reason="needs prusa-slicer (Debian: apt-get install prusa-slicer)"
)
@pytest.mark.parametrize("asset", [parts(), colorful()], ids=["parts", "colours"])
def test_prusaslicer_sees_the_same_solid(asset, tmp_path):
    path = tmp_path / "m.3mf"
    path.write_bytes(write_3mf(asset, thumbnail=picture().data).data)
    told = subprocess.run(["prusa-slicer", "--info", str(path)], capture_output=True, text=True, check=True).stdout
    volume = sum(float(text) for text in re.findall(r"^volume = (.*)$", told, re.M))
    assert volume == pytest.approx(signed_volume(asset.mesh.vertices, asset.mesh.faces), rel=1e-5)
    assert set(re.findall(r"^manifold = (.*)$", told, re.M)) == {"yes"}
    faces = sum(int(text) for text in re.findall(r"^number_of_facets = (.*)$", told, re.M))
    assert faces == len(asset.mesh.faces)
    assert not re.search("open_edges|facets_reversed|facets_removed|degenerate", told)
