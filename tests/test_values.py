import contextlib
import dataclasses
import os
import pickle
import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hostile_bytes import array_of, hostile
from maquette.core.asset import Asset, Material, Texture, Volume
from maquette.core.camera import Camera
from maquette.core.channels import CHANNELS
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.heightmap import Heightmap
from maquette.core.history import Step
from maquette.core.mesh import Mesh
from maquette.core.picture import Picture
from maquette.core.profiles import Plastic, Printer, Target
from maquette.core.report import Finding, Report
from maquette.core.scene import Scene
from maquette.core.skeleton import Clip, Skeleton
from maquette.core.subject import Subject, Views
from maquette.core.values import MAGIC, Value, decode, encode
from samples import artwork, canvas, full_mesh, paint_plan, print_settings
from shapes import box, sphere

PNG = Texture(b"\x89PNG\r\n\x1a\nrest")


def pack(value) -> bytes:
    return b"".join(bytes(chunk) for chunk in encode(value))


def full_asset() -> Asset:
    photo = Subject(np.arange(60).reshape(4, 5, 3).astype(np.uint8), mask=np.full((4, 5), 0.5), mm_per_pixel=0.5)
    return Asset(
        full_mesh(),
        materials=(Material("skin", base_color_texture=PNG), Material("cloth", roughness=0.25)),
        part_names=("head", "body", "feet"),
        sized=True,
        title="Äpfel \U0001f34e",
        camera=Camera.looking((0, 1, 0), distance=100, span=50, aspect=1.25),
        source=photo,
        history=(Step("open"), Step("inflate", 2, '{"depth":0.5}', (0,), ("one", "two"))),
    )


def wave() -> Clip:
    return Clip("wave", [0.0, 0.5], np.tile([0.0, 0.0, 0.0, 1.0], (2, 2, 1)), np.zeros((2, 3)))


def every_noun() -> list:
    subject = Subject(np.zeros((2, 3, 3), np.uint8))
    finding = Finding("specks", "fail", "3 specks", value=3, faces=[1, 2], overlay=[0.5, 1.5])
    return [
        full_mesh(),
        full_asset(),
        subject,
        Views({"front": subject, "back": subject.replace(title="b")}),
        finding,
        Report("print", "prusa-mk4", (finding, Finding("sized", "pass", "yes"))),
        Picture(np.zeros((2, 4, 5, 4), np.uint8), milliseconds=40),
        Files("a.obj", {"a.obj": b"o", "a.mtl": b""}),
        Printer.named("prusa-mk4"),
        Target.named("three"),
        Material(),
        PNG,
        Camera.looking((1, 1, 0), distance=1, span=1, projection="perspective"),
        Step("weld"),
        Mesh(np.zeros((0, 3)), np.zeros((0, 3), int)),
        Heightmap(np.ones((3, 4)), 0.5, mask=np.ones((3, 4))),
        Volume("holes", "modifier", box()),
        Scene((full_asset(),), np.zeros(1, int), np.eye(4)[None]),
        Skeleton(("root", "arm"), np.array([-1, 0]), np.eye(3)[:2], (wave(),)),
        wave(),
        artwork(),
        canvas(),
        paint_plan(),
        paint_plan().filaments[0],
        print_settings(),
        Plastic.named("petg"),
    ]


# --- there and back


@pytest.mark.parametrize("value", every_noun(), ids=lambda value: type(value).__name__)
def test_every_noun_goes_there_and_back(value):
    back = decode(pack(value))
    assert type(back) is type(value)
    assert back == value
    assert hash(back) == hash(value)
    assert pack(back) == pack(value)
    for field in dataclasses.fields(value):
        was, now = getattr(value, field.name), getattr(back, field.name)
        if isinstance(was, np.ndarray):
            assert now.dtype == was.dtype
            assert now.shape == was.shape
            assert (now == was).all()
            assert not now.flags.writeable
        elif not isinstance(was, Value):
            assert now == was


