from __future__ import annotations

import io
import os
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import broken_meshes
import shapes
from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.progress import noting
from maquette.formats import text_numbers
from maquette.formats.obj import obj_references, read_obj, write_obj
from maquette.geometry.flat.polygons import triangulate_polygons
from maquette.geometry.surface import area_vectors, face_areas, signed_volume
from maquette.geometry.topology import euler_number, is_watertight

CUBE = b"""\
# a cube of quads, as a person would type it
mtllib box.mtl
o cube
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
v 0 0 1
v 1 0 1
v 1 1 1
v 0 1 1
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl red paint
f 4/4 3/3 2/2 1/1
f 5/1 6/2 7/3 8/4
usemtl Material #25
f 1/1 2/2 6/3 5/4
f 2/1 3/2 7/3 6/4
g lid
f 3/1 4/2 8/3 7/4
f 4/1 1/2 5/3 8/4
"""
LIBRARY = b"""\
newmtl red paint
Kd 1 0 0
Pr 0.25
Pm 0.75
newmtl Material #25
Kd 0.5 0.5 0.5
d 0.5
map_Kd -s 2 2 1 -clamp on wood grain.png
"""


def picture(color=(200, 100, 50), size=4, mode="RGB", kind="PNG") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (size, size), color).save(stream, kind)
    return stream.getvalue()


def files(data: bytes, **side: bytes) -> Files:
    parts = {name.replace("__", "."): content for name, content in side.items()}
    return Files("part.obj", {"part.obj": data, **parts})


