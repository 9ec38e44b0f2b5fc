"""Things put into scenes one by one, scenes lit and photographed, collisions measured."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

import maquette as mq
from maquette.core.asset import Asset, Material
from maquette.core.errors import BadSetting, CannotDo
from maquette.core.progress import noting
from maquette.core.scene import Scene
from samples import person
from shapes import box, sphere


def thing(size: tuple[float, float, float], title: str) -> Asset:
    return Asset(box(size, (7.0, -3.0, 2.0)), (Material(name=title),), sized=True, title=title)


@pytest.fixture(scope="module")
def table() -> Scene:
    return mq.arrange(thing((100.0, 60.0, 40.0), "table"))


def root_of(glb: bytes) -> dict:
    return json.loads(glb[20 : 20 + struct.unpack("<I", glb[12:16])[0]])


def test_a_thing_stands_on_another_and_beside_and_at_the_wall(table):
    cup = thing((10.0, 10.0, 12.0), "cup")
    on = mq.add_to_scene(table, cup, where="on", x_mm=20.0)
    assert on.bounds(1) == pytest.approx(np.array([[15, -5, 40], [25, 5, 52]]))
    beside = mq.add_to_scene(on, cup, where="beside", gap_mm=3.0)
    assert beside.bounds(2)[0] == pytest.approx([53, -5, 0])
    assert len(beside.assets) == 2  # the cup is kept once
    wall = mq.add_to_scene(beside, thing((8.0, 2.0, 90.0), "lamp"), where="wall", gap_mm=1.0)
    assert wall.bounds(3)[1][1] == pytest.approx(31.0)  # its back a millimetre behind everything
    floor = mq.add_to_scene(table, cup, where="floor", x_mm=-200.0, turn_deg=45.0)
    assert floor.bounds(1) == pytest.approx(np.array([[-200 - 50**0.5, -(50**0.5), 0], [-200 + 50**0.5, 50**0.5, 12]]))


def test_a_ball_comes_down_onto_a_ball(table):
    ball = Asset(sphere(10.0, 4), title="ball")
    first = mq.add_to_scene(table, ball, where="on")
    second = mq.add_to_scene(first, ball, where="on", of=2, x_mm=10.0)
    height = 40 + 10 + np.sqrt(20**2 - 10**2)  # centers 20 apart
    assert second.bounds(2).mean(axis=0)[2] == pytest.approx(height, abs=0.15)
    assert json.loads(mq.describe_scene(second).data)["collisions"] == []


def test_what_runs_into_something_is_said_with_its_volume(table):
    scene = mq.add_to_scene(table, thing((20.0, 20.0, 10.0), "brick"), where="floor", x_mm=50.0)
    assert "brick 2 runs into table 1: 2000 mm³ of both" in scene.history[-1].notes[0]
    record = json.loads(mq.describe_scene(scene).data)
    assert record["collisions"] == [{"first": "table 1", "second": "brick 2", "volume_mm3": pytest.approx(2000.0)}]
    assert record["things"][1]["above_floor_mm"] == 0
    open_box = table.assets[0].with_mesh(table.assets[0].mesh.keep_faces(np.arange(12) > 0))
    scene = mq.add_to_scene(table, open_box, where="floor")
    assert "their boxes cross" in scene.history[-1].notes[0]


def test_a_thing_must_stand_on_something(table):
    cup = thing((10.0, 10.0, 12.0), "cup")
    with pytest.raises(CannotDo, match="nothing lies below it"):
        mq.add_to_scene(table, cup, where="on", x_mm=500.0)
    with pytest.raises(BadSetting, match="where 1 things stand"):
        mq.add_to_scene(table, cup, of=2)


def test_a_scene_is_photographed_in_its_light_through_its_camera(table):
    day, night = (
        mq.light_scene(table, light=light, backdrop="white", closer=1.2) for light in ("window", "night-neon")
    )
    pictures = [mq.shoot(scene, size_px=48, rays=4) for scene in (day, night, table)]
    frames = [picture.frames[0].astype(int) for picture in pictures]
    assert np.abs(frames[0] - frames[1]).max() > 30
    assert (frames[0][0, 0, :3] == 255).all()
    assert (frames[2][0, 0, :3] < 255).all()  # the studio's own backdrop where none was set
    assert pictures[0].camera.pose == pytest.approx(day.camera.pose)
    low, high = table.bounds(0)
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    spots, _ = mq.light_scene(table).camera.project(corners)
    assert 0 < spots.min() < 0.25
    assert 0.75 < spots.max() < 1


def test_the_file_holds_the_camera_and_says_what_it_leaves_out(table):
    scene = mq.light_scene(mq.add_to_scene(table, mq.rig(person())), light="overcast")
    with noting() as notes:
        written = mq.write_scene(scene)
    assert any("left out the skeletons and 3 clips of 1 models" in text for text in notes)
    root = root_of(written.data)
    node = next(node for node in root["nodes"] if "camera" in node)
    assert root["cameras"][node["camera"]]["perspective"]["yfov"] == pytest.approx(np.radians(24.0))
    eye = scene.camera.position / 1000
    assert node["translation"] == pytest.approx([eye[0], eye[2], -eye[1]])
    x, y, z, w = node["rotation"]
    ahead = -np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])  # -Z of the node, turned
    toward = scene.camera.pose[:3, 2]
    assert ahead == pytest.approx([toward[0], toward[2], -toward[1]], abs=1e-6)
    assert root["scenes"][0]["extras"]["maquette"] == {"light": "overcast", "backdrop": "studio"}
    assert "skins" not in root


def test_usd_holds_each_model_once_with_its_instances_and_its_camera(table, tmp_path):
    pytest.importorskip("pxr")
    from pxr import Usd, UsdGeom

    cup = thing((10.0, 10.0, 12.0), "cup")
    scene = mq.add_to_scene(mq.add_to_scene(table, cup, where="on"), cup, where="beside", turn_deg=90.0)
    scene = mq.light_scene(scene, light="window")
    mq.save(scene, tmp_path / "scene.usda")
    world = Usd.Stage.Open(str(tmp_path / "scene.usda"))
    things = [prim for prim in world.GetDefaultPrim().GetChildren() if prim.IsInstance()]
    assert len(things) == 3
    assert len(world.GetPrototypes()) == 2
    cache = UsdGeom.BBoxCache(Usd.TimeCode.Default(), [UsdGeom.Tokens.default_])
    for number, prim in enumerate(things):
        box = cache.ComputeWorldBound(prim).ComputeAlignedRange()
        low, high = scene.bounds(number) / 1000
        assert list(box.GetMin()) == pytest.approx([low[0], low[2], -high[1]], abs=1e-6)
        assert list(box.GetMax()) == pytest.approx([high[0], high[2], -low[1]], abs=1e-6)
    lens = UsdGeom.Camera(world.GetPrimAtPath(world.GetDefaultPrim().GetPath().AppendChild("camera"))).GetCamera()
    assert lens.GetFieldOfView(lens.FOVVertical) == pytest.approx(24.0, abs=1e-4)
    eye = scene.camera.position / 1000
    assert list(lens.frustum.GetPosition()) == pytest.approx([eye[0], eye[2], -eye[1]])
    toward = scene.camera.pose[:3, 2]
    assert list(lens.frustum.ComputeViewDirection()) == pytest.approx([toward[0], toward[2], -toward[1]], abs=1e-6)
    back = mq.load(tmp_path / "scene.usda")
    assert back.mesh.bounds == pytest.approx(mq.join_scene(scene).mesh.bounds, abs=1e-3)


def test_usd_of_a_scene_is_one_package_and_the_same_twice(table):
    pytest.importorskip("pxr", reason="needs usd-core; pip install 'maquette[usd]'")
    first, again = (mq.write_scene_usd(table, stem="shop") for _ in range(2))
    assert set(first.parts) == {"shop.usdz"}
    assert first.parts["shop.usdz"] == again.parts["shop.usdz"]
    assert first.parts["shop.usdz"][:2] == b"PK"
