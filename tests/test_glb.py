import base64
import io
import json
import os
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import shapes
from glb_builder import TRIANGLE, Builder, pack_glb
from khronos import issues_of, needs_validator
from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.formats.gltf.read import read_glb, side_files
from maquette.formats.gltf.write import write_glb
from maquette.formats.pictures_in_files import linear_from_srgb, pixels, srgb_from_linear
from maquette.geometry.surface import face_normals, signed_volume
from maquette.geometry.topology import euler_number, is_watertight


def picture(color=(200, 100, 50), size=(4, 4), kind="PNG") -> Texture:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return Texture(out.getvalue())


def unpack(files: Files) -> tuple[dict, bytes]:
    size = struct.unpack_from("<I", files.data, 12)[0]
    return json.loads(files.data[20 : 20 + size]), files.data[28 + size :]


def textured_box() -> Asset:
    mesh = shapes.box((20, 30, 40), (-10, -15, 0))
    uv = np.tile(np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]], np.float32), (6, 1, 1))
    material = np.repeat([0, 1], 6)
    looks = (
        Material(name="wood", base_color_texture=picture(), normal_texture=picture((128, 128, 255)), roughness=0.5),
        Material(name="glass", base_color=(0.5, 0.25, 1.0, 0.5), alpha_mode="blend", double_sided=True, metallic=1.0),
    )
    return Asset(mesh.replace(uv=uv, material=material), looks, sized=True, title="box")


def rich() -> Asset:
    """Two parts, vertex colours, seen, every kind of texture."""
    ball, ring = shapes.sphere(10, 2), shapes.torus(30, 5, 24, 12)
    both = shapes.together(ball, ring)
    vertex = np.arange(len(both.vertices))
    mesh = both.replace(
        uv=np.random.default_rng(1).random((len(both.faces), 3, 2), np.float32),
        material=np.arange(len(both.faces)) % 2,
        part=np.repeat([0, 1], [len(ball.faces), len(ring.faces)]),
        color=np.stack([vertex % 256, vertex * 7 % 256, 255 - vertex % 256], axis=1),
        seen=(vertex % 5) / 4,
    )
    looks = (
        Material(name="one", base_color_texture=picture(kind="JPEG"), orm_texture=picture((255, 200, 0))),
        Material(name="two", emissive=(1.0, 0.5, 0.0), emissive_texture=picture((9, 9, 9)), alpha_mode="mask"),
    )
    return Asset(mesh, looks, part_names=("ball", "ring"), title="ball and ring", sized=True)


# --- what we write, we read


def test_everything_an_asset_holds_comes_back():
    first = rich()
    written = write_glb(first, stem="m")
    back = read_glb(written)
    order = np.lexsort((np.arange(len(first.mesh.faces)), first.mesh.material, first.mesh.part))  # as primitives lie
    np.testing.assert_allclose(back.mesh.triangles, first.mesh.triangles[order], rtol=1e-7, atol=1e-12)
    for name in ("uv", "material", "part"):
        assert np.array_equal(getattr(back.mesh, name), getattr(first.mesh, name)[order]), name
    for name in ("color", "seen"):
        ours, theirs = getattr(first.mesh, name)[first.mesh.faces], getattr(back.mesh, name)[back.mesh.faces]
        assert np.array_equal(theirs, ours[order]), name
    assert len(back.mesh.vertices) == len(first.mesh.vertices)
    assert (back.materials, back.part_names) == (first.materials, first.part_names)
    assert (back.title, back.sized) == (first.title, True)


def test_lacquer_and_glass_come_back_and_pictures_of_them_are_said():
    looks = (
        Material(name="car", clearcoat=0.75, clearcoat_roughness=0.125),
        Material(name="pane", transmission=0.5, ior=1.25),
        Material(name="plain"),
    )
    mesh = shapes.box((1, 1, 1))
    first = Asset(mesh.replace(material=np.arange(len(mesh.faces)) % 3), looks)
    written = write_glb(first)
    head, _ = unpack(written)
    assert head["extensionsUsed"] == ["KHR_materials_clearcoat", "KHR_materials_transmission", "KHR_materials_ior"]
    assert "extensions" not in head["materials"][2]
    assert read_glb(written).materials == looks


