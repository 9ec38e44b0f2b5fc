"""FBX, in and out: what comes back, what strangers' files hold, and what other readers say of ours."""

from __future__ import annotations

import contextlib
import io
import struct

import numpy as np
import pytest
from PIL import Image

import maquette as mq
import shapes
from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.progress import noting
from maquette.formats.fbx.read import read_fbx
from maquette.formats.fbx.records import I32, Record, decode_records, encode_records
from maquette.formats.fbx.write import write_fbx


def picture(color) -> Texture:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(out, "PNG")
    return Texture(out.getvalue())


def rich() -> Asset:
    """A box of two materials, its sides quads, beside a sphere of its own part."""
    box, ball = shapes.box((20, 30, 40), (-10, -15, 0)), shapes.sphere(8, 2).moved(np.eye(3), 1.0, np.array([40, 0, 0]))
    both = shapes.together(box, ball)
    uv = np.random.default_rng(1).random((len(both.faces), 3, 2), np.float32)
    looks = (
        Material(name="wood", base_color_texture=picture((200, 100, 50)), normal_texture=picture((128, 128, 255))),
        Material(name="glass", base_color=(0.5, 0.25, 1.0, 0.5), alpha_mode="blend", roughness=0.125, metallic=0.75),
        Material(name="lamp", emissive=(1.0, 0.5, 0.25), orm_texture=picture((255, 128, 64)), roughness=1, metallic=1),
    )
    mesh = both.replace(
        uv=uv,
        material=np.r_[np.repeat([0, 1], 6), np.full(len(ball.faces), 2)].astype(np.int32),
        part=np.repeat([0, 1], [12, len(ball.faces)]).astype(np.int32),
        polygon=np.r_[np.repeat(np.arange(6), 2), np.full(len(ball.faces), -1)],
    )
    return Asset(mesh, looks, ("the box", "the ball"), sized=True, title="two things")


def test_everything_comes_back():
    asset = rich()
    again = read_fbx(write_fbx(asset))
    assert len(again.mesh.faces) == len(asset.mesh.faces)
    assert np.abs(again.mesh.bounds - asset.mesh.bounds).max() < 1e-9
    assert again.part_names == asset.part_names
    assert again.title == "two things"
    assert again.sized
    assert not read_fbx(write_fbx(asset.replace(sized=False))).sized
    assert again.materials[:2] == asset.materials[:2]
    orm = np.asarray(Image.open(io.BytesIO(again.materials[2].orm_texture.data)))
    assert orm[0, 0, 1:].tolist() == [128, 64]
    assert again.materials[2].emissive == asset.materials[2].emissive


def test_the_same_model_is_the_same_bytes():
    assert write_fbx(rich()) == write_fbx(rich())


def test_quads_stay_quads_and_uv_lie_where_they_did():
    asset = rich()
    objects = decode_records(write_fbx(asset).data, "t").first("Objects")
    index = next(objects.all("Geometry")).array("PolygonVertexIndex")
    assert len(index) == 24
    assert (index < 0).sum() == 6
    again = read_fbx(write_fbx(asset.with_mesh(asset.mesh.replace(polygon=None))))
    assert np.abs(again.mesh.triangles - asset.mesh.triangles).max() < 1e-9
    assert np.abs(again.mesh.uv - asset.mesh.uv).max() < 1e-6


def test_colors_of_vertices_come_back():
    colors = np.arange(24, dtype=np.uint8).reshape(8, 3) * 10
    again = read_fbx(write_fbx(Asset(shapes.box().replace(color=colors))))
    lookup = {tuple(v): c for v, c in zip(shapes.box().vertices.round(6).tolist(), colors.tolist())}
    for vertex, color in zip(again.mesh.vertices.round(6).tolist(), again.mesh.color.tolist()):
        assert np.abs(np.subtract(lookup[tuple(vertex)], color)).max() <= 1


def scene(*, up=1, up_sign=1, front=2, unit=1.0, model=(), above=()) -> Files:
    """A square of 2 x 1 that faces +Z of the file, in a model below another one."""
    objects, joins, settings = Record("Objects"), Record("Connections"), Record("GlobalSettings")
    rows = settings.add("Properties70")
    side = 3 - up - front
    for name, value in (("UpAxis", up), ("UpAxisSign", up_sign), ("FrontAxis", front), ("CoordAxis", side)):
        rows.add("P", name, "int", "Integer", "", I32(value))
    rows.add("P", "UnitScaleFactor", "double", "Number", "", float(unit))
    geometry = objects.add("Geometry", 5, "g\x00\x01Geometry", "Mesh")
    geometry.add("Vertices", np.array([0, 0, 0, 2, 0, 0, 2, 1, 0, 0, 1, 0], np.float64))
    geometry.add("PolygonVertexIndex", np.array([0, 1, 2, ~3], np.int32))
    for number, changes in ((6, model), (7, above)):
        rows = objects.add("Model", number, f"m{number}\x00\x01Model", "Mesh").add("Properties70")
        for name, values in changes:
            rows.add("P", name, name, "", "A", *values)
    for child, parent in ((5, 6), (6, 7), (7, 0)):
        joins.add("C", "OO", child, parent)
    return Files("a.fbx", {"a.fbx": encode_records([settings, objects, joins])})


