"""Passes: the numbers of a view, against what is known of a ball and a box."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

import maquette as mq
from maquette.core.asset import Asset, Material
from maquette.core.bone_names import our_word
from maquette.core.errors import CannotDo
from maquette.core.skeleton import Skeleton
from maquette.render.lighting import Rig
from maquette.render.passes.body_points import NAMES, body_points
from maquette.render.passes.quantities import QUANTITIES, measure
from maquette.render.scene import Scene
from samples import ball, person
from shapes import box, sphere, together


@pytest.fixture(scope="module")
def scene() -> Scene:
    mesh = sphere(20.0, 5)
    return Scene(Asset(mesh.replace(vertices=mesh.vertices + [100.0, 0, 0])))


def numbers_of(scene, kind, view="front"):
    return measure(scene, scene.camera(view), 64, 64, kind)


def test_depth_and_position_are_millimetres_of_the_asset(scene):
    depth, mask = numbers_of(scene, "depth")
    point, _ = numbers_of(scene, "position")
    assert np.linalg.norm(point[mask] - [100, 0, 0], axis=1) == pytest.approx(20.0, abs=0.1)
    eye = scene.in_millimetres(scene.camera("front")).position
    assert depth[mask] == pytest.approx(point[mask][:, 1] - eye[1], abs=1e-3)
    assert depth[mask].max() - depth[mask].min() == pytest.approx(20.0, abs=1.5)


def test_normals_point_from_the_middle_and_curvature_is_one_over_the_radius(scene):
    normal, mask = numbers_of(scene, "normals")
    point, _ = numbers_of(scene, "position")
    assert np.abs(normal[mask] - (point[mask] - [100, 0, 0]) / 20).max() < 0.02
    bend, _ = numbers_of(scene, "curvature")
    assert np.median(bend[mask]) == pytest.approx(1 / 20, rel=0.03)


def test_parts_and_lines_of_two_boxes():
    mesh = together(box((10, 10, 10)), box((10, 10, 10), (10, 0, 0)))
    asset = Asset(mesh.replace(part=np.repeat([0, 1], 12)), part_names=("left", "right"))
    scene = Scene(asset)
    part, mask = numbers_of(scene, "part")
    assert set(np.unique(part[mask])) == {0, 1}
    assert part[32, 20] == 0
    assert part[32, 44] == 1
    outline, _ = numbers_of(scene, "outline")
    inner = outline[28:36, 8:56].mean(axis=0)
    assert np.flatnonzero(inner > 0.5).tolist() == [23, 24]  # the border of the parts, nothing else: columns 31 and 32


def test_occlusion_is_less_in_a_corner():
    floor_and_wall = Asset(together(box((40, 40, 4)), box((40, 4, 40), (0, 36, 0))))
    scene = Scene(floor_and_wall)
    shade, mask = measure(scene, scene.camera("three-quarter"), 64, 64, "occlusion")
    assert shade[mask].max() > 0.97
    assert shade[mask].min() < 0.6


def test_the_keys_shadow_falls_away_from_it():
    """A post on a plate: the key lamp stands to the viewer's left, so what lies right of the post is in its shadow."""
    plate = together(box((60, 60, 2), (-30, -30, 0)), box((4, 4, 30), (-2, -2, 2)))
    scene = Scene(Asset(plate))
    shadow, mask = numbers_of(scene, "shadow", "top")
    point, _ = numbers_of(scene, "position", "top")
    flat = mask & (point[..., 2] < 2.5)
    toward = Rig.around(scene.camera("top")).key[:2]
    side = point[..., :2] @ toward / np.linalg.norm(toward)
    across = np.abs(point[..., :2] @ [-toward[1], toward[0]]) / np.linalg.norm(toward)
    behind, before = (flat & (across < 1.5) & (sign * side > 3) & (sign * side < 8) for sign in (-1, 1))
    assert behind.sum() > 5
    assert shadow[behind].mean() < 0.3
    assert shadow[before].mean() > 0.7


@pytest.mark.parametrize("kind", QUANTITIES)
def test_every_kind_is_a_picture_with_the_models_outline(kind):
    frame = mq.render_pass(ball(), kind=kind, view="front", size_px=48).frames[0]
    outline = mq.render_pass(ball(), kind="depth", view="front", size_px=48).frames[0][..., 3]
    assert (frame[..., 3] == outline).all()
    assert np.ptp(frame[..., :3].astype(int)) > 0 or kind in ("part", "roughness")


def test_seen_is_refused_where_nobody_knows():
    with pytest.raises(CannotDo, match="does not know"):
        mq.render_pass(Asset(box()), kind="seen")


def test_files_hold_the_numbers_and_the_camera():
    files = mq.passes(ball(), view="front", size_px=40)
    record = json.loads(files.data)
    assert record["model"] == ball().digest
    levels = np.asarray(Image.open(io.BytesIO(files.parts["depth.png"]))).astype(float)
    about = record["passes"]["depth"]
    depth = about["at_1"] + (levels - 1) / 65534 * (about["at_65535"] - about["at_1"])
    scene = Scene(ball())
    expected, mask = measure(scene, scene.camera("front"), 40, 40, "depth")
    assert (levels > 0).tolist() == mask.tolist()
    assert np.abs(depth[mask] - expected[mask]).max() < 0.001
    assert record["camera"]["mm_per_px"] == pytest.approx(40 / 0.86 / 40, rel=1e-3)