def test_a_second_trip_changes_nothing():
    once = read_glb(write_glb(rich()))
    twice = read_glb(write_glb(once))
    assert twice.mesh == once.mesh
    assert unpack(write_glb(once))[1] == unpack(write_glb(twice))[1]


def test_same_asset_same_bytes():
    assert write_glb(rich()).data == write_glb(rich()).data


def test_an_unsized_asset_stays_unsized():
    assert read_glb(write_glb(rich().replace(sized=False))).sized is False


def test_provenance_is_in_the_file():
    asset = read_glb(write_glb(rich()))
    told = unpack(write_glb(asset))[0]["asset"]["extras"]["maquette"]
    assert [step["stage"] for step in told["history"]] == ["read-glb"]
    assert told["seen_share"] == pytest.approx(0.5, abs=0.05)


def test_the_seen_share_counts_area_and_not_vertices():
    sheet = shapes.together(shapes.grid(1, 1), shapes.grid(10, 10))  # 1 and 100 squares, 4 and 121 vertices
    sheet = sheet.replace(seen=np.repeat([1.0, 0.0], [4, 121]))
    told = unpack(write_glb(Asset(sheet)))[0]["asset"]["extras"]["maquette"]
    assert told["seen_share"] == round(1 / 101, 4)


def test_seams_split_vertices_in_the_file_and_nowhere_else():
    asset = textured_box()
    tree, _ = unpack(write_glb(asset))
    counts = [tree["accessors"][p["attributes"]["POSITION"]]["count"] for p in tree["meshes"][0]["primitives"]]
    assert counts == [12, 12]  # three sides of four corners each
    back = read_glb(write_glb(asset)).mesh
    assert len(back.vertices) == 8
    assert is_watertight(back.faces)
    assert signed_volume(back.vertices, back.faces) == pytest.approx(24000, rel=1e-6)


def test_a_smooth_surface_without_uv_is_not_split():
    ball = shapes.sphere(10, 3)
    tree, _ = unpack(write_glb(Asset(ball)))
    assert tree["accessors"][0]["count"] == len(ball.vertices)


@pytest.mark.parametrize(("crease_deg", "vertices"), [(0, 24), (45, 24), (89, 24), (91, 8), (180, 8)])
def test_crease_angle_decides_what_is_sharp(crease_deg, vertices):
    tree, _ = unpack(write_glb(Asset(shapes.box()), crease_deg=crease_deg))
    assert tree["accessors"][0]["count"] == vertices


def test_normals_point_outward_and_metres_have_y_up():
    mesh = shapes.box((20, 30, 40), (-10, -15, 0))
    tree, binary = unpack(write_glb(Asset(mesh)))
    position, normal, index = (
        np.frombuffer(binary[view["byteOffset"] :][: view["byteLength"]], dtype)
        for view, dtype in zip(tree["bufferViews"], ("<f4", "<f4", "<u2"), strict=True)
    )
    position, normal = position.reshape(-1, 3), normal.reshape(-1, 3)
    assert np.allclose([position.min(0), position.max(0)], [[-0.01, 0, -0.015], [0.01, 0.04, 0.015]])
    faces = index.reshape(-1, 3)
    flat = face_normals(position.astype(float), faces)
    assert np.allclose(normal[faces], flat[:, None, :], atol=1e-6)
    assert signed_volume(position.astype(float), faces) == pytest.approx(24000e-9, rel=1e-6)
    front = (mesh.vertices[mesh.faces].mean(axis=1)[:, 1]).argmin()
    assert np.allclose(flat[front], [0, 0, 1])  # our −Y is glTF's +Z


def test_tangents_run_along_u_and_the_picture_stands_upright():
    """A picture on a wall, unmirrored: u to the right, v down; tangent +x, bitangent up, so w is +1."""
    sheet = shapes.grid(3, 3)
    uv = np.stack([sheet.uv[..., 0], 1 - sheet.uv[..., 1]], axis=-1)
    for mirror, w in ((False, 1.0), (True, -1.0)):
        put = uv * [-1, 1] if mirror else uv
        made = write_glb(Asset(sheet.replace(uv=put), (Material(normal_texture=picture()),)))
        tree, binary = unpack(made)
        accessor = tree["accessors"][tree["meshes"][0]["primitives"][0]["attributes"]["TANGENT"]]
        view = tree["bufferViews"][accessor["bufferView"]]
        rows = np.frombuffer(binary[view["byteOffset"] :][: view["byteLength"]], "<f4").reshape(-1, 4)
        assert np.allclose(rows, [-1 if mirror else 1, 0, 0, w])