def test_every_noun_has_its_sample():
    known = {type(value).__name__ for value in every_noun()}
    from maquette.core.values import _nouns

    ours = {name for name, kind in _nouns.items() if kind.__module__.startswith("maquette.core")}
    assert known == ours


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_plain_data_goes_there_and_back(value):
    assert decode(pack(value)) == value


arrays = hnp.arrays(
    st.sampled_from(["<f8", "<f4", "<i8", "<i4", "|u1", "|b1"]), hnp.array_shapes(min_dims=1, max_dims=4, min_side=0)
)


@given(arrays)
def test_arrays_go_there_and_back_bit_by_bit(array):
    back = decode(pack(array))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()
    assert not back.flags.writeable


def test_the_form_of_an_array_does_not_depend_on_its_memory():
    array = np.arange(24).reshape(4, 6)
    forms = [array, np.asfortranarray(array), np.repeat(array, 2, axis=1)[:, ::2], array[::-1][::-1]]
    assert len({pack(form) for form in forms}) == 1


@pytest.mark.parametrize(
    "value", [{1, 2}, object(), 1j, np.int64(3), lambda: 1], ids=lambda value: type(value).__name__
)
def test_what_cannot_travel_is_a_bug_of_the_caller(value):
    with pytest.raises(TypeError, match="cannot travel between stages"):
        pack((value,))


# --- hostile bytes


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        MAGIC,
        MAGIC + b"\0" * 7,
        b"maquette\0\2" + pack(box())[10:],
        hostile(b""),
        hostile(b"{"),
        hostile(b"\xff\xfe"),
        hostile(b"9" * 5000),
        hostile({}),
        hostile({"$": "os.system", "fields": [["command", "true"]]}),
        hostile({"$": "Value", "fields": []}),
        hostile({"$": ["Mesh"]}),
        hostile({"$": "Mesh"}),
        hostile({"$": "Mesh", "fields": [["no_such", 1]]}),
        hostile({"$": "Mesh", "fields": [["vertices", "x"], ["faces", []]]}),
        hostile({"$": "Mesh", "fields": 7}),
        hostile({"$": "Texture", "fields": [["data", 7]]}),
        hostile({"$": "Material", "fields": [["base_color", [1, 1, 1, "x"]]]}),
        hostile({"$": "Views", "fields": [["subjects", {"$": "map", "items": [["front", 1], [3, 4]]}]]}),
        hostile({"$": "map", "items": [[[1], 2]]}),
        hostile({"$": "bytes", "size": 10**15}),
        hostile({"$": "bytes", "size": -1}, b"abc"),
        hostile({"$": "bytes", "size": "x"}),
        hostile(array_of("<f8", [10**15])),
        hostile(array_of("<f8", [-1]), b"12345678"),
        hostile(array_of("<f8", [-1, -1]), b"12345678"),
        hostile(array_of("<f8", [0, 2**62])),
        hostile(array_of("<f8", [0, 2**70])),
        hostile(array_of("|O", [1]), b"12345678"),
        hostile(array_of("object", [1]), b"12345678"),
        hostile(array_of("no such type", [1]), b"12345678"),
        hostile(array_of(["f4"], [1]), b"12345678"),
        hostile(array_of("V0", [1]), b"12345678"),
    ],
)
def test_hostile_bytes_are_bad_input(data):
    with pytest.raises(BadInput):
        decode(data)


@pytest.mark.parametrize("value", [full_asset(), b"12", (1, 2)], ids=["asset", "bytes", "tuple"])
def test_cut_short_is_bad_input(value):
    whole = pack(value)
    for length in {*range(0, len(whole), 17), len(whole) - 1}:
        with pytest.raises(BadInput):
            decode(whole[:length])


@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_bad_input(data):
    for whole in (data, MAGIC + struct.pack("<Q", len(data)) + data):
        with contextlib.suppress(BadInput):
            decode(whole)


