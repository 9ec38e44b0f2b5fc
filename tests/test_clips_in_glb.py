"""Animations of a glTF: what is damaged costs one clip, what a clip cannot say is said once."""

from __future__ import annotations

import numpy as np
import pytest

from glb_builder import Builder
from maquette.core.asset import Asset
from maquette.core.progress import noting
from maquette.formats.gltf import clips

STILL = [0, 0, 0, 1.0]
QUARTER = [0, 0, np.sin(np.pi / 4), np.cos(np.pi / 4)]


class Arm(Builder):
    """A triangle on two joints, nodes 1 and 2, the second 1 m along x from the first; node 3 hangs nowhere."""

    def __init__(self, **attributes):
        super().__init__()
        joints = self.accessor(np.array([[0, 1, 0, 0]] * 3, "|u1"))
        weights = self.accessor(np.array([[0.5, 0.5, 0, 0]] * 3, "<f4"))
        self.mesh(attributes={"JOINTS_0": joints, "WEIGHTS_0": weights} | attributes, node={"skin": 0})
        self.json["nodes"] += [{"children": [2]}, {"translation": [1, 0, 0]}, {}]
        self.json["scenes"][0]["nodes"] += [1, 3]
        self.json["skins"] = [{"joints": [1, 2]}]
        self.json["animations"] = []

    def clip(self, name, rows=(STILL, QUARTER), node=2, path="rotation", times=(0, 1), **sampler) -> Arm:
        fields = {"input": self.accessor(np.array(times, "<f4")), "output": self.accessor(np.array(rows, "<f4"))}
        channels = [{"sampler": 0, "target": {"node": node, "path": path}}]
        self.json["animations"].append({"name": name, "samplers": [fields | sampler], "channels": channels})
        return self

    def told(self) -> tuple[Asset, list[str]]:
        with noting() as notes:
            return self.read(), notes


def names(asset: Asset) -> list[str]:
    return [clip.name for clip in asset.skeleton.clips]


def test_a_clip_that_clips_can_say_is_read_without_a_word():
    asset, notes = Arm().clip("bend").told()
    assert names(asset) == ["bend"]
    assert notes == []


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([STILL, [0, 0, np.nan, 1]], "not a number"),
        ([STILL, [0, 0, 0, 0]], "length 0"),
        ([STILL] * 3, "moves no joint"),
    ],
)
def test_a_damaged_animation_is_left_out_alone(rows, reason):
    asset, notes = Arm().clip("broken", rows).clip("bend").told()
    assert names(asset) == ["bend"]
    assert len(notes) == 1
    assert "left out the animation broken" in notes[0]
    assert reason in notes[0]


@pytest.mark.parametrize("key", ["input", "output"])
def test_a_sampler_without_accessors_moves_nothing(key):
    arm = Arm().clip("bend").clip("half", times=(0, 2))
    del arm.json["animations"][0]["samplers"][0][key]
    arm.accessor(np.array([STILL, QUARTER] if key == "output" else [0, 1], "<f4"))  # the last one is no stand-in
    asset, notes = arm.told()
    assert names(asset) == ["half"]
    assert "bend" in notes[0]


@pytest.mark.parametrize("damaged", [7, [7], [{"channels": 3}], [{"channels": [{"target": {"node": 99}}]}]])
def test_no_fault_of_animations_refuses_the_model(damaged):
    arm = Arm()
    arm.json["animations"] = damaged
    asset, notes = arm.told()
    assert names(asset) == []
    assert "left out the animation" in notes[0]
    del arm.json["skins"]
    del arm.json["nodes"][0]["skin"]
    assert arm.told()[0].skeleton is None


def test_a_long_clip_does_not_cost_the_next(monkeypatch):
    monkeypatch.setattr(clips, "_MOST_KEYS", 10)
    arm = Arm().clip("bend").clip("long", [STILL, QUARTER] * 3, times=range(6)).clip("again")
    asset, notes = arm.clip("over", [STILL] * 3, times=range(3)).told()
    assert names(asset) == ["bend", "again"]
    assert ["long" in notes[0], "over" in notes[1], "12 keys of joints bring the file to over 10" in notes[0]] == [
        True
    ] * 3


def test_a_clip_of_other_nodes_is_left_out():
    asset, notes = Arm().clip("door", node=3).told()
    assert names(asset) == []
    assert "door" in notes[0]


def test_nodes_that_no_joint_hangs_on_cost_no_keys(monkeypatch):
    monkeypatch.setattr(clips, "_MOST_KEYS", 4)
    arm = Arm().clip("bend")
    arm.json["nodes"] += [{} for _ in range(50)]
    assert names(arm.told()[0]) == ["bend"]


@pytest.mark.parametrize(
    ("clip", "words"),
    [
        ({"interpolation": "STEP"}, "1 tracks of animations jump"),
        ({"path": "scale", "rows": [[1, 1, 1], [2, 2, 2]]}, "1 clips stretch joints"),
        ({"path": "translation", "rows": [[1, 0, 0], [2, 0, 0]]}, "1 clips stretch joints"),
    ],
)
def test_what_a_clip_cannot_say_is_said_once(clip, words):
    asset, notes = Arm().clip("bend", **clip).told()
    assert names(asset) == ["bend"]
    assert len(notes) == 1
    assert words in notes[0]


@pytest.mark.parametrize(
    "clip",
    [
        {"path": "translation", "rows": [[1, 0, 0], [1, 0, 0]]},
        {"path": "scale", "rows": [[1, 1, 1], [1, 1, 1]]},
        {"path": "translation", "node": 1, "rows": [[0, 0, 0], [3, 4, 5]]},
        {"rows": [QUARTER, QUARTER], "interpolation": "STEP"},
    ],
)
def test_nothing_is_said_where_nothing_is_lost(clip):
    assert Arm().clip("bend", **clip).told()[1] == []


def test_joints_beyond_four_are_said():
    arm = Arm()
    attributes = arm.json["meshes"][0]["primitives"][0]["attributes"]
    attributes |= {"JOINTS_1": attributes["JOINTS_0"], "WEIGHTS_1": attributes["WEIGHTS_0"]}
    assert arm.told()[1] == ["read-glb: left out 1 meshes' joints beyond four a vertex"]


def test_a_mesh_that_hangs_on_a_joint_without_a_skin_is_said():
    arm = Arm().mesh()
    arm.json["scenes"][0]["nodes"].remove(4)
    assert arm.told()[1] == []
    arm.json["nodes"][2]["children"] = [4]
    assert "1 meshes without a skin" in arm.told()[1][0]


def test_a_joint_may_hang_on_a_later_one_by_a_node_between():
    arm = Arm().clip("bend", node=4)
    arm.json["nodes"][3] = {"children": [4]}
    arm.json["nodes"] += [{}, {"name": "shoulder", "children": [3]}]
    arm.json["scenes"][0]["nodes"].remove(3)
    arm.json["skins"] = [{"joints": [4, 5]}]
    asset, notes = arm.told()
    assert asset.skeleton.names == ("shoulder", "joint 1")
    assert asset.skeleton.parents.tolist() == [-1, 0]
    assert notes == []
