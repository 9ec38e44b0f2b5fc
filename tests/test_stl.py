from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import broken_meshes
import shapes
from maquette.core.asset import Asset, Material
from maquette.core.errors import BadInput, BadSetting
from maquette.core.files import Files
from maquette.core.mesh import Mesh
from maquette.core.progress import noting
from maquette.formats import text_numbers
from maquette.formats.stl import read_stl, write_stl
from maquette.geometry.surface import signed_volume
from maquette.geometry.topology import euler_number, is_watertight

TETRAHEDRON_TEXT = b"""\
solid corner
facet normal 0 0 -1
 outer loop
  vertex 0.0 0.0 0.0
  vertex 0.0 1.0 0.0
  vertex 1.0 0.0 0.0
 endloop
endfacet
facet normal 0 -1 0
 outer loop
  vertex 0.0 0.0 0.0
  vertex 1.0 0.0 0.0
  vertex 0.0 0.0 1.0
 endloop
endfacet
facet normal 0.57735 0.57735 0.57735
 outer loop
  vertex 1.0 0.0 0.0
  vertex 0.0 1.0 0.0
  vertex 0.0 0.0 1.0
 endloop
endfacet
facet normal -1 0 0
 outer loop
  vertex 0.0 0.0 0.0
  vertex 0.0 0.0 1.0
  vertex 0.0 1.0 0.0
 endloop
endfacet
endsolid corner
"""


def files(data: bytes, name: str = "part.stl") -> Files:
    return Files(name, {name: data})


def binary(triangles, header=b"", count=None) -> bytes:
    """A binary STL by the book, one record at a time."""
    records = [struct.pack("<12fH", 0, 0, 0, *np.ravel(triangle), 7) for triangle in triangles]
    return header.ljust(80, b" ") + struct.pack("<I", len(records) if count is None else count) + b"".join(records)


def round_to_32_bits(mesh: Mesh) -> Mesh:
    return mesh.with_vertices(mesh.vertices.astype(np.float32).astype(np.float64))


TETRAHEDRON = binary(shapes.tetrahedron().triangles)


def test_a_tetrahedron_in_bytes():
    root = struct.unpack("<f", struct.pack("<f", 3**-0.5))[0]
    faces = [
        ((0, 0, -1), (0, 0, 0), (0, 1, 0), (1, 0, 0)),
        ((0, -1, 0), (0, 0, 0), (1, 0, 0), (0, 0, 1)),
        ((root, root, root), (1, 0, 0), (0, 1, 0), (0, 0, 1)),
        ((-1, 0, 0), (0, 0, 0), (0, 0, 1), (0, 1, 0)),
    ]
    expected = b"Maquette: corner".ljust(80, b"\0") + struct.pack("<I", 4)
    expected += b"".join(struct.pack("<12fH", *sum(face, ()), 0) for face in faces)
    made = write_stl(Asset(shapes.tetrahedron(), title="corner"), stem="tetra")
    assert made.main == "tetra.stl"
    assert made.data == expected


def test_a_tetrahedron_in_text():
    made = write_stl(Asset(shapes.tetrahedron(), title="corner"), encoding="ascii")
    assert made.data == TETRAHEDRON_TEXT


@pytest.mark.parametrize("encoding", ["binary", "ascii"])
def test_a_solid_comes_back_welded_and_whole(encoding):
    solid = round_to_32_bits(shapes.torus())
    made = write_stl(Asset(solid, title="ring"), encoding=encoding)
    back = read_stl(made)
    assert np.array_equal(back.mesh.triangles, solid.triangles)
    assert len(back.mesh.vertices) == len(solid.vertices)
    assert is_watertight(back.mesh.faces)
    assert euler_number(back.mesh.faces) == 0
    volume = signed_volume(solid.vertices, solid.faces)
    assert signed_volume(back.mesh.vertices, back.mesh.faces) == pytest.approx(volume, rel=1e-12)
    assert back.title == "ring"
    assert not back.sized
    assert write_stl(back, encoding=encoding) == made


def test_text_keeps_every_digit():
    mesh = shapes.sphere(radius=np.pi)
    back = read_stl(write_stl(Asset(mesh), encoding="ascii")).mesh
    assert np.array_equal(back.triangles, mesh.triangles)
    assert not np.array_equal(read_stl(write_stl(Asset(mesh))).mesh.triangles, mesh.triangles)


def test_written_normals_point_out_of_the_solid():
    sphere = shapes.sphere()
    record = np.dtype([("n", "<f4", 3), ("v", "<f4", (3, 3)), ("a", "<u2")])
    records = np.frombuffer(write_stl(Asset(sphere)).data, record, offset=84)
    centers = records["v"].mean(axis=1)
    assert np.abs(np.linalg.norm(records["n"], axis=1) - 1).max() < 1e-6
    outwards = (records["n"] * centers).sum(axis=1) / np.linalg.norm(centers, axis=1)
    assert outwards.min() > 0.99
    assert not records["a"].any()