def test_exr_holds_the_floats(tmp_path):
    exr = pytest.importorskip("OpenEXR")
    files = mq.passes(ball(), view="three-quarter", size_px=32, form="exr")
    place = tmp_path / "depth.exr"
    place.write_bytes(files.parts["depth.exr"])
    with exr.File(str(place), separate_channels=True) as file:
        pixels = file.channels()["Y"].pixels
    scene = Scene(ball())
    expected, _ = measure(scene, scene.camera("three-quarter"), 32, 32, "depth")
    assert (pixels == expected).all()
    assert mq.passes(ball(), view="three-quarter", size_px=32, form="exr") == files


def test_control_pictures_follow_their_models_conventions():
    depth = mq.control_picture(ball(), kind="depth", view="front", size_px=64).frames[0]
    assert depth[32, 32, 0] > 250
    assert depth[0, 0, 0] == 0
    assert 15 < depth[..., 0][depth[..., 0] > 0].min() < 80
    normal = mq.control_picture(ball(), kind="normal", view="front", size_px=64).frames[0]
    assert normal[32, 32].tolist()[2] > 250
    assert normal[32, 52, 0] > 200  # right of the middle looks right: red
    assert normal[12, 32, 1] > 200  # above looks up: green
    assert normal[0, 0].tolist() == [128, 128, 255, 255]
    lines = mq.control_picture(ball(), kind="canny", view="front", size_px=64).frames[0]
    assert lines[32, 32, 0] == 0
    assert lines[32].max() > 200
    assert (lines[..., 3] == 255).all()


@pytest.fixture(scope="module")
def rigged() -> Asset:
    return mq.rig(person(), clips="none")


def test_a_pose_is_drawn_where_the_joints_lie_in_their_colors(rigged):
    points = body_points(rigged)
    place = dict(zip(NAMES, points.place, strict=True))
    joint = dict(zip(rigged.skeleton.names, rigged.skeleton.places, strict=True))
    assert place["left elbow"] == pytest.approx(joint["LeftLowerArm"])
    assert place["right ankle"] == pytest.approx(joint["RightFoot"])
    assert place["left eye"][0] > place["nose"][0] > place["right eye"][0]  # its left is at +X
    assert place["nose"][1] < place["left ear"][1]  # and it looks along -Y
    picture = mq.control_picture(rigged, kind="pose", view="front", size_px=256)
    shown, _ = picture.camera.project(points.place)
    for name, color in (("left knee", (0, 0, 255)), ("right wrist", (170, 255, 0)), ("neck", (255, 85, 0))):
        x, y = (shown[NAMES.index(name)] * 256).astype(int)
        assert picture.frames[0][y, x, :3].tolist() == pytest.approx(color, abs=12), name
    assert (picture.frames[0][..., 3] == 255).all()


def test_a_face_is_marked_only_from_where_it_is_seen(rigged):
    scene, points = Scene(rigged), body_points(rigged)
    marked = {view: points.seen_by(scene.in_millimetres(scene.camera(view))) for view in ("front", "back", "left")}
    face = [NAMES.index(name) for name in ("nose", "left eye", "right eye", "left ear", "right ear")]
    assert marked["front"][face].tolist() == [True, True, True, True, True]
    assert marked["back"][face].tolist() == [False, False, False, True, True]
    assert marked["left"][face].tolist() == [True, False, True, False, True]  # the viewer stands at its right hand
    assert all(marked[view][1:14].all() for view in marked)


def test_a_pose_needs_arms_and_legs():
    with pytest.raises(CannotDo, match="no skeleton; put one in with `rig`"):
        mq.control_picture(ball(), kind="pose")
    stick = Skeleton(("LeftUpperArm", "tail"), np.array([-1, 0]), np.zeros((2, 3)))
    with pytest.raises(CannotDo, match="the skeleton has 1, no"):
        mq.control_picture(ball().replace(skeleton=stick), kind="pose")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("LeftUpperArm", "left upper arm"),
        ("upperarm_l", "left upper arm"),
        ("UpperArm.R", "right upper arm"),
        ("mixamorig:RightForeArm", "right lower arm"),
        ("mixamorig:LeftUpLeg", "left upper leg"),
        ("mixamorig:LeftLeg", "left lower leg"),
        ("calf_r", "right lower leg"),
        ("rFoot", "right foot"),
        ("Bone.001", ""),
    ],
)
def test_joints_of_others_are_known(name, word):
    assert our_word(name) == word


def test_passes_name_the_joints_where_they_are_seen(rigged):
    record = json.loads(mq.passes(rigged, view="front", size_px=64).data)
    joint = next(joint for joint in record["joints"] if joint["name"] == "Head")
    assert joint["x_px"] == pytest.approx(32, abs=3)
    assert joint["y_px"] < 20
    assert record["joints"][0]["parent"] == -1


def test_light_is_what_a_photograph_has_before_it_is_toned(tmp_path):
    exr = pytest.importorskip("OpenEXR")
    lamp = Asset(sphere(5.0, 3), (Material(base_color=(0, 0, 0, 1), emissive=(1.0, 0.25, 0.0), roughness=1.0),))
    files = mq.passes(lamp, view="front", size_px=32, form="exr", rays=8)
    path = tmp_path / "light.exr"
    path.write_bytes(files.parts["light.exr"])
    with exr.File(str(path)) as file:
        channels = file.channels()
        pixels = channels["RGBA"].pixels
    middle = pixels[12:20, 12:20]
    assert middle[..., 3] == pytest.approx(1)
    assert middle[..., 0].mean() == pytest.approx(1.0, abs=0.12)  # its own light, and 4 % of the studio's
    assert middle[..., 0].mean() - middle[..., 1].mean() == pytest.approx(0.75, abs=0.03)  # linear, not sRGB
    assert pixels[0, 0].tolist() == [0, 0, 0, 0]
    assert "light.exr" not in mq.passes(lamp, size_px=16, form="exr").parts