def painted_torus() -> Asset:
    """A torus with seams, two parts, three materials and all their pictures; every number fits 32 bits."""
    mesh = shapes.torus(around=12, across=6)
    vertices = mesh.vertices.astype(np.float32).astype(float)
    count = len(mesh.faces)
    uv = np.random.default_rng(1).integers(0, 2**20, (count, 3, 2)) / 2**20
    part = np.repeat([0, 1], count // 2)
    material = np.sort(np.arange(count // 2) % 3)
    channels = np.random.default_rng(2).integers(0, 256, (8, 8, 3)).astype(np.uint8)
    channels[:, :, 0] = 255
    stream = io.BytesIO()
    Image.fromarray(channels).save(stream, "PNG")
    wood = Texture(picture())
    materials = (
        Material("oak", base_color=(0.25, 0.5, 1.0, 1.0), base_color_texture=wood, roughness=0.625, metallic=0.125),
        Material("oak", orm_texture=Texture(stream.getvalue()), metallic=1.0, roughness=1.0),
        Material(
            "lamp  glass\n",
            base_color=(1.0, 1.0, 1.0, 0.5),
            base_color_texture=wood,
            normal_texture=Texture(picture((128, 128, 255))),
            emissive=(0.5, 0.25, 0.125),
            emissive_texture=Texture(picture((1, 2, 3), kind="JPEG")),
            alpha_mode="blend",
        ),
    )
    made = Mesh(vertices, mesh.faces, uv=uv, material=np.concatenate([material, material]), part=part)
    return Asset(made, materials=materials, part_names=("seat", "leg of wood"), title="chair")


def test_a_cube_of_quads():
    asset = read_obj(files(CUBE, box__mtl=LIBRARY))
    mesh = asset.mesh
    assert (len(mesh.vertices), len(mesh.faces)) == (8, 12)
    assert signed_volume(mesh.vertices, mesh.faces) == 1.0
    assert is_watertight(mesh.faces)
    assert asset.part_names == ("cube",)
    assert [material.name for material in asset.materials] == ["red paint", "Material #25"]
    assert mesh.material.tolist() == [0] * 4 + [1] * 8
    assert mesh.uv[0].tolist() == [[0, 0], [1, 0], [1, 1]]  # corners 4/4 3/3 2/2, v turned over
    assert (asset.materials[0].roughness, asset.materials[0].metallic) == (0.25, 0.75)
    assert asset.materials[1].base_color == pytest.approx((0.21404114, 0.21404114, 0.21404114, 0.5))
    assert (asset.title, asset.sized) == ("part", False)


def test_everything_comes_back():
    asset = painted_torus()
    made = write_obj(asset, stem="my chair")
    back = read_obj(made)
    for name in ("vertices", "faces", "uv", "material", "part"):
        assert np.array_equal(getattr(back.mesh, name), getattr(asset.mesh, name)), name
    assert back.part_names == asset.part_names
    assert back.title == "chair"
    assert [m.name for m in back.materials] == ["oak", "oak_2", "lamp glass"]
    for ours, theirs in zip(asset.materials, back.materials, strict=True):
        assert theirs.base_color == pytest.approx(ours.base_color, abs=1e-8)
        assert theirs.emissive == pytest.approx(ours.emissive, abs=1e-8)
        for name in ("roughness", "metallic", "base_color_texture", "normal_texture", "emissive_texture", "alpha_mode"):
            assert getattr(theirs, name) == getattr(ours, name), name
    ours, theirs = (np.asarray(Image.open(io.BytesIO(a.materials[1].orm_texture.data))) for a in (asset, back))
    assert np.array_equal(ours, theirs)
    assert write_obj(back, stem="my chair") == write_obj(read_obj(made), stem="my chair")


def test_files_refer_to_each_other_without_spaces():
    made = write_obj(painted_torus(), stem="my chair")
    assert set(made.parts) == {
        "my chair.obj",
        "my_chair.mtl",
        "my_chair_1_color.png",
        "my_chair_2_roughness.png",
        "my_chair_2_metallic.png",
        "my_chair_3_normal.png",
        "my_chair_3_emissive.jpg",
    }
    assert obj_references(made.main, made.data) == ["my_chair.mtl"]
    assert set(obj_references("my_chair.mtl", made.parts["my_chair.mtl"])) == set(made.parts) - {
        "my chair.obj",
        "my_chair.mtl",
    }
    assert obj_references("my_chair_1_color.png", b"mtllib other.mtl\n") == []


def test_a_tetrahedron_in_text():
    asset = Asset(shapes.tetrahedron(), title="corner")
    assert write_obj(asset).parts == {
        "model.obj": b"# Maquette: corner\nv 0.0 0.0 0.0\nv 1.0 0.0 0.0\nv 0.0 1.0 0.0\nv 0.0 0.0 1.0\n"
        b"f 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n"
    }


def test_every_digit_is_kept():
    mesh = shapes.sphere(radius=np.pi)
    back = read_obj(write_obj(Asset(mesh))).mesh
    assert np.array_equal(back.vertices, mesh.vertices)
    assert np.array_equal(back.faces, mesh.faces)


def test_each_texture_coordinate_is_written_once():
    made = write_obj(Asset(shapes.grid(4, 4)))
    assert made.data.count(b"\nvt ") == 25
    assert np.array_equal(read_obj(made).mesh.uv, shapes.grid(4, 4).uv)


def test_vertex_colors_come_back():
    box = shapes.box()
    colors = np.arange(24, dtype=np.uint8).reshape(8, 3) * 10
    made = write_obj(Asset(box.replace(color=colors)))
    assert np.array_equal(read_obj(made).mesh.color, colors)
    shown = read_obj(files(b"v 0 0 0 255 0 0\nv 1 0 0 0 51 0\nv 0 1 0 1 1 1\nf 1 2 3\n")).mesh.color
    assert shown.tolist() == [[255, 0, 0], [0, 51, 0], [1, 1, 1]]


def test_up_turns_both_ways():
    asset = Asset(shapes.box(size=(1, 2, 3)))
    lying = write_obj(asset, up="+Y")
    assert read_obj(lying).size == (1, 3, 2)
    upright = read_obj(lying, up="+Y")
    assert upright.size == (1, 2, 3)
    assert np.array_equal(upright.mesh.triangles, asset.mesh.triangles)
    for up in ("+Z", "+Y"):
        mesh = read_obj(lying, up=up).mesh
        assert signed_volume(mesh.vertices, mesh.faces) == pytest.approx(6)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.replace(b"\n", b"\r"),
        lambda text: text.replace(b"f ", b"f \\\n  ").replace(b"usemtl red", b"usemtl  \t red"),
        lambda text: text.replace(b"f ", b"f \\ \r\n\t"),
        lambda text: text.replace(b"f 4/4 3/3 2/2 1/1", b"f -5/-1 -6/-2 -7/-3 -8/-4 # the bottom 9/9"),
        lambda text: text.replace(b"v 0 0 0", b"  v\t0.0 +0e5 -0 1.0  # w"),
        lambda text: text.replace(b"/3 ", b"/3/9 ").replace(b"/2 ", b"/2/ "),
        lambda text: b"\xef\xbb\xbf" + text + b"s 1\nvn 0 0 1\nl 1 2\np 1\nf 1 2\n# caf\xe9",
        lambda text: b"f 4/4 3/3 2/2 1/1\n" + text.replace(b"f 4/4 3/3 2/2 1/1\n", b""),
        lambda text: text.rstrip(b"\n"),
    ],
)
def test_other_hands(change):
    expected, asset = read_obj(files(CUBE)).mesh, read_obj(files(change(CUBE))).mesh
    assert np.array_equal(asset.triangles, expected.triangles)
    assert np.array_equal(asset.uv, expected.uv)


@pytest.mark.parametrize("size", [16, 33, 100])
def test_where_a_block_ends_does_not_matter(monkeypatch, size):
    expected = read_obj(files(CUBE, box__mtl=LIBRARY)).mesh
    monkeypatch.setattr(text_numbers, "BLOCK", size)
    assert read_obj(files(CUBE, box__mtl=LIBRARY)).mesh == expected
    relative = CUBE.replace(b"f 4/4 3/3 2/2 1/1", b"f -5/-1 -6/-2 -7/-3 -8/-4")
    assert read_obj(files(relative, box__mtl=LIBRARY)).mesh == expected


def test_corners_without_texture_coordinates_are_noted():
    with noting() as notes:
        mesh = read_obj(files(b"v 0 0 0\nv 1 0 0\nv 0 1 0\nvt .5 .25\nf 1/1 2/1 3/1\nf 1 3//7 2\n")).mesh
    assert mesh.uv.tolist() == [[[0.5, 0.75]] * 3, [[0, 0]] * 3]
    assert any("1 triangles have no texture coordinates" in line for line in notes)


def test_vertices_that_no_face_uses_go():
    with noting() as notes:
        mesh = read_obj(files(b"v 9 9 9\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 2 3 4\n")).mesh
    assert mesh.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert any("left out 1 vertices" in line for line in notes)


def test_an_object_outranks_its_groups():
    text = CUBE.replace(b"f 1/1 2/2 6/3 5/4", b"o other\nf 1/1 2/2 6/3 5/4")
    asset = read_obj(files(text))
    assert asset.part_names == ("cube", "other")
    assert asset.mesh.part.tolist() == [0] * 4 + [1] * 8


def test_groups_name_parts_where_no_object_does():
    text = CUBE.replace(b"o cube\n", b"").replace(b"f 1/1 2/2 6/3 5/4", b"g\nf 1/1 2/2 6/3 5/4")
    asset = read_obj(files(text))
    assert asset.part_names == ("default", "lid")
    assert asset.mesh.part.tolist() == [0] * 8 + [1] * 4


def test_a_missing_library_leaves_plain_materials_and_a_note():
    with noting() as notes:
        asset = read_obj(files(CUBE))
    assert [m.name for m in asset.materials] == ["red paint", "Material #25"]
    assert asset.materials[0] == Material("red paint")
    assert any("'box.mtl' is not there" in line for line in notes)
    with noting() as notes:
        asset = read_obj(files(CUBE, box__mtl=LIBRARY))
    assert asset.materials[1].base_color_texture is None
    assert any("'wood grain.png' is not there" in line for line in notes)


@pytest.mark.parametrize("reference", ["wood grain.png", "C:\\Users\\me\\wood grain.png", "/home/me/WOOD GRAIN.png"])
def test_pictures_are_found_by_their_plain_name(reference):
    library = LIBRARY.replace(b"wood grain.png", reference.encode())
    data = picture()
    asset = read_obj(Files("a.obj", {"a.obj": CUBE, "box.mtl": library, "wood grain.png": data}))
    assert asset.materials[1].base_color_texture.data == data
    assert obj_references("box.mtl", library) == [reference]


@pytest.mark.parametrize("kind", ["BMP", "TGA", "TIFF", "GIF"])
def test_pictures_of_old_kinds_become_png(kind):
    library = LIBRARY.replace(b"wood grain.png", b"wood.old")
    asset = read_obj(Files("a.obj", {"a.obj": CUBE, "box.mtl": library, "wood.old": picture(kind=kind)}))
    texture = asset.materials[1].base_color_texture
    assert texture.media_type == "image/png"
    with Image.open(io.BytesIO(texture.data)) as shown:
        assert shown.convert("RGB").getpixel((1, 1)) == (200, 100, 50)


def test_a_picture_that_is_none_is_noted():
    library = LIBRARY.replace(b"wood grain.png", b"wood.png")
    with noting() as notes:
        asset = read_obj(Files("a.obj", {"a.obj": CUBE, "box.mtl": library, "wood.png": b"GIF89a nonsense"}))
    assert asset.materials[1].base_color_texture is None
    assert any("no picture that can be read" in line for line in notes)


@pytest.mark.parametrize(
    "reference", ["../secret.mtl", "..\\secret.mtl", "a/../../b.mtl", "http://x.org/a.mtl", "file:///etc/passwd"]
)
def test_references_that_lead_outside_are_left_out_with_a_note(reference):
    text = CUBE.replace(b"box.mtl", reference.encode())
    assert obj_references("a.obj", text) == []
    with noting() as notes:
        assert len(read_obj(files(text)).mesh.faces) == 12
    assert any("lies elsewhere; continued without it" in line for line in notes)
    library = LIBRARY.replace(b"wood grain.png", reference.encode())
    assert obj_references("box.mtl", library) == []
    with noting() as notes:
        assert read_obj(files(CUBE, box__mtl=library)).materials[1].base_color_texture is None
    assert any("lies elsewhere; continued without it" in line for line in notes)


def test_odd_libraries():
    library = b"Kd 1 1 1\nnewmtl red paint\nKd spectral x.rfl\nKd 0.5\nPr nan\nNs 250\nTr 0.25\nKe 2 -1 0\n"
    library += b"map_Kd\nmap_Kd -s\n"
    asset = read_obj(files(CUBE, box__mtl=library + b"newmtl\nnewmtl x\r\n\xff\xfe"))
    made = asset.materials[0]
    assert made.base_color == pytest.approx((0.21404114, 0.21404114, 0.21404114, 0.75))
    assert made.roughness == pytest.approx(0.5)  # Blender's reading of Ns
    assert (made.emissive, made.alpha_mode) == ((1.0, 0.0, 0.0), "blend")


def test_roughness_and_metallic_pictures_of_different_size_are_packed():
    library = b"newmtl red paint\nmap_Pr r.png\nmap_Pm m.png\nPr 0.3\n"
    grey = {"r.png": picture(60, 2, "L"), "m.png": picture(90, 4, "L")}
    made = read_obj(Files("a.obj", {"a.obj": CUBE, "box.mtl": library, **grey})).materials[0]
    pixels = np.asarray(Image.open(io.BytesIO(made.orm_texture.data)))
    assert pixels.shape == (4, 4, 3)
    assert (pixels == [255, 60, 90]).all()
    assert (made.roughness, made.metallic) == (1.0, 1.0)


TRIANGLE = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no faces"),
        (b"v 0 0 0\n", "no faces"),
        (TRIANGLE, "no faces"),
        (TRIANGLE + b"f 1 2\n", "no faces"),
        (TRIANGLE + b"f 1 2 4\n", "vertex 4 of 3"),
        (TRIANGLE + b"f 1 2 -4\n", "names element -4"),
        (TRIANGLE + b"f 1 2 0\n", "names element 0"),
        (TRIANGLE + b"f 1 2 99999999999999999999\n", "vertex 922337203685477580[78] of 3"),
        (TRIANGLE + b"f 1 2 -99999999999999999999\n", "names element -9223372036854775808|922337203685477580[78] of 3"),
        (TRIANGLE + b"f 1/1 2/1 /1\n", "line 5: a corner names no vertex"),
        (TRIANGLE + b"f 1 2 3.5\n", "line 5: '3.5' is no int"),
        (TRIANGLE + b"f 1 2 x\n", "line 5: 'x' is no int"),
        (TRIANGLE + b"v 1 2\nf 1 2 3\n", "line 5: a vertex needs three numbers"),
        (TRIANGLE + b"v 1 2 3,5\nf 1 2 3\n", "line 5: '3,5' is no float"),
        (TRIANGLE + b"vt\nf 1 2 3\n", "line 5: a texture coordinate needs one number"),
        (TRIANGLE + b"v 1e999 0 0\nf 1 2 4\n", "1 of 4 points"),
        (TRIANGLE + b"f 1 2 3\n\0", "no text file"),
        (TRIANGLE + b"f" + b" 1" * (text_numbers.LONGEST_LINE // 2 + 1), "split it"),
    ],
)
def test_hostile_files_are_refused(data, reason):
    with pytest.raises(BadInput, match=reason):
        read_obj(files(data))


def test_what_cannot_be_written_is_refused():
    with pytest.raises(BadInput, match="no faces"):
        write_obj(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int))))