def test_indices_are_as_small_as_they_can_be():
    tree, _ = unpack(write_glb(Asset(shapes.sphere(10, 3))))
    assert tree["accessors"][-1]["componentType"] == 5123
    many = shapes.grid(256, 256)  # 66049 vertices
    tree, _ = unpack(write_glb(Asset(many)))
    assert tree["accessors"][-1]["componentType"] == 5125


def test_equal_textures_are_stored_once_and_as_they_are():
    wood = picture(kind="JPEG")
    looks = (Material(name="a", base_color_texture=wood), Material(name="b", base_color_texture=wood))
    asset = Asset(shapes.box().replace(uv=np.zeros((12, 3, 2)), material=np.arange(12) % 2), looks)
    tree, binary = unpack(write_glb(asset))
    assert len(tree["images"]) == 1
    assert wood.data in binary


def test_webp_names_its_extension():
    asset = Asset(shapes.box().replace(uv=np.zeros((12, 3, 2))), (Material(base_color_texture=picture(kind="WEBP")),))
    tree, _ = unpack(write_glb(asset))
    assert tree["extensionsRequired"] == ["EXT_texture_webp"]
    assert read_glb(write_glb(asset)).materials == asset.materials


def test_nothing_to_write_is_refused():
    with pytest.raises(BadInput, match="no faces"):
        write_glb(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3)))))
    with pytest.raises(BadInput, match="scale"):
        write_glb(Asset(shapes.box((1e35, 1, 1))))


# --- what others write


def test_strip_fan_and_list_are_the_same_square():
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], "<f4")
    listed = Builder().mesh(corners, [0, 1, 2, 2, 1, 3]).read().mesh
    strip = Builder().mesh(corners, [0, 1, 2, 3], mode=5).read().mesh
    fan = Builder().mesh(corners, [0, 1, 3, 2], mode=6).read().mesh
    bare = Builder().mesh(corners[[0, 1, 2, 2, 1, 3]]).read().mesh
    up = face_normals(listed.vertices, listed.faces)
    assert np.allclose(up, [0, -1, 0])  # +Z of glTF is our −Y
    for mesh in (strip, fan, bare):
        assert len(mesh.vertices) == 4
        assert np.allclose(face_normals(mesh.vertices, mesh.faces), [0, -1, 0])
        assert np.allclose(mesh.bounds, listed.bounds)


def test_points_and_lines_are_left_out_with_a_note():
    asset = Builder().mesh(mode=1).mesh().read()
    assert len(asset.mesh.faces) == 1
    assert any("left out 1 points or lines" in text for text in asset.history[-1].notes)
    with pytest.raises(BadInput, match="no triangles"):
        Builder().mesh(mode=0).read()


def test_interleaved_sparse_and_normalized_accessors():
    build = Builder()
    rows = np.zeros(3, [("at", "<f4", 3), ("uv", "<u2", 2)])
    rows["at"], rows["uv"] = TRIANGLE, [[0, 0], [65535, 0], [0, 13107]]
    view = build.view(rows.tobytes(), byteStride=16)
    where, what = build.view(np.array([2], "<u2").tobytes()), build.view(np.array([0, 3, 0], "<f4").tobytes())
    sparse = {
        "count": 1,
        "indices": {"bufferView": where, "componentType": 5123},
        "values": {"bufferView": what},
    }
    build.json["accessors"] += [
        {"bufferView": view, "componentType": 5126, "count": 3, "type": "VEC3", "sparse": sparse},
        {"bufferView": view, "byteOffset": 12, "componentType": 5123, "count": 3, "type": "VEC2", "normalized": True},
    ]
    mesh = build.mesh(0, attributes={"TEXCOORD_0": 1}).read().mesh
    assert np.allclose(mesh.vertices, [[0, 0, 0], [1000, 0, 0], [0, 0, 3000]])
    assert np.allclose(mesh.uv[0], [[0, 0], [1, 0], [0, 0.2]])


