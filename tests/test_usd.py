"""USD, in and out: what Pixar's own library says of it, and what comes back."""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import shapes
from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import noting
from maquette.flow import disk
from maquette.formats.quads import polygon_corners

pxr = pytest.importorskip("pxr", reason="needs usd-core; pip install 'maquette[usd]'")

from maquette.formats.usd.read import read_usd  # noqa: E402
from maquette.formats.usd.write import write_usd  # noqa: E402

ENDINGS = (".usdz", ".usdc", ".usda")


def picture(color, kind="PNG") -> Texture:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(out, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return Texture(out.getvalue())


def rich() -> Asset:
    """A box of two materials beside a sphere of its own part, with every kind of texture."""
    box, ball = shapes.box((20, 30, 40), (-10, -15, 0)), shapes.sphere(8, 2).moved(np.eye(3), 1.0, np.array([40, 0, 0]))
    both = shapes.together(box, ball)
    uv = np.random.default_rng(1).random((len(both.faces), 3, 2), np.float32)
    material = np.r_[np.repeat([0, 1], 6), np.full(len(ball.faces), 2)].astype(np.int32)
    part = np.repeat([0, 1], [12, len(ball.faces)]).astype(np.int32)
    looks = (
        Material(
            name="wood", base_color=(0.5, 1.0, 1.0, 1.0), base_color_texture=picture((200, 100, 50)), roughness=0.5,
            metallic=0.25, orm_texture=picture((255, 128, 64)), normal_texture=picture((128, 128, 255)),
        ),
        Material(
            name="glass",
            base_color=(0.5, 0.25, 1.0, 0.5),
            alpha_mode="blend",
            roughness=0.125,
            clearcoat=0.5,
            clearcoat_roughness=0.25,
        ),
        Material(
            name="lamp 2", emissive=(1.0, 0.5, 0.25), emissive_texture=picture((255, 255, 0)), double_sided=True,
            base_color_texture=picture((9, 8, 7)).replace(wrap=("clamp", "mirror")),
        ),
    )  # fmt: skip
    mesh = both.replace(uv=uv, material=material, part=part, seen=np.linspace(0, 1, len(both.vertices)))
    return Asset(mesh, looks, ("the box", "the ball"), sized=True, title="two things")


def on_disk(files: Files, folder: Path) -> Path:
    for name, data in files.parts.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder / files.main


def found_by_validators(files: Files) -> list[str]:
    from pxr import Usd, UsdValidation

    with tempfile.TemporaryDirectory() as folder:
        scene = Usd.Stage.Open(str(on_disk(files, Path(folder))))
        context = UsdValidation.ValidationContext(UsdValidation.ValidationRegistry().GetOrLoadAllValidators())
        return [f"{error.GetName()}: {error.GetMessage()}" for error in context.Validate(scene)]


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_usd_validators_find_nothing(ending):
    assert found_by_validators(write_usd(rich(), suffix=ending)) == []
    assert found_by_validators(write_usd(Asset(shapes.torus()), suffix=ending)) == []


def test_a_validator_does_find_something():
    text = write_usd(Asset(shapes.box()), suffix=".usda").data.decode()
    broken = re.sub(r"\n *(upAxis|defaultPrim) = .*", "", text).encode()
    assert found_by_validators(Files("a.usda", {"a.usda": broken}))


@pytest.mark.parametrize("ending", ENDINGS)
def test_everything_comes_back(ending):
    asset = rich()
    with noting() as said:
        again = read_usd(write_usd(asset, suffix=ending))
    assert not [text for text in said if "left out" in text]
    assert len(again.mesh.faces) == len(asset.mesh.faces)
    assert np.abs(again.mesh.bounds - asset.mesh.bounds).max() < 1e-4
    assert np.abs(again.mesh.triangles - asset.mesh.triangles).max() < 1e-4
    assert np.abs(again.mesh.uv - asset.mesh.uv).max() < 1e-6
    assert again.materials == asset.materials
    assert np.array_equal(again.mesh.material, asset.mesh.material)
    assert again.part_names == asset.part_names
    assert again.sized
    assert again.title == "two things"


def test_the_same_model_is_the_same_bytes():
    assert all(write_usd(rich(), suffix=ending) == write_usd(rich(), suffix=ending) for ending in ENDINGS)


def test_a_package_is_as_quick_look_wants_it():
    package = zipfile.ZipFile(io.BytesIO(write_usd(rich(), stem="a b").data))
    entries = package.infolist()
    assert entries[0].filename == "a_b.usdc"
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    raw = write_usd(rich(), stem="a b").data
    for entry in entries:
        head = entry.header_offset
        start = head + 30 + int.from_bytes(raw[head + 26 : head + 28], "little")
        start += int.from_bytes(raw[head + 28 : head + 30], "little")
        assert start % 64 == 0
    assert {Path(entry.filename).suffix for entry in entries[1:]} == {".png"}


def test_webp_becomes_png_and_colors_of_vertices_show():
    mesh = shapes.box()
    colors = np.arange(24, dtype=np.uint8).reshape(8, 3) * 10
    again = read_usd(write_usd(Asset(mesh.replace(color=colors)), suffix=".usda"))
    assert np.abs(again.mesh.color.astype(int) - colors).max() <= 1
    uv = np.zeros((12, 3, 2), np.float32)
    webp = Asset(mesh.replace(uv=uv, material=np.zeros(12)), (Material(base_color_texture=picture((1, 2, 3), "WEBP")),))
    assert read_usd(write_usd(webp)).materials[0].base_color_texture.media_type == "image/png"


def test_quads_are_written_as_quads():
    mesh = shapes.box()
    corners = polygon_corners(mesh)
    assert corners.counts.tolist() == [3] * 12
    quads = mesh.replace(polygon=np.repeat(np.arange(6), 2))
    merged = polygon_corners(quads)
    assert merged.counts.tolist() == [4] * 6
    assert b"int[] faceVertexCounts = [4, 4, 4, 4, 4, 4]" in write_usd(Asset(quads), suffix=".usda").data
    again = read_usd(write_usd(Asset(quads)))
    assert len(again.mesh.faces) == 12
    lone = mesh.replace(polygon=np.r_[np.repeat(np.arange(5), 2), 7, 8])
    assert polygon_corners(lone).counts.tolist() == [4] * 5 + [3, 3]


SCENE = """#usda 1.0
(
    defaultPrim = "Top"
    metersPerUnit = 0.01
    upAxis = "Z"
)
def Xform "Top" {
    double3 xformOp:translate = (1, 2, 3)
    uniform token[] xformOpOrder = ["xformOp:translate"]
    def Mesh "Sheet" {
        uniform token subdivisionScheme = "none"
        uniform token orientation = "%s"
        int[] faceVertexCounts = [4]
        int[] faceVertexIndices = [0, 1, 2, 3]
        point3f[] points = [(0, 0, 0), (2, 0, 0), (2, 1, 0), (0, 1, 0)]
        color3f[] primvars:displayColor = [(1, 0, 0)]
    }
    def Mesh "Hidden" {
        token visibility = "invisible"
        int[] faceVertexCounts = [3]
        int[] faceVertexIndices = [0, 1, 2]
        point3f[] points = [(0, 0, 0), (2, 0, 0), (2, 1, 0)]
    }
    def Sphere "Ball" {}
}
"""


def read_text(text: str, **beside: bytes) -> Asset:
    return read_usd(Files("a.usda", {"a.usda": text.encode(), **beside}))


def test_units_axes_places_and_orientation_of_strangers():
    with noting() as said:
        asset = read_text(SCENE % "rightHanded")
    assert np.allclose(asset.mesh.bounds, [[10, 20, 30], [30, 30, 30]])
    normal = np.cross(*(asset.mesh.triangles[0, 1:] - asset.mesh.triangles[0, :1]))
    assert normal[2] > 0
    assert asset.materials[0].base_color == (1.0, 0.0, 0.0, 1.0)
    assert any("1 Sphere" in text for text in said)
    turned = read_text(SCENE % "leftHanded")
    assert np.cross(*(turned.mesh.triangles[0, 1:] - turned.mesh.triangles[0, :1]))[2] < 0


@pytest.mark.parametrize(
    "data", [b"", b"#usda 1.0\n", b"PXR-USDC garbage", b"#usda 1.0\ndef Mesh {", b"PK\3\4 nothing"]
)
def test_files_that_are_none_are_refused(data):
    with pytest.raises(BadInput, match="usd"):
        read_usd(Files("a.usda", {"a.usda": data}))


def test_nothing_outside_the_folder_is_opened(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.usda").write_text(SCENE % "rightHanded")
    layer = '#usda 1.0\ndef "A" (references = @../secret.usda@</Top>) {}\n'
    (tmp_path / "in" / "a.usda").write_text(layer)
    with pytest.raises(BadInput, match="lies elsewhere"):
        disk.read(tmp_path / "in" / "a.usda")


def test_layers_and_pictures_beside_come_along(tmp_path):
    place = disk.save(rich(), tmp_path / "thing.usda")
    assert disk.read(place).materials == rich().materials
    (tmp_path / "top.usda").write_text('#usda 1.0\ndef "A" (references = @thing.usda@) {}\n')
    assert len(disk.read(tmp_path / "top.usda").mesh.faces) == len(rich().mesh.faces)


def test_the_story_is_in_the_layer():
    from pxr import Sdf

    layer = Sdf.Layer.CreateAnonymous(".usda")
    layer.ImportFromString(write_usd(rich(), suffix=".usda").data.decode())
    assert json.loads(layer.customLayerData["maquette"]["story"])["sized"] is True
