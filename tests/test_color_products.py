"""Colour is vertex colour × base colour × texture, by part, in every reader, writer and picture."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

import maquette as mq
import shapes
from maquette.core.asset import Asset, Material, Texture
from maquette.core.files import Files
from maquette.core.progress import noting
from maquette.flow import disk
from maquette.formats.obj import read_obj
from maquette.formats.ply import read_ply, write_ply
from maquette.formats.stl import read_stl
from maquette.formats.threemf.read import read_3mf
from maquette.formats.threemf.write import write_3mf
from maquette.geometry.look.oklab import light_of, srgb_of
from maquette.shape.carry.surface_color import SurfaceColor
from wild_files import binary_stl, case, png

RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)


def linear(rgb) -> tuple[float, float, float, float]:
    return (*light_of(np.array(rgb, np.uint8)).tolist(), 1.0)


def face_colors(asset: Asset) -> np.ndarray:
    """sRGB in the middle of every face, by the one definition: (F, 3)."""
    color = SurfaceColor(asset, 0.0)
    return srgb_of(color.at(np.arange(len(asset.mesh.faces)), np.full((len(asset.mesh.faces), 3), 1 / 3)))


def two_boxes(left: Material, right: Material, color=None, uv=True) -> Asset:
    """Two boxes beside each other in two materials, with colours of their vertices (16, 3)."""
    mesh = shapes.together(shapes.box((20, 20, 20)), shapes.box((20, 20, 20), (30, 0, 0)))
    number = np.repeat([0, 1], 12).astype(np.int32)
    corner = np.full((24, 3, 2), 0.5, np.float32) if uv else None
    mesh = mesh.replace(material=number, part=number, uv=corner)
    painted = mesh if color is None else mesh.replace(color=np.array(color, np.uint8))
    return Asset(painted, materials=(left, right), part_names=("left", "right"), sized=True)


ONE = [RED] * 8 + [(255, 255, 255)] * 8
WHITE = Material("white")
PICTURE = Material("pictured", base_color_texture=Texture(png(GREY)), base_color=linear((128, 255, 255)))
PRODUCTS = {
    "base colours only": two_boxes(Material("r", base_color=linear(RED)), Material("b", base_color=linear(BLUE))),
    "vertices only": two_boxes(WHITE, WHITE.replace(name="other"), ONE),
    "vertices over base": two_boxes(
        Material("g", base_color=linear(GREY)), Material("b", base_color=linear(BLUE)), ONE
    ),
    "vertices over a texture": two_boxes(PICTURE, Material("b", base_color=linear(BLUE)), ONE),
    "texture and base, bare beside": two_boxes(PICTURE, WHITE),
    "without uv": two_boxes(Material("g", base_color=linear(GREEN)), PICTURE, ONE, uv=False),
}


@pytest.mark.parametrize("asset", PRODUCTS.values(), ids=PRODUCTS)
@pytest.mark.parametrize("ending", [".glb", ".3mf", ".ply", ".obj"])
def test_products_come_back_from_every_format(tmp_path, asset, ending):
    with noting():
        again = disk.read(disk.save(asset, tmp_path / f"a{ending}"))
    before, after = face_colors(asset).astype(int), face_colors(again).astype(int)
    assert np.abs(np.sort(after, axis=0) - np.sort(before, axis=0)).max() <= 1


def test_a_gradient_over_a_picture_stays_a_product_in_3mf():
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:32], pixels[32:] = (200, 200, 100), (100, 200, 200)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    mesh = shapes.grid(4, 4)
    color = np.random.default_rng(0).integers(0, 256, (len(mesh.vertices), 3)).astype(np.uint8)
    look = Material("m", base_color_texture=Texture(stream.getvalue()))
    asset = Asset(mesh.replace(color=color), materials=(look,), sized=True)
    again = read_3mf(write_3mf(asset))
    assert again.mesh.color is None
    assert np.abs(face_colors(again).astype(int) - face_colors(asset)).mean() < 4


def test_pictures_show_the_product():
    look = Material("white picture", base_color_texture=Texture(png((255, 255, 255))))
    asset = two_boxes(look, Material("b", base_color=linear(BLUE)), ONE)
    picture = np.asarray(mq.picture(asset, size_px=128).frames)[..., :3].reshape(-1, 3).astype(int)
    red = (picture[:, 0] > picture[:, 1] + 40).sum()
    blue = (picture[:, 2] > picture[:, 0] + 40).sum()
    assert red > 500
    assert blue > 500


def test_filaments_are_chosen_by_the_product():
    made = mq.quantize_colors(PRODUCTS["vertices over a texture"], count=2)
    found = [srgb_of(np.array(look.base_color[:3])).tolist() for look in made.materials]
    assert len(found) == 2
    assert any(r > 40 and g < 12 and b < 12 for r, g, b in found)
    assert any(b > 200 and r < 12 for r, _, b in found)


def test_parts_that_touch_keep_their_colors_in_glb():
    """Two pieces of one node share an edge; one has a colour of vertices, the other none."""
    from glb_builder import Builder

    build = Builder()
    green = np.tile(np.array([[0, 1, 0]], "<f4"), (3, 1))
    build.mesh(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4"), attributes={"COLOR_0": build.accessor(green)})
    other = build.accessor(np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0]], "<f4"))
    build.json["meshes"][0]["primitives"].append({"attributes": {"POSITION": other}})
    assert face_colors(build.read()).tolist() == [list(GREEN), [255, 255, 255]]


@pytest.mark.parametrize("name", ["c02_no_vc_two_materials.glb", "c04_red_vc_white_tex.glb", "c06_mixed_parts.glb"])
@pytest.mark.parametrize("ending", [".glb", ".3mf", ".ply", ".obj"])
def test_reported_models_keep_their_colors(tmp_path, name, ending):
    asset = disk.read(case(name))
    with noting():
        again = disk.read(disk.save(asset, tmp_path / f"a{ending}"))
    assert np.array_equal(np.sort(face_colors(again), axis=0), np.sort(face_colors(asset), axis=0))
    count = len(np.unique(face_colors(asset), axis=0))
    made = mq.quantize_colors(asset, count=max(count, 2))
    expected = {tuple(row) for row in face_colors(asset).tolist()}
    assert {tuple(srgb_of(np.array(look.base_color[:3])).tolist()) for look in made.materials} <= expected


def test_red_vertices_over_a_white_texture_are_red_for_every_reader_of_3mf():
    asset = disk.read(case("c04_red_vc_white_tex.glb"))
    with noting():
        text = write_3mf(asset)
    import zipfile

    model = zipfile.ZipFile(io.BytesIO(text.data)).read("3D/3dmodel.model").decode()
    assert 'color="#FF0000"' in model


PLY = (
    "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
    "element face 4\nproperty list uchar int vertex_indices\nproperty uchar red\nproperty uchar green\n"
    "property uchar blue\nend_header\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n"
)


def test_colors_of_ply_faces_are_read():
    rows = "3 0 2 1 255 0 0\n3 0 1 3 0 255 0\n3 1 2 3 0 0 255\n3 0 3 2 255 0 0\n"
    asset = read_ply(Files("a.ply", {"a.ply": (PLY + rows).encode()}))
    assert face_colors(asset).tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 0, 0]]
    again = read_ply(write_ply(asset))
    assert face_colors(again).tolist() == face_colors(asset).tolist()


def magics(red, green, blue) -> int:
    """5 bits a colour, red lowest, bit 15 clear: Materialise Magics."""
    return red >> 3 | green >> 3 << 5 | blue >> 3 << 10


def viscam(red, green, blue) -> int:
    """5 bits a colour, blue lowest, bit 15 set: VisCAM and SolidView."""
    return 1 << 15 | blue >> 3 | green >> 3 << 5 | red >> 3 << 10


@pytest.mark.parametrize("dialect", ["magics", "viscam", "header"])
def test_colors_of_stl_are_read(dialect):
    mesh = shapes.tetrahedron()
    wanted = [RED, GREEN, BLUE, RED]
    header = b"COLOR=" + bytes([10, 20, 30, 255]) + b",MATERIAL=" if dialect != "viscam" else b""
    code = {"magics": magics, "viscam": viscam}.get(dialect)
    attributes = [code(*rgb) for rgb in wanted] if code else [1 << 15] * 4
    data = binary_stl(mesh, header, attributes=attributes)
    expected = wanted if code else [(10, 20, 30)] * 4
    assert face_colors(read_stl(Files("a.stl", {"a.stl": data}))).tolist() == [list(rgb) for rgb in expected]


def test_attributes_that_are_no_colors_are_left_alone():
    mesh = shapes.tetrahedron()
    for attributes in ([0] * 4, [1, 2, 3, 4], [0, 7, 0, 0]):
        assert read_stl(Files("a.stl", {"a.stl": binary_stl(mesh, attributes=attributes)})).materials == ()


def test_polypaint_of_zbrush_is_read():
    points = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\n"
    text = f"{points}#MRGB ffff0000ff00ff00\n#MRGB ff0000ffff808080\nf 1 3 2\nf 1 2 4\nf 2 3 4\n"
    asset = read_obj(Files("a.obj", {"a.obj": text.encode()}))
    assert asset.mesh.color.tolist() == [list(rgb) for rgb in (RED, GREEN, BLUE, GREY)]