def test_a_sparse_accessor_without_a_view_starts_from_zeros():
    build = Builder()
    where = build.view(np.array([1, 2], "<u2").tobytes())
    what = build.view(TRIANGLE[1:].tobytes())
    sparse = {"count": 2, "indices": {"bufferView": where, "componentType": 5123}, "values": {"bufferView": what}}
    build.json["accessors"] += [{"componentType": 5126, "count": 3, "type": "VEC3", "sparse": sparse}]
    assert np.allclose(build.mesh(0).read().mesh.vertices, [[0, 0, 0], [1000, 0, 0], [0, 0, 1000]])


def test_quantized_positions_with_signed_bytes():
    build = Builder()
    build.json["extensionsRequired"] = ["KHR_mesh_quantization"]
    rows = np.array([[0, 0, 0, 0], [127, 0, 0, 0], [0, -128, 0, 0]], "|i1")
    view = build.view(rows.tobytes(), byteStride=4)
    build.json["accessors"] += [
        {"bufferView": view, "componentType": 5120, "count": 3, "type": "VEC3", "normalized": True}
    ]
    mesh = build.mesh(0, node={"scale": [2, 2, 2]}).read().mesh
    assert np.allclose(mesh.vertices, [[0, 0, 0], [2000, 0, 0], [0, 0, -2000]])


def test_nodes_nest_and_matrix_equals_translation_rotation_scale():
    turned = {"translation": [1, 2, 3], "rotation": [0.5, 0.5, 0.5, 0.5], "scale": [2, 3, 4]}  # x -> y -> z -> x
    matrix = [0, 2, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 1, 2, 3, 1]
    made = []
    for move in (turned, {"matrix": matrix}):
        build = Builder().mesh()
        build.json["nodes"] += [{"children": [0], **move}, {"children": [1], "translation": [0, 0, 10]}]
        build.json["scenes"][0]["nodes"] = [2]
        made.append(build.read().mesh.vertices)
    assert np.allclose(made[0], made[1])
    assert np.allclose(made[0], [[1000, -13000, 2000], [1000, -13000, 4000], [1000, -16000, 2000]])


def test_rotations_are_those_of_the_textbook():
    from scipy.spatial.transform import Rotation

    quaternion = np.array([0.1, -0.5, 0.7, 0.4])
    mesh = Builder().mesh(node={"rotation": (quaternion / np.linalg.norm(quaternion)).tolist()}).read().mesh
    x, y, z = (Rotation.from_quat(quaternion).apply(TRIANGLE) * 1000).T
    assert np.allclose(mesh.vertices, np.stack([x, -z, y], axis=1))


def test_a_mirroring_node_keeps_the_outside_outside():
    box = shapes.box()
    for scale in ([1, 1, 1], [-1, 1, 1], [-1, -1, -1]):
        build = Builder().mesh(box.vertices.astype("<f4"), box.faces.reshape(-1), node={"scale": scale})
        mesh = build.read().mesh
        assert signed_volume(mesh.vertices, mesh.faces) == pytest.approx(1e9)


def test_parts_are_named_after_nodes_and_stay_apart():
    box = shapes.box()
    build = Builder()
    for name, x in (("left", 0), ("right", 1)):  # they touch in a whole side
        build.mesh(box.vertices.astype("<f4"), box.faces.reshape(-1), node={"name": name, "translation": [x, 0, 0]})
    asset = build.read()
    assert asset.part_names == ("left", "right")
    assert len(asset.mesh.vertices) == 16
    assert euler_number(asset.mesh.faces) == 4
    assert np.array_equal(asset.mesh.part, np.repeat([0, 1], 12))


def test_only_the_default_scene_is_read():
    build = Builder().mesh().mesh(TRIANGLE * 2)
    build.json["scenes"] = [{"nodes": [0]}, {"nodes": [1], "name": "second"}]
    build.json["scene"] = 1
    asset = build.read()
    assert asset.title == "second"
    assert asset.mesh.bounds[1].max() == 2000