def test_a_face_without_area_has_no_normal_and_stays():
    flat = Mesh([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [[0, 1, 2], [0, 0, 1]])
    data = write_stl(Asset(flat)).data
    assert struct.unpack_from("<3f", data, 84) == (0, 0, 0)
    assert read_stl(files(data)).mesh.faces.tolist() == [[0, 1, 2], [0, 0, 1]]


@pytest.mark.parametrize("title", ["solid gold", "Büste\nfacet normal 1 2 3", "x" * 300, "\0\r\n", "椅子"])
def test_titles_stay_on_one_plain_line(title):
    asset = Asset(shapes.tetrahedron(), title=title)
    data = write_stl(asset).data
    assert not data.startswith(b"solid")
    assert data[:80].isascii()
    text = write_stl(asset, encoding="ascii").data
    assert text.count(b"\n") == 2 + 7 * 4
    for written in (data, text):
        assert np.array_equal(read_stl(files(written)).mesh.triangles, asset.mesh.triangles)


def test_a_file_without_a_title_is_called_by_its_name():
    assert read_stl(files(TETRAHEDRON, "left foot.stl")).title == "left foot"
    assert read_stl(files(TETRAHEDRON_TEXT)).title == "corner"


def test_length_decides_before_the_word_solid():
    lying = binary(shapes.box().triangles, header=b"solid but binary")
    with noting() as notes:
        assert len(read_stl(files(lying)).mesh.faces) == 12
    assert not any("ignored" in line for line in notes)


def test_bytes_behind_the_last_triangle_are_ignored_and_noted():
    with noting() as notes:
        asset = read_stl(files(TETRAHEDRON + b"COLOR=abc"))
    assert len(asset.mesh.faces) == 4
    assert any("9 bytes behind" in line for line in notes)
    assert any("9 bytes behind" in line for line in asset.history[0].notes)


def test_positive_and_negative_zero_weld():
    triangles = [[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], [[-0.0, -0.0, 0], [0, 1, -0.0], [-1, 0, 0]]]
    assert len(read_stl(files(binary(triangles))).mesh.vertices) == 4


def test_text_knows_no_negative_zero():
    mesh = Mesh([[-0.0, 0, 0], [1, -0.0, 0], [0, 1, -0.0]], [[0, 1, 2]])
    assert b"-0" not in write_stl(Asset(mesh), encoding="ascii").data


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.upper().replace(b"SOLID CORNER", b"SOLID vertex 1 2 3 facet"),
        lambda text: text.replace(b"\n", b"\r\n").replace(b" ", b"\t"),
        lambda text: text.replace(b"\n", b" ").replace(b"solid corner ", b"solid corner\n"),
        lambda text: text.replace(b"solid corner", b"solid facet vertex 1 2 3"),
        lambda text: b"\xef\xbb\xbf \n" + text,
        lambda text: text.replace(b"normal 0 0 -1", b"normal nan nan nan"),
        lambda text: text.replace(b"vertex 1.0", b"vertex +1.00000000000e+000"),
        lambda text: text.replace(b"solid corner", b"solid \xff\xfe"),
        lambda text: text.replace(b"endsolid corner\n", b""),
    ],
)
def test_text_in_other_hands(change):
    asset = read_stl(files(change(TETRAHEDRON_TEXT)))
    assert np.array_equal(asset.mesh.triangles, shapes.tetrahedron().triangles)


def test_several_solids_are_one_model():
    other = TETRAHEDRON_TEXT.replace(b"0.0 0.0 1.0", b"0.0 0.0 -1.0")
    asset = read_stl(files(TETRAHEDRON_TEXT + other))
    assert (len(asset.mesh.faces), len(asset.mesh.vertices)) == (8, 5)


@pytest.mark.parametrize("size", [40, 64, 999])
def test_where_a_block_ends_does_not_matter(monkeypatch, size):
    monkeypatch.setattr(text_numbers, "BLOCK", size)
    assert np.array_equal(read_stl(files(TETRAHEDRON_TEXT)).mesh.triangles, shapes.tetrahedron().triangles)


