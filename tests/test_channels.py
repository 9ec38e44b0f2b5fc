"""One row in the table is all that a channel needs: these are declared here, and ride through mending and back."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset, Material
from maquette.core.channels import CHANNELS, Channel, declare, temporary_channel
from maquette.core.errors import BadInput
from maquette.core.files import Files
from maquette.core.mesh import Mesh, join_meshes
from maquette.core.progress import noting
from maquette.core.values import decode, encode
from maquette.shape.carry.combining import combine_solids, line_with_nearest, wear_nearest
from maquette.store import Store
from samples import full_mesh
from shapes import box, grid, sphere

SIDE = Channel("side", "face", "i4", blend="nearest", missing=-1)  # which half-space the face lies in
HEAT = Channel("heat", "vertex", "f4")  # the height
NEST = Channel("nest", "vertex", "i2", (2,), blend="nearest", missing=-7)  # a pair that must stay a pair
SHEET = Channel("sheet", "corner", "f8", (2,))  # another uv: x and y
GRAIN = Channel("grain", "corner", "f4", (3,), blend="direction")  # along y
OURS = (SIDE, HEAT, NEST, SHEET, GRAIN)


@pytest.fixture(autouse=True)
def rows():
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(temporary_channel(channel)) for channel in OURS]


def dress(mesh: Mesh) -> Mesh:
    """A mesh whose channels say where they are."""
    corners = mesh.triangles
    grain = np.zeros((len(mesh.faces), 3, 3))
    grain[..., 1] = 1
    return mesh.replace(
        side=(corners.mean(axis=1)[:, 0] > 0).astype(np.int32),
        heat=mesh.vertices[:, 2],
        nest=pairs(mesh.vertices),
        sheet=corners[..., :2],
        grain=grain,
    )


def pairs(points: np.ndarray) -> np.ndarray:
    """Two numbers that belong together."""
    first = np.round(points[:, 2]).astype(np.int16)
    return np.stack([first, 3 * first + 1], axis=1)


def insist(mesh: Mesh, back: tuple[float, float, float] = (0, 0, 0), reach: float = 1e-3, near: float = 3.0) -> None:
    """Every channel says where it is; ``back`` takes the mesh to where it was clad, ``reach`` is how far it may err."""
    mesh = mesh.with_vertices(mesh.vertices + back)
    corners, middle = mesh.triangles, mesh.triangles.mean(axis=1)
    clear = np.abs(corners[..., 0]).min(axis=1) > near  # a face across the border may go either way
    clear &= (np.sign(corners[..., 0]) == np.sign(middle[:, :1])).all(axis=1)
    assert clear.sum() > 0.4 * len(mesh.faces)
    assert (mesh.channel("side")[clear] == (middle[clear, 0] > 0)).all()
    assert np.abs(mesh.channel("heat") - mesh.vertices[:, 2]).max() <= reach
    nest = mesh.channel("nest")
    assert (nest[:, 1] == 3 * nest[:, 0] + 1).all()
    assert np.abs(nest[:, 0] - mesh.vertices[:, 2]).max() <= near + 0.5
    assert np.abs(mesh.channel("sheet") - corners[..., :2]).max() <= reach
    assert np.abs(mesh.channel("grain") - [0, 1, 0]).max() <= 1e-6


def model() -> Asset:
    """A box of 2 mm squares around the origin."""
    mesh = mq.remesh(Asset(box((20, 12, 16), (-10, -6, -8))), edge_mm=2.0).mesh
    return Asset(dress(Mesh(mesh.vertices, mesh.faces)))


def test_a_mesh_without_further_channels_keeps_its_digest_and_its_stored_form():
    """Written down before the table came: results in a store stay valid."""
    assert full_mesh().digest == "1e0efdfdd94600d02e07dc8c03c2fe2e"
    assert b"extra" not in b"".join(bytes(chunk) for chunk in encode(full_mesh()))


def test_a_further_channel_is_in_the_digest_and_travels(tmp_path):
    mesh = dress(grid(3, 3))
    assert mesh.digest != mesh.replace(heat=mesh.channel("heat") + 1).digest != grid(3, 3).digest
    assert mesh.replace(side=None, heat=None, nest=None, sheet=None, grain=None) == grid(3, 3)
    assert repr(mesh).endswith("uv, side, heat, nest, sheet, grain)")
    store = Store(tmp_path)
    store.put("ab", Asset(mesh))
    assert store.get("ab") == Asset(mesh)
    back = decode(b"".join(bytes(chunk) for chunk in encode(mesh)))
    assert all(np.array_equal(back.channel(name), values) for name, values in mesh.channels.items())


def test_a_stored_mesh_whose_plugin_is_gone_counts_as_none(tmp_path):
    store = Store(tmp_path)
    with temporary_channel(Channel("gone", "vertex", "f4")):
        store.put("ab", grid(2, 2).replace(gone=np.zeros(9)))
        assert store.get("ab").channel("gone") is not None
    assert store.get("ab") is None


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: grid(2, 2).replace(heat=np.zeros(3)), r"heat: shape \(3,\) where \(9\)"),
        (lambda: grid(2, 2).replace(side=np.full(8, 0.5)), "side: not an array of int32"),
        (lambda: grid(2, 2).replace(heat=np.full(9, np.nan)), "heat: 9 numbers are infinite"),
        (lambda: Mesh(np.zeros((0, 3)), np.zeros((0, 3), int), extra={"nobody": np.zeros(0)}), "no channel 'nobody'"),
        (lambda: Mesh(np.zeros((0, 3)), np.zeros((0, 3), int), extra={"uv": np.zeros(0)}), "no channel 'uv'"),
        (lambda: declare(Channel("heat", "face", "f4", blend="nearest")), "declared already"),
        (lambda: Channel("a b", "vertex", "f4"), "plain word"),
        (lambda: Channel("word", "vertex", "U4"), "one of u1"),
        (lambda: Channel("way", "vertex", "f4", (2,), blend="direction"), "3 numbers"),
        (lambda: Channel("mean", "face", "f4"), "never mixed"),
    ],
)
def test_what_a_channel_cannot_be(make, why):
    with pytest.raises(BadInput, match=why):
        make()


def test_declaring_the_same_twice_is_once_and_the_table_is_read_only():
    assert declare(HEAT) == CHANNELS["heat"]
    with pytest.raises(TypeError):
        CHANNELS["heat"] = HEAT


def test_indices_of_a_channel_that_counts_in_a_tuple_are_checked():
    spare = Channel("spare", "face", "i4", blend="nearest", counts_in="materials")
    with temporary_channel(spare), pytest.raises(BadInput, match="names spare 0 of 0"):
        Asset(grid(2, 2).replace(spare=np.zeros(8)))


def test_keeping_turning_over_and_joining():
    mesh = model().mesh
    some = mesh.keep_faces(mesh.triangles[:, :, 0].min(axis=1) > 1)
    insist(some, reach=1e-6)
    insist(mesh.flipped(), reach=1e-6)
    bare = box((2, 2, 2), (0, 0, 30))
    row = join_meshes([mesh, bare])
    insist(row.keep_faces(np.arange(len(mesh.faces))), reach=1e-6)
    added = row.keep_faces(np.arange(len(mesh.faces), len(row.faces)))
    assert (added.channel("side") == -1).all()
    assert (added.channel("nest") == -7).all()
    assert (added.channel("heat") == 0).all()


def test_directions_turn_with_the_model():
    turned = mq.rotate(model(), z_deg=90)
    assert np.abs(turned.mesh.channel("grain") - [-1, 0, 0]).max() < 1e-6
    assert np.array_equal(turned.mesh.channel("sheet"), model().mesh.channel("sheet"))


@pytest.mark.parametrize(
    ("change", "reach"),
    [
        (mq.weld, 1e-6),
        (lambda asset: mq.fill_holes(asset.with_mesh(asset.mesh.keep_faces(np.arange(40, 900)))), 1e-3),
        (lambda asset: mq.simplify(asset, max_faces=500), 1e-6),
        (lambda asset: mq.remesh(asset, edge_mm=1.5), 1e-3),
        (
            lambda asset: mq.unite(asset.with_mesh(join_meshes([asset.mesh, dress(box((6, 4, 20), (2, -2, -10)))]))),
            1e-4,
        ),
        (
            lambda asset: asset.with_mesh(
                combine_solids("cut", asset.mesh, [box((4, 30, 4), (4, -15, -2))], "subtract")
            ),
            1.0,
        ),
        (lambda asset: asset.with_mesh(wear_nearest(asset.mesh.vertices, asset.mesh.faces, asset.mesh)), 0.2),
        (lambda asset: asset.with_mesh(line_with_nearest(asset.mesh.vertices, asset.mesh.faces, asset.mesh)), 2.6),
        (lambda asset: mq.solidify(asset.with_mesh(asset.mesh.keep_faces(np.arange(20, 944)))), 0.5),
    ],
)
def test_stages_carry_every_channel(change, reach):
    insist(change(model()).mesh, reach=reach)


def test_a_split_model_keeps_every_channel_and_cut_faces_miss_what_is_on_corners():
    made = mq.split(model(), by="plane", axis="z", connector="none").mesh
    new = np.abs(made.triangles[:, :, 2] - made.triangles[:, :1, 2]).max(axis=1) < 1e-9
    new &= np.abs(made.triangles[:, 0, 2]) < 1e-6
    assert new.sum() > 10
    insist(made.keep_faces(~new), reach=1e-4)
    assert (made.channel("sheet")[new] == 0).all()
    assert (made.channel("side")[new] == (made.triangles[new].mean(axis=1)[:, 0] > 0)).mean() > 0.9


def test_settling_a_ball_cuts_its_channels_with_it():
    ball = Asset(dress(sphere(20, 5)))
    cut = mq.settle(ball)
    assert len(cut.mesh.faces) != len(ball.mesh.faces)
    insist(cut.mesh, back=(0, 0, 20 - cut.size[2]), reach=1e-3)


def test_what_is_added_wears_the_usual_and_the_rest_keeps_its_own():
    stood = mq.plinth(model()).mesh
    top = stood.triangles[:, :, 2].min(axis=1) > stood.bounds[1, 2] - 12
    heat = stood.channel("heat")
    above = np.unique(stood.faces[top])
    assert np.ptp(heat[above] - stood.vertices[above, 2]) < 1e-4
    below = stood.vertices[:, 2] < stood.bounds[0, 2] + 0.1
    assert (heat[below] == np.median(model().mesh.channel("heat"))).all()


def test_plates_keep_every_channel():
    laid = mq.lay_out(model(), turning="keep")
    assert sorted(laid.mesh.channels) == sorted([*model().mesh.channels, "part"])
    assert np.ptp(laid.mesh.channel("heat") - laid.mesh.vertices[:, 2]) < 1e-5


def test_glb_and_back():
    """Faces and corners come back as such, although the format has everything on vertices."""
    mesh = model().mesh
    there = mq.read_glb(mq.write_glb(Asset(mesh)))
    insist(there.mesh, reach=1e-4)
    assert len(there.mesh.vertices) == len(mesh.vertices)
    border = np.sort(there.mesh.channel("side"))
    assert np.array_equal(border, np.sort(mesh.channel("side")))


def test_glb_of_a_wide_channel_leaves_it_out_and_says_so():
    with temporary_channel(Channel("wide", "vertex", "f4", (5,))), noting() as notes:
        mesh = grid(2, 2).replace(wide=np.ones((9, 5)), heat=np.ones(9))
        there = mq.read_glb(mq.write_glb(Asset(mesh))).mesh
        assert there.channel("heat") is not None
        assert there.channel("wide") is None
        assert "left out the channel 'wide': .glb has no place for it; .ply keeps it" in notes[0]
        assert np.array_equal(mq.read_ply(mq.write_ply(Asset(mesh))).mesh.channel("wide"), mesh.channel("wide"))


@pytest.mark.parametrize("encoding", ["binary", "ascii"])
def test_ply_and_back_to_the_bit(encoding):
    """Vertices, faces and corners have properties of their own, in the channel's own kind of number."""
    mesh = model().mesh
    there = mq.read_ply(mq.write_ply(Asset(mesh), encoding=encoding)).mesh
    assert list(there.channels) == ["side", "heat", "nest", "sheet", "grain"]
    assert all(np.array_equal(there.channel(name), values) for name, values in mesh.channels.items())