def test_morph_target_and_skin_are_read_as_they_stand():
    build = Builder()
    shift = build.accessor(np.array([[0, 0, 0], [0, 0, 0], [0, 2, 0]], "<f4"))
    joints = build.accessor(np.array([[0, 1, 0, 0]] * 3, "|u1"))
    weights = build.accessor(np.array([[0.25, 0.75, 0, 0]] * 3, "<f4"))
    back = np.eye(4, dtype="<f4")
    back[:3, 3] = [0, 0, 100]  # where the mesh stood when it was bound
    bind = build.accessor(np.tile(back.T.reshape(1, 16), (2, 1)))
    build.mesh(targets=[{"POSITION": shift}], attributes={"JOINTS_0": joints, "WEIGHTS_0": weights})
    build.json["meshes"][0]["weights"] = [0.5]
    build.json["nodes"][0] |= {"skin": 0, "translation": [99, 99, 99]}  # a skinned node's own place does not count
    build.json["nodes"] += [{"translation": [4, 0, 0]}, {"translation": [0, 0, 8]}]
    build.json["skins"] = [{"joints": [1, 2], "inverseBindMatrices": bind}]
    expected = (
        np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0]])
        + 0.25 * np.array([4, 0, 0])
        + 0.75 * np.array([0, 0, 8])
        + [0, 0, 100]
    )
    assert np.allclose(
        build.read().mesh.vertices, np.stack([expected[:, 0], -expected[:, 2], expected[:, 1]], 1) * 1000
    )


def test_texture_transform_is_baked_into_uv():
    """The extension's own example: the lower left quarter of the picture, turned by a quarter."""
    build = Builder()
    uv = build.accessor(np.array([[0, 0], [1, 0], [0, 1]], "<f4"))
    view = build.view(picture().data)
    build.json |= {"images": [{"bufferView": view, "mimeType": "image/png"}], "textures": [{"source": 0}]}
    moved = {"offset": [0, 1], "rotation": np.pi / 2, "scale": [0.5, 0.5], "texCoord": 1}
    info = {"index": 0, "extensions": {"KHR_texture_transform": moved}}
    build.json["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": info}}]
    build.json["extensionsRequired"] = ["KHR_texture_transform", "KHR_materials_unlit"]
    mesh = build.mesh(material=0, attributes={"TEXCOORD_1": uv}).read().mesh
    assert np.allclose(mesh.uv[0], [[0, 1], [0, 0.5], [0.5, 1]], atol=1e-7)


@pytest.mark.parametrize("dtype", ["<f4", "|u1", "<u2"])
def test_vertex_colors_are_linear_in_the_file_and_srgb_with_us(dtype):
    build = Builder()
    linear = np.array([[0, 0.2158605, 1, 1]] * 3)
    top = 1 if dtype == "<f4" else np.iinfo(dtype).max
    color = build.accessor(np.round(linear * top, 7 if top == 1 else 0).astype(dtype), normalized=top != 1)
    mesh = build.mesh(attributes={"COLOR_0": color}).read().mesh
    assert np.abs(mesh.color.astype(int) - [0, 128, 255]).max() <= 1


def test_every_srgb_byte_survives_sixteen_linear_bits():
    every = np.arange(256, dtype=np.uint8)
    assert np.array_equal(srgb_from_linear(np.rint(linear_from_srgb(every) * 65535) / 65535), every)


def test_occlusion_and_roughness_become_one_picture():
    build = Builder()
    views = [build.view(picture(c).data) for c in ((10, 99, 99), (77, 20, 30))]
    build.json["images"] = [{"bufferView": v, "mimeType": "image/png"} for v in views]
    build.json["textures"] = [{"source": 0}, {"source": 1}]
    rough = {"pbrMetallicRoughness": {"metallicRoughnessTexture": {"index": 1}}}
    build.json["materials"] = [{**rough, "name": "m", "occlusionTexture": {"index": 0}}, {**rough, "name": "m"}]
    build.mesh(material=0).mesh(material=1)
    first, second = build.read().materials
    assert pixels(first.orm_texture)[0, 0].tolist() == [10, 20, 30]
    assert pixels(second.orm_texture)[0, 0].tolist() == [255, 20, 30]  # red says nothing about occlusion there
    assert (first.name, second.name) == ("m", "m 2")


def test_specular_glossiness_is_understood():
    build = Builder().mesh(material=0)
    gloss = {"diffuseFactor": [0.5, 0.25, 0.125, 1], "glossinessFactor": 0.75}
    build.json["materials"] = [{"extensions": {"KHR_materials_pbrSpecularGlossiness": gloss}}]
    (material,) = build.read().materials
    assert (material.base_color, material.roughness, material.metallic) == ((0.5, 0.25, 0.125, 1.0), 0.25, 0.0)