TRUNCATED_AT = TETRAHEDRON_TEXT.index(b"vertex 0.0 0.0 1.0") + 10


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 bytes are too few"),
        (b"\1" * 34, "34 bytes are too few"),
        (b"solid", "no triangles"),
        (b"solid nothing\nendsolid nothing\n", "no triangles"),
        (binary([]), "no triangles"),
        (TETRAHEDRON[:-1], "promises 4 triangles, there are 3"),
        (TETRAHEDRON[:83], "83 bytes are too few"),
        (binary([], count=0xFFFFFFFF) + b"x" * 16, "promises 4294967295 triangles, there are 0"),
        (binary([[[0, 0, 0], [1, 0, 0], [0, np.nan, 0]]]), "1 of 3 points are infinite"),
        (binary([[[0, 0, 0], [np.inf, 0, 0], [0, -np.inf, 0]]]), "2 of 3 points are infinite"),
        (b"<!DOCTYPE html><html>" + b" " * 200, "neither binary nor text"),
        (TETRAHEDRON_TEXT[:TRUNCATED_AT], "within a vertex"),
        (TETRAHEDRON_TEXT[: TRUNCATED_AT - 11], "2 facets have 5 vertices instead of 6"),
        (TETRAHEDRON_TEXT.replace(b"vertex 1.0", b"vertex 1,0"), "line 6: '1,0' is no float"),
        (TETRAHEDRON_TEXT.replace(b"vertex 1.0 0.0 0.0", b"vertex 1.0 0.0"), "is no float"),
        (TETRAHEDRON_TEXT.replace(b"vertex 1.0", b"vertex 1_0"), "'1_0' is no float"),
        (TETRAHEDRON_TEXT.replace(b"vertex 1.0", b"vertex nan"), "infinite, not a number"),
        (TETRAHEDRON_TEXT.replace(b"vertex 1.0", b"vertex 1e999"), "infinite, not a number"),
        (TETRAHEDRON_TEXT + b"\0" * 400, "is zero, so this is no text"),
        (b"solid " + b"x" * (text_numbers.LONGEST_LINE + 1), "split it"),
    ],
)
def test_hostile_files_are_refused(data, reason):
    with pytest.raises(BadInput, match=reason):
        read_stl(files(data))


def test_facets_of_four_and_two_vertices_are_not_taken_for_triangles():
    line = b"  vertex 0.0 0.0 1.0\n"
    first = TETRAHEDRON_TEXT.index(b" endloop")
    moved = TETRAHEDRON_TEXT[:first] + line + TETRAHEDRON_TEXT[first:].replace(line, b"", 1)
    with pytest.raises(BadInput, match="do not have three vertices"):
        read_stl(files(moved))


def test_what_cannot_be_written_is_refused():
    with pytest.raises(BadInput, match="no faces"):
        write_stl(Asset(Mesh(np.zeros((0, 3)), np.zeros((0, 3), int))))
    with pytest.raises(BadInput, match=r"1e\+39"):
        write_stl(Asset(shapes.box(size=(1e39, 1, 1))))
    with pytest.raises(BadSetting, match="encoding"):
        write_stl(Asset(shapes.box()), encoding="utf-8")
    with pytest.raises(BadInput, match="below one folder"):
        write_stl(Asset(shapes.box()), stem="../box")


def test_what_stays_behind_is_said():
    with noting() as notes:
        write_stl(Asset(shapes.grid(), materials=(Material(),)))
    assert any("left out texture coordinates: .stl has no place" in line for line in notes)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_files_are_read_or_refused(data):
    original = data.draw(st.sampled_from([TETRAHEDRON, TETRAHEDRON_TEXT]))
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.sampled_from([0, 9, 10, 32, 46, 48, 57, 101, 127, 255]) | st.integers(0, 255))
    cut = data.draw(st.integers(1, len(damaged)))
    try:
        asset = read_stl(files(bytes(damaged[:cut])))
    except BadInput:
        return
    assert np.isfinite(asset.mesh.vertices).all()
    assert len(asset.mesh.faces) <= 4


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")  # meshio's, when it asks whether text is binary
def test_others_read_what_we_write(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    meshio = pytest.importorskip("meshio")
    solid = round_to_32_bits(shapes.torus())
    for encoding in ("binary", "ascii"):
        data = write_stl(Asset(solid), encoding=encoding).data
        theirs = trimesh.load(io.BytesIO(data), file_type="stl")
        assert np.allclose(theirs.triangles, solid.triangles, atol=0, rtol=1e-6)
        assert theirs.is_watertight
        assert theirs.volume == pytest.approx(signed_volume(solid.vertices, solid.faces), rel=1e-6)
        (tmp_path / "part.stl").write_bytes(data)
        read = meshio.read(tmp_path / "part.stl")
        assert np.allclose(read.points[read.cells_dict["triangle"]], solid.triangles, atol=0, rtol=1e-6)


def test_we_read_what_others_write():
    trimesh = pytest.importorskip("trimesh")
    theirs = trimesh.creation.icosphere()
    for kind in ("stl", "stl_ascii"):
        data = theirs.export(file_type=kind)
        ours = read_stl(files(data if isinstance(data, bytes) else data.encode())).mesh
        assert np.allclose(ours.triangles, theirs.triangles, atol=1e-7)
        assert is_watertight(ours.faces)


def test_damaged_meshes_have_the_faces_they_should():
    listed = broken_meshes.list_files(".stl")
    assert len(listed) > 50
    for path, faces in listed:
        assert len(read_stl(broken_meshes.open_alone(path)).mesh.faces) == faces, path.name