def ring(radii) -> np.ndarray:
    """A polygon around the origin with one corner per radius, lying in a tilted plane far from the origin."""
    angle = np.arange(len(radii)) * 2 * np.pi / len(radii)
    flat = np.stack([radii * np.cos(angle), radii * np.sin(angle)], axis=1)
    axes = np.linalg.qr(np.array([[1.0, 2, 3], [0, 1, -1], [2, 0, 1]]))[0][:2]
    return flat @ axes + [500, -300, 200]


@pytest.mark.parametrize(
    "polygon",
    [
        np.array([[0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0.0]]),
        np.array([[0, 0, 0], [2, 0, 0], [0.5, 0.5, 0], [0, 2, 0.0]]),  # a dart, reflex at corner 2
        np.array([[2, 0, 0], [0.5, 0.5, 0], [0, 2, 0], [0, 0, 0.0]]),  # the same, reflex at corner 1
        np.array([[0, 0, 0], [0, 3, 0], [1, 3, 0], [1, 1, 0], [3, 1, 0], [3, 0, 0.0]])[::-1],  # an L
        ring(np.ones(5)),
        ring(np.where(np.arange(10) % 2, 0.3, 1.0)),  # a star
        ring(np.where(np.arange(10) % 2, 0.3, 1.0))[::-1],
        ring(1 + 0.5 * np.cos(np.arange(200) * 0.7)),
        np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [2, 2, 0], [1, 2, 0], [0, 2, 0.0]]),  # corners on straight edges
    ],
)
def test_polygons_keep_area_and_winding_whatever_corner_comes_first(polygon):
    count = len(polygon)
    area = np.cross(polygon - polygon[0], np.roll(polygon, -1, axis=0) - polygon[0]).sum(axis=0) / 2
    for shift in range(min(count, 12)):
        corners = np.roll(np.arange(count), shift)
        triangles, face = triangulate_polygons(polygon, corners, np.array([count]))
        assert len(triangles) == count - 2
        assert not face.any()
        vectors = area_vectors(polygon, corners[triangles])
        assert np.allclose(vectors.sum(axis=0), area)
        assert (vectors @ area).min() >= -1e-9 * (area @ area)  # none is turned over
        assert face_areas(polygon, corners[triangles]).sum() == pytest.approx(np.linalg.norm(area))


