from __future__ import annotations

import io
import struct
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
from maquette.formats.ply import ply_references, read_ply, write_ply
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import is_watertight

QUADS = ((4, 3, 2, 1), (5, 6, 7, 8), (1, 2, 6, 5), (2, 3, 7, 6), (3, 4, 8, 7), (4, 1, 5, 8))
POINTS = ((0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))
TRIANGLE = b"""\
ply
format ascii 1.0
element vertex 3
property float x
property float y
property float z
element face 1
property list uchar int vertex_indices
end_header
0 0 0
1 0 0
0 1 0
3 0 1 2
"""


def picture(color=(200, 100, 50)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(stream, "PNG")
    return stream.getvalue()


def files(data: bytes, **side: bytes) -> Files:
    return Files("part.ply", {"part.ply": data, **{name.replace("__", "."): made for name, made in side.items()}})


def box_ply(order: str, quads=QUADS) -> bytes:
    """A box in binary, written number by number; some quads as two triangles when given so."""
    name = {"<": "binary_little_endian", ">": "binary_big_endian"}[order]
    head = (
        f"ply\nformat {name} 1.0\ncomment by hand\nobj_info nothing\nelement nonsense 2\nproperty short a\n"
        f"element vertex 8\nproperty double x\nproperty float y\nproperty short z\nproperty uchar red\n"
        f"property uchar green\nproperty uchar blue\nelement face {len(quads)}\n"
        f"property list ushort uint vertex_index\nproperty int flags\nproperty list uchar float texcoord\nend_header\n"
    )
    body = struct.pack(f"{order}2h", 1, 2)
    for number, (x, y, z) in enumerate(POINTS):
        body += struct.pack(f"{order}dfh3B", x, y, z, number, 2 * number, 255)
    for quad in quads:
        body += struct.pack(f"{order}H{len(quad)}Ii", len(quad), *[i - 1 for i in quad], 7)
        corners = [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0][: 2 * len(quad)]
        body += struct.pack(f"{order}B{len(corners)}f", len(corners), *corners)
    return head.encode() + body


def painted_torus(materials: int = 2) -> Asset:
    """A torus with seams, colours, ``seen`` and textures; every number fits 32 bits."""
    mesh = shapes.torus(around=12, across=6)
    count = len(mesh.faces)
    random = np.random.default_rng(1)
    return Asset(
        Mesh(
            mesh.vertices.astype(np.float32).astype(float),
            mesh.faces,
            uv=random.integers(0, 2**20, (count, 3, 2)) / 2**20,
            material=np.arange(count) % materials,
            color=random.integers(0, 256, (len(mesh.vertices), 3)),
            seen=random.integers(0, 5, len(mesh.vertices)) / 4,
        ),
        materials=tuple(
            Material(f"m{i}", base_color_texture=Texture(picture((i, 0, 0))), metallic=1.0) for i in range(materials)
        ),
        title="ring",
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("uneven", [False, True])
def test_a_box_by_hand(order, uneven):
    quads = QUADS if not uneven else (*QUADS[:2], QUADS[2][:3], (QUADS[2][0], *QUADS[2][2:]), *QUADS[3:])
    asset = read_ply(files(box_ply(order, quads)))
    mesh = asset.mesh
    assert (len(mesh.vertices), len(mesh.faces)) == (8, 12)
    assert signed_volume(mesh.vertices, mesh.faces) == 1.0
    assert is_watertight(mesh.faces)
    assert mesh.color.tolist() == [[i, 2 * i, 255] for i in range(8)]
    assert mesh.uv[0].tolist() == [[0, 1], [1, 1], [1, 0]]
    assert (asset.title, asset.sized) == ("part", False)


@pytest.mark.parametrize("encoding", ["binary", "ascii"])
@pytest.mark.parametrize("materials", [1, 2])
def test_everything_comes_back(encoding, materials):
    asset = painted_torus(materials)
    made = write_ply(asset, stem="my ring", encoding=encoding)
    back = read_ply(made)
    for name in ("vertices", "faces", "uv", "color", "seen"):
        assert np.array_equal(getattr(back.mesh, name), getattr(asset.mesh, name)), name
    assert [m.base_color_texture for m in back.materials] == [m.base_color_texture for m in asset.materials]
    if materials > 1:
        assert np.array_equal(back.mesh.material, asset.mesh.material)
    assert back.title == "ring"
    assert set(made.parts) - {"my ring.ply"} == set(ply_references(made.main, made.data))
    assert write_ply(back, stem="my ring", encoding=encoding) == made


@pytest.mark.parametrize("encoding", ["binary", "ascii"])
def test_doubles_stay_doubles(encoding):
    mesh = shapes.sphere(radius=np.pi)
    made = write_ply(Asset(mesh), encoding=encoding)
    assert b"property double x" in made.data
    assert b"property float x" in write_ply(Asset(shapes.box())).data
    assert np.array_equal(read_ply(made).mesh.vertices, mesh.vertices)


def test_texture_coordinates_ride_on_vertices_where_no_seam_parts_them():
    made = write_ply(Asset(shapes.grid(4, 4)))
    assert b"property float s\nproperty float t\n" in made.data
    assert b"texcoord" not in made.data
    assert np.array_equal(read_ply(made).mesh.uv, shapes.grid(4, 4).uv)


def test_a_tetrahedron_in_bytes():
    made = write_ply(Asset(shapes.tetrahedron(), title="corner"))
    head, body = made.data.split(b"end_header\n")
    assert head == (
        b"ply\nformat binary_little_endian 1.0\ncomment Maquette: corner\nelement vertex 4\nproperty float x\n"
        b"property float y\nproperty float z\nelement face 4\nproperty list uchar int vertex_indices\n"
    )
    points = struct.pack("<12f", 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1)
    assert body == points + b"".join(
        struct.pack("<B3i", 3, *face) for face in ((0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2))
    )
    text = write_ply(Asset(shapes.tetrahedron()), encoding="ascii").data
    assert text.split(b"end_header\n")[1] == (b"0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 2 1\n3 0 1 3\n3 1 2 3\n3 0 3 2\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.replace(b"\n", b"\r"),
        lambda text: text.replace(b"end_header", b"end_header  "),
        lambda text: text.replace(b"ply\n", b"ply\nCreated by somebody who forgot the word comment\n"),
        lambda text: text.replace(b"3 0 1 2", b"3 0.0 1e0 +2"),
        lambda text: text + b"17 18\n",
        lambda text: text.replace(
            b"element face", b"element empty 0\nproperty list int int a\nelement bare 9\nelement face"
        ),
        lambda text: text.replace(b"uchar int", b"uint8 int32").replace(b"float", b"float64"),
    ],
)
def test_other_hands(change):
    mesh = read_ply(files(change(TRIANGLE))).mesh
    assert mesh.triangles.tolist() == [[[0, 0, 0], [1, 0, 0], [0, 1, 0]]]


@pytest.mark.parametrize(("kind", "white"), [("uchar", 255), ("ushort", 65535), ("float", 1), ("double", 255)])
def test_colors_of_any_type(kind, white):
    columns = "".join(f"property {kind} {name}\n" for name in ("red", "green", "blue"))
    head = TRIANGLE.partition(b"0 0 0\n")[0].decode().replace("float z\n", f"float z\n{columns}")
    fifth = white / 5 if kind == "float" else white // 5
    rows = f"0 0 0 {white} 0 0\n1 0 0 0 {fifth} 0\n0 1 0 0 {white} {white}\n3 0 1 2\n"
    assert read_ply(files((head + rows).encode())).mesh.color.tolist() == [[255, 0, 0], [0, 51, 0], [0, 255, 255]]


def test_faces_without_texture_keep_their_place():
    head = TRIANGLE.replace(b"element face 1", b"comment TextureFile <this>_A.png\nelement face 3").replace(
        b"vertex_indices\n", b"vertex_indices\nproperty list uchar float texcoord\nproperty int texnumber\n"
    )
    body = head.replace(b"3 0 1 2\n", b"3 0 1 2 6 0 0 1 0 0 1 0\n3 2 1 0 0 -1\n2 0 1 0 0\n")
    with noting() as notes:
        asset = read_ply(files(body, part_A__png=picture()))
    assert ply_references("part.ply", body) == ["part_A.png"]
    assert asset.mesh.uv.tolist() == [[[0, 1], [1, 1], [0, 0]], [[0, 0]] * 3]
    assert asset.mesh.material.tolist() == [0, 1]
    assert asset.materials[0].base_color_texture.data == picture()
    assert asset.materials[1].base_color_texture is None
    assert any("left out 1 faces" in line for line in notes)


def edit(old: bytes, new: bytes) -> bytes:
    assert old in TRIANGLE
    return TRIANGLE.replace(old, new)


BINARY = write_ply(painted_torus()).data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "instead of `ply`"),
        (b"plyx\n", "instead of `ply`"),
        (b"ply\nformat ascii 1.0\n" + b"comment x\n" * 200_000, "no end"),
        (edit(b"ascii", b"utf8"), "'utf8' is none of"),
        (edit(b"element vertex 3", b"element vertex -3"), "no element with a count"),
        (edit(b"element vertex 3", b"element vertex 999999999999999999999"), "no element with a count"),
        (edit(b"element vertex 3", b"element vertex 4000000000"), "promises 4000000000 of 'vertex'"),
        (edit(b"element face 1", b"element face 4000000000"), "promises 4000000000 of 'face', the file holds 1"),
        (edit(b"element face 1", b"element face 0"), "holds no face"),
        (edit(b"element face 1", b"element edge 1"), "holds no face"),
        (edit(b"element vertex 3\n", b""), "before any element"),
        (edit(b"property float x", b"property quad x"), "no property that PLY knows"),
        (edit(b"property float x", b"property list float x"), "no property that PLY knows"),
        (edit(b"property float x", b"property float y"), "properties of one name"),
        (edit(b"property float x", b"property float u"), "without x, y and z"),
        (edit(b"vertex_indices", b"corners"), "without vertex_indices"),
        (edit(b"3 0 1 2", b"3 0 1 3"), "vertex 3 of 3"),
        (edit(b"3 0 1 2", b"3 0 1 -1"), "vertex -1 of 3"),
        (edit(b"3 0 1 2", b"4 0 1 2 3"), "vertex 3 of 3"),
        (edit(b"3 0 1 2", b"3 0 1 0.5"), "vertex 0.5 of 3"),
        (edit(b"3 0 1 2", b"3 0 1 nan"), "vertex nan of 3"),
        (edit(b"3 0 1 2", b"3 0 1"), "promises 1 of 'face', the file holds 0"),
        (edit(b"3 0 1 2", b"2 0 1"), "three or more corners"),
        (edit(b"3 0 1 2", b"4e9 0 1 2"), "promises 1 of 'face'"),
        (edit(b"3 0 1 2", b"-3 0 1 2"), "list of -3 items"),
        (edit(b"3 0 1 2", b"2.5 0 1 2"), "list of 2.5 items"),
        (edit(b"3 0 1 2", b"inf 0 1 2"), "list of inf items"),
        (edit(b"1 0 0\n", b"1 nan 0\n"), "1 of 3 points"),
        (edit(b"1 0 0\n", b"1 1e300 0\n"), "1 of 3 points"),
        (edit(b"1 0 0\n", b"1 0,5 0\n"), "something that is no number"),
        (edit(b"1 0 0\n", b"1 0 \0 0\n"), "something that is no number"),
        (BINARY[:-1], "promises 144 of 'face', the file holds 143"),
        (BINARY[: BINARY.index(b"end_header\n") + 20], "promises 72 of 'vertex', the file holds 0"),
    ],
)
def test_hostile_files_are_refused(data, reason):
    before = time.process_time()
    with pytest.raises(BadInput, match=reason):
        read_ply(files(data))
    assert time.process_time() - before < 5