def test_units_and_axes_of_strangers():
    assert np.allclose(read_fbx(scene()).mesh.bounds, [[0, 0, 0], [20, 0, 10]])
    metres = read_fbx(scene(unit=100.0))
    assert np.allclose(metres.mesh.bounds, [[0, 0, 0], [2000, 0, 1000]])
    upright = read_fbx(scene(up=2, front=1))  # 3ds Max: +Z up
    assert np.allclose(upright.size, (20, 10, 0))
    turned = read_fbx(scene(up_sign=-1))
    assert np.allclose(turned.mesh.bounds[:, 2], [-10, 0])


def test_places_pivots_and_turns_of_models():
    moved = scene(
        model=[("Lcl Translation", (1.0, 0.0, 0.0)), ("Lcl Scaling", (2.0, 1.0, 1.0))],
        above=[("Lcl Rotation", (0.0, 0.0, 90.0)), ("Lcl Translation", (0.0, 0.0, 3.0))],
    )
    # x 1..5, y 0..1; a quarter turn about the file's z: x -1..0, y 1..5; z 3 is our -y
    assert np.allclose(read_fbx(moved).mesh.bounds, [[-10, -30, 10], [0, -30, 50]])
    about = scene(model=[("RotationPivot", (2.0, 0.0, 0.0)), ("Lcl Rotation", (0.0, 0.0, 180.0))])
    assert np.allclose(read_fbx(about).mesh.bounds, [[20, 0, -10], [40, 0, 0]])
    geometric = scene(model=[("GeometricTranslation", (5.0, 0.0, 0.0))], above=[("Lcl Scaling", (-1.0, 1.0, 1.0))])
    mirrored = read_fbx(geometric)
    assert np.allclose(mirrored.mesh.bounds[:, 0], [-70, -50])
    normal = np.cross(*(mirrored.mesh.triangles[0, 1:] - mirrored.mesh.triangles[0, :1]))
    assert normal[1] < 0  # still to the front


def test_files_of_64_bits_are_read():
    """Version 7.5 has wider records."""
    narrow = decode_records(scene().data, "t")
    assert read_fbx(Files("a.fbx", {"a.fbx": wide(narrow)})).mesh == read_fbx(scene()).mesh


def wide(root: Record) -> bytes:
    """The records below one as a file of version 7.5."""
    from maquette.formats.fbx import records

    out = bytearray(records.MAGIC + struct.pack("<I", 7500))

    def put(record: Record) -> None:
        start, values = len(out), b"".join(records.encode_value(value) for value in record.values)
        out.extend(struct.pack("<QQQB", 0, len(record.values), len(values), len(record.name)))
        out.extend(record.name.encode() + values)
        for child in record.children:
            put(child)
        if record.children:
            out.extend(bytes(25))
        struct.pack_into("<Q", out, start, len(out))

    for record in root.children:
        put(record)
    return bytes(out) + bytes(25)


def test_what_is_no_fbx_or_damaged_is_refused():
    good = write_fbx(rich()).data
    for data in (b"", b"; FBX 7.4.0 project file", good[:400], good[:27], b"PK\3\4" + good):
        with pytest.raises(BadInput, match="fbx"):
            read_fbx(Files("a.fbx", {"a.fbx": data}))
    for place in range(30, len(good), max(len(good) // 60, 1)):
        hurt = bytearray(good)
        hurt[place] ^= 0xFF
        with contextlib.suppress(BadInput):
            read_fbx(Files("a.fbx", {"a.fbx": bytes(hurt)}))
    with pytest.raises(BadInput, match="no faces"):
        write_fbx(Asset(shapes.box().keep_faces([])))


def test_a_picture_beside_the_file_comes_along(tmp_path):
    root = decode_records(write_fbx(rich(), stem="a").data, "t")
    videos = list(root.first("Objects").all("Video"))
    name = videos[0].value("RelativeFilename")
    (tmp_path / name).write_bytes(videos[0].value("Content"))
    for video in videos:
        video.children = [child for child in video.children if child.name != "Content"]
    (tmp_path / "a.fbx").write_bytes(encode_records(root.children))
    with noting() as said:
        asset = mq.load(tmp_path / "a.fbx")
    assert asset.materials[0].base_color_texture == rich().materials[0].base_color_texture
    assert any("is not there" in text for text in said)  # the other pictures


def test_assimp_reads_the_same_model(tmp_path):
    assimp = pytest.importorskip("assimp_py", reason="needs assimp-py")
    (tmp_path / "a.fbx").write_bytes(write_fbx(rich()).data)
    loaded = assimp.import_file(str(tmp_path / "a.fbx"), assimp.Process_Triangulate)
    assert sum(len(mesh.indices) // 3 for mesh in loaded.meshes) == len(rich().mesh.faces)
    assert {mesh.name for mesh in loaded.meshes} == {"the box", "the ball"}
    assert all(mesh.texcoords for mesh in loaded.meshes)