def test_mixed_polygons_keep_their_order():
    points = np.concatenate([ring(np.ones(7)), ring(np.where(np.arange(8) % 2, 0.3, 1.0)), np.eye(3), np.eye(3)[:1]])
    counts = np.array([7, 3, 8, 4, 3])
    corners = np.array([*range(7), 15, 16, 17, *range(7, 15), 0, 1, 2, 3, 17, 16, 15])
    triangles, face = triangulate_polygons(points, corners, counts)
    assert face.tolist() == [0] * 5 + [1] + [2] * 6 + [3] * 2 + [4]
    starts = np.cumsum(counts) - counts
    assert (triangles >= starts[face, None]).all()
    assert (triangles < (starts + counts)[face, None]).all()


def test_polygons_that_make_no_sense_stay_bounded():
    large = 200_000
    points = np.random.default_rng(1).random((large, 3))
    before = time.process_time()
    with pytest.raises(BadInput, match="200000 corners"):
        triangulate_polygons(points, np.arange(large), np.array([large]))
    assert len(triangulate_polygons(ring(np.ones(large)), np.arange(large), np.array([large]))[0]) == large - 2
    assert time.process_time() - before < 30
    same = triangulate_polygons(np.zeros((6, 3)), np.arange(6), np.array([6]))[0]
    assert len(same) == 4
    hollow = np.array([[0, 0, 0], [0, 1, 0], [1, 1, 0], [0.5, 0.5, 0], [1, 0, 0]])
    huge = triangulate_polygons(hollow * 1e29, np.arange(5), np.array([5]))
    assert len(huge[0]) == 3


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_files_are_read_or_refused(data):
    parts = {"a.obj": bytearray(CUBE), "box.mtl": bytearray(LIBRARY), "wood grain.png": bytearray(picture())}
    for _ in range(data.draw(st.integers(1, 6))):
        damaged = parts[data.draw(st.sampled_from(["a.obj", "a.obj", "box.mtl", "wood grain.png"]))]
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.sampled_from([0, 9, 10, 32, 35, 45, 47, 48, 57, 92, 101, 255]) | st.integers(0, 255))
    try:
        asset = read_obj(Files("a.obj", {name: bytes(content) for name, content in parts.items()}))
    except BadInput:
        return
    assert np.isfinite(asset.mesh.vertices).all()
    assert len(asset.mesh.faces) <= 40  # a slash that becomes a gap makes corners