def test_ply_of_others_fills_channels_through_polygons_and_bad_numbers():
    """A quad and a triangle: both triangles of the quad have its label; what is no number is the missing value."""
    head = "ply\nformat ascii 1.0\nelement vertex 5\nproperty float x\nproperty float y\nproperty float z\n"
    head += "property double heat\nelement face 3\nproperty list uchar int vertex_indices\nproperty int side\n"
    head += "property list uchar double sheet\nend_header\n"
    rows = ["0 0 0 1.5", "1 0 0 nan", "1 1 0 1e300", "0 1 0 2", "2 0 0 3"]
    rows += ["2 0 1 9 4 7 7 7 7", "4 0 1 2 3 5 8 0 1 2 3 4 5 6 7", "3 1 4 2 99999999999 6 8 9 10 11 12 13"]
    mesh = mq.read_ply(Files("a.ply", {"a.ply": (head + "\n".join(rows)).encode()})).mesh
    assert mesh.channel("heat").tolist() == [1.5, 0, np.float32(np.finfo(np.float32).max), 2, 3]
    assert mesh.channel("side").tolist() == [5, 5, 2**31 - 1]
    assert mesh.channel("sheet").tolist()[:2] == [[[0, 1], [2, 3], [4, 5]], [[0, 1], [4, 5], [6, 7]]]
    assert mesh.channel("sheet").tolist()[2] == [[8, 9], [10, 11], [12, 13]]


