"""What lies below a model's folder is its own, however it is spelled; what lies elsewhere is left out and said."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import noting
from maquette.flow import disk
from maquette.formats.side_files import locate, places
from wild_files import as_bytes, case, gltf, obj_text, png

BELOW = {
    "textures/red.png": "textures/red.png",
    "./textures//red.png": "textures/red.png",
    "textures\\red.png": "textures/red.png",
    "TEXTURES/Red.PNG": "textures/red.png",
    "textures/the%20red.png": "textures/the red.png",
    "textures/the red.png": "textures/the red.png",
    "textures/../red.png": "red.png",
    "a/b/c/d.png": "a/b/c/d.png",
    "D:\\work\\red.png": "red.png",
    "/home/me/red.png": "red.png",
    "100%.png": "100%.png",
}


@pytest.mark.parametrize(("reference", "place"), BELOW.items())
def test_an_obj_finds_its_pictures_below_its_folder(tmp_path, reference, place):
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_bytes(png())
    (tmp_path / "a.mtl").write_text(f"newmtl a\nmap_Kd {reference}\n")
    (tmp_path / "a.obj").write_text(obj_text(library="a.mtl"))
    with noting() as notes:
        asset = disk.read(tmp_path / "a.obj")
    assert asset.materials[0].base_color_texture.data == png()
    assert notes == []


@pytest.mark.parametrize(("reference", "place"), BELOW.items())
def test_a_gltf_finds_its_buffer_and_picture_below_its_folder(tmp_path, reference, place):
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_bytes(png())
    (tmp_path / "data").mkdir()
    root, data = gltf(image={"uri": reference}, buffer_uri="data/mesh%20one.bin")
    (tmp_path / "data/mesh one.bin").write_bytes(data)
    (tmp_path / "a.gltf").write_bytes(as_bytes(root))
    asset = disk.read(tmp_path / "a.gltf")
    assert asset.materials[0].base_color_texture.data == png()
    assert asset.size == pytest.approx((1000, 1000, 1000))


def test_a_library_in_a_folder_names_its_pictures_from_there(tmp_path):
    (tmp_path / "materials").mkdir()
    (tmp_path / "textures").mkdir()
    (tmp_path / "materials/here.png").write_bytes(png((1, 2, 3)))
    (tmp_path / "textures/there.png").write_bytes(png((3, 2, 1)))
    library = "newmtl a\nmap_Kd here.png\nmap_Ke ../textures/there.png\n"
    (tmp_path / "materials/a.mtl").write_text(library)
    (tmp_path / "a.obj").write_text(obj_text(library="materials/a.mtl"))
    (material,) = disk.read(tmp_path / "a.obj").materials
    assert material.base_color_texture.data == png((1, 2, 3))
    assert material.emissive_texture.data == png((3, 2, 1))


@pytest.mark.parametrize(
    "reference", ["../red.png", "..\\red.png", "%2e%2e/red.png", "a/../../red.png", "file:red.png"]
)
def test_a_picture_elsewhere_is_left_out_and_the_geometry_stays(tmp_path, reference):
    (tmp_path / "red.png").write_bytes(png())
    inside = tmp_path / "model"
    inside.mkdir()
    root, _ = gltf(image={"uri": reference})
    (inside / "a.gltf").write_bytes(as_bytes(root))
    with noting() as notes:
        asset = disk.read(inside / "a.gltf")
    assert len(asset.mesh.faces) == 12
    assert asset.materials[0].base_color_texture is None
    assert sum("lies elsewhere; continued without it" in line for line in notes) == 1


@pytest.mark.parametrize("name", ["x" * 300 + ".png", "y/" * 200 + "z.png", "a\0b.png", "pipe.png", ".", "folder"])
def test_names_that_no_disk_can_hold_are_notes(tmp_path, name):
    import os

    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder").mkdir()
    root, _ = gltf(image={"uri": name})
    (tmp_path / "a.gltf").write_bytes(as_bytes(root))
    with noting() as notes:
        assert len(disk.read(tmp_path / "a.gltf").mesh.faces) == 12
    assert any("continued without it" in line for line in notes)


def test_a_link_out_of_the_folder_is_no_way_out(tmp_path):
    (tmp_path / "secret.png").write_bytes(png())
    (tmp_path / "model").mkdir()
    (tmp_path / "model/textures").symlink_to(tmp_path)
    root, _ = gltf(image={"uri": "textures/secret.png"})
    (tmp_path / "model/a.gltf").write_bytes(as_bytes(root))
    assert disk.read(tmp_path / "model/a.gltf").materials[0].base_color_texture is None


def test_places_are_never_outside():
    rng = np.random.default_rng(3)
    words = ["..", ".", "a", "%2e%2e", "\\", "/", "C:", "b.png", "", "%2F", "\0"]
    for _ in range(3000):
        text = "/".join(rng.choice(words, rng.integers(1, 6)))
        for place in places(text, str(rng.choice(["", "m/a.mtl", "x/y/a.mtl"]))):
            steps = place.split("/")
            assert not {"", ".", ".."} & set(steps), (text, place)
            assert not place.startswith("/")
            Files(place.split("/")[-1], {place.split("/")[-1]: b"", place: b""})


def test_a_picture_is_converted_once_however_often_it_is_named():
    made = io.BytesIO()
    Image.new("RGB", (1500, 1500)).save(made, format="TIFF")
    comments = b"".join(b"comment TextureFile t.tif\n" for _ in range(300))
    text = (
        b"ply\nformat ascii 1.0\n" + comments + b"element vertex 3\nproperty float x\nproperty float y\n"
        b"property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
        b"0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"
    )
    import time

    from maquette.formats.ply import read_ply

    began = time.process_time()
    asset = read_ply(Files("a.ply", {"a.ply": text, "t.tif": made.getvalue()}))
    assert len({id(m.base_color_texture) for m in asset.materials}) == 1
    assert time.process_time() - began < 3


def test_reported_files_with_subfolders():
    asset = disk.read(case("subfolder_gltf/scene.gltf"))
    assert asset.materials[0].base_color_texture is not None
    asset = disk.read(case("subfolder_obj/o07_sub.obj"))
    assert asset.materials[0].base_color_texture is not None


def test_parts_of_files_lie_below_one_folder():
    files = Files("a.obj", {"a.obj": b"", "textures/A.png": b"x"})
    assert locate(files, "Textures\\a.PNG") == "textures/A.png"
    for name in ("/a", "a//b", "../a", "a/./b", "a\\b", "a\0"):
        with pytest.raises(BadInput):
            Files("a.obj", {"a.obj": b"", name: b""})
