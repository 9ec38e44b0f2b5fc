"""What lies beyond a texture's edges: repeated, mirrored, clamped or nothing, in every format, picture and filament."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.progress import noting
from maquette.flow import disk
from maquette.formats.gltf.read import read_glb
from maquette.geometry.look.texels import bilinear, fold_places
from wild_files import address, as_bytes, gltf, png

WORDS = ("repeat", "mirror", "clamp", "none")
LEFT, RIGHT = (255, 0, 0), (0, 0, 255)
SHOWN = {  # what stands at u = -0.75, -0.25, 0.25, 0.75, 1.25, 1.75 of a picture whose left is red and right blue
    "repeat": "rbrbrb",
    "mirror": "brrbbr",
    "clamp": "rrrbbb",
    "none": "rrrbbb",
}


def halves(size=64) -> bytes:
    """Red on the left, blue on the right."""
    picture = np.zeros((size, size, 3), np.uint8)
    picture[:, : size // 2], picture[:, size // 2 :] = LEFT, RIGHT
    made = io.BytesIO()
    Image.fromarray(picture).save(made, "PNG")
    return made.getvalue()


def wall(wrap, along="u") -> Asset:
    """A wall of 60 x 20 mm that shows -1 to 2 of its texture along one axis, seen from the front."""
    points = np.array([[0, 0, 0], [60, 0, 0], [60, 0, 20], [0, 0, 20]], float)
    uv = np.array([[-1, 1], [2, 1], [2, 0], [-1, 0]], np.float32)
    if along == "v":
        uv = uv[:, ::-1]
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    look = Material("wall", base_color_texture=Texture(halves(), wrap))
    return Asset(Mesh(points, faces, uv=uv[faces]), (look,), sized=True)


def letters(rgb: np.ndarray) -> str:
    return "".join("r" if red > blue else "b" for red, _, blue in rgb.tolist())


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("axis", [0, 1])
def test_places_beyond_the_edge(word, axis):
    texels = np.zeros((8, 8, 3))
    texels[:, :4], texels[:, 4:] = LEFT, RIGHT
    texels = texels if axis == 0 else texels.transpose(1, 0, 2)
    uv = np.full((6, 2), 0.3)
    uv[:, axis] = [-0.75, -0.25, 0.25, 0.75, 1.25, 1.75]
    wrap = ["clamp", "clamp"]
    wrap[axis] = word
    assert letters(bilinear(texels, uv, wrap)) == SHOWN[word]


@pytest.mark.parametrize("word", ["mirror", "clamp"])
def test_the_other_edge_is_not_mixed_in(word):
    texels = np.zeros((8, 8, 3))
    texels[:, :4], texels[:, 4:] = LEFT, RIGHT
    edge = np.array([[0.0, 0.5], [1.0, 0.5], [-1e-9, 0.5], [1 + 1e-9, 0.5]])
    assert bilinear(texels, edge, (word, word)).tolist() == [list(LEFT), list(RIGHT)] * 2
    assert bilinear(texels, edge[:1]).tolist() == [[127.5, 0, 127.5]]
    assert fold_places(np.array([[1e30, -1e30]]), (word, word), 8, 8).shape == (1, 2)


@pytest.mark.parametrize("word", WORDS)
def test_pictures_show_it(word):
    from maquette.render.scene import Scene
    from maquette.render.surfaces import textured_surface

    asset = wall((word, "repeat"))
    scene = Scene(asset)
    u = np.array([-0.75, -0.25, 0.25, 0.75, 1.25, 1.75])
    samples = scene.at_middles(np.zeros(6, np.int64))
    along, up = (u + 1) / 3, 0.1  # of the lower triangle: corners at (0, 0), (1, 0), (1, 1)
    object.__setattr__(samples, "share", np.stack([1 - along, along - up, np.full(6, up)], 1).astype(np.float32))
    assert letters(textured_surface(scene, samples).color) == SHOWN[word]


@pytest.mark.parametrize("word", WORDS)
def test_filaments_follow_it(word):
    from maquette.shape.carry.surface_color import SurfaceColor

    u = np.array([-0.75, -0.25, 0.25, 0.75, 1.25, 1.75])
    along, up = (u + 1) / 3, 0.1
    share = np.stack([1 - along, along - up, np.full(6, up)], 1)
    assert letters(SurfaceColor(wall((word, "repeat")), 0.1).at(np.zeros(6, np.int64), share)) == SHOWN[word]


@pytest.mark.parametrize("wrap", [("clamp", "mirror"), ("mirror", "repeat"), ("clamp", "clamp"), ("repeat", "none")])
@pytest.mark.parametrize("ending", [".glb", ".3mf", ".dae"])
def test_it_comes_back(tmp_path, wrap, ending):
    with noting() as notes:
        again = disk.read(disk.save(wall(wrap), tmp_path / f"a{ending}"))
    expected = tuple("clamp" if word == "none" and ending == ".glb" else word for word in wrap)
    assert again.materials[0].base_color_texture.wrap == expected
    assert any("no word for nothing" in line for line in notes) == (ending == ".glb" and "none" in wrap)


def test_obj_says_clamp_where_it_is_seen_and_names_what_it_cannot_say(tmp_path):
    again = disk.read(disk.save(wall(("clamp", "clamp")), tmp_path / "a.obj"))
    assert again.materials[0].base_color_texture.wrap == ("clamp", "clamp")
    with noting() as notes:
        text = disk.encode_value(wall(("mirror", "clamp")), tmp_path / "a.obj").parts["a.mtl"]
    assert b"-clamp" not in text
    assert any("MTL knows -clamp alone" in line for line in notes)
    inside = wall(("clamp", "clamp"))
    inside = inside.with_mesh(inside.mesh.replace(uv=np.clip(inside.mesh.uv, 0, 1)))
    assert b"-clamp" not in disk.encode_value(inside, tmp_path / "a.obj").parts["a.mtl"]


@pytest.mark.parametrize("line", ["map_Kd -clamp on a.png", "map_Kd -s 1 1 1 -CLAMP ON a.png"])
def test_obj_of_others(line):
    from maquette.formats.obj import read_obj
    from wild_files import obj_text

    mtl = f"newmtl a\n{line}\n".encode()
    files = Files("a.obj", {"a.obj": obj_text(library="a.mtl").encode(), "a.mtl": mtl, "a.png": png()})
    assert read_obj(files).materials[0].base_color_texture.wrap == ("clamp", "clamp")


def test_ply_says_that_it_is_lost(tmp_path):
    with noting() as notes:
        disk.save(wall(("clamp", "clamp")), tmp_path / "a.ply")
    assert any("beyond the edges of textures" in line for line in notes)


@pytest.mark.parametrize(
    ("sampler", "wrap"),
    [
        ({"wrapS": 33071, "wrapT": 33648}, ("clamp", "mirror")),
        ({"wrapS": 33071}, ("clamp", "repeat")),
        ({"magFilter": 9729}, ()),
        ({"wrapS": 7}, ()),
        ({"wrapS": "clamp"}, ()),
    ],
)
def test_samplers_of_gltf(sampler, wrap):
    root, _ = gltf(image={"uri": address(png())})
    root["samplers"], root["textures"] = [sampler], [{"source": 0, "sampler": 0}]
    asset = read_glb(Files("a.gltf", {"a.gltf": as_bytes(root)}))
    assert asset.materials[0].base_color_texture.wrap == wrap


def test_one_picture_with_two_kinds_of_edges_is_stored_once():
    look = wall(("clamp", "clamp")).materials[0]
    other = look.replace(name="other", base_color_texture=Texture(halves(), ("mirror", "mirror")))
    mesh = wall(()).mesh
    asset = Asset(mesh.replace(material=np.array([0, 1])), (look, other))
    data = disk.encode_value(asset, disk.Path("a.glb")).data
    assert data.count(b"\x89PNG") == 1
    again = read_glb(Files("a.glb", {"a.glb": data}))
    assert [one.base_color_texture.wrap for one in again.materials] == [("clamp", "clamp"), ("mirror", "mirror")]


def test_the_canonical_form_of_a_texture_that_repeats_is_what_it_was():
    assert Texture(png()).digest == Texture(png(), ("repeat", "repeat")).digest
    assert Texture(png()).digest != Texture(png(), ("clamp", "repeat")).digest
    with pytest.raises(BadInput, match="wrap"):
        Texture(png(), ("sideways", "clamp"))