def test_a_channel_named_like_a_property_of_ply_keeps_out_of_its_way():
    with (
        temporary_channel(Channel("s", "vertex", "f4")),
        temporary_channel(Channel("red", "face", "u1", blend="nearest")),
    ):
        mesh = grid(2, 2).replace(s=np.arange(9), red=np.arange(8), color=np.full((9, 3), 40, np.uint8))
        there = mq.read_ply(mq.write_ply(Asset(mesh))).mesh
        assert there.channels.keys() == {"uv", "color", "s", "red"}
        assert all(np.array_equal(there.channel(name), values) for name, values in mesh.channels.items())


@pytest.mark.parametrize("ending", [".obj", ".3mf", ".stl", ".off", ".amf", ".dae"])
def test_formats_without_room_say_which_channels_they_drop(ending, tmp_path):
    mesh = box((9, 9, 9))
    asset = Asset(mesh.replace(heat=np.zeros(len(mesh.vertices)), side=np.zeros(len(mesh.faces), np.int32)))
    with noting() as notes:
        mq.save(asset, tmp_path / f"box{ending}")
    (said,) = [line for line in notes if "no place" in line]
    lost = "left out the channel 'heat', the channel 'side'"
    assert said.endswith(f"{lost}: {ending} has no place for them; .glb keeps them")


def test_a_channel_that_counts_in_a_tuple_stays_behind_for_the_file_counts_anew():
    with temporary_channel(Channel("spare", "face", "i4", blend="nearest", counts_in="materials")), noting() as notes:
        asset = Asset(grid(2, 2).replace(spare=np.zeros(8)), materials=(Material(),))
        assert mq.read_glb(mq.write_glb(asset)).mesh.channel("spare") is None
        assert any("the channel 'spare'" in line for line in notes)