@settings(max_examples=200)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_number_makes_another_value_or_bad_input(place, flip):
    """Any bit of the arrays: what comes back is a valid noun, and never the same one."""
    asset = full_asset()
    whole = bytearray(pack(asset))
    (header,) = struct.unpack("<Q", whole[10:18])
    place = 18 + header + place % (len(whole) - 18 - header)
    whole[place] ^= flip
    try:
        back = decode(bytes(whole))
    except BadInput:
        return
    assert pack(back) != pack(asset)


# --- frozen


@pytest.mark.parametrize("name", ["vertices", "faces", "uv", "material", "part", "color", "seen", "triangles"])
def test_arrays_of_a_mesh_cannot_be_changed(name):
    array = getattr(full_mesh(), name)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        array += 1


def test_arrays_of_other_nouns_cannot_be_changed():
    asset = full_asset()
    finding = Finding("x", "pass", "m", faces=np.arange(3), overlay=np.ones(2))
    arrays = [asset.source.pixels, asset.source.mask, asset.camera.pose, asset.camera.position, finding.faces]
    for array in [*arrays, finding.overlay, Picture(np.zeros((1, 1, 1, 4), np.uint8)).frames]:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_value_does_not_follow_the_array_it_was_made_from():
    vertices, faces = np.eye(3), np.array([[0, 1, 2]])
    mesh = Mesh(vertices, faces)
    before = mesh.digest
    vertices[:] = 7
    faces[:] = 0
    assert Mesh(mesh.vertices, mesh.faces).digest == before
    assert vertices.flags.writeable


def test_frozen_arrays_are_shared_not_copied():
    mesh = full_mesh()
    assert mesh.replace().vertices is mesh.vertices
    assert full_asset().with_mesh(mesh).replace(title="x").mesh is mesh
    assert mesh.with_vertices(mesh.vertices + 1).faces is mesh.faces


@pytest.mark.parametrize("value", every_noun(), ids=lambda value: type(value).__name__)
def test_fields_cannot_be_set(value):
    for field in dataclasses.fields(value):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field.name, None)
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(value, field.name)


# --- checked when built


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"vertices": np.zeros((16, 2))}, r"mesh: vertices: shape \(16, 2\) where \(any, 3\) is needed"),
        ({"vertices": [["a", "b", "c"]]}, "mesh: vertices: not an array of float64"),
        ({"vertices": np.full((16, 3), np.nan)}, "mesh: vertices: 48 numbers are infinite or not a number"),
        ({"vertices": np.full((16, 3), np.inf)}, "48 numbers"),
        ({"faces": np.full((18, 3), 16)}, "names vertex 16 of 16"),
        ({"faces": np.full((18, 3), -1)}, "mesh: a face names vertex"),
        ({"faces": np.zeros((18, 4), int)}, r"faces: shape \(18, 4\)"),
        ({"faces": np.zeros((17, 3), int)}, r"uv: shape \(18, 3, 2\) where \(17, 3, 2\)"),
        ({"uv": np.zeros((16, 2))}, "mesh: uv: shape"),
        ({"uv": np.full((18, 3, 2), np.nan)}, "mesh: uv: 108 numbers"),
        ({"material": np.zeros(16, int)}, r"material: shape \(16,\) where \(18\)"),
        ({"part": np.zeros(16, int)}, "mesh: part: shape"),
        ({"color": np.zeros((18, 3), int)}, "mesh: color: shape"),
        ({"seen": np.zeros(18)}, "mesh: seen: shape"),
    ],
)
def test_a_mesh_that_cannot_be_is_refused(change, says):
    with pytest.raises(BadInput, match=says):
        full_mesh().replace(**change)