def test_gltf_with_data_addresses_and_side_files():
    build = Builder().mesh(material=0)
    png = picture().data
    build.json["buffers"] = [{"byteLength": len(build.binary), "uri": "the%20mesh.bin"}]
    build.json["images"] = [{"uri": "data:image/png;base64," + base64.b64encode(png).decode()}, {"uri": "unused.png"}]
    build.json["textures"] = [{"source": 0}]
    build.json["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}]
    text = json.dumps(build.json).encode()
    assert side_files("m.gltf", text) == ["the%20mesh.bin", "unused.png"]
    asset = read_glb(Files("m.gltf", {"m.gltf": text, "the mesh.bin": build.binary}))
    assert asset.materials[0].base_color_texture.data == png
    assert asset.title == "m"
    with pytest.raises(BadInput, match=r"'the%20mesh\.bin', which did not come along"):
        read_glb(Files("m.gltf", {"m.gltf": text}))


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("KHR_draco_mesh_compression", "npx @gltf-transform/cli copy"),
        ("EXT_meshopt_compression", "npx @gltf-transform/cli copy"),
        ("EXT_unheard_of", "without this extension"),
    ],
)
def test_unknown_required_extensions_are_named_with_advice(name, advice):
    build = Builder().mesh()
    build.json["extensionsRequired"] = [name]
    with pytest.raises(BadInput, match=f"{name}.*{advice}"):
        build.read()


# --- what enemies write


def put(path: str, value):
    """A change at ``a.0.b`` of the JSON of a good file."""

    def change(build: Builder) -> None:
        *way, last = path.split(".")
        at = build.json
        for key in way:
            at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
        if isinstance(at, list):
            at[int(last)] = value
        else:
            at[last] = value

    return change


POSITIONS, INDICES, FIRST = "accessors.0", "accessors.1", "meshes.0.primitives.0"
HOSTILE = {
    "index out of range": put(f"{POSITIONS}.count", 2),
    "count of four billion": put(f"{POSITIONS}.count", 4_294_967_295),
    "count of four billion without bytes": put("accessors.0", {"componentType": 5126, "count": 2**32, "type": "VEC3"}),
    "count beyond sixty-four bits": put(f"{POSITIONS}.count", 2**70),
    "count of nothing": put(f"{POSITIONS}.count", 0),
    "fraction as count": put(f"{POSITIONS}.count", 2.5),
    "truth as count": put(f"{POSITIONS}.count", True),
    "negative offset": put(f"{POSITIONS}.byteOffset", -4),
    "negative view offset": put("bufferViews.0.byteOffset", -4),
    "accessor beyond its view": put(f"{POSITIONS}.byteOffset", 4),
    "view beyond its buffer": put("bufferViews.0.byteLength", 10**6),
    "view a byte beyond its buffer": lambda b: put("bufferViews.1.byteLength", len(b.binary) - 35)(b),
    "stride shorter than a row": put("bufferViews.0.byteStride", 4),
    "stride beyond everything": put("bufferViews.0.byteStride", 2**62),
    "buffer beyond its bytes": put("buffers.0.byteLength", 10**9),
    "unknown component": put(f"{POSITIONS}.componentType", 5130),
    "unknown type": put(f"{POSITIONS}.type", "MAT7"),
    "positions of two numbers": put(f"{POSITIONS}.type", "VEC2"),
    "indices as fractions": put(f"{INDICES}.componentType", 5126),
    "accessor that is not there": put(f"{FIRST}.indices", 99),
    "accessor below zero": put(f"{FIRST}.indices", -1),
    "mesh that is not there": put("nodes.0.mesh", 7),
    "scene that is not there": put("scene", 7),
    "node that is not there": put("scenes.0.nodes", [7]),
    "node in two places": put("scenes.0.nodes", [0, 0]),
    "node below itself": put("nodes.0.children", [0]),
    "nodes in a ring": put("nodes", [{"mesh": 0}, {"children": [2]}, {"children": [1]}]),
    "child of two": put("nodes", [{"mesh": 0}, {"children": [0]}, {"children": [0]}]),
    "matrix of text": put("nodes.0.matrix", ["x"] * 16),
    "matrix of infinity": put("nodes.0.matrix", [1e308 * 10] * 16),
    "scale to infinity": put("nodes.0.scale", [1e308, 1e308, 1e308]),
    "rotation of nothing": put("nodes.0.rotation", [0, 0, 0, 0]),
    "list for object": put("asset", []),
    "object for list": put("meshes", {}),
    "number for object": put("meshes.0", 3),
    "version one": put("asset.version", "1.0"),
    "damaged base64": put("buffers.0.uri", "data:application/octet-stream;base64,%%%"),
    "data that is not base64": put("buffers.0.uri", "data:,hello"),
    "points only": put(f"{FIRST}.mode", 0),
    "unknown mode": put(f"{FIRST}.mode", 77),
}


