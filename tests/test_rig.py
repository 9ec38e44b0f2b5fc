"""Rig and pose: joints where limbs are, weights that add up, clips that bend and do not break, kept by glTF."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import maquette as mq
import samples
import shapes
from khronos import issues_of, needs_validator
from maquette.core.errors import BadInput, BadSetting, CannotDo
from maquette.core.skeleton import Clip, Skeleton
from maquette.geometry.rigging.skinning import joint_moves


@pytest.fixture(scope="module")
def person() -> mq.Asset:
    return samples.person()


@pytest.fixture(scope="module")
def rigged(person) -> mq.Asset:
    return mq.rig(person)


@pytest.fixture(scope="module")
def dog() -> mq.Asset:
    legs = [((2, 2, 9), (x, y, 0)) for x in (-3, 1) for y in (-10, 8)]
    return samples.figure(((6, 20, 6), (-3, -10, 8)), *legs, ((2, 6, 3), (-1, -15, 12)), ((2, 8, 2), (-1, 10, 12)))


def test_a_persons_joints_lie_in_its_limbs(rigged):
    skeleton = rigged.skeleton
    place = dict(zip(skeleton.names, skeleton.places, strict=True))
    assert len(skeleton.names) == 17
    assert {"Hips", "Spine", "Chest", "Neck", "Head", "LeftUpperArm", "RightFoot"} <= place.keys()
    left, right = place["LeftLowerLeg"], place["RightLowerLeg"]
    assert left[:2] == pytest.approx([8, 0], abs=2.5)  # its left is at +X
    assert right[:2] == pytest.approx([-8, 0], abs=2.5)
    assert 15 < left[2] < 30
    assert place["LeftLowerArm"] == pytest.approx([26, 0, 76], abs=4)
    assert 40 < place["Hips"][2] < 60 < place["Chest"][2] < place["Neck"][2] < place["Head"][2]
    assert skeleton.names[skeleton.parents[skeleton.names.index("LeftHand")]] == "LeftLowerArm"


def test_weights_are_four_at_most_and_add_up(rigged):
    joints, weights = (rigged.mesh.channel(name) for name in ("joints", "weights"))
    assert weights.shape == (len(rigged.mesh.vertices), 4)
    assert weights.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (weights >= 0).all()
    hand = rigged.mesh.vertices[:, 0] > 39
    assert (joints[hand, 0] == rigged.skeleton.names.index("LeftHand")).all()
    assert (weights[hand, 0] > 0.5).all()


def test_the_walk_bends_legs_and_keeps_volume(rigged, person):
    posed = mq.pose(rigged, clip="walk", at=0.25)
    assert posed.skeleton is None
    assert posed.mesh.channel("weights") is None
    assert shapes.volume(posed) == pytest.approx(shapes.volume(person), rel=0.1)
    feet = person.mesh.vertices[:, 2] < 4
    left = feet & (person.mesh.vertices[:, 0] > 0)
    shift = (posed.mesh.vertices - person.mesh.vertices)[:, 1]
    assert shift[left].mean() < -8  # forward
    assert shift[feet & ~left].mean() > 8
    arm = np.abs(person.mesh.vertices[:, 0]) > 35
    assert posed.mesh.vertices[arm, 2].max() < 65  # arms hang
    assert "volume" in posed.history[-1].notes[0]
    assert mq.pose(rigged, clip="walk", at=0.25) == posed
    assert mq.rig(person) == rigged
    turned = mq.pose(rigged, clip="turntable", at=0.5)
    assert np.abs(turned.mesh.vertices[:, :2] + person.mesh.vertices[:, :2]).max() < 3  # about the hips


def test_a_dog_stands_on_four_legs_and_wags(dog):
    rigged = mq.rig(dog, names="unreal")
    names = rigged.skeleton.names
    assert {"pelvis", "left_front_upper_leg", "right_hind_foot", "tail_3", "head"} <= set(names)
    place = dict(zip(names, rigged.skeleton.places, strict=True))
    assert place["head"][1] < place["spine_02"][1] < place["pelvis"][1] < place["tail_3"][1]
    assert place["left_front_foot"][0] > 0 > place["right_front_foot"][0]
    assert mq.rig(dog, names="vrm", clips="none").skeleton.clips == ()


def of_parts(names: tuple[str, ...], *bodies: mq.Mesh) -> mq.Asset:
    """Bodies as parts in their order; names may be more than there are bodies."""
    part = np.repeat(np.arange(len(bodies)), [len(body.faces) for body in bodies])
    return mq.Asset(shapes.together(*bodies).replace(part=part), part_names=names)


def wheel(axle: int, place: tuple[float, float, float]) -> mq.Mesh:
    """Radius 8 and 4 wide, about x (0) or y (1)."""
    turn = np.arange(32) * 2 * np.pi / 32
    ring = np.stack([np.zeros(32), 8 * np.cos(turn), 8 * np.sin(turn)], axis=1)
    fan = np.stack([np.zeros(30, int), np.arange(1, 31), np.arange(2, 32)], axis=1)
    wall = np.stack([np.arange(32), np.arange(32) + 32, (np.arange(32) + 1) % 32], axis=1)
    other = np.stack([np.arange(32) + 32, (np.arange(32) + 1) % 32 + 32, (np.arange(32) + 1) % 32], axis=1)
    faces = np.concatenate([fan[:, ::-1], fan + 32, wall[:, ::-1], other[:, ::-1]])
    points = np.concatenate([ring - [2, 0, 0], ring + [2, 0, 0]])
    if axle:
        points, faces = points[:, [1, 0, 2]], faces[:, ::-1]
    return mq.Mesh(points + place, faces)


@pytest.mark.parametrize("axle", [0, 1])
def test_parts_turn_on_hinges_and_axles(axle):
    long, ends = [((28, 60, 12), ((16, -20, 8), (16, 20, 8))), ((60, 28, 12), ((-20, 16, 8), (20, 16, 8)))][axle]
    box = shapes.box(long, (-long[0] / 2, -long[1] / 2, 6))
    cart = of_parts(("cart", "front", "back"), box, *(wheel(axle, end) for end in ends))
    rigged = mq.rig(cart, kind="parts")
    assert rigged.skeleton.names == ("Cart", "WheelFront", "WheelBack")
    assert rigged.skeleton.places[1] == pytest.approx(ends[0], abs=1e-6)
    assert [clip.name for clip in rigged.skeleton.clips] == ["spin", "turntable"]
    spun = mq.pose(rigged, clip="spin", at=0.25)
    assert spun.size == pytest.approx(cart.size, abs=0.2)
    shift = spun.mesh.vertices - rigged.mesh.vertices
    assert np.abs(shift).max() > 8
    assert np.abs(shift[:, axle]).max() < 1e-9  # a wheel stays in its plane
    top = np.abs(rigged.mesh.vertices - ends[0] - [0, 0, 8])[:, [1 - axle, 2]].max(axis=1) < 1e-6
    assert shift[top, 1 - axle] == pytest.approx(8 if axle else -8)  # rolls to the front, or to +X
    with pytest.raises(CannotDo, match="no parts"):
        mq.rig(mq.Asset(shapes.box()), kind="parts")


def test_parts_may_be_called_anything():
    boxes = shapes.box((20, 20, 20)), shapes.box((4, 4, 9), (8, 8, 20)), shapes.box((4, 4, 9), (8, 8, -9))
    for names in (("wheel front left plate", "a front b", "c"), ("body", "left upper leg", "left upper arm")):
        rigged = mq.rig(of_parts(names, *boxes), kind="parts")
        assert [clip.name for clip in rigged.skeleton.clips] == ["turntable"]


def test_parts_without_faces_get_no_joint():
    boxes = shapes.box((20, 20, 20)), shapes.box((4, 4, 9), (8, 8, 20))
    whole = of_parts(("body", "gone", "knob"), *boxes)
    part = np.where(whole.mesh.part == 1, 2, 0)
    rigged = mq.rig(whole.replace(mesh=whole.mesh.replace(part=part)), kind="parts")
    assert rigged.skeleton.names == ("Body", "Knob")
    assert (rigged.mesh.channel("joints")[rigged.mesh.vertices[:, 2] > 25, 0] == 1).all()
    with pytest.raises(CannotDo, match="but one part has faces"):
        mq.rig(whole.replace(mesh=whole.mesh.replace(part=part * 0)), kind="parts")


def test_parts_of_one_name_hang_on_each_other():
    chain = [shapes.box((4, 10 - size, 4), (0, 10 * size, 0)) for size in range(3)]
    rigged = mq.rig(of_parts(("Link", "Link", "li nk"), *chain), kind="parts")
    assert rigged.skeleton.parents.tolist() == [-1, 0, 1]
    assert rigged.skeleton.names == ("Link", "Link2", "LiNk3")


def test_refusals_say_what_is_missing(dog, rigged):
    with pytest.raises(CannotDo, match="0 limbs end on the ground"):
        mq.rig(mq.Asset(shapes.sphere(20, 3)))
    with pytest.raises(CannotDo, match="four"):
        mq.rig(mq.Asset(shapes.box((10, 10, 40))), kind="quadruped")
    with pytest.raises(BadInput, match="no surface"):
        mq.rig(mq.Asset(shapes.box().keep_faces([])))
    with pytest.raises(CannotDo, match="no skeleton"):
        mq.pose(dog)
    with pytest.raises(BadSetting, match="there are idle, walk, turntable"):
        mq.pose(rigged, clip="fly")


def test_a_joint_turns_what_hangs_on_it():
    quarter = [0, 0, np.sin(np.pi / 4), np.cos(np.pi / 4)]
    still = [0, 0, 0, 1]
    bones = np.array([-1, 0]), np.array([[0, 0, 0], [10.0, 0, 0]])
    moves = joint_moves(*bones, np.array([quarter, quarter]), np.zeros(3))
    assert moves[1] @ [20, 0, 0, 1] == pytest.approx([-10, 10, 0, 1])
    moves = joint_moves(*bones, np.array([still, quarter]), np.ones(3))
    assert moves[1] @ [20, 0, 0, 1] == pytest.approx([11, 11, 1, 1])


def test_a_pose_lies_between_keys(rigged):
    skeleton = rigged.skeleton
    turns = np.zeros((3, len(skeleton.names), 4))
    turns[..., 3] = 1
    turns[1, 0] = [0, 0, np.sin(np.pi / 4), np.cos(np.pi / 4)]  # a quarter about z, and its name for the other way
    turns[2, 0] = -turns[1, 0]
    clip = Clip("turn", [10, 12, 14], turns, [[0, 0, 0], [8, 0, 0], [8, 0, 4]])
    asset = rigged.replace(skeleton=skeleton.replace(clips=(clip,)))
    hips, rest = skeleton.places[0], rigged.mesh.vertices
    for at, degrees, shift in ((0, 0, (0, 0, 0)), (0.25, 45, (4, 0, 0)), (0.75, 90, (8, 0, 2)), (1, 90, (8, 0, 4))):
        turn = Rotation.from_euler("z", degrees, degrees=True)
        assert mq.pose(asset, at=at).mesh.vertices == pytest.approx(turn.apply(rest - hips) + hips + shift, abs=1e-4)
    still = Clip("still", [3], turns[1:2], [[0, 0, 1]])
    only = mq.pose(rigged.replace(skeleton=skeleton.replace(clips=(still,))), at=0.7)
    assert only.mesh.vertices[:, 2] == pytest.approx(rest[:, 2] + 1, abs=1e-4)


def test_glb_keeps_skeleton_weights_and_clips(rigged):
    again = mq.read_glb(mq.write_glb(rigged))
    assert again.skeleton.names == rigged.skeleton.names
    assert again.skeleton.places == pytest.approx(rigged.skeleton.places, abs=1e-4)
    assert again.mesh.replace(material=None) == rigged.mesh.replace(vertices=again.mesh.vertices)
    for ours, theirs in zip(rigged.skeleton.clips, again.skeleton.clips, strict=True):
        assert theirs.times == pytest.approx(ours.times, abs=1e-6)
    for clip, at in (("walk", 0.3), ("turntable", 0.7)):
        one, two = (mq.pose(asset, clip=clip, at=at).mesh.vertices for asset in (rigged, again))
        assert np.abs(one - two).max() < 1e-3
    small = mq.simplify(rigged, max_faces=600)
    assert small.mesh.channel("weights").sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_a_moved_model_takes_its_skeleton_along(rigged):
    moved = mq.rotate(mq.scale_to(rigged, height_mm=50), z_deg=90)
    posed = mq.pose(rigged, clip="walk", at=0.25)
    one = mq.rotate(posed.moved(scale=0.5), z_deg=90)
    two = mq.pose(moved, clip="walk", at=0.25)
    assert two.mesh.vertices - two.mesh.vertices.mean(axis=0) == pytest.approx(
        one.mesh.vertices - one.mesh.vertices.mean(axis=0), abs=1e-6
    )


def two_roots() -> mq.Asset:
    """Two boxes, each held by a root joint of its own, and a clip that shifts both and turns the second."""
    mesh = shapes.together(shapes.box((10, 10, 10), (-20, 0, 0)), shapes.box((10, 10, 10), (10, 0, 0)))
    second = (mesh.vertices[:, 0] > 0)[:, None] * np.array([1, 0, 0, 0])
    weights = np.tile([1.0, 0, 0, 0], (len(second), 1))
    turns = np.tile([0, 0, 0, 1.0], (2, 2, 1))
    turns[1, 1] = [0, 0, np.sin(0.5), np.cos(0.5)]
    clip = Clip("slide", [0.0, 1.0], turns, [[0, 0, 0], [3.0, 4.0, 5.0]])
    bones = Skeleton(("one", "two"), [-1, -1], [[-15.0, 5, 5], [15.0, 5, 5]], (clip,))
    return mq.Asset(mesh.replace(joints=second.astype(np.uint16), weights=weights.astype(np.float32)), skeleton=bones)


def test_several_roots_hang_on_one_node_of_the_scene_and_all_are_shifted():
    model = two_roots()
    file = mq.write_glb(model)
    data = json.loads(file.data[20 : 20 + int.from_bytes(file.data[12:16], "little")])
    top = data["skins"][0]["skeleton"]
    assert data["nodes"][top] == {"name": "skeleton", "children": data["skins"][0]["joints"]}
    assert top in data["scenes"][0]["nodes"]
    again = mq.read_glb(file)
    assert again.skeleton.names == ("one", "two")
    assert again.skeleton.parents.tolist() == [-1, -1]
    one, two = (mq.pose(asset, clip="slide", at=1.0).mesh.vertices for asset in (model, again))
    assert two == pytest.approx(one, abs=1e-3)
    moved = joint_moves(
        model.skeleton.parents, model.skeleton.places, model.skeleton.clips[0].turns[1], np.array([3.0, 4, 5])
    )
    assert two[8:] == pytest.approx((model.mesh.vertices @ moved[1, :3, :3].T + moved[1, :3, 3])[8:], abs=1e-3)


def test_what_moves_pieces_apart_drops_the_skeleton_and_says_so():
    model = two_roots()
    laid = mq.lay_out(model)
    joined = mq.join_scene(mq.arrange(model, layout="row", count=2))
    for moved in (laid, joined):
        assert moved.skeleton is None
        assert not {"joints", "weights"} & moved.mesh.channels.keys()
        assert sum("left out the skeleton" in text for text in moved.notes) == 1
    assert mq.lay_out(mq.pose(model, clip="slide")).notes[0].count("skeleton") == 0


@needs_validator
@pytest.mark.parametrize("roots", [1, 2])
def test_the_khronos_validator_finds_nothing_in_a_rigged_model(rigged, roots):
    data = mq.write_glb(rigged if roots == 1 else two_roots()).data
    issues = issues_of(data)
    assert [issues[key] for key in ("numErrors", "numWarnings", "numHints")] == [0, 0, 0], issues