def test_other_nouns_that_cannot_be_are_refused():
    subject = Subject(np.zeros((2, 3, 3), np.uint8))
    for build, says in [
        (lambda: subject.replace(mask=np.zeros((3, 2))), r"mask: shape \(3, 2\)"),
        (lambda: subject.replace(mask=np.full((2, 3), 1.5)), "from 1.5 to 1.5; it must stay within 0..1"),
        (lambda: subject.replace(mm_per_pixel=0.0), "0.0 mm per pixel"),
        (lambda: subject.replace(mm_per_pixel=float("nan")), "nan mm per pixel"),
        (lambda: Subject(np.zeros((0, 3, 3), np.uint8)), "3 x 0 pixels"),
        (lambda: Views({"left": subject}), "has no front"),
        (lambda: Asset(full_mesh(), materials=(Material(), Material())), "names part 2 of 0"),
        (lambda: Asset(box().replace(material=np.full(12, 1)), materials=(Material(),)), "names material 1 of 1"),
        (lambda: Material(roughness=1.5), "outside 0..1"),
        (lambda: Material(base_color=(1.0, 1.0, 1.0)), "outside 0..1"),
        (lambda: Texture(b"GIF89a"), "no PNG, JPEG or WebP"),
        (lambda: Finding("x", "maybe", "m"), "verdict 'maybe'"),
        (lambda: Files("a", {"b": b""}), "'a' is not among"),
        (lambda: Files("../a", {"../a": b""}), "is no name below one folder"),
        (lambda: Camera("orthographic", np.eye(4), span=0), "span 0"),
        (lambda: Camera("orthographic", np.eye(3), span=1), "camera: pose"),
        (lambda: Picture(np.zeros((0, 4, 4, 4), np.uint8)), "0 frames of 4 x 4"),
    ]:
        with pytest.raises(BadInput, match=says):
            build()


# --- digests


def test_equal_content_has_equal_digest():
    a, b = full_asset(), full_asset()
    assert a is not b
    assert a == b
    assert a.digest == b.digest
    assert {a: 1}[b] == 1
    assert len(a.digest) == 32
    assert full_mesh().replace(vertices=np.asfortranarray(full_mesh().vertices)) == full_mesh()