def test_a_hundred_bytes_promise_nothing():
    head = b"ply\nformat binary_big_endian 1.0\nelement face 4294967295\nproperty list uint double a\nend_header\n"
    with pytest.raises(BadInput, match="the file holds 0"):
        read_ply(files(head + b"\xff\xff\xff\xff"))
    with pytest.raises(BadInput, match="holds no vertex"):
        read_ply(files(head.replace(b"4294967295", b"1") + b"\0\0\0\0"))


def test_what_cannot_be_written_is_refused():
    with pytest.raises(BadInput, match="no faces"):
        write_ply(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int))))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_files_are_read_or_refused(data):
    damaged = bytearray(data.draw(st.sampled_from([TRIANGLE, box_ply("<"), box_ply(">", (*QUADS[:5], (1, 2, 3)))])))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.sampled_from([0, 1, 10, 32, 45, 46, 57, 101, 127, 128, 255]) | st.integers(0, 255))
    cut = data.draw(st.integers(1, len(damaged)) | st.just(len(damaged)))
    try:
        asset = read_ply(files(bytes(damaged[:cut])))
    except BadInput:
        return
    assert np.isfinite(asset.mesh.vertices).all()
    assert len(asset.mesh.faces) < len(damaged)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_others_read_what_we_write(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    meshio = pytest.importorskip("meshio")
    asset = painted_torus()
    for encoding in ("binary", "ascii"):
        data = write_ply(asset, encoding=encoding).data
        theirs = trimesh.load(io.BytesIO(data), file_type="ply", process=False)
        assert np.allclose(theirs.triangles, asset.mesh.triangles, atol=1e-7)
    plain = Asset(Mesh(asset.mesh.vertices, asset.mesh.faces, color=asset.mesh.color))
    for encoding in ("binary", "ascii"):
        data = write_ply(plain, encoding=encoding).data
        theirs = trimesh.load(io.BytesIO(data), file_type="ply", process=False)
        assert np.array_equal(theirs.visual.vertex_colors[:, :3], asset.mesh.color)
        (tmp_path / "part.ply").write_bytes(data)
        read = meshio.read(tmp_path / "part.ply")
        assert np.array_equal(read.points, asset.mesh.vertices)
        assert np.array_equal(read.cells_dict["triangle"], asset.mesh.faces)
        # meshio takes the uchar of a text file for signed
        assert np.array_equal(read.point_data["red"].astype(np.uint8), asset.mesh.color[:, 0])


def test_we_read_what_others_write():
    trimesh = pytest.importorskip("trimesh")
    sphere = trimesh.creation.icosphere()
    sphere.visual.vertex_colors = np.random.default_rng(2).integers(0, 256, (len(sphere.vertices), 4)).astype(np.uint8)
    for encoding in ("binary", "ascii"):
        back = read_ply(files(sphere.export(file_type="ply", encoding=encoding))).mesh
        assert np.allclose(back.triangles, sphere.triangles, atol=1e-6)
        assert np.array_equal(back.color, sphere.visual.vertex_colors[:, :3])


def test_damaged_meshes_have_the_faces_they_should():
    listed = broken_meshes.list_files(".ply")
    assert len(listed) > 10
    for path, faces in listed:
        assert len(read_ply(broken_meshes.open_alone(path)).mesh.faces) == faces, path.name


@pytest.mark.parametrize("reference", [b"../x.png", b"http://x.org/x.png"])
def test_textures_elsewhere_are_left_out_with_a_note(reference):
    data = edit(b"element vertex", b"comment TextureFile " + reference + b"\nelement vertex")
    with noting() as notes:
        assert len(read_ply(Files("a.ply", {"a.ply": data})).mesh.faces) == 1
    assert any("lies elsewhere; continued without it" in line for line in notes)


STRIP = (
    "ply\nformat ascii 1.0\nelement vertex 8\nproperty float x\nproperty float y\nproperty float z\n"
    "element tristrips {}\nproperty list int int vertex_indices\nend_header\n"
    "0 0 0\n3 0 0\n0 2 0\n3 2 0\n0 0 1\n3 0 1\n0 2 1\n3 2 1\n{}"
)
BANDS = [[0, 4, 1, 5, 3, 7, 2, 6, 0, 4], [0, 1, 2, 3], [4, 6, 5, 7]]  # around, below, above


@pytest.mark.parametrize("one_row", [True, False])
def test_triangle_strips_are_a_solid(one_row):
    stitched = [[band[0], *band[:1], *band, band[-1]] for band in BANDS]  # by triangles without area, even in number
    flat = [index for band in stitched for index in [*band, -1]][:-1]
    rows = [flat] if one_row else BANDS
    text = STRIP.format(len(rows), "".join(f"{len(row)} {' '.join(map(str, row))}\n" for row in rows))
    asset = read_ply(Files("a.ply", {"a.ply": text.encode()}))
    assert len(asset.mesh.faces) == 12
    assert is_watertight(asset.mesh.faces)
    assert signed_volume(asset.mesh.vertices, asset.mesh.faces) == pytest.approx(-6)  # wound inwards in the file


def test_strips_that_name_no_vertex_or_nothing_are_refused():
    with pytest.raises(BadInput, match="names vertex 9 of 8"):
        read_ply(Files("a.ply", {"a.ply": STRIP.format(1, "4 0 1 2 9\n").encode()}))
    with pytest.raises(BadInput, match=r"no faces|no face"):
        read_ply(Files("a.ply", {"a.ply": STRIP.format(1, "2 0 1\n").encode()}))