def good() -> Builder:
    return Builder().mesh(TRIANGLE, [0, 1, 2])


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_hostile_json_is_refused(change):
    build = good()
    build.glb()
    change(build)
    started = time.process_time()
    with pytest.raises(BadInput):
        build.read()
    assert time.process_time() - started < 20


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_refused(value):
    rows = TRIANGLE.copy()
    rows[1, 1] = value
    with pytest.raises(BadInput, match="1 of 3 points are infinite, not a number"):
        Builder().mesh(rows).read()


BYTES = {
    "nothing": b"",
    "four letters": b"glTF",
    "cut short": good().glb()[:-30],
    "length beyond the end": good().glb()[:8] + b"\xff\xff\xff\xff" + good().glb()[12:],
    "chunk beyond the end": good().glb()[:12] + b"\xff\xff\xff\xff" + good().glb()[16:],
    "binary before JSON": good().glb()[:16] + b"BIN\0" + good().glb()[20:],
    "version one": good().glb()[:4] + b"\1\0\0\0" + good().glb()[8:],
    "no JSON": pack_glb(b"hello"),
    "a number": pack_glb(b"7"),
    "not unicode": pack_glb(b'{"asset":"\xff\xfe"}'),
    "nested without end": pack_glb(b"[" * 200_000),
    "nested objects without end": pack_glb(b'{"a":' * 200_000),
    "a number of a million digits": pack_glb(b'{"asset":' + b"9" * 1_000_000 + b"}"),
}


@pytest.mark.parametrize("data", BYTES.values(), ids=BYTES)
@pytest.mark.parametrize("name", ["m.glb", "m.gltf"])
def test_hostile_bytes_are_refused(data, name):
    assert side_files(name, data) == []
    with pytest.raises(BadInput, match="read-glb"):
        read_glb(Files(name, {name: data}))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b'"x":NaN', "NaN is no JSON number"),
        (b'"scene":0', "'scene' stands there twice"),
        (b'"x":[' + b"0," * 1_000_000 + b"0]", "1000[0-9]+ values"),
        (b'"x":1e999', None),
    ],
    ids=["not a number", "a key twice", "a million values", "infinity that nobody asks for"],
)
def test_one_field_more_in_a_good_file(text, complaint):
    build = good()
    build.glb()
    data = pack_glb(json.dumps(build.json).encode()[:-1] + b"," + text + b"}", build.binary)
    if complaint is None:
        assert len(read_glb(Files("m.glb", {"m.glb": data})).mesh.faces) == 1
        return
    with pytest.raises(BadInput, match=complaint):
        read_glb(Files("m.glb", {"m.glb": data}))


ELSEWHERE = ["https://example.org/x.bin", "../x.bin", "%2e%2e%2fx.bin", "a/../../x.bin", "file:///x", "..\\x", ".."]


@pytest.mark.parametrize("uri", ELSEWHERE)
def test_files_elsewhere_are_neither_asked_for_nor_read(uri):
    build = good()
    build.glb()
    put("buffers.0.uri", uri)(build)
    assert side_files("m.gltf", json.dumps(build.json).encode()) == []
    with pytest.raises(BadInput, match="did not come along"):
        build.read()