def test_others_read_what_we_write(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    asset = painted_torus()
    made = write_obj(asset, stem="chair")
    for name, data in made.parts.items():
        (tmp_path / name).write_bytes(data)
    scene = trimesh.load(os.fspath(tmp_path / "chair.obj"), process=False, split_object=True)
    theirs = list(scene.geometry.values())
    assert sum(len(mesh.faces) for mesh in theirs) == len(asset.mesh.faces)
    triangles = np.concatenate([mesh.triangles for mesh in theirs])
    assert sorted(triangles.round(6).tolist()) == sorted(asset.mesh.triangles.round(6).tolist())
    assert {mesh.visual.material.name for mesh in theirs} == {"oak", "oak_2", "lamp glass"}
    assert sum(mesh.visual.material.image is not None for mesh in theirs) >= 2


def test_we_read_what_others_write(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    sphere = trimesh.creation.uv_sphere()
    uv = np.random.default_rng(4).random((len(sphere.vertices), 2))
    sphere.visual = trimesh.visual.TextureVisuals(uv=uv, image=Image.new("RGB", (4, 4), (9, 8, 7)))
    text, side = trimesh.exchange.obj.export_obj(sphere, return_texture=True, include_texture=True)
    back = read_obj(Files("a.obj", {"a.obj": text.encode(), **side}))
    assert np.allclose(back.mesh.triangles, sphere.triangles, atol=1e-7)
    assert np.allclose(back.mesh.uv, np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1)[sphere.faces], atol=1e-6)
    assert back.materials[0].base_color_texture.media_type == "image/png"
    assert euler_number(back.mesh.faces) == 2


def test_damaged_meshes_have_the_faces_they_should():
    listed = broken_meshes.list_files(".obj")
    assert len(listed) > 50
    for path, faces in listed:
        assert len(read_obj(broken_meshes.open_alone(path)).mesh.faces) == faces, path.name