@pytest.mark.parametrize("field", ["vertices", "faces", *CHANNELS])
def test_every_field_of_a_mesh_is_in_its_digest(field):
    count = len(full_mesh().vertices)
    skin = {"joints": np.zeros((count, 4)), "weights": np.tile([0.75, 0.25, 0, 0], (count, 1))}
    mesh = full_mesh().replace(polygon=np.arange(18) // 2, **skin)
    array = (mesh.channel(field) if field in CHANNELS else getattr(mesh, field)).copy()
    array.flat[0] = array.flat[0] + 1
    assert mesh.replace(**{field: array}).digest != mesh.digest
    if field not in ("vertices", "faces"):
        assert mesh.replace(**{field: None}).digest != mesh.digest


@pytest.mark.parametrize(
    "change",
    [
        {"sized": False},
        {"title": "x"},
        {"camera": None},
        {"source": None},
        {"history": ()},
        {"part_names": ("head", "body", "toes")},
        {"materials": (Material(), Material())},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_of_an_asset_is_in_its_digest(change):
    assert full_asset().replace(**change) != full_asset()


def test_values_of_different_kind_differ():
    assert Step("x") != "x"
    assert Printer.named("prusa-mk4") != Target.named("three")
    assert pack((1, 2)) != pack((12,))
    assert pack(("a", "b")) != pack(("ab",))
    assert pack((b"ab", b"c")) != pack((b"a", b"bc"))
    assert pack(1) != pack(1.0) != pack(True)


def test_the_order_of_a_map_does_not_matter():
    assert pack({"a": 1, "b": 2}) == pack({"b": 2, "a": 1})
    assert Files("a", {"a": b"1", "b": b"2"}) == Files("a", {"b": b"2", "a": b"1"})


def test_digests_agree_across_processes():
    script = "import sys; sys.path.append(sys.argv[1]); import test_values as t; print(t.full_asset().digest)"
    folder = str(__file__).rpartition("/")[0]
    for seed in ("0", "1"):
        answer = subprocess.run(
            [sys.executable, "-c", script, folder],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert answer.stdout.strip() == full_asset().digest


def test_values_can_go_to_another_process():
    for value in every_noun():
        assert pickle.loads(pickle.dumps(value)) == value


# --- channels of a mesh


def corners(mesh: Mesh) -> np.ndarray:
    """Position, uv, color and seen of every corner, one row a corner: what must survive."""
    at = mesh.faces.reshape(-1)
    return np.concatenate(
        [mesh.vertices[at], mesh.uv.reshape(-1, 2), mesh.color[at], mesh.seen[at][:, None]], axis=1
    ).reshape(len(mesh.faces), 3, 9)


def on_faces(mesh: Mesh) -> np.ndarray:
    return np.stack([mesh.material, mesh.part], axis=1)


@given(hnp.arrays(bool, 18))
def test_kept_faces_keep_everything(which):
    mesh = full_mesh()
    kept = mesh.keep_faces(which)
    assert (corners(kept) == corners(mesh)[which]).all()
    assert (on_faces(kept) == on_faces(mesh)[which]).all()
    assert len(kept.vertices) == len(np.unique(mesh.faces[which]))
    assert mesh.keep_faces(np.flatnonzero(which)) == kept


@given(st.permutations(range(18)))
def test_faces_come_in_the_order_that_is_asked_for(order):
    mesh = full_mesh()
    assert (corners(mesh.keep_faces(order)) == corners(mesh)[order]).all()
    assert mesh.keep_faces(order).keep_faces(np.argsort(order)) == mesh


@given(st.permutations(range(16)))
def test_renumbering_changes_no_corner(order):
    mesh = full_mesh()
    made = mesh.renumbered(order, np.argsort(order))
    assert (corners(made) == corners(mesh)).all()
    assert (made.vertices == mesh.vertices[list(order)]).all()
    assert made.renumbered(np.argsort(order), order) == mesh


def test_merging_takes_the_kept_vertex_everywhere():
    mesh = full_mesh()
    keep = np.arange(15)
    twin = np.append(keep, 3)  # the last vertex becomes the fourth
    made = mesh.renumbered(keep, twin)
    was_last = mesh.faces == 15
    assert (made.faces[was_last] == 3).all()
    assert (made.faces[~was_last] == mesh.faces[~was_last]).all()
    assert (made.color == mesh.color[:15]).all()
    assert (made.seen == mesh.seen[:15]).all()
    assert (made.uv == mesh.uv).all()


@given(hnp.arrays(bool, 18))
def test_flipping_turns_corners_with_their_uv(which):
    mesh = full_mesh()
    made = mesh.flipped(which)
    assert (corners(made)[which] == corners(mesh)[which][:, ::-1]).all()
    assert (corners(made)[~which] == corners(mesh)[~which]).all()
    assert (on_faces(made) == on_faces(mesh)).all()
    assert made.flipped(which) == mesh
    assert mesh.flipped() == mesh.flipped(np.ones(18, bool))


def test_channels_that_are_not_there_stay_away():
    mesh = box()
    for made in (mesh.keep_faces([0, 1]), mesh.renumbered(np.arange(8), np.arange(8)), mesh.flipped()):
        assert made.uv is made.material is made.part is made.color is made.seen is None


def test_numbers_of_a_mesh():
    mesh = box((3, 4, 12), corner=(1, 1, 1))
    assert mesh.bounds.tolist() == [[1, 1, 1], [4, 5, 13]]
    assert mesh.diagonal == 13
    assert mesh.triangles.shape == (12, 3, 3)
    empty = Mesh(np.zeros((0, 3)), np.zeros((0, 3), int))
    assert empty.bounds.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert empty.keep_faces(np.zeros(0, bool)) == empty
    assert sphere(2.0, 2).diagonal == pytest.approx(4 * 3**0.5)


def test_moving_an_asset_takes_its_camera_along():
    asset = full_asset()
    points, depth = asset.camera.project(asset.mesh.vertices)
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    moved = asset.moved(rotation=turn, scale=2.5, offset=(1, 2, 3))
    again, far = moved.camera.project(moved.mesh.vertices)
    assert np.allclose(again, points)
    assert np.allclose(far, 2.5 * depth)
    assert np.allclose(moved.mesh.vertices, 2.5 * asset.mesh.vertices @ turn.T + [1, 2, 3])