def test_a_picture_that_is_not_there_is_left_out_with_a_note_and_found_without_its_folder():
    build = good()
    build.json |= {"images": [{"uri": "textures/Wood%201.png"}], "textures": [{"source": 0}]}
    build.json["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}]
    put("meshes.0.primitives.0.material", 0)(build)
    asset = build.read()
    assert asset.materials[0].base_color_texture is None
    assert any("'textures/Wood 1.png' is not there; continued without it" in note for note in asset.history[-1].notes)
    assert build.read(**{"wood 1.png": picture().data}).materials[0].base_color_texture == picture()


def test_triangles_that_collapse_are_dropped_and_said():
    asset = Builder().mesh(TRIANGLE, [0, 1, 2, 1, 1, 2]).read()
    assert len(asset.mesh.faces) == 1
    assert asset.history[-1].notes == ("dropped 1 triangles without area",)
    with pytest.raises(BadInput, match="no triangles"):
        Builder().mesh(TRIANGLE, [1, 1, 2]).read()


def test_sparse_rows_beyond_the_end_are_refused():
    build = Builder()
    where, what = build.view(b"\3\0\0\0"), build.view(b"\0" * 12)
    sparse = {"count": 1, "indices": {"bufferView": where, "componentType": 5123}, "values": {"bufferView": what}}
    build.json["accessors"] += [{"componentType": 5126, "count": 3, "type": "VEC3", "sparse": sparse}]
    with pytest.raises(BadInput, match="names row 3 of 3"):
        build.mesh(0).read()


def test_copies_of_copies_end():
    """400 kB that would become a billion faces."""
    box = shapes.sphere(1, 4)
    build = Builder().mesh(box.vertices.astype("<f4"), box.faces.reshape(-1))
    build.json["nodes"] = [{"mesh": 0}] * 9_000
    build.json["scenes"][0]["nodes"] = list(range(9_000))
    with pytest.raises(BadInput, match="so often"):
        build.read()


@pytest.mark.parametrize("indices", [None, [0, 1, 2]], ids=["all of it", "three corners"])
def test_one_array_in_ten_thousand_primitives_ends(indices):
    build = Builder()
    build.json["accessors"] += [{"componentType": 5126, "count": 1_900_000, "type": "VEC3"}]
    build.mesh(0, indices)
    build.json["meshes"][0]["primitives"] *= 9_000
    started = time.process_time()
    with pytest.raises(BadInput, match="so often"):
        build.read()
    assert time.process_time() - started < 10


def test_a_deep_chain_of_nodes_ends():
    build = good()
    build.json["nodes"] += [{"children": [n]} for n in range(20_000)]
    build.json["scenes"][0]["nodes"] = [20_000]
    with pytest.raises(BadInput, match="512 deep"):
        build.read()


def test_a_picture_of_another_kind_is_left_out():
    build = good()
    build.json |= {
        "images": [{"bufferView": build.view(b"\xabKTX 20\xbb")}],
        "textures": [{"source": 0}],
        "materials": [{"normalTexture": {"index": 0}}],
    }
    build.json["meshes"][0]["primitives"][0]["material"] = 0
    asset = build.read()
    assert asset.materials[0].normal_texture is None
    assert any("a KTX texture" in note for note in asset.history[-1].notes)


# --- what other programs say


@needs_validator
@pytest.mark.parametrize(
    "asset",
    [rich(), textured_box(), Asset(shapes.box()), Asset(shapes.soup(shapes.torus())), Asset(shapes.grid(300, 300))],
    ids=["rich", "textured box", "box", "soup", "sheet with long indices"],
)
def test_the_khronos_validator_finds_nothing(asset):
    made = write_glb(asset).data
    issues = issues_of(made)
    assert {message["code"] for message in issues["messages"]} <= {"UNUSED_OBJECT"}, issues  # uv without a texture
    assert [issues[key] for key in ("numErrors", "numWarnings", "numHints")] == [0, 0, 0]


def test_trimesh_reads_the_same_model():
    trimesh = pytest.importorskip("trimesh")
    asset = rich()
    scene = trimesh.load(io.BytesIO(write_glb(asset).data), file_type="glb", process=False)
    whole = scene.to_geometry()
    expected = signed_volume(asset.mesh.vertices, asset.mesh.faces)
    assert whole.volume * 1e9 == pytest.approx(expected, rel=1e-5)
    assert len(whole.faces) == len(asset.mesh.faces)


def test_every_model_of_the_validation_set_comes_through_unchanged():
    folder = (
        Path(os.environ.get("MAQUETTE_DATA", Path(__file__).parents[2] / "shared" / "data")) / "meshes" / "validation"
    )
    found = sorted(folder.glob("*.glb"))[::8]
    if not found:
        pytest.skip("needs the validation meshes; MAQUETTE_DATA names their folder")
    for path in found:
        first = read_glb(Files("m.glb", {"m.glb": path.read_bytes()}))
        back = read_glb(write_glb(first))
        assert (back.mesh, back.materials) == (first.mesh, first.materials), path.name
